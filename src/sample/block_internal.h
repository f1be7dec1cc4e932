/* What the files of the sample room share: the state of a block and of its samples, and the step
 * rules on it. */
#ifndef ISN_SAMPLE_BLOCK_INTERNAL_H
#define ISN_SAMPLE_BLOCK_INTERNAL_H

#include "invset/sampler.h"

typedef enum {
  PHASE_LAUNCH,    /* at the code of the chain's previous block, about to take the spread step */
  PHASE_STRANDED,  /* had no way to take the spread step: still at the previous block's code */
  PHASE_SEEK,      /* on its way into the window */
  PHASE_LAST_LOOK, /* out of starts: evaluates its best code once more, to record it */
  PHASE_ACCEPTED,
  PHASE_GIVEN_UP
} phase_t;

typedef struct {
  phase_t phase;
  bool settled_now;
  bool wants[ISN_N_GRADIENTS];
  int draw;                      /* starts given up so far */
  int age;                       /* steps taken from this start */
  double smallest_gap;           /* of this start */
  double gaps[ISN_MAX_PATIENCE]; /* smallest_gap at each of its last steps (ring) */
  double best_gap;               /* of all starts */
  int passes;                    /* network passes, forward or back */
  int critical; /* neuron that is farthest out of its window, or nearest its edge */
} sample_t;

struct isn_block {
  isn_problem_t problem;
  int max_samples;
  isn_block_begin_t begin;
  sample_t *samples;                /* (max_samples) */
  float *code;                      /* (max_samples, D) */
  float *best_code;                 /* (max_samples, D) */
  float *encoding;                  /* (max_samples, E) */
  float *activation;                /* (max_samples, M) */
  float *gradient[ISN_N_GRADIENTS]; /* (max_samples, D) each */
  double *multipliers;              /* (max_samples, M, 2) of the classic rule */
  double *work;                     /* (max(D, E)) */
  const float **mates;              /* (max_samples) accepted codes of this block */
};

static inline float *block_code(const isn_block_t *block, int sample)
{
  return block->code + (size_t)sample * (size_t)block->problem.code_size;
}

static inline float *block_activation(const isn_block_t *block, int sample)
{
  return block->activation + (size_t)sample * (size_t)block->problem.n_neurons;
}

static inline float *block_gradient(const isn_block_t *block, int sample, isn_gradient_t gradient)
{
  return block->gradient[gradient] + (size_t)sample * (size_t)block->problem.code_size;
}

static inline double *block_multipliers(const isn_block_t *block, int sample)
{
  return block->multipliers + 2 * (size_t)sample * (size_t)block->problem.n_neurons;
}

/* Put a number between the bounds of coordinate k. */
float bounded(const isn_problem_t *problem, int k, double value);

/* By how much inside its edges a window accepts, see isn_window_accepts(). */
double window_margin(const double window[2]);

/* The spread step that begins a block of a chain: along the gradient of D, tangent to f = const.
 * Returns whether there was a way to go. */
bool newton_launch(isn_block_t *block, int sample);
/* One Newton step on the critical neuron's constraint. */
void newton_step(isn_block_t *block, int sample);

/* One step up the activation.  Without a way to go the ascent is over. */
void ascent_step(isn_block_t *block, int sample);

/* Coefficients of the neurons' gradients in the gradient of the augmented Lagrangian. */
void classic_activation_seed(const isn_block_t *block, int sample, float *seed);
/* One normalised gradient step down the Lagrangian.  Returns whether there was a way to go. */
bool classic_step(isn_block_t *block, int sample, double length);
/* The multipliers' update, with the activations that the step led to. */
void classic_update_multipliers(isn_block_t *block, int sample);

/* Gradient of D with respect to a sample's encoding: fixed set and block.  @param[out] out (E) */
void spread_gradient(const isn_block_t *block, int sample, double *out);

/* Put a start into the sample's code: fresh, or recombined from parents or mates. */
isn_status_t draw_start(isn_block_t *block, int sample);

#endif
