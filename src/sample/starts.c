/* Starts of samples: fresh ones come from the caller; once a target has accepted samples, new
 * starts are recombined from two of them, which are far more often near the window than random
 * codes. */
#include <math.h>

#include "block_internal.h"

/* A recombined code is mean + GAIN (a + b - 2 mean) / sqrt(2) + kick u: for parents a, b drawn from
 * a cloud it has GAIN times the cloud's spread about its mean, so samples do not draw together. */
static const double GAIN = 1.5;

/* Where this many recombined starts of a sample have failed, the set is narrow there: each two more
 * come half as far from an accepted code, down to a share that still keeps samples apart. */
enum { WIDE_DRAWS = 8 };
static const double LEAST_SHARE = 1.0 / 16.0;

/* In the seed block, where nothing is fixed yet, a sample recombines from its mates after this many
 * failed starts, if so many mates are in. */
enum { SEED_DRAWS = 2, SEED_MATES = 5 };

/* Two different parents out of n. */
static void pick_parents(const double uniform[2], int n, int *a, int *b)
{
  *a = (int)(uniform[0] * n);
  *b = (*a + 1 + (int)(uniform[1] * (n - 1))) % n;
}

/* How far from its first parent a start is, as a share of the whole way. */
static double start_share(int draw)
{
  return draw < WIDE_DRAWS ? 1.0 : fmax(LEAST_SHARE, pow(0.5, 1 + (draw - WIDE_DRAWS) / 2));
}

static void recombine(isn_block_t *block, int sample, int n, const float *const *parents)
{
  const isn_problem_t *problem = &block->problem;
  size_t size = (size_t)problem->code_size;
  isn_random_key_t key = block->begin.key;
  double uniform[2], *noise = block->work, squares = 0.0;
  int a, b;
  key.sample = (uint32_t)sample;
  key.draw = (uint32_t)block->samples[sample].draw;
  isn_random_uniform(&key, 2, uniform);
  pick_parents(uniform, n, &a, &b);
  key.purpose = ISN_RANDOM_KICK;
  isn_random_normal(&key, size, noise);
  for (size_t k = 0; k < size; k++)
    squares += noise[k] * noise[k];
  float *code = code_of(block, &block->host, sample);
  double share = start_share(block->samples[sample].draw);
  for (size_t k = 0; k < size; k++) {
    double mean = 0.0;
    for (int i = 0; i < n; i++)
      mean += (double)parents[i][k];
    mean /= n;
    double sum = (double)parents[a][k] + (double)parents[b][k] - 2.0 * mean;
    double kick = squares > 0.0 ? problem->kick * noise[k] / sqrt(squares) : 0.0;
    double away = mean + GAIN * sum / sqrt(2.0) + kick - (double)parents[a][k];
    code[k] = bounded(problem, (int)k, (double)parents[a][k] + share * away);
  }
}

/* Accepted codes of the block itself: of those that are accepted in this round, only the samples
 * before this one. */
static int collect_mates(isn_block_t *block, int sample)
{
  int n = 0;
  for (int i = 0; i < block->begin.n; i++)
    if (block->samples[i].phase == PHASE_ACCEPTED && (i < sample || !block->samples[i].settled_now))
      block->mates[n++] = code_of(block, &block->host, i);
  return n;
}

isn_status_t draw_start(isn_block_t *block, int sample)
{
  const isn_block_begin_t *begin = &block->begin;
  int draw = block->samples[sample].draw;
  block->samples[sample].put_code = true;
  if (begin->n_parents >= 2 && (draw > 0 || begin->recombine_first)) {
    recombine(block, sample, begin->n_parents, begin->parents);
    return ISN_OK;
  }
  if (begin->n_parents == 0 && draw >= SEED_DRAWS) {
    int n = collect_mates(block, sample);
    if (n >= SEED_MATES) {
      recombine(block, sample, n, block->mates);
      return ISN_OK;
    }
  }
  return begin->start(begin->context, sample, draw, code_of(block, &block->host, sample));
}
