/* From options to nets that are ready to compute; see setup.h. */
#include "setup.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "invset/log.h"
#include "invset/memory.h"
#include "start_codes.h"

/* Mean of code_max - code_min over the coordinates. */
static double code_range(const run_t *run)
{
  double sum = 0.0;
  for (int k = 0; k < run->models.code_size; k++)
    sum += (double)run->code_max[k] - (double)run->code_min[k];
  return sum / run->models.code_size;
}

static void set_maximisation(run_t *run, const isn_maximise_options_t *options)
{
  isn_problem_t *problem = &run->problem;
  double range = code_range(run);
  problem->rule = ISN_STEP_MAXIMISE;
  problem->iterations = options->iterations;
  run->start_deviation = options->start * range;
  problem->maximise.step = options->step * range;
  problem->maximise.last_step = options->last_step * range;
  problem->maximise.decay = options->decay;
  problem->maximise.centre = run->options->sampling.start_mean;
  run->start_blocks = 1;
}

static void set_ppgn(run_t *run)
{
  const isn_run_options_t *options = run->options;
  isn_problem_t *problem = &run->problem;
  problem->rule = ISN_STEP_PPGN;
  problem->iterations = options->sampling.ppgn.keep;
  run->start_deviation = options->sampling.ppgn.start * code_range(run);
  problem->ppgn.step = options->sampling.ppgn.step * code_range(run);
  problem->ppgn.eps1 = options->sampling.ppgn.eps1;
  problem->ppgn.eps2 = options->sampling.ppgn.eps2;
  problem->ppgn.eps3 = options->sampling.ppgn.eps3;
  int blocks = options->sampling.ppgn.reset_every / options->sampling.ppgn.keep;
  run->start_blocks = options->sampling.ppgn.reset_every == 0 ? INT_MAX : blocks > 1 ? blocks : 1;
}

static void set_mcmc(run_t *run)
{
  const isn_run_options_t *options = run->options;
  isn_problem_t *problem = &run->problem;
  problem->rule = ISN_STEP_LANGEVIN;
  problem->iterations = options->sampling.mcmc.keep;
  run->start_deviation = options->sampling.start_deviation;
  problem->langevin.step = options->sampling.mcmc.step * options->sampling.start_deviation;
  problem->langevin.temperature = options->sampling.mcmc.temperature;
  problem->langevin.mean = options->sampling.start_mean;
  problem->langevin.deviation = options->sampling.start_deviation;
  run->start_blocks = INT_MAX;
}

static isn_status_t set_method(run_t *run)
{
  const isn_run_options_t *options = run->options;
  run->start_blocks = options->sampling.chain_length;
  switch (options->sampling.method) {
  case ISN_METHOD_INVSET:
    break;
  case ISN_METHOD_PPGN:
    set_ppgn(run);
    if (options->sampling.ppgn.eps1 > 0.0 && run->models.encoding_size != run->models.code_size)
      ISN_FAIL(
          ISN_ERR_INPUT,
          "%s: sampling.method = \"ppgn\" compares the encoding of a picture with its code, but "
          "encodings have %d numbers and codes %d: name another encoder, or set "
          "sampling.ppgn.eps1 = 0.0",
          options->path, run->models.encoding_size, run->models.code_size);
    break;
  case ISN_METHOD_DGN_AM:
    set_maximisation(run, &options->sampling.dgn_am);
    break;
  case ISN_METHOD_ASCENT:
    set_maximisation(run, &options->sampling.ascent);
    break;
  case ISN_METHOD_MCMC:
    set_mcmc(run);
    break;
  }
  return ISN_OK;
}

/* Settings in typical lengths of a random code become lengths. */
static isn_status_t set_problem(run_t *run)
{
  const isn_run_options_t *options = run->options;
  double length = options->sampling.start_deviation * sqrt((double)run->models.code_size);
  run->problem = (isn_problem_t){
      .code_size = run->models.code_size,
      .encoding_size = run->models.encoding_size,
      .code_min = run->code_min,
      .code_max = run->code_max,
      .rule = options->sampling.rule == ISN_RULE_CLASSIC ? ISN_STEP_CLASSIC : ISN_STEP_NEWTON,
      .step = options->sampling.step * length,
      .aim = options->sampling.aim,
      .newton_cap = options->sampling.newton_cap * length,
      .kick = options->sampling.kick * length,
      .patience = options->sampling.patience,
      .max_steps = options->sampling.max_steps,
      .max_starts = options->sampling.max_starts,
      .classic_step = options->sampling.classic_step * length,
      .classic_rho = options->sampling.classic_rho,
      .ascent_step = options->sampling.probe_step * length};
  return set_method(run);
}

static isn_status_t read_bounds(run_t *run)
{
  const isn_run_options_t *options = run->options;
  int size = run->models.code_size;
  ISN_TRY(isn_alloc(&run->code_min, size, "bounds"));
  ISN_TRY(isn_alloc(&run->code_max, size, "bounds"));
  ISN_TRY(isn_code_bounds_expand(&options->sampling.code_min, "sampling.code_min", size,
                                 run->code_min));
  ISN_TRY(isn_code_bounds_expand(&options->sampling.code_max, "sampling.code_max", size,
                                 run->code_max));
  for (int k = 0; k < size; k++)
    if (!(run->code_min[k] < run->code_max[k]))
      ISN_FAIL(ISN_ERR_INPUT,
               "%s: code coordinate %d has bounds [%g, %g]; want code_min < code_max",
               options->path, k, (double)run->code_min[k], (double)run->code_max[k]);
  return ISN_OK;
}

/* As the file and the config name them. */
static const char *const METHOD_NAMES[] = {[ISN_METHOD_INVSET] = "invset",
                                           [ISN_METHOD_PPGN] = "ppgn",
                                           [ISN_METHOD_DGN_AM] = "dgn-am",
                                           [ISN_METHOD_ASCENT] = "ascent",
                                           [ISN_METHOD_MCMC] = "mcmc"};

/* What the file will hold.  Hashes and paths of the models are rank 0's alone. */
static isn_status_t set_layout(run_t *run)
{
  const isn_run_options_t *options = run->options;
  isn_run_layout_t *layout = &run->layout;
  *layout = (isn_run_layout_t){.n_targets = run->targets.n,
                               .n_slots = options->sampling.samples,
                               .block_size = options->sampling.block,
                               .code_size = run->models.code_size,
                               .encoding_size = run->models.encoding_size,
                               .with_encodings = options->output.encodings,
                               .channels = run->models.picture.c,
                               .height = run->models.picture.h,
                               .width = run->models.picture.w,
                               .max_neurons = run->targets.max_neurons,
                               .probe_starts =
                                   run->targets.any_relative ? options->sampling.probe_starts : 0,
                               .targets = run->targets.targets,
                               .n_models = run->models.n_files,
                               .config_text = options->text,
                               .settings = options->settings,
                               .method = (char *)METHOD_NAMES[options->sampling.method],
                               .program_version = (char *)ISN_VERSION,
                               .git_revision = (char *)ISN_GIT_REVISION};
  memcpy(layout->models, run->models.files, sizeof layout->models);
  return ISN_OK;
}

static isn_status_t open_backend(run_t *run)
{
  isn_status_t status = isn_backend_open_rank(run->options->run.backend,
                                              isn_comm_local_rank(run->comm), &run->backend);
  if (status != ISN_OK)
    isn_error_prefix("%s: run.backend", run->options->path);
  return isn_comm_agree(run->comm, status);
}

/* Ranks that share this rank's device and its memory: all of a node on CPUs, else those with the
 * same GPU.  Collective. */
static isn_status_t count_sharers(run_t *run, int *n)
{
  isn_status_t status;
  int n_ranks = isn_comm_size(run->comm), rank = isn_comm_rank(run->comm);
  double *numbers = NULL;
  status = isn_alloc(&numbers, n_ranks, "devices");
  if (status == ISN_OK)
    status = isn_backend_device_number(run->backend, &numbers[rank]);
  ISN_TRY_GOTO(isn_comm_agree(run->comm, status), done);
  double mine = numbers[rank];
  ISN_TRY_GOTO(isn_comm_sum(run->comm, numbers, n_ranks), done);
  *n = 0;
  for (int r = 0; r < n_ranks; r++)
    *n += numbers[r] == mine;
  if (isn_backend_is_host(run->backend))
    *n = isn_comm_local_size(run->comm);
done:
  free(numbers);
  return status;
}

/* Share of the memory that is free now which the ranks of a node take for their batches. */
static const double BATCH_MEMORY = 0.5;

/* Blocks at work, for each that the batch has room for: settled samples make room for more. */
static const size_t BLOCKS_AT_WORK = 2;

/* Backend memory that the sampler takes for each sample of the batch. */
static size_t block_bytes(const run_t *run)
{
  isn_problem_t problem = run->problem;
  problem.n_neurons = run->targets.max_neurons;
  return BLOCKS_AT_WORK * isn_block_bytes_per_sample(&problem);
}

/* As the config says, or as the free memory allows; at least a block, or the ascents of a probe. */
static isn_status_t limit_batch(const run_t *run, int n_sharers, isn_batch_limits_t *limits)
{
  int least = run->layout.block_size > run->layout.probe_starts ? run->layout.block_size
                                                                : run->layout.probe_starts;
  int wanted = run->options->run.batch, full = isn_backend_full_batch(run->backend);
  size_t bytes;
  if (wanted > 0) {
    *limits = isn_batch_exactly(wanted > least ? wanted : least);
    return ISN_OK;
  }
  ISN_TRY(isn_backend_memory(run->backend, &bytes));
  bytes = (size_t)(BATCH_MEMORY * (double)bytes / n_sharers);
  *limits = (isn_batch_limits_t){least, full > least ? full : least, bytes, block_bytes(run)};
  return ISN_OK;
}

/* What "auto" has fallen back to may not have it. */
static isn_status_t choose_precision(const run_t *run, isn_precision_t *precision)
{
  const isn_run_options_t *options = run->options;
  *precision = options->run.precision;
  if (*precision != ISN_PRECISION_FP32 && strcmp(options->run.backend, "auto") == 0 &&
      isn_backend_is_host(run->backend)) {
    isn_log_info("run.precision is for GPUs, of which none is used: computing in fp32");
    *precision = ISN_PRECISION_FP32;
  }
  isn_status_t status = isn_backend_set_precision(run->backend, *precision);
  if (status == ISN_ERR_INPUT)
    isn_error_prefix("%s: run.precision", options->path);
  return status;
}

/* All ranks look at the free memory before one takes some. */
isn_status_t setup_engine(run_t *run)
{
  isn_batch_limits_t limits;
  isn_precision_t precision = ISN_PRECISION_FP32;
  const char **blobs = NULL;
  int n_sharers;
  ISN_TRY(count_sharers(run, &n_sharers));
  isn_status_t status = limit_batch(run, n_sharers, &limits);
  if (status == ISN_OK)
    status = choose_precision(run, &precision);
  if (status == ISN_OK)
    status = isn_alloc(&blobs, run->targets.n_blobs, "blob names");
  if (status == ISN_OK)
    status = isn_alloc(&run->all_blobs, run->targets.n_blobs, "numbers of blobs");
  status = isn_comm_agree(run->comm, status);
  for (int b = 0; b < run->targets.n_blobs && status == ISN_OK; b++) {
    blobs[b] = run->targets.blobs[b];
    run->all_blobs[b] = b;
  }
  if (status == ISN_OK)
    status = isn_engine_open(run->backend, &run->models, run->targets.n_blobs, blobs, limits,
                             precision, &run->engine);
  if (status == ISN_OK)
    status = isn_engine_check(run->engine, run->code_min, run->code_max);
  free(blobs);
  if (status == ISN_OK)
    status = isn_vectors_create(run->backend, &run->vectors);
  return isn_comm_agree(run->comm, status);
}

isn_status_t setup_run(run_t *run)
{
  ISN_TRY(open_backend(run));
  ISN_TRY(isn_models_load(run->comm, run->options, &run->models));
  ISN_TRY(isn_targets_resolve(run->comm, run->options, &run->models, &run->targets));
  ISN_TRY(isn_comm_agree(run->comm, read_bounds(run)));
  ISN_TRY(set_problem(run));
  ISN_TRY(start_codes_read(run));
  return set_layout(run);
}

void setup_clear(run_t *run)
{
  isn_engine_close(run->engine);
  isn_vectors_destroy(run->vectors);
  isn_backend_close(run->backend);
  free(run->code_min);
  free(run->code_max);
  free(run->all_blobs);
  free(run->start_codes);
  isn_targets_clear(&run->targets);
  isn_models_clear(&run->models);
}
