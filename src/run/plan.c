/* The plan of a run; see plan.h.  A few targets, spread over the run, are taken through what a run
 * does with each: the probe of its reach, a seed block, a block of a chain.  Only their costs are
 * kept. */
#include "invset/plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "invset/memory.h"
#include "pool.h"
#include "probe.h"
#include "rows.h"
#include "setup.h"

enum { LEAST_STARTS = 256, MAX_TRIALS = 64 };

/* One target on trial. */
typedef struct {
  run_t *run;
  int target;
  int n_neurons, first_neuron; /* of the target, that the present block is about */
  float *codes;                /* (K, D) of the seed block */
  unsigned char *ok;           /* (K) whether that sample was accepted */
  const float **parents;       /* (K) codes of those that were */
  isn_moments_t fixed;         /* of those that were */
} trial_t;

/* What a block of a trial has cost and brought. */
typedef struct {
  double steps;
  int n_accepted, restarts;
} outcome_t;

static double clock_since(double began)
{
  return run_clock() - began;
}

static isn_status_t start_near(void *context, int sample, int draw, float *code)
{
  const trial_t *trial = context;
  const run_t *run = trial->run;
  isn_random_key_t key = {.seed = (uint64_t)run->options->sampling.seed,
                          .purpose = ISN_RANDOM_JITTER,
                          .target = random_target(run, trial->target),
                          .sample = (uint32_t)sample,
                          .draw = (uint32_t)draw};
  int64_t place = sample + (int64_t)draw * run->layout.block_size;
  return pool_start(run->pool, trial->target, place, &key, code);
}

static isn_status_t start_high(void *context, int sample, int draw, float *code)
{
  const trial_t *trial = context;
  (void)draw; /* an ascent has one start */
  return pool_start_high(trial->run->pool, trial->target, trial->first_neuron, sample, code);
}

static observed_t trial_neurons(const trial_t *trial)
{
  return (observed_t){trial->target, trial->first_neuron, trial->n_neurons};
}

/* isn_evaluate_fn on the engine. */
static isn_status_t evaluate(void *context, int n, const float *codes, float *values,
                             float *encodings)
{
  const trial_t *trial = context;
  const run_t *run = trial->run;
  size_t d = (size_t)run->layout.code_size, e = (size_t)run->layout.encoding_size;
  memcpy(isn_engine_codes(run->engine), codes, (size_t)n * d * sizeof *codes);
  ISN_TRY(isn_engine_forward(run->engine, n));
  for (int i = 0; i < n; i++) {
    rows_values(run, trial_neurons(trial), i, values + i * trial->n_neurons);
    memcpy(encodings + (size_t)i * e, isn_engine_encoding(run->engine, i), e * sizeof *encodings);
  }
  return ISN_OK;
}

/* isn_carry_back_fn on the engine. */
static isn_status_t carry_back(void *context, int i, isn_gradient_t gradient,
                               const float *value_seed, const float *encoding_seed,
                               float *code_gradient)
{
  const trial_t *trial = context;
  const run_t *run = trial->run;
  rows_put_seeds(run, trial_neurons(trial), i, gradient, value_seed);
  memcpy(isn_engine_encoding_seed(run->engine, i), encoding_seed,
         (size_t)run->layout.encoding_size * sizeof *encoding_seed);
  ISN_TRY(rows_backward(run, rows_pass(run, trial_neurons(trial), gradient),
                        isn_gradient_has_encoding(gradient.kind), (isn_rows_t){1, &i}));
  memcpy(code_gradient, isn_engine_code_gradient(run->engine, i),
         (size_t)run->layout.code_size * sizeof *code_gradient);
  return ISN_OK;
}

/* Take a block to its end.  @param[out] out (n) results, of the block */
static isn_status_t solve(trial_t *trial, isn_block_t *block, const isn_block_begin_t *begin,
                          isn_block_result_t *results, outcome_t *outcome)
{
  *outcome = (outcome_t){0};
  ISN_TRY(isn_block_begin(block, begin));
  ISN_TRY(isn_block_solve(block, evaluate, carry_back, trial));
  for (int i = 0; i < begin->n; i++) {
    isn_block_result(block, i, &results[i]);
    outcome->steps += results[i].steps;
    outcome->n_accepted += results[i].accepted;
    outcome->restarts += results[i].restarts;
  }
  return ISN_OK;
}

/* The reach of each neuron whose window is relative, and the windows that follow.  @param[in,out]
 * steps of all probes */
static isn_status_t try_probe(trial_t *trial, isn_block_result_t *results, float *reach,
                              double *steps)
{
  run_t *run = trial->run;
  int n_neurons = run->targets.targets[trial->target].n_neurons;
  isn_problem_t problem = ascent_problem(run);
  isn_block_begin_t begin = {
      .n = run->layout.probe_starts, .fixed = &trial->fixed, .start = start_high, .context = trial};
  isn_block_t *block = NULL;
  isn_status_t status;
  outcome_t outcome;
  ISN_TRY_GOTO(isn_block_create(run->backend, &problem, begin.n, &block), done);
  trial->n_neurons = 1;
  for (int k = 0; k < n_neurons; k++) {
    reach[k] = NAN;
    if (!isn_targets_neuron_is_relative(&run->targets, trial->target, k))
      continue;
    trial->first_neuron = k;
    ISN_TRY_GOTO(solve(trial, block, &begin, results, &outcome), done);
    *steps += outcome.steps;
    for (int r = 0; r < begin.n; r++)
      reach[k] = fmaxf(reach[k], results[r].values[0]);
  }
  isn_targets_set_reach(&run->targets, trial->target, reach);
done:
  isn_block_destroy(block);
  return status;
}

/* Blocks whose costs differ: a target's seeds, a chain's block that begins with fresh starts, and
 * one that goes on from the block before. */
enum { SEED_BLOCK, FRESH_BLOCK, LATER_BLOCK, N_KINDS };

/* One block of each kind; no more than the seeds if these got nothing in. */
static isn_status_t try_blocks(trial_t *trial, isn_block_result_t *results,
                               outcome_t outcomes[N_KINDS])
{
  run_t *run = trial->run;
  size_t d = (size_t)run->layout.code_size;
  isn_problem_t problem = run->problem;
  isn_block_begin_t begin = {.n = run->layout.block_size,
                             .fixed = &trial->fixed,
                             .key = {.seed = (uint64_t)run->options->sampling.seed,
                                     .purpose = ISN_RANDOM_START,
                                     .target = random_target(run, trial->target)},
                             .start = start_near,
                             .context = trial};
  isn_block_t *block = NULL;
  isn_status_t status;
  trial->first_neuron = 0;
  problem.n_neurons = trial->n_neurons = run->targets.targets[trial->target].n_neurons;
  problem.windows = (const double(*)[2])run->targets.windows[trial->target];
  ISN_TRY_GOTO(isn_block_create(run->backend, &problem, begin.n, &block), done);
  ISN_TRY_GOTO(solve(trial, block, &begin, results, &outcomes[SEED_BLOCK]), done);
  for (int i = 0; i < begin.n; i++) {
    memcpy(trial->codes + (size_t)i * d, results[i].code, d * sizeof(float));
    trial->ok[i] = results[i].accepted;
    if (!results[i].accepted)
      continue;
    trial->parents[begin.n_parents++] = trial->codes + (size_t)i * d;
    isn_moments_add(&trial->fixed, results[i].encoding);
  }
  if (begin.n_parents == 0)
    goto done;
  begin.parents = trial->parents;
  begin.recombine_first = outcomes[SEED_BLOCK].restarts > CHAIN_HARD_RESTARTS * begin.n;
  begin.key.chain = 1;
  ISN_TRY_GOTO(solve(trial, block, &begin, results, &outcomes[FRESH_BLOCK]), done);
  begin.previous = trial->codes;
  begin.previous_ok = trial->ok;
  begin.key.chain = 2;
  ISN_TRY_GOTO(solve(trial, block, &begin, results, &outcomes[LATER_BLOCK]), done);
done:
  isn_block_destroy(block);
  return status;
}

/* Blocks of a target's chains that begin with fresh starts. */
static int fresh_blocks(const run_t *run)
{
  int n = 0, length = run->start_blocks;
  for (int j = 0; j < run->options->sampling.chains; j++)
    n += (chain_n_blocks(run, j) + length - 1) / length;
  return n;
}

/* A target that will be filled.  @param[in] steps per sample */
static void add_target(isn_run_plan_t *plan, double steps)
{
  plan->sample_steps += steps * plan->n_slots;
  plan->least_steps = plan->n_reached ? fmin(plan->least_steps, steps) : steps;
  plan->largest_steps = fmax(plan->largest_steps, steps);
  plan->n_reached++;
}

/* Costs of one target, added to the plan's sums; see finish(). */
static isn_status_t try_target(run_t *run, int target, isn_run_plan_t *plan)
{
  size_t k = (size_t)run->layout.block_size, r = (size_t)run->layout.probe_starts;
  trial_t trial = {.run = run, .target = target};
  isn_block_result_t *results = NULL;
  float *reach = NULL;
  outcome_t outcomes[N_KINDS] = {0};
  isn_status_t status;
  ISN_TRY_GOTO(isn_moments_alloc(run->layout.encoding_size, &trial.fixed), done);
  ISN_TRY_GOTO(isn_alloc(&trial.codes, k * (size_t)run->layout.code_size, "codes"), done);
  ISN_TRY_GOTO(isn_alloc(&trial.ok, k, "codes"), done);
  ISN_TRY_GOTO(isn_alloc(&trial.parents, k, "codes"), done);
  ISN_TRY_GOTO(isn_alloc(&results, k > r ? k : r, "results"), done);
  ISN_TRY_GOTO(isn_alloc(&reach, run->layout.max_neurons, "reach"), done);
  plan->n_tried++;
  if (isn_targets_is_relative(&run->targets, target))
    ISN_TRY_GOTO(try_probe(&trial, results, reach, &plan->probe_steps), done);
  if (!isn_targets_has_window(&run->targets, target))
    goto done;
  if (run_walks(run)) { /* by its iterations */
    add_target(plan, run->problem.iterations);
    goto done;
  }
  ISN_TRY_GOTO(try_blocks(&trial, results, outcomes), done);
  if (outcomes[SEED_BLOCK].n_accepted == 0) {
    plan->sample_steps += outcomes[SEED_BLOCK].steps; /* the target is left alone after that */
  } else {
    double n_fresh = fresh_blocks(run), n_blocks = isn_run_n_blocks(&run->layout);
    double steps = outcomes[SEED_BLOCK].steps + outcomes[FRESH_BLOCK].steps * n_fresh +
                   outcomes[LATER_BLOCK].steps * (n_blocks - 1.0 - n_fresh);
    add_target(plan, steps / ((double)k * n_blocks));
  }
done:
  isn_moments_free(&trial.fixed);
  free(trial.codes);
  free(trial.ok);
  free(trial.parents);
  free(results);
  free(reach);
  return status;
}

/* A step of all rows of a batch, but for the sampler's part of it. */
static isn_status_t pass_there_and_back(run_t *run, isn_rows_t rows)
{
  ISN_TRY(isn_engine_run(run->engine, rows.n));
  for (int row = 0; row < rows.n; row++) {
    ISN_TRY(isn_vectors_clear(run->vectors, isn_engine_blob_row(run->engine, 0, row).seed,
                              isn_engine_blob_count(run->engine, 0)));
    ISN_TRY(isn_vectors_add_unit(run->vectors, 0, 1.0F));
  }
  ISN_TRY(isn_vectors_run(run->vectors));
  ISN_TRY(rows_carry_back(run, 0, false, rows));
  return isn_backend_wait(run->backend);
}

/* Sample-steps per second of full batches. */
static isn_status_t measure_rate(run_t *run, double seconds, double *rate)
{
  int batch = isn_engine_batch(run->engine), n = 0, *index = NULL;
  isn_status_t status;
  double began;
  ISN_TRY(isn_alloc(&index, batch, "rows"));
  for (int row = 0; row < batch; row++)
    index[row] = row;
  for (began = run_clock(); n == 0 || clock_since(began) < seconds; n++)
    ISN_TRY_GOTO(pass_there_and_back(run, (isn_rows_t){batch, index}), done);
  *rate = (double)n * batch / clock_since(began);
  status = ISN_OK;
done:
  free(index);
  return status;
}

static double weights_bytes(const isn_net_spec_t *net)
{
  double count = 0.0;
  for (int l = 0; net && l < net->n_layers; l++)
    for (int w = 0; w < net->layers[l].n_weights; w++)
      count += (double)net->layers[l].weights[w].count;
  return count * sizeof(float);
}

/* What follows from the sizes alone.  The engine is open. */
static void set_sizes(const run_t *run, isn_run_plan_t *plan)
{
  const isn_run_layout_t *layout = &run->layout;
  double d = layout->code_size, e = layout->encoding_size, k = layout->block_size;
  double arrays = 6.0 + layout->max_neurons;
  double pixels = (double)layout->channels * layout->height * layout->width;
  double ports = e, copies;
  isn_net_counts_t counts;
  isn_engine_counts(run->engine, &counts);
  for (int b = 0; b < run->targets.n_blobs; b++)
    ports += (double)isn_engine_blob_count(run->engine, b);
  /* Of the engine on the host: gradients; of another one codes and values, too. */
  copies = isn_backend_is_host(run->backend) ? ports : 2.0 * (d + ports);
  plan->batch = isn_engine_batch(run->engine);
  plan->on_host = isn_backend_is_host(run->backend);
  plan->n_targets = layout->n_targets;
  plan->n_slots = layout->n_slots;
  plan->file_bytes = isn_run_file_bytes(layout);
  plan->buffer_bytes = (double)counts.total_bytes + sizeof(float) * copies * plan->batch;
  /* A chain holds so many arrays of codes for its samples (gradients, of each neuron one and of the
   * spread, are among them), their results, and moments; about two chains for every block that the
   * batch has room for. */
  plan->sample_bytes =
      2.0 * plan->batch *
      (sizeof(float) * (arrays * d + 2.0 * e) + pixels + 2.0 * sizeof(double) * e / k);
  plan->root_bytes = sizeof(double) * e * layout->n_targets;
  plan->useful_ranks =
      (int)ceil((double)layout->n_targets * run->options->sampling.chains * k / plan->batch);
}

/* From the targets that were tried to all. */
static void extrapolate(isn_run_plan_t *plan)
{
  double share = (double)plan->n_targets / plan->n_tried;
  plan->probe_steps *= share;
  plan->sample_steps *= share;
}

static isn_status_t try_targets(run_t *run, double seconds, isn_run_plan_t *plan)
{
  int n = run->targets.n < MAX_TRIALS ? run->targets.n : MAX_TRIALS;
  double began = run_clock();
  for (int i = 0; i < n && (i == 0 || clock_since(began) < seconds); i++) {
    /* Each next one is far from those before: the order of a bit-reversed count. */
    int place = 0;
    for (int bit = 0; bit < 6; bit++)
      place |= (i >> bit & 1) << (5 - bit);
    ISN_TRY(try_target(run, (int)((int64_t)place * run->targets.n / MAX_TRIALS), plan));
  }
  extrapolate(plan);
  return ISN_OK;
}

/* Trials want a pool of starts like the run's, or they cost more; but it may take a quarter of the
 * time at most. */
static int trial_starts(const run_t *run, double seconds, double rate)
{
  int rows = pool_rows(run);
  double affordable = 2.0 * rate * 0.25 * seconds; /* a row is half a step */
  if (affordable < LEAST_STARTS)
    affordable = LEAST_STARTS;
  return affordable < rows ? (int)affordable : rows;
}

/* @param[in,out] options the run's own, whose pool is cut to what can be afforded */
static isn_status_t make_plan(run_t *run, isn_run_options_t *options, double seconds,
                              isn_run_plan_t *plan)
{
  ISN_TRY(setup_run(run));
  plan->weights_bytes = weights_bytes(run->models.classifier) +
                        weights_bytes(run->models.generator) + weights_bytes(run->models.encoder);
  ISN_TRY(setup_engine(run));
  set_sizes(run, plan);
  ISN_TRY(isn_board_create(run->comm, N_BOARD, BOARD_STOP, &run->board));
  ISN_TRY(measure_rate(run, 0.25 * seconds, &plan->rate));
  options->sampling.starts = trial_starts(run, seconds, plan->rate);
  ISN_TRY(pool_create(run, &run->pool));
  return try_targets(run, 0.5 * seconds, plan);
}

isn_status_t isn_run_plan(isn_comm_t *comm, const isn_run_options_t *options, double seconds,
                          isn_run_plan_t *plan)
{
  isn_run_options_t trial_options = *options; /* borrows what it points to */
  run_t run = {.comm = comm, .options = &trial_options};
  *plan = (isn_run_plan_t){0};
  if (isn_comm_size(comm) > 1)
    ISN_FAIL(ISN_ERR_ARG, "a plan is made by one rank, not by %d", isn_comm_size(comm));
  isn_status_t status = make_plan(&run, &trial_options, seconds, plan);
  int rows = run.pool ? pool_rows(&run) : 0;
  plan->pool_steps = 0.5 * rows;
  plan->pool_bytes = sizeof(float) * (double)rows * run.layout.n_targets * run.layout.max_neurons;
  pool_destroy(run.pool);
  isn_status_t closed = isn_board_destroy(run.board);
  setup_clear(&run);
  return status != ISN_OK ? status : closed;
}
