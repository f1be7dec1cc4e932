/** @file check.c
 *  `invset check`: is every accepted sample of a run file what it claims to be?  Each stored
 * picture is fed to the classifier again, and each code to the generator, in float32 on the CPU.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invset/config.h"
#include "invset/dataset.h"
#include "invset/engine.h"
#include "invset/log.h"
#include "invset/memory.h"
#include "invset/picture_nets.h"
#include "invset/sampler.h"
#include "invset/targets.h"
#include "options.h"
#include "verbs.h"

/* Another machine's rounding may move an activation by a few parts in a million; a wrong one is off
 * by far more.  Half precision on a GPU may move a pixel by a grey level or two. */
static const double ACTIVATION_TOLERANCE = 1e-3, PICTURE_TOLERANCE = 2.0;

/* What is found out about the accepted samples of one target. */
typedef struct {
  int n, n_outside, n_activation_wrong, n_picture_wrong;
  int n_kept_outside; /* samples of a method that keeps them: no claim, so nothing to check */
  double max_activation_difference; /* stored against re-evaluated */
  double max_picture_difference;    /* root mean square of a picture, grey levels */
  double max_encoding_difference;   /* relative, norm-wise */
} findings_t;

typedef struct {
  isn_run_reader_t *reader;
  const isn_run_layout_t *layout; /* the reader's */
  isn_run_options_t *options;     /* as stored in the file */
  isn_targets_t targets;
  isn_models_t models; /* of the nets below */
  isn_backend_t *backend;
  bool with_codes;          /* false: the run is of a data set's pictures */
  isn_picture_nets_t *nets; /* for the stored pictures */
  isn_engine_t *engine;     /* for the codes; NULL without */
  unsigned char *image;     /* one picture */
} check_t;

/* The models must be those of the run: otherwise nothing that follows means anything. */
static isn_status_t check_models(const check_t *check, const char *path)
{
  for (int i = 0; i < check->layout->n_models; i++) {
    const isn_run_model_t *stored = &check->layout->models[i];
    for (int j = 0; j < check->models.n_files; j++) {
      const isn_run_model_t *found = &check->models.files[j];
      if (strcmp(stored->role, found->role) == 0 && strcmp(stored->sha256, found->sha256) != 0)
        ISN_FAIL(
            ISN_ERR_INPUT,
            "%s was made with another %s: SHA-256 of %s is %s, the run's was %s; check it with "
            "the models that it was made with",
            path, found->role, found->path, found->sha256, stored->sha256);
    }
  }
  return ISN_OK;
}

/* The pictures of a data set have no codes, so there is nothing for an engine to do. */
static isn_status_t build_nets(check_t *check)
{
  int n = check->targets.n_blobs, batch = check->layout->block_size;
  const char **blobs = NULL;
  isn_models_t models = {0};
  ISN_TRY(isn_alloc(&blobs, n, "blob names"));
  for (int b = 0; b < n; b++)
    blobs[b] = check->targets.blobs[b];
  isn_status_t status =
      isn_picture_nets_open(check->backend, &check->models, n, blobs, batch, &check->nets);
  /* The engine takes the nets of its models with it, so it gets its own. */
  if (status == ISN_OK && check->with_codes)
    status = isn_models_load(NULL, check->options, &models);
  if (status == ISN_OK && check->with_codes)
    status = isn_engine_open(check->backend, &models, n, blobs, isn_batch_exactly(batch),
                             ISN_PRECISION_FP32, &check->engine);
  isn_models_clear(&models);
  free(blobs);
  return status;
}

/* Neuron k of target t: its blob, and that this has its units. */
static isn_status_t check_neuron(const check_t *check, const char *path, int t, int k)
{
  const isn_run_target_t *target = &check->layout->targets[t];
  const int blob = check->targets.blob[t][k];
  const size_t units = isn_picture_nets_blob_count(check->nets, blob);
  if (strcmp(target->blobs[k], check->targets.blobs[blob]) != 0)
    ISN_FAIL(ISN_ERR_INPUT, "%s: target %d '%s' is in blob '%s', but by its config now in '%s'",
             path, t, target->label, target->blobs[k], check->targets.blobs[blob]);
  if ((size_t)target->neurons[k] + (size_t)target->units[k] > units)
    ISN_FAIL(ISN_ERR_INPUT, "%s: target %d '%s' is %d units from %d on of '%s', which has %zu",
             path, t, target->label, target->units[k], target->neurons[k], target->blobs[k], units);
  return ISN_OK;
}

/* The targets of the config must be those of the file: names and tables that they were taken from
 * may have changed.  Units are read at the places that the file names. */
static isn_status_t check_targets(const check_t *check, const char *path)
{
  const isn_run_layout_t *layout = check->layout;
  if (check->targets.n != layout->n_targets)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s has %d targets, but its config now gives %d: a file that the config names has "
             "changed",
             path, layout->n_targets, check->targets.n);
  for (int t = 0; t < layout->n_targets; t++) {
    const int n = layout->targets[t].n_neurons;
    if (check->targets.targets[t].n_neurons != n)
      ISN_FAIL(ISN_ERR_INPUT, "%s: target %d '%s' has %d neurons, but by its config now %d", path,
               t, layout->targets[t].label, n, check->targets.targets[t].n_neurons);
    for (int k = 0; k < n; k++)
      ISN_TRY(check_neuron(check, path, t, k));
  }
  return ISN_OK;
}

static const char *next_line(const char *line)
{
  line += strcspn(line, "\n");
  return *line ? line + 1 : line;
}

/* The files that the config names and that are no models count with what is in them; the settings
 * have their digests, in lines "key = sha256 ...".  A data set is not needed any more. */
static isn_status_t check_files(const check_t *check, const char *path)
{
  static const char mark[] = " = sha256 ";
  for (const char *line = check->layout->settings; *line; line = next_line(line)) {
    const int length = (int)strcspn(line, "\n");
    const char *equals = strstr(line, mark), *now = check->options->settings;
    if (!equals || equals > line + length || strncmp(line, "dataset.", strlen("dataset.")) == 0)
      continue;
    while (*now && strncmp(now, line, (size_t)length + 1) != 0)
      now = next_line(now);
    if (!*now)
      ISN_FAIL(ISN_ERR_INPUT,
               "%s: the file that %.*s names has changed since the run; check it with "
               "the one that it was made with",
               path, (int)(equals - line), line);
  }
  return ISN_OK;
}

static isn_status_t open_check(check_t *check, const char *path)
{
  ISN_TRY(isn_run_reader_open(path, &check->reader));
  check->layout = isn_run_reader_layout(check->reader);
  check->with_codes = !isn_run_is_dataset(check->layout);
  ISN_TRY(isn_config_parse(check->layout->config_text, path, &check->options));
  ISN_TRY(check_files(check, path));
  ISN_TRY(isn_models_load(NULL, check->options, &check->models));
  ISN_TRY(check_models(check, path));
  ISN_TRY(isn_targets_resolve(NULL, check->options, &check->models, &check->targets));
  ISN_TRY(isn_backend_open("cpu", &check->backend));
  ISN_TRY(build_nets(check));
  ISN_TRY(check_targets(check, path));
  return isn_alloc(&check->image, isn_shape_count(check->models.picture), "picture");
}

static void close_check(check_t *check)
{
  isn_picture_nets_close(check->nets);
  isn_engine_close(check->engine);
  isn_backend_close(check->backend);
  isn_models_clear(&check->models);
  isn_config_destroy(check->options);
  isn_run_reader_close(check->reader);
  free(check->image);
}

/* Activations and encodings of the stored pictures; pictures of the stored codes. */
static isn_status_t evaluate_block(check_t *check, const isn_run_block_t *block)
{
  ISN_TRY(isn_picture_nets_run(check->nets, block->n, block->image, true));
  if (!check->with_codes)
    return ISN_OK;
  memcpy(isn_engine_codes(check->engine), block->code,
         (size_t)block->n * (size_t)check->layout->code_size * sizeof(float));
  return isn_engine_forward(check->engine, block->n);
}

static double picture_difference(const check_t *check, const unsigned char *stored)
{
  size_t pixels = isn_shape_count(check->models.picture);
  double squares = 0.0;
  for (size_t p = 0; p < pixels; p++) {
    double d = (double)check->image[p] - (double)stored[p];
    squares += d * d;
  }
  return sqrt(squares / (double)pixels);
}

static double encoding_difference(int n, const float *a, const float *b)
{
  double difference = 0.0, norm = 0.0;
  for (int k = 0; k < n; k++) {
    difference += ((double)a[k] - (double)b[k]) * ((double)a[k] - (double)b[k]);
    norm += (double)b[k] * (double)b[k];
  }
  return norm > 0.0 ? sqrt(difference / norm) : sqrt(difference);
}

/* What the file should hold of neuron k of target t for picture i of the block. */
static float evaluated(const check_t *check, int t, int k, int i)
{
  const isn_run_target_t *target = &check->layout->targets[t];
  const int blob = check->targets.blob[t][k];
  const float *units = isn_picture_nets_blob(check->nets, blob, i);
  const size_t n_units = isn_picture_nets_blob_count(check->nets, blob);
  return isn_target_stored(target, k, isn_target_value(target, k, units, n_units, NULL));
}

/* Whether the code makes the picture. */
static isn_status_t check_picture(check_t *check, const isn_run_block_t *block, int i,
                                  findings_t *found)
{
  ISN_TRY(isn_engine_picture(check->engine, i, check->image));
  double picture =
      picture_difference(check, block->image + (size_t)i * isn_shape_count(check->models.picture));
  found->n_picture_wrong += picture > PICTURE_TOLERANCE;
  found->max_picture_difference = fmax(found->max_picture_difference, picture);
  return ISN_OK;
}

static isn_status_t check_sample(check_t *check, int t, const isn_run_block_t *block, int i,
                                 findings_t *found)
{
  const isn_run_target_t *target = &check->layout->targets[t];
  bool outside = false, wrong = false;
  for (int k = 0; k < target->n_neurons; k++) {
    float f = evaluated(check, t, k, i);
    float stored = block->activation[i * check->layout->max_neurons + k];
    double difference = fabs((double)f - (double)stored);
    outside = outside || !(f >= target->windows[k][0] && f <= target->windows[k][1]);
    wrong = wrong || !(difference <= ACTIVATION_TOLERANCE * fmax(1.0, fabs((double)f)));
    found->max_activation_difference = fmax(found->max_activation_difference, difference);
  }
  found->n++;
  found->n_outside += outside;
  found->n_activation_wrong += wrong;
  if (check->with_codes)
    ISN_TRY(check_picture(check, block, i, found));
  if (check->layout->with_encodings) {
    int size = check->layout->encoding_size;
    double encoding = encoding_difference(size, block->encoding + (size_t)i * (size_t)size,
                                          isn_picture_nets_encoding(check->nets, i));
    found->max_encoding_difference = fmax(found->max_encoding_difference, encoding);
  }
  return ISN_OK;
}

static isn_status_t check_block(check_t *check, int target, int b, findings_t *found)
{
  isn_run_block_t block = {0};
  isn_status_t status;
  ISN_TRY(isn_run_block_alloc(check->layout, isn_run_block_count(check->layout, b), &block));
  ISN_TRY_GOTO(isn_run_reader_block(check->reader, target, b, &block), done);
  ISN_TRY_GOTO(evaluate_block(check, &block), done);
  for (int i = 0; i < block.n; i++) {
    found->n_kept_outside += block.status[i] == ISN_SAMPLE_OUTSIDE;
    if (block.status[i] == ISN_SAMPLE_ACCEPTED)
      ISN_TRY_GOTO(check_sample(check, target, &block, i, found), done);
  }
done:
  isn_run_block_free(&block);
  return status;
}

static void print_findings(const isn_run_target_t *target, const findings_t *found)
{
  printf("%-24s %8d %8d %12.2e %12.2e %12.2e\n", target->label, found->n, found->n_outside,
         found->max_activation_difference, found->max_picture_difference,
         found->max_encoding_difference);
}

static isn_status_t judge(const char *path, const findings_t *total, bool complete, bool with_codes)
{
  if (total->n_outside + total->n_activation_wrong + total->n_picture_wrong > 0)
    ISN_FAIL(
        ISN_ERR_CHECK,
        "%s: of %d accepted samples %d are outside their window, %d have another activation than "
        "stored, and %d another picture than their code gives",
        path, total->n, total->n_outside, total->n_activation_wrong, total->n_picture_wrong);
  printf("%d accepted samples, all inside their windows as stored%s%s\n", total->n,
         complete ? "" : " (the run is not complete)",
         with_codes ? "" : "; they are pictures of a data set, and have no codes to check");
  if (total->n_kept_outside > 0)
    printf("%d samples are marked as outside of their windows, where the run's method leaves them; "
           "they were not looked at\n",
           total->n_kept_outside);
  return ISN_OK;
}

/* Whether the run has ended.  Blocks may be missing all the same: a target that is out of reach is
 * left alone after its first. */
static isn_status_t read_complete(const check_t *check, bool *complete)
{
  isn_run_summary_t *summaries = NULL;
  double pool_steps;
  ISN_TRY(isn_alloc(&summaries, check->layout->n_targets, "summaries"));
  isn_status_t status = isn_run_reader_summaries(check->reader, complete, summaries, &pool_steps);
  free(summaries);
  return status;
}

static isn_status_t check_all(check_t *check, const char *path)
{
  int n_blocks = isn_run_n_blocks(check->layout), n_targets = check->layout->n_targets;
  unsigned char *states = NULL;
  findings_t total = {0};
  bool complete;
  isn_status_t status;
  ISN_TRY(read_complete(check, &complete));
  ISN_TRY(isn_alloc(&states, (size_t)n_targets * (size_t)n_blocks, "states of blocks"));
  ISN_TRY_GOTO(isn_run_reader_states(check->reader, states), done);
  printf("%-24s %8s %8s %12s %12s %12s\n", "target", "accepted", "outside", "activation", "picture",
         "encoding");
  for (int t = 0; t < n_targets; t++) {
    findings_t found = {0};
    for (int b = 0; b < n_blocks; b++)
      if (states[(size_t)t * (size_t)n_blocks + (size_t)b] != ISN_BLOCK_EMPTY)
        ISN_TRY_GOTO(check_block(check, t, b, &found), done);
    print_findings(&check->layout->targets[t], &found);
    total.n += found.n;
    total.n_outside += found.n_outside;
    total.n_activation_wrong += found.n_activation_wrong;
    total.n_picture_wrong += found.n_picture_wrong;
    total.n_kept_outside += found.n_kept_outside;
  }
  status = judge(path, &total, complete, check->with_codes);
done:
  free(states);
  return status;
}

isn_status_t verb_check(int argc, char **argv)
{
  const isn_usage_t usage = {
      .verb = "check",
      .operands = "RUN.h5",
      .about =
          "Feeds every stored picture to the classifier again, and every code to the generator, in "
          "float32 on\nthe CPU.  Exit code 0 only if all accepted samples are in their windows.  "
          "Columns: the largest\ndifference of stored and re-evaluated activation, of a picture "
          "(root mean square, grey levels)\nand of an encoding (relative).  Run it where the run "
          "was started: the models are found by the\npaths in the file.",
      .min_operands = 1,
      .max_operands = 1};
  isn_command_t command;
  check_t check = {0};
  ISN_TRY(isn_options_parse(&usage, argc, argv, &command));
  if (command.help)
    return ISN_OK;
  ISN_TRY(isn_options_apply(&command, true));
  isn_status_t status = open_check(&check, command.operands[0]);
  if (status == ISN_OK)
    status = check_all(&check, command.operands[0]);
  close_check(&check);
  return status;
}
