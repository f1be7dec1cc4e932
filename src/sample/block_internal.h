/* What the files of the sample room share: the state of a block and of its samples, and the rules
 * by which these are moved. */
#ifndef ISN_SAMPLE_BLOCK_INTERNAL_H
#define ISN_SAMPLE_BLOCK_INTERNAL_H

#include "invset/sampler.h"

typedef enum {
  PHASE_LAUNCH,    /* at the code of the chain's previous block, about to take the spread step */
  PHASE_STRANDED,  /* had no way to take the spread step: still at the previous block's code */
  PHASE_SEEK,      /* on its way into the window, or through its iterations */
  PHASE_LAST_LOOK, /* evaluates the code that counts once more, to record it */
  PHASE_ACCEPTED,
  PHASE_GIVEN_UP
} phase_t;

typedef struct {
  phase_t phase;
  bool settled_now;
  bool wants_start;    /* to be drawn by renew */
  bool put_code;       /* updates that are due: the host's code to the backend, */
  bool keep_best;      /* best := code, */
  bool go_back;        /* code := best */
  unsigned char moved; /* by the last step */
  bool encoding_is_finite;
  int n_wanted;                  /* gradients that the last decide wants */
  int draw;                      /* starts given up so far */
  int age;                       /* steps taken from this start, or iterations of this block */
  double smallest_gap;           /* of this start */
  double gaps[ISN_MAX_PATIENCE]; /* smallest_gap at each of its last steps (ring) */
  double best_gap;               /* of all starts */
  double log_density;            /* of the present code of a Langevin chain */
  int passes;                    /* network passes, forward or back */
} sample_t;

/* How samples are moved. */
typedef struct {
  /* Refuse settings that the rule cannot use. */
  isn_status_t (*check)(const isn_problem_t *problem);
  /* A sample was evaluated: settle it, give it another start, or want gradients. */
  void (*decide)(isn_block_t *block, int sample);
  /* Weights of the values in a gradient of many (M); NULL: 1 each. */
  void (*weigh)(const isn_block_t *block, int sample, float *weights);
  /* Put the move of a sample into the queue, or what that needs; its gradients have come. */
  isn_status_t (*ask_step)(isn_block_t *block, int sample, isn_vectors_t *vectors);
  /* That has been run: take note of the move, or move the host's code. */
  void (*step)(isn_block_t *block, int sample);
  /* Passes of a sample that goes on from the chain's last block which that one has made already:
   * the chain has what they give, a block must ask again. */
  int n_known;
} rule_t;

extern const rule_t newton_rule, classic_rule, ascent_rule, ppgn_rule, maximise_rule, langevin_rule;

/* Doubles are kept in backend memory, whose numbers are floats, two places each. */
enum { FLOATS_OF_A_DOUBLE = sizeof(double) / sizeof(float) };

/* Vectors of all samples. */
typedef struct {
  float *code;      /* (max_samples, D) */
  float *best_code; /* (max_samples, D); of a Langevin chain its present code */
  float *encoding;  /* (max_samples, E) */
  float *gradient;  /* (max_samples, M + 1, D) of each neuron's value, then the spread's */
} block_vectors_t;

struct isn_block {
  isn_problem_t problem;
  const rule_t *rule;
  int max_samples;
  isn_block_begin_t begin;
  isn_backend_t *backend;    /* borrowed */
  float *memory;             /* backend memory that all of its vectors lie in, owned */
  block_vectors_t there;     /* in backend memory */
  block_vectors_t host;      /* the same where that is the host's; else owned copies: codes that the
                                host makes, results; rules that walk need all of them, others no
                                best_code and gradient */
  float *bounds;             /* (2, D) the copy of the bounds in backend memory; NULL on a host */
  const float *low, *high;   /* (D) bounds, in backend memory */
  const double *sum;         /* (E) of the fixed encodings, in backend memory */
  bool put_bounds, put_sum;  /* updates that are due */
  sample_t *samples;         /* (max_samples) */
  float *value;              /* (max_samples, M) */
  isn_gradient_t *wanted;    /* (max_samples, M + 1) */
  double *multipliers;       /* (max_samples, M, 2) of the classic rule */
  double *aim;               /* (max_samples, M) value that the present start aims at */
  bool *is_known;            /* (max_samples, M) this start has had the gradient of the value */
  double *work;              /* (D) */
  double *noise;             /* (D) */
  isn_slope_range_t *ranges; /* (M) of the Newton rule */
  const float **mates;       /* (max_samples) accepted codes of this block, on the host */
};

static inline float *code_of(const isn_block_t *block, const block_vectors_t *vectors, int sample)
{
  return vectors->code + (size_t)sample * (size_t)block->problem.code_size;
}

static inline float *best_code_of(const isn_block_t *block, const block_vectors_t *vectors,
                                  int sample)
{
  return vectors->best_code + (size_t)sample * (size_t)block->problem.code_size;
}

static inline float *encoding_of(const isn_block_t *block, const block_vectors_t *vectors,
                                 int sample)
{
  return vectors->encoding + (size_t)sample * (size_t)block->problem.encoding_size;
}

/* A gradient of a sample (D): that of neuron i's value, the spread's if i is M; of rules that want
 * others, the first. */
static inline float *gradient_of(const isn_block_t *block, const block_vectors_t *vectors,
                                 int sample, int i)
{
  size_t place = (size_t)sample * (size_t)(block->problem.n_neurons + 1) + (size_t)i;
  return vectors->gradient + place * (size_t)block->problem.code_size;
}

static inline float *block_value(const isn_block_t *block, int sample)
{
  return block->value + (size_t)sample * (size_t)block->problem.n_neurons;
}

static inline isn_gradient_t *block_wanted(const isn_block_t *block, int sample)
{
  return block->wanted + (size_t)sample * (size_t)(block->problem.n_neurons + 1);
}

static inline double *block_multipliers(const isn_block_t *block, int sample)
{
  return block->multipliers + 2 * (size_t)sample * (size_t)block->problem.n_neurons;
}

static inline double *block_aim(const isn_block_t *block, int sample)
{
  return block->aim + (size_t)sample * (size_t)block->problem.n_neurons;
}

static inline bool *block_is_known(const isn_block_t *block, int sample)
{
  return block->is_known + (size_t)sample * (size_t)block->problem.n_neurons;
}

/* Want one more gradient of a sample. */
void want(isn_block_t *block, int sample, isn_gradient_kind_t kind, int neuron);

/* Settle a sample where it is; it is accepted if its gap is 0. */
void settle(isn_block_t *block, int sample, double gap);

/* Distance of a sample to its windows; infinite if what the nets gave is not all numbers, so that
 * no such sample is ever accepted. */
double sample_gap(const isn_block_t *block, int sample);

/* ---- seek.c: starts that are given up and drawn again, of the rules that go for the window ----
 */

/* Put a sample at the beginning of a start that its code already holds. */
void begin_start(isn_block_t *block, int sample);

/* What all these rules do with a sample; want_seek and want_launch say what gradients a sample
 * wants that is on its way, or about to take the spread step. */
void seek(isn_block_t *block, int sample, double gap,
          void (*want_launch)(isn_block_t *block, int sample),
          void (*want_seek)(isn_block_t *block, int sample));

/* Begin the start of a sample that the spread step has moved, or not. */
void end_launch(isn_block_t *block, int sample, bool moved);

/* Put a start into the sample's code on the host: fresh, or recombined from parents or mates. */
isn_status_t draw_start(isn_block_t *block, int sample);

/* ---- move.c: moves of the rules that seek, which the backend makes; and steps of the rules that
 * walk, which the host makes within the bounds ---- */

/* What all moves of a sample have in common. */
isn_move_job_t move_job(const isn_block_t *block, int sample, isn_move_kind_t kind, double length);

/* ask_step of the rules that walk: their gradient comes to the host. */
isn_status_t ask_gradient(isn_block_t *block, int sample, isn_vectors_t *vectors);

/* Put a number between the bounds of coordinate k. */
float bounded(const isn_problem_t *problem, int k, double value);

double norm(int n, const double *vector);

/* Go along direction (D) scaled so that its mean absolute coordinate is `step`, and clip: the step
 * of PPGN and of activation maximisation. */
void walk_mean(const isn_problem_t *problem, float *code, const double *direction, double step);

/* ---- others -------------------------------------------------------------------------------- */

/* By how much inside its edges a window accepts, see isn_window_accepts(). */
double window_margin(const double window[2]);

#endif
