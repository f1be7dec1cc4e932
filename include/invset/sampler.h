/** @file sampler.h
 *  Blocks of samples of an inverse set: K codes that are moved together until each lies in its
 *  window, as far from each other and from the samples before them as the step rule takes them.
 *
 *      argmax over c_1 .. c_K  D   subject to   z1 <= f_k(c_i) <= z2 for every neuron k,
 *      D = sum_i sum_j ||E(c_i) - e_j||^2  over the fixed encodings e_j and over pairs of the block
 *
 *  (Hada and Carreira-Perpinan 2019, eq. 3 and 5, with their two approximations: a sample that is
 * in its window is frozen, and only K samples are moved at a time.)
 *
 *  A block is a state machine without any net: it hands out codes, is told activations and
 *  encodings, says which gradients it wants, is given them, and steps.  So whoever has a network
 * can evaluate many blocks in one batch.  isn_block_solve() drives one block with two callbacks and
 *  shows the order of the calls.  Everything is local; equal inputs give equal bits, and nothing
 *  depends on how the evaluations of a block were batched.  A start whose activations or encoding
 *  are not finite is given up at once, so that no such sample is ever accepted.
 */
#ifndef INVSET_SAMPLER_H
#define INVSET_SAMPLER_H

#include <stdbool.h>

#include "invset/random.h"
#include "invset/spread.h"
#include "invset/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ISN_MAX_PATIENCE = 100 };

/** How a sample that is outside its window is moved. */
typedef enum {
  /** Newton step on the constraint: delta = r g / (g.g), g = grad f on the coordinates that their
   *  bounds leave free, r the residual aimed a little inside the window, length at most newton_cap.
   *  It is the augmented-Lagrangian step with the penalty scaled by 1 / ||g||^2.  The spread enters
   *  as one step per block, tangent to f = const. */
  ISN_STEP_NEWTON,
  /** Normalised gradient step of the augmented Lagrangian
   *  L = -D + 1/(2 rho) sum_k [ max(0, lambda_k + rho g_k)^2 - lambda_k^2 ], g = z1 - f and f - z2,
   *  after each of which lambda_k <- max(0, lambda_k + rho g_k), g at the code it led to; D divided
   *  by the number of distances in it. */
  ISN_STEP_CLASSIC,
  /** Normalised gradient ascent of the first neuron's activation, to find how far it can be driven:
   *  max_steps steps whose length falls evenly from ascent_step to 0.  No sample is ever accepted;
   *  the result is the best code on the way.  Windows and spread do not count. */
  ISN_STEP_ASCENT
} isn_step_rule_t;

/** What is to be sampled and how.  Lengths are Euclidean, in code units. */
typedef struct {
  int code_size;              /**< D */
  int encoding_size;          /**< E */
  int n_neurons;              /**< M, all of which must be in their windows */
  const double (*windows)[2]; /**< (M) low and high value, a side without limit infinite, borrowed;
                                   NULL for an ascent */
  const float *code_min;      /**< (D) bounds of codes, borrowed */
  const float *code_max;
  isn_step_rule_t rule;
  double step;         /**< length of the spread step that begins a block of a chain */
  double aim;          /**< where Newton steps aim: this share of the window's width inside */
  double newton_cap;   /**< longest Newton step */
  double kick;         /**< length of the random part of a recombined start */
  int patience;        /**< a start is given up if its distance to the window did not shrink
                            by 30 % within this many steps; 1 .. ISN_MAX_PATIENCE */
  int max_steps;       /**< steps after which a start is given up in any case */
  int max_starts;      /**< starts after which a sample counts as not reached */
  double classic_step; /**< length of a step of the classic rule */
  double classic_rho;  /**< its penalty */
  double ascent_step;  /**< length of the first step of an ascent */
} isn_problem_t;

/** Give a fresh start.
 *  @param[in]  sample of the block  @param[in] draw 0, 1, ... : starts it had before
 *  @param[out] code   (D), host, inside the bounds */
typedef isn_status_t isn_start_fn(void *context, int sample, int draw, float *code);

/** What a block begins with.  All pointers are borrowed until the block is finished. */
typedef struct {
  int n;                      /**< samples of this block, at most the block's size */
  const isn_moments_t *fixed; /**< the fixed encodings to stay away from */
  const float *previous;      /**< (n, D) the chain's block before this; NULL: fresh starts */
  const unsigned char
      *previous_ok; /**< (n) whether that sample was accepted, so can be gone on from; one
                       that has no way to step away from there starts afresh, too */
  int n_parents;    /**< accepted codes that starts may be recombined from; 0 is fine */
  const float *const *parents; /**< (n_parents) each (D) */
  bool recombine_first; /**< recombine also for the first start of a sample, not only for later
                             ones (for targets whose fresh starts fail often) */
  isn_random_key_t key; /**< sample and draw are filled in here */
  isn_start_fn *start;
  void *context; /**< handed to start */
} isn_block_begin_t;

typedef struct isn_block isn_block_t;

/** Make a block for up to max_samples samples of a problem.
 *  @param[in]  problem copied; the arrays it points to are borrowed until isn_block_destroy()
 *  @return ISN_ERR_ARG if a setting is out of its range; ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_block_create(const isn_problem_t *problem, int max_samples,
                                           isn_block_t **out);
void isn_block_destroy(isn_block_t *block); /**< NULL is fine */

/** Begin a block.
 *  @return ISN_ERR_ARG if n or the size of the fixed encodings does not fit; what start returned */
ISN_MUST_USE isn_status_t isn_block_begin(isn_block_t *block, const isn_block_begin_t *begin);

/** Samples to be evaluated in this round.
 *  @param[out] samples (max_samples)  @return their number; 0: the block is finished */
int isn_block_active(const isn_block_t *block, int *samples);

/** The code of a sample: (D), host. */
const float *isn_block_code(const isn_block_t *block, int sample);

/** Tell what the codes gave; once for each active sample of the round.
 *  @param[in] activation (M)  @param[in] encoding (E); copied */
void isn_block_observe(isn_block_t *block, int sample, const float *activation,
                       const float *encoding);

/** Decide, after all observations of the round: freeze what is inside, give up what is stuck, and
 * say which gradients are needed.  @return what start returned */
ISN_MUST_USE isn_status_t isn_block_decide(isn_block_t *block);

/** Whether this sample was settled (accepted or given up) by the last decide: its picture is the
 * one to keep, and code, activation, encoding stay as they are. */
bool isn_block_settled_now(const isn_block_t *block, int sample);

/** A gradient that the last decide asks for. */
typedef enum {
  ISN_GRADIENT_ACTIVATION = 0, /**< of an activation: one seed of isn_block_seeds() is 1 */
  ISN_GRADIENT_SPREAD = 1,     /**< of D: seed on the encoding */
  ISN_GRADIENT_LAGRANGIAN = 2, /**< of L: seeds on both, carried back together */
  ISN_N_GRADIENTS = 3
} isn_gradient_t;

bool isn_block_wants(const isn_block_t *block, int sample, isn_gradient_t gradient);

/** The seeds of a wanted gradient.
 *  @param[out] activation_seed (M)  @param[out] encoding_seed (E); only those the gradient has */
void isn_block_seeds(const isn_block_t *block, int sample, isn_gradient_t gradient,
                     float *activation_seed, float *encoding_seed);

/** Give a wanted gradient with respect to the code.  @param[in] code_gradient (D), copied */
void isn_block_learn(isn_block_t *block, int sample, isn_gradient_t gradient,
                     const float *code_gradient);

/** Move all samples for which gradients came.  Ends the round. */
void isn_block_step(isn_block_t *block);

/** Results of a settled sample. */
typedef struct {
  bool accepted;           /**< else the best attempt of all starts */
  const float *code;       /**< (D), owned by the block, until the next begin */
  const float *encoding;   /**< (E) */
  const float *activation; /**< (M) */
  double steps;            /**< sample-steps spent: half a step for each pass forward or back */
  int restarts;            /**< starts given up */
} isn_block_result_t;
void isn_block_result(const isn_block_t *block, int sample, isn_block_result_t *result);

/** Distance of activations to what isn_window_accepts() accepts: 0 if it does, else how far the
 *  worst neuron is outside, in activation; infinite if one is not finite, or a window not known.
 *  @param[in] activation (n_neurons) */
double isn_window_gap(int n_neurons, const double (*windows)[2], const float *activation);

/** Whether activations count as inside while sampling: by a margin of 1e-5 of the window's larger
 *  finite bound (1e-6 at least where a side is infinite), so that another machine's rounding does
 * not put a stored sample outside again. */
bool isn_window_accepts(int n_neurons, const double (*windows)[2], const float *activation);

/** Evaluate n codes.
 *  @param[in]  codes       (n, D)  @param[out] activations (n, M)  @param[out] encodings (n, E) */
typedef isn_status_t isn_evaluate_fn(void *context, int n, const float *codes, float *activations,
                                     float *encodings);
/** Carry seeds back to one code of the last evaluation.
 *  @param[in]  i  which of its codes  @param[in] activation_seed (M)  @param[in] encoding_seed (E)
 *  @param[out] code_gradient (D) */
typedef isn_status_t isn_carry_back_fn(void *context, int i, const float *activation_seed,
                                       const float *encoding_seed, float *code_gradient);

/** Run a block that has begun to its end.  @return what a callback returned; ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_block_solve(isn_block_t *block, isn_evaluate_fn *evaluate,
                                          isn_carry_back_fn *carry_back, void *context);

#ifdef __cplusplus
}
#endif
#endif
