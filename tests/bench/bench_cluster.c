/** @file bench_cluster.c
 *  How well a sweep spreads over many ranks: a real run, but with a stub device whose passes only
 * take time (stub_engine.c), so that one machine can play a cluster.
 *
 *      mpirun -n 64 --oversubscribe build/tests/bench/bench_cluster [--targets 1000] [--samples
 * 100]
 *          [--batch 100] [--step-ms 0] [--sample-ms 10] [--chains 3] [--out FILE.h5]
 *          [--config FILE]
 *
 *  With --config the models and targets are those of a config, for the memory of large nets.
 *
 *  Efficiency: what all passes would take with full batches on all ranks at once, over the time
 * that the run took from its begin to its end, start-up and file included.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "invset/config.h"
#include "invset/log.h"
#include "invset/run.h"
#include "stub_engine.h"

typedef struct {
  int targets, samples, batch, chains;
  double step_ms, sample_ms;
  const char *out, *config;
} settings_t;

static const char *const CONFIG =
    "models: {\n"
    "  classifier: { net = \"models/fashion/classifier.prototxt\"; mean = [73.0];\n"
    "                weights = \"models/fashion/classifier.caffemodel.h5\"; };\n"
    "  generator: { net = \"models/fashion/generator.prototxt\";\n"
    "               weights = \"models/fashion/generator.caffemodel.h5\"; };\n"
    "  encoder: { net = \"models/fashion/encoder.prototxt\"; blob = \"code\";\n"
    "             weights = \"models/fashion/encoder.caffemodel.h5\"; };\n"
    "};\n"
    "targets: ( { sweep = \"0-%d\"; blob = \"conv5\"; reach = [0.75, 0.9]; } );\n"
    "sampling: { samples = %d; block = 10; chains = %d; code_min = -2.5; code_max = 2.5; };\n"
    "run: { backend = \"cpu\"; batch = %d; };\n"
    "output: { file = \"%s\"; };\n";

static double seconds_now(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int read_settings(int argc, char **argv, settings_t *s)
{
  static const struct option options[] = {{"targets", required_argument, NULL, 't'},
                                          {"samples", required_argument, NULL, 's'},
                                          {"batch", required_argument, NULL, 'b'},
                                          {"chains", required_argument, NULL, 'c'},
                                          {"step-ms", required_argument, NULL, 'p'},
                                          {"sample-ms", required_argument, NULL, 'm'},
                                          {"out", required_argument, NULL, 'o'},
                                          {"config", required_argument, NULL, 'f'},
                                          {NULL, 0, NULL, 0}};
  *s = (settings_t){1000, 100, 100, 3, 0.0, 10.0, "/tmp/bench_cluster.h5", NULL};
  for (int key; (key = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    if (key == 't')
      s->targets = atoi(optarg);
    else if (key == 's')
      s->samples = atoi(optarg);
    else if (key == 'b')
      s->batch = atoi(optarg);
    else if (key == 'c')
      s->chains = atoi(optarg);
    else if (key == 'p')
      s->step_ms = atof(optarg);
    else if (key == 'm')
      s->sample_ms = atof(optarg);
    else if (key == 'o')
      s->out = optarg;
    else if (key == 'f')
      s->config = optarg;
    else
      return 2;
  }
  return 0;
}

static isn_status_t read_options(const settings_t *s, isn_run_options_t **options)
{
  char text[4096], samples[64], batch[64], out[1024];
  const char *const overrides[] = {samples, batch, out};
  snprintf(samples, sizeof samples, "sampling.samples=%d", s->samples);
  snprintf(batch, sizeof batch, "run.batch=%d", s->batch);
  snprintf(out, sizeof out, "output.file=\"%s\"", s->out);
  if (s->config)
    return isn_config_read(s->config, 3, overrides, options);
  snprintf(text, sizeof text, CONFIG, s->targets - 1, s->samples, s->chains, s->batch, s->out);
  return isn_config_parse(text, "bench_cluster", options);
}

static isn_status_t measure(isn_comm_t *comm, const settings_t *s, const isn_run_options_t *options)
{
  double began, took, totals[1];
  struct rusage usage;
  ISN_TRY(isn_comm_barrier(comm));
  began = seconds_now();
  ISN_TRY(isn_run_sample(comm, options, false));
  took = seconds_now() - began;
  totals[0] = (double)stub_device.n_passes;
  ISN_TRY(isn_comm_sum(comm, totals, 1));
  getrusage(RUSAGE_SELF, &usage);
  double pass = 0.5e-3 * (s->step_ms / s->batch + s->sample_ms);
  double ideal = totals[0] * pass / isn_comm_size(comm);
  if (isn_comm_rank(comm) == 0)
    printf("%d ranks, %d targets x %d samples, batch %d, device %g ms a step + %g ms a sample: "
           "%.0f sample-steps, ideal %.2f s, took %.2f s, efficiency %.3f; rank 0 %.0f MB\n",
           isn_comm_size(comm), s->targets, s->samples, s->batch, s->step_ms, s->sample_ms,
           0.5 * totals[0], ideal, took, ideal / took, (double)usage.ru_maxrss / 1024.0);
  return ISN_OK;
}

int main(int argc, char **argv)
{
  isn_comm_t *comm = NULL;
  settings_t settings;
  isn_run_options_t *options = NULL;
  if (isn_comm_open(&argc, &argv, &comm) != ISN_OK || read_settings(argc, argv, &settings) != 0)
    return 2;
  isn_log_setup(ISN_LOG_NORMAL, isn_comm_rank(comm) == 0);
  stub_device.step_seconds = 1e-3 * settings.step_ms;
  stub_device.sample_seconds = 1e-3 * settings.sample_ms;
  if (isn_comm_rank(comm) == 0)
    (void)unlink(settings.out);
  isn_status_t status = read_options(&settings, &options);
  if (status == ISN_OK)
    status = measure(comm, &settings, options);
  if (status != ISN_OK && isn_comm_rank(comm) == 0)
    fprintf(stderr, "bench_cluster: %s\n", isn_error_message());
  isn_config_destroy(options);
  isn_comm_close(comm);
  return status == ISN_OK ? 0 : 1;
}
