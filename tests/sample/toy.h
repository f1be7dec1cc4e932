/** @file toy.h
 *  Small "networks" whose inverse sets are known: the code is its own encoding, and
 *
 *      f_k(c) = b_k + w_k.c - curvature ||c - centre||^2        for every neuron k
 *
 *  with counters in the callbacks, and a chain of blocks as src/run/chain.c drives it.
 */
#ifndef INVSET_TESTS_SAMPLE_TOY_H
#define INVSET_TESTS_SAMPLE_TOY_H

#include <stdint.h>

#include "invset/sampler.h"

enum { TOY_MAX_SIZE = 200, TOY_MAX_NEURONS = 3, TOY_MAX_BLOCK = 20 };

typedef struct {
  int size, n_neurons; /* D (and E), M */
  double w[TOY_MAX_NEURONS][TOY_MAX_SIZE], b[TOY_MAX_NEURONS];
  double curvature, centre[TOY_MAX_SIZE];
  double nan_above; /* activations are NaN where the first coordinate is above this */
  float code_min[TOY_MAX_SIZE], code_max[TOY_MAX_SIZE];
  double windows[TOY_MAX_NEURONS][2];
  isn_random_key_t start_key; /* of fresh starts, uniform between the bounds */
  int failing_draw;           /* fresh starts fail from this draw on; -1: never */
  /* counters */
  int64_t n_forward, n_backward, n_starts;
  float codes[TOY_MAX_BLOCK * TOY_MAX_SIZE]; /* of the last evaluation */
} toy_t;

/* The backend of all blocks: "cpu", or the one that the test's first argument names.  Where this
 * machine does not have it, the test ends as skipped. */
void toy_open(int argc, char **argv);
isn_backend_t *toy_backend(void);
void toy_close(void);

/* A neuron that is 0 everywhere, on codes in [0, 1]^size, with window [-1, 1]. */
void toy_init(toy_t *toy, int size, int n_neurons);

/* Weights of neuron k: normal numbers of a stream of this seed. */
void toy_random_weights(toy_t *toy, int k, uint64_t seed);

/* Settings as the program's defaults have them, lengths in typical lengths of the cube's codes.
 * Borrows the toy's bounds and windows. */
isn_problem_t toy_problem(const toy_t *toy, isn_step_rule_t rule);

double toy_activation(const toy_t *toy, int k, const float *code);

/* Smallest and largest activation of a linear neuron within the bounds. */
void toy_range(const toy_t *toy, int k, double range[2]);

/* Callbacks; context is the toy. */
isn_status_t toy_evaluate(void *context, int n, const float *codes, float *activations,
                          float *encodings);
isn_status_t toy_carry_back(void *context, int i, isn_gradient_t of, const float *value_seed,
                            const float *encoding_seed, float *code_gradient);
isn_status_t toy_start(void *context, int sample, int draw, float *code);

/* Begin of a block of fresh starts. */
isn_block_begin_t toy_begin(toy_t *toy, int n, const isn_moments_t *fixed);

/* The code of a sample that has begun or moved.  @param[out] code (D) */
ISN_MUST_USE isn_status_t toy_code(isn_block_t *block, int sample, size_t size, float *code);

/* A gradient's seeds.  @param[out] value_seed (M), encoding_seed (E): zeros if it has none */
ISN_MUST_USE isn_status_t toy_seeds(const toy_t *toy, const isn_block_t *block, int sample,
                                    isn_gradient_t gradient, float *value_seed,
                                    float *encoding_seed);

/* A round of a block by hand, one code at a time: up to the decision, and from the gradients on.
 * On a host backend, where isn_block_code() can be looked at.
 * @param[out] active (TOY_MAX_BLOCK) samples of the round  @param[out] n their number */
ISN_MUST_USE isn_status_t toy_look(toy_t *toy, isn_block_t *block, int *active, int *n);
ISN_MUST_USE isn_status_t toy_move(toy_t *toy, isn_block_t *block, const int *active, int n);

/* What a chain made. */
typedef struct {
  int n, n_accepted, size;
  float *codes;         /* (n, D), owned; not accepted ones are the best attempts */
  double *steps;        /* (n), owned */
  unsigned char *is_in; /* (n), owned: accepted */
  int restarts;
} toy_samples_t;

/* Seeds, then n_blocks - 1 blocks of K, each from the one before, away from all before them. */
ISN_MUST_USE isn_status_t toy_chain(toy_t *toy, const isn_problem_t *problem, int block_size,
                                    int n_blocks, toy_samples_t *out);
void toy_samples_free(toy_samples_t *samples);

#endif
