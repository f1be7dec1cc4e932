/** @file bench_step.c
 *  Sample-steps per second of the bare engine: the nets of a config, forward and back for every
 * sample of a full batch, and nothing else.  What `invset sample` reaches is to be compared with
 * this.
 *
 *      bench_step CONFIG [--batch 10,100] [--seconds 5] [--backend auto] [--precision fp32]
 *                 [--set path=value]...
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "invset/config.h"
#include "invset/engine.h"
#include "invset/memory.h"

static double seconds_now(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* One step: every sample forward, and the gradient of its unit 0 of the first target's blob back.
 */
static isn_status_t step(isn_backend_t *backend, isn_engine_t *engine, isn_vectors_t *vectors,
                         const int *index)
{
  int batch = isn_engine_batch(engine);
  ISN_TRY(isn_engine_run(engine, batch));
  for (int row = 0; row < batch; row++) {
    ISN_TRY(isn_vectors_clear(vectors, isn_engine_blob_row(engine, 0, row).seed,
                              isn_engine_blob_count(engine, 0)));
    ISN_TRY(isn_vectors_add_unit(vectors, 0, 1.0F));
  }
  ISN_TRY(isn_vectors_run(vectors));
  ISN_TRY(isn_engine_carry_back(engine, 1, &(int){0}, false, (isn_rows_t){batch, index}));
  return isn_backend_wait(backend);
}

static isn_status_t measure(isn_backend_t *backend, const isn_run_options_t *options, int batch,
                            double seconds)
{
  const char *blob = options->target_groups[0].blob;
  isn_models_t models = {0};
  isn_engine_t *engine = NULL;
  isn_vectors_t *vectors = NULL;
  isn_status_t status;
  int *index = NULL, n = 0;
  double began, took;
  ISN_TRY(isn_models_load(NULL, options, &models));
  size_t n_codes = (size_t)batch * (size_t)models.code_size;
  ISN_TRY_GOTO(isn_engine_open(backend, &models, 1, &blob, isn_batch_exactly(batch),
                               options->run.precision, &engine),
               done);
  ISN_TRY_GOTO(isn_alloc(&index, batch, "rows"), done);
  for (int i = 0; i < batch; i++)
    index[i] = i;
  for (size_t i = 0; i < n_codes; i++)
    isn_engine_codes(engine)[i] = (float)(i * 2654435761u % 1000u) * 2e-3F - 1.0F;
  ISN_TRY_GOTO(isn_vectors_create(backend, &vectors), done);
  ISN_TRY_GOTO(isn_engine_forward(engine, batch), done);     /* brings the codes */
  ISN_TRY_GOTO(step(backend, engine, vectors, index), done); /* the first touches all memory */
  began = seconds_now();
  do {
    ISN_TRY_GOTO(step(backend, engine, vectors, index), done);
    n++;
    took = seconds_now() - began;
  } while (took < seconds);
  printf("%s %s batch %4d: %8.1f sample-steps/s, %.2f ms a step\n", isn_backend_name(backend),
         isn_precision_name(options->run.precision), batch, n * batch / took, 1e3 * took / n);
  fflush(stdout);
done:
  free(index);
  isn_vectors_destroy(vectors);
  isn_engine_close(engine);
  isn_models_clear(&models);
  return status;
}

enum { MAX_OVERRIDES = 32, OVERRIDE_BYTES = 512 };

/* Settings of the command line, as `--set` has them. */
typedef struct {
  int n;
  char text[MAX_OVERRIDES][OVERRIDE_BYTES];
  const char *list[MAX_OVERRIDES];
} overrides_t;

static void override(overrides_t *o, const char *before, const char *value, const char *after)
{
  if (o->n == MAX_OVERRIDES)
    return;
  snprintf(o->text[o->n], OVERRIDE_BYTES, "%s%s%s", before, value, after);
  o->list[o->n] = o->text[o->n];
  o->n++;
}

int main(int argc, char **argv)
{
  static overrides_t overrides;
  static const struct option table[] = {
      {"batch", required_argument, NULL, 'b'},   {"seconds", required_argument, NULL, 's'},
      {"backend", required_argument, NULL, 'k'}, {"precision", required_argument, NULL, 'p'},
      {"set", required_argument, NULL, 'o'},     {NULL, 0, NULL, 0}};
  char batches[256] = "10,100";
  double seconds = 5.0;
  isn_run_options_t *options = NULL;
  isn_backend_t *backend = NULL;
  for (int key; (key = getopt_long(argc, argv, "", table, NULL)) != -1;) {
    if (key == 'b')
      snprintf(batches, sizeof batches, "%s", optarg);
    else if (key == 's')
      seconds = atof(optarg);
    else if (key == 'k')
      override(&overrides, "run.backend=", optarg, "");
    else if (key == 'p')
      override(&overrides, "run.precision=", optarg, "");
    else if (key == 'o')
      override(&overrides, "", optarg, "");
    else
      return 2;
  }
  if (optind != argc - 1) {
    fprintf(stderr, "usage: bench_step CONFIG [--batch 10,100] [--seconds 5] [--backend auto] "
                    "[--precision fp32] [--set path=value]...\n");
    return 2;
  }
  isn_status_t status = isn_config_read(argv[optind], overrides.n, overrides.list, &options);
  if (status == ISN_OK)
    status = isn_backend_open(options->run.backend, &backend);
  if (status == ISN_OK)
    printf("%s\n", isn_backend_description(backend));
  for (char *word = strtok(batches, ","); word && status == ISN_OK; word = strtok(NULL, ","))
    status = measure(backend, options, atoi(word), seconds);
  if (status != ISN_OK)
    fprintf(stderr, "bench_step: %s\n", isn_error_message());
  isn_backend_close(backend);
  isn_config_destroy(options);
  return isn_status_exit_code(status);
}
