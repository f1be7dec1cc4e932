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
 *  A block is a state machine without any net: it hands out codes, is told values and
 *  encodings, says which gradients it wants, is given them, and steps.  So whoever has a network
 * can evaluate many blocks in one batch.  Everything is local; equal inputs give equal bits, and
 *  nothing depends on how the evaluations of a block were batched.  A start whose values or
 * encoding are not finite is given up at once, so that no such sample is ever accepted.
 *
 *  A block's vectors (codes, encodings, gradients) lie in the memory of a backend.  What is to be
 *  done with them the block puts into a queue (vectors.h), which the caller runs for all his blocks
 *  at once.  A round of all blocks, as isn_block_solve() does it with one:
 *
 *      isn_block_update                      run: starts are in backend memory
 *      isn_block_code       -> the nets ->   isn_block_encoding, isn_block_observe for each sample
 *      isn_block_decide, isn_block_fetch     run: results of settled samples are on the host
 *      isn_block_renew, isn_block_update     run: starts in place of those given up
 *      isn_block_wanted, isn_block_weights, isn_block_spread
 *                           -> the nets ->   isn_block_learn for each gradient
 *      isn_block_ask_step                    run
 *      isn_block_step
 *
 *  Where backend memory is host memory, both are the same and nothing is copied between them.
 */
#ifndef INVSET_SAMPLER_H
#define INVSET_SAMPLER_H

#include <stdbool.h>

#include "invset/random.h"
#include "invset/spread.h"
#include "invset/status.h"
#include "invset/vectors.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ISN_MAX_PATIENCE = 100 };

/** How codes are moved.  The first two sample the inverse set; ISN_STEP_ASCENT finds how far a
 *  neuron can be driven; the others are what the sampler is compared with, see isn_rule_walks(). */
typedef enum {
  /** Newton step on the constraints: the shortest that brings the linearised values to their aims,
   *  each a random point of its window, within the bounds, and at most newton_cap long.  With
   *  several neurons a step renews one gradient, of the neuron that is farthest out, and takes the
   *  others' from the steps before.  It is the augmented-Lagrangian step with the penalty scaled by
   *  1 / ||g||^2; with several neurons, a small Gram system.  The spread enters as one step per
   *  block, tangent to f = const for every neuron. */
  ISN_STEP_NEWTON,
  /** Normalised gradient step of the augmented Lagrangian
   *  L = -D + 1/(2 rho) sum_k [ max(0, lambda_k + rho g_k)^2 - lambda_k^2 ], g = z1 - f and f - z2,
   *  after each of which lambda_k <- max(0, lambda_k + rho g_k), g at the code it led to; D divided
   *  by the number of distances in it. */
  ISN_STEP_CLASSIC,
  /** Normalised gradient ascent of the first neuron's value, to find how far it can be driven:
   *  max_steps steps whose length falls evenly from ascent_step to 0.  No sample is ever accepted;
   *  the result is the best code on the way.  Windows and spread do not count. */
  ISN_STEP_ASCENT,
  /** PPGN-h (Nguyen et al. 2017, eq. 5): h += step d / mean |d|, d = eps1 (E(G(h)) - h) +
   *  eps2 dlog p/dh + eps3 noise, p the softmax probability of the neurons; cut to the bounds. */
  ISN_STEP_PPGN,
  /** Activation maximisation (Simonyan et al. 2014; on codes, DGN-AM: Nguyen et al. 2016):
   *  h += step g / mean |g|, g = grad of the sum of the values, the step falling evenly to
   *  last_step; then h <- centre + (1 - decay) (h - centre), cut to the bounds. */
  ISN_STEP_MAXIMISE,
  /** Metropolis-adjusted Langevin chain (Roberts and Tweedie 1996) on
   *  log pi = -1/2 sum_k (gap_k / (temperature width_k))^2 - 1/2 ||(c - mean) / deviation||^2
   *  within the bounds, where proposals are reflected; the drift is cut to the noise's length. */
  ISN_STEP_LANGEVIN,
  ISN_N_RULES
} isn_step_rule_t;

/** Whether a rule walks its iterations, in its windows or not: its samples are where it has come
 *  to after so many, and a block goes on from all samples of the one before. */
static inline bool isn_rule_walks(isn_step_rule_t rule)
{
  return rule > ISN_STEP_ASCENT;
}

/** What is to be sampled and how.  Lengths are Euclidean, in code units.  A neuron's value is what
 *  its window is on: its activation, say. */
typedef struct {
  int code_size;              /**< D */
  int encoding_size;          /**< E; equal to D for ISN_STEP_PPGN, unless eps1 is 0 */
  int n_neurons;              /**< M, all of which must be in their windows */
  const double (*windows)[2]; /**< (M) low and high value, either of which may be infinite,
                                   borrowed; NULL for an ascent */
  const float *code_min;      /**< (D) bounds of codes, borrowed */
  const float *code_max;
  isn_step_rule_t rule;
  double step;         /**< length of the spread step that begins a block of a chain */
  double aim;          /**< Newton steps aim this share of the window's width or more inside */
  double newton_cap;   /**< longest Newton step */
  double kick;         /**< length of the random part of a recombined start */
  int patience;        /**< a start is given up if its distance to the window did not shrink
                            by 30 % within this many steps; 1 .. ISN_MAX_PATIENCE */
  int max_steps;       /**< steps after which a start is given up in any case */
  int max_starts;      /**< starts after which a sample counts as not reached */
  double classic_step; /**< length of a step of the classic rule */
  double classic_rho;  /**< its penalty */
  double ascent_step;  /**< length of the first step of an ascent */
  int iterations;      /**< of each block, of the rules that walk; those with noise at most
                            ISN_RANDOM_DRAWS */
  struct {
    double step, eps1, eps2, eps3; /**< step in code units per coordinate */
  } ppgn;
  struct {
    double step, last_step; /**< code units per coordinate */
    double decay, centre;   /**< share of the way to the centre that each step goes back */
  } maximise;
  struct {
    double step;            /**< standard deviation of a proposal's noise per coordinate */
    double temperature;     /**< in window widths, which are 1 for windows with an open side */
    double mean, deviation; /**< of the codes' prior, per coordinate */
  } langevin;
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
 *  @param[in]  backend of its vectors; borrowed until isn_block_destroy()
 *  @param[in]  problem copied; the arrays it points to are borrowed until isn_block_destroy()
 *  @return ISN_ERR_ARG if a setting is out of its range; ISN_ERR_MEMORY; ISN_ERR_BACKEND */
ISN_MUST_USE isn_status_t isn_block_create(isn_backend_t *backend, const isn_problem_t *problem,
                                           int max_samples, isn_block_t **out);
void isn_block_destroy(isn_block_t *block); /**< NULL is fine */

/** Backend memory of a block's vectors, for each of its samples (n_neurons counts). */
size_t isn_block_bytes_per_sample(const isn_problem_t *problem);

/** Begin a block.  Its samples have no codes in backend memory before isn_block_update().
 *  @return ISN_ERR_ARG if n or the size of the fixed encodings does not fit; what start returned */
ISN_MUST_USE isn_status_t isn_block_begin(isn_block_t *block, const isn_block_begin_t *begin);

/** Samples to be evaluated in this round.
 *  @param[out] samples (max_samples)  @return their number; 0: the block is finished */
int isn_block_active(const isn_block_t *block, int *samples);

/** Put what has to be done before the codes are read into the queue: starts come into backend
 *  memory, best attempts are kept or gone back to. */
ISN_MUST_USE isn_status_t isn_block_update(isn_block_t *block, isn_vectors_t *vectors);

/** The code of a sample: (D), backend memory. */
const float *isn_block_code(const isn_block_t *block, int sample);

/** Where the encoding of a sample's code belongs, in each round: (E), backend memory. */
float *isn_block_encoding(isn_block_t *block, int sample);

/** Whether a sample with these values may settle with the next decide: then they are what is
 *  recorded, and had better be exact.  @param[in] values (M) */
bool isn_block_may_settle(const isn_block_t *block, int sample, const float *values);

/** Tell what the codes gave; once for each active sample of the round.
 *  @param[in] values (M), copied
 *  @param[in] is_finite whether all numbers of the encoding are */
void isn_block_observe(isn_block_t *block, int sample, const float *values, bool is_finite);

/** Decide, after all observations of the round: freeze what is inside, give up what is stuck, and
 * say which gradients are needed. */
void isn_block_decide(isn_block_t *block);

/** Whether this sample was settled (accepted or given up) by the last decide: its picture is the
 * one to keep, and code, values, encoding stay as they are. */
bool isn_block_settled_now(const isn_block_t *block, int sample);

/** Put into the queue what brings results of the samples that settled now to the host. */
ISN_MUST_USE isn_status_t isn_block_fetch(isn_block_t *block, isn_vectors_t *vectors);

/** Draw starts in place of those that the last decide gave up.  @return what start returned */
ISN_MUST_USE isn_status_t isn_block_renew(isn_block_t *block);

/** What a gradient is of. */
typedef enum {
  ISN_GRADIENT_VALUE,          /**< one neuron's value: its seed is 1 */
  ISN_GRADIENT_SPREAD,         /**< D: seeds on the encoding */
  ISN_GRADIENT_LAGRANGIAN,     /**< L: seeds on values and encoding, carried back together */
  ISN_GRADIENT_MIX,            /**< a weighted sum of all values, the weights are their seeds */
  ISN_GRADIENT_LOG_PROBABILITY /**< the same of the logarithms of the neurons' softmax
                                    probabilities */
} isn_gradient_kind_t;

/** A gradient that the last decide asks for. */
typedef struct {
  isn_gradient_kind_t kind;
  int neuron; /**< of ISN_GRADIENT_VALUE */
} isn_gradient_t;

/** Whether seeds of this kind lie on the neurons' values, and on the encoding. */
static inline bool isn_gradient_has_values(isn_gradient_kind_t kind)
{
  return kind != ISN_GRADIENT_SPREAD;
}
static inline bool isn_gradient_has_encoding(isn_gradient_kind_t kind)
{
  return kind == ISN_GRADIENT_SPREAD || kind == ISN_GRADIENT_LAGRANGIAN;
}

/** Gradients that the last decide wants of a sample.
 *  @param[out] wanted the list, owned by the block, until the next decide  @return its length */
int isn_block_wanted(const isn_block_t *block, int sample, const isn_gradient_t **wanted);

/** The seeds of a wanted gradient on the values; of one that has them.
 *  @param[out] value_seed (M), host */
void isn_block_weights(const isn_block_t *block, int sample, isn_gradient_t gradient,
                       float *value_seed);

/** Put the seed of a wanted gradient on the encoding into the queue; of one that has it.
 *  @param[out] seed (E), backend memory  @param[in] add to what is there */
ISN_MUST_USE isn_status_t isn_block_spread(const isn_block_t *block, isn_vectors_t *vectors,
                                           int sample, isn_gradient_t gradient, float *seed,
                                           bool add);

/** Where the i-th wanted gradient with respect to the code is to be put: (D), backend memory.  It
 *  counts as a pass. */
float *isn_block_learn(isn_block_t *block, int sample, int i);

/** Put the moves of all samples for which gradients came into the queue, or what they need. */
ISN_MUST_USE isn_status_t isn_block_ask_step(isn_block_t *block, isn_vectors_t *vectors);

/** Take note of these moves.  Ends the round. */
void isn_block_step(isn_block_t *block);

/** Results of a settled sample. */
typedef struct {
  bool accepted;         /**< in its windows; else the best attempt of all starts, or for the rules
                              that go on whether they are in or not, where they have come to */
  const float *code;     /**< (D), host, owned by the block, until the next begin */
  const float *encoding; /**< (E) */
  const float *values;   /**< (M) */
  double steps;          /**< sample-steps spent: half a step for each pass forward or back */
  int restarts;          /**< starts given up */
} isn_block_result_t;
/** After isn_block_fetch(). */
void isn_block_result(const isn_block_t *block, int sample, isn_block_result_t *result);

/** Distance of values to what isn_window_accepts() accepts: 0 if it does, else how far the
 *  worst neuron is outside, in its value's units; infinite if one is not finite, or a window not
 *  known.  @param[in] values (n_neurons) */
double isn_window_gap(int n_neurons, const double (*windows)[2], const float *values);

/** Whether values count as inside while sampling: by a margin of 1e-5 of the window's larger
 *  finite bound (1e-6 at least where a side is infinite), so that another machine's rounding does
 *  not put a stored sample outside again. */
bool isn_window_accepts(int n_neurons, const double (*windows)[2], const float *values);

/** Evaluate n codes.  All arrays are host memory.
 *  @param[in]  codes       (n, D)  @param[out] values (n, M)  @param[out] encodings (n, E) */
typedef isn_status_t isn_evaluate_fn(void *context, int n, const float *codes, float *values,
                                     float *encodings);
/** Carry seeds back to one code of the last evaluation.
 *  @param[in]  i  which of its codes  @param[in] gradient what the value seeds are on
 *  @param[in]  value_seed (M)  @param[in] encoding_seed (E); zeros if the kind has none
 *  @param[out] code_gradient (D) */
typedef isn_status_t isn_carry_back_fn(void *context, int i, isn_gradient_t gradient,
                                       const float *value_seed, const float *encoding_seed,
                                       float *code_gradient);

/** Run a block that has begun to its end.
 *  @return what a callback returned; ISN_ERR_MEMORY, ISN_ERR_BACKEND */
ISN_MUST_USE isn_status_t isn_block_solve(isn_block_t *block, isn_evaluate_fn *evaluate,
                                          isn_carry_back_fn *carry_back, void *context);

#ifdef __cplusplus
}
#endif
#endif
