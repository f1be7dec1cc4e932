/* Starts on their way into the window: which go on, which are given up and drawn again, and when a
 * sample counts as not reached. */
#include <math.h>
#include <string.h>

#include "block_internal.h"

/* A start makes progress if its gap shrinks to this share within `patience` steps. */
static const double PROGRESS = 0.7;

/* Where in its windows a start aims: anywhere but near the edges, so that the samples fill the
 * window and do not crowd where they come in. */
static void draw_aims(isn_block_t *block, int sample)
{
  const isn_problem_t *problem = &block->problem;
  double *aim = block_aim(block, sample);
  isn_random_key_t key = block->begin.key;
  key.purpose = ISN_RANDOM_AIM;
  key.sample = (uint32_t)sample;
  key.draw = (uint32_t)block->samples[sample].draw;
  isn_random_uniform(&key, (size_t)problem->n_neurons, aim);
  for (int k = 0; k < problem->n_neurons; k++) {
    const double *window = problem->windows[k];
    double share = problem->aim + (1.0 - 2.0 * problem->aim) * aim[k];
    aim[k] = window[0] + share * (window[1] - window[0]);
  }
}

void begin_start(isn_block_t *block, int sample)
{
  sample_t *state = &block->samples[sample];
  size_t m = (size_t)block->problem.n_neurons;
  state->phase = PHASE_SEEK;
  state->age = 0;
  state->smallest_gap = INFINITY;
  memset(block_multipliers(block, sample), 0, 2 * m * sizeof(double));
  memset(block_is_known(block, sample), 0, m * sizeof(bool));
  if (block->rule == &newton_rule)
    draw_aims(block, sample);
}

void end_launch(isn_block_t *block, int sample, bool moved)
{
  begin_start(block, sample);
  if (!moved)
    block->samples[sample].phase = PHASE_STRANDED;
}

/* Give up the start of a sample: draw another, or look once more at the best if there were enough.
 */
static void give_up_start(isn_block_t *block, int sample)
{
  sample_t *state = &block->samples[sample];
  state->draw++;
  if (state->draw < block->problem.max_starts) {
    begin_start(block, sample);
    state->wants_start = true;
    return;
  }
  state->phase = PHASE_LAST_LOOK;
  /* Without a best it stays at its last start, no worse than the others; and it may be there. */
  state->go_back = state->best_gap < INFINITY && !state->keep_best;
}

/* Whether a start that is outside may go on: it makes progress, and has steps left. */
static bool may_go_on(const isn_block_t *block, sample_t *state, double gap)
{
  const isn_problem_t *problem = &block->problem;
  if (problem->rule == ISN_STEP_ASCENT)
    return state->age < problem->max_steps;
  state->smallest_gap = fmin(state->smallest_gap, gap);
  double *past = &state->gaps[state->age % problem->patience];
  bool stuck = state->age >= problem->patience && state->smallest_gap > PROGRESS * *past;
  *past = state->smallest_gap;
  return !stuck && state->age++ < problem->max_steps;
}

static void keep_best(isn_block_t *block, int sample, double gap)
{
  sample_t *state = &block->samples[sample];
  if (!(gap < state->best_gap))
    return;
  state->best_gap = gap;
  state->keep_best = true;
}

void seek(isn_block_t *block, int sample, double gap,
          void (*want_launch)(isn_block_t *block, int sample),
          void (*want_seek)(isn_block_t *block, int sample))
{
  sample_t *state = &block->samples[sample];
  bool ascent = block->problem.rule == ISN_STEP_ASCENT;
  if (state->phase == PHASE_LAUNCH) {
    want_launch(block, sample);
  } else if (state->phase == PHASE_STRANDED) {
    begin_start(block, sample); /* it would be accepted as a copy of the previous block's sample */
    state->wants_start = true;
  } else if ((gap <= 0.0 && !ascent) || state->phase == PHASE_LAST_LOOK) {
    settle(block, sample, ascent ? INFINITY : gap); /* rounding may be kind at the last look */
  } else {
    keep_best(block, sample, gap);
    if (!isfinite(gap) || !may_go_on(block, state, gap))
      give_up_start(block, sample);
    else
      want_seek(block, sample);
  }
}
