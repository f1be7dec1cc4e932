/* What the files of the run room share: everything that is fixed once a run has begun. */
#ifndef ISN_RUN_CONTEXT_H
#define ISN_RUN_CONTEXT_H

#include "invset/comm.h"
#include "invset/engine.h"
#include "invset/run_file.h"
#include "invset/run_options.h"
#include "invset/sampler.h"
#include "invset/targets.h"

typedef struct pool pool_t;

/* What rank 0 knows of the run's progress. */
typedef struct {
  double began, last_line; /* run_clock() */
  int64_t n_blocks;        /* of the whole run */
  int64_t n_blocks_before; /* finished by earlier attempts */
} progress_t;

/* Counters of the board. */
enum {
  BOARD_SEED_WORK,  /* next target whose seed block nobody has taken */
  BOARD_CHAIN_WORK, /* next chain that nobody has taken */
  BOARD_BLOCKS,     /* blocks finished in this attempt */
  BOARD_ACCEPTED,   /* samples accepted in this attempt */
  BOARD_PASSES,     /* network passes of samples, forward or back */
  BOARD_STOP,       /* not 0: all ranks leave their loops after the present step */
  N_BOARD
};

typedef struct {
  isn_comm_t *comm;                 /* borrowed */
  const isn_run_options_t *options; /* borrowed */
  isn_models_t models;
  isn_targets_t targets;
  isn_run_layout_t layout;
  float *code_min, *code_max; /* (D) */
  isn_problem_t problem;      /* without neurons and windows */
  isn_backend_t *backend;
  isn_engine_t *engine;
  isn_board_t *board;
  pool_t *pool;
  isn_run_file_t *file;
  isn_run_reader_t *reader; /* second, serial handle on the file: finished blocks are read here */
  unsigned char *states;    /* (T, B) isn_block_state_t when this attempt began */
  isn_moments_t *seeds;     /* (T) moments of the accepted seeds, as rank 0 broadcast them */
  progress_t progress;      /* rank 0 */
  int n_farewells;          /* rank 0: ranks that have left the loop of the present phase */
} run_t;

/* Chains of a target, and the file block that holds block q of chain j: chains take turns, so that
 * any first part of the slots holds blocks of all chains. */
static inline int chain_file_block(const run_t *run, int chain, int q)
{
  return 1 + q * run->options->sampling.chains + chain;
}

static inline unsigned char *block_state(const run_t *run, int target, int block)
{
  return run->states + (size_t)target * (size_t)isn_run_n_blocks(&run->layout) + block;
}

/* Monotonic seconds. */
double run_clock(void);

#endif
