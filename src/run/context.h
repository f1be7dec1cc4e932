/* What the files of the run room share: everything that is fixed once a run has begun. */
#ifndef ISN_RUN_CONTEXT_H
#define ISN_RUN_CONTEXT_H

#include <math.h>

#include "invset/comm.h"
#include "invset/engine.h"
#include "invset/run_file.h"
#include "invset/run_options.h"
#include "invset/sampler.h"
#include "invset/targets.h"

typedef struct pool pool_t;
typedef struct dispatch dispatch_t;

/* What rank 0 knows of the run's progress. */
typedef struct {
  double began, last_line; /* run_clock() */
  int64_t last_passes;     /* counted at the last line */
  int64_t first_blocks;    /* counted at the first line after a block was made */
  double first_time;       /* of that line */
  int64_t n_blocks;        /* of the whole run */
  int64_t n_settled;       /* finished by earlier attempts, or never to be made */
} progress_t;

/* Counters of the board. */
enum {
  BOARD_BLOCKS,   /* blocks finished in this attempt */
  BOARD_ACCEPTED, /* samples accepted in this attempt */
  BOARD_PASSES,   /* network passes of samples, forward or back */
  BOARD_STOP,     /* not 0: all ranks leave their loops after the present step */
  N_BOARD
};

typedef struct {
  isn_comm_t *comm;                 /* borrowed */
  const isn_run_options_t *options; /* borrowed */
  isn_models_t models;
  isn_targets_t targets;
  isn_run_layout_t layout;
  float *code_min, *code_max; /* (D) */
  float *start_codes;         /* (n_start_codes, D) within the bounds; NULL: starts are random */
  int n_start_codes;
  isn_problem_t problem;  /* without neurons and windows */
  int start_blocks;       /* blocks after which a chain starts from fresh codes */
  double start_deviation; /* of these, if the run walks; code units */
  int *all_blobs;         /* (n_blobs of targets) their numbers */
  isn_backend_t *backend;
  isn_engine_t *engine;
  isn_vectors_t *vectors; /* the queue of the work on rows and blocks */
  isn_board_t *board;
  pool_t *pool;
  isn_run_file_t *file;
  unsigned char *states; /* (T, B) isn_block_state_t when this attempt began */
  dispatch_t *dispatch;  /* rank 0: who does what */
  progress_t progress;   /* rank 0 */
  bool recalled;         /* rank 0 wants the rest of a chain back, for a rank that is idle */
  double busy;           /* seconds that this rank has spent in steps */
} run_t;

static inline bool is_root(const run_t *run)
{
  return isn_comm_rank(run->comm) == 0;
}

/* Number of a target in the whole run, by which its random numbers go. */
static inline uint32_t random_target(const run_t *run, int target)
{
  return (uint32_t)(run->targets.first + target);
}

/* Whether the run's method is one that the program is compared with: its chains have no seeds, draw
 * no other starts and never end early. */
static inline bool run_walks(const run_t *run)
{
  return isn_rule_walks(run->problem.rule);
}

/* Blocks of each chain after which new samples become fixed; 0: never. */
static inline int run_refresh(const run_t *run)
{
  return run_walks(run) ? 0 : run->options->sampling.refresh;
}

/* Blocks of the file before the chains': the seeds. */
static inline int run_seed_blocks(const run_t *run)
{
  return run_walks(run) ? 0 : 1;
}

/* Chains of a target, and the file block that holds block q of chain j: chains take turns, so that
 * any first part of the slots holds blocks of all chains. */
static inline int chain_file_block(const run_t *run, int chain, int q)
{
  return run_seed_blocks(run) + q * run->options->sampling.chains + chain;
}

/* Blocks of a chain: the target's blocks but the seeds', dealt out in turn. */
static inline int chain_n_blocks(const run_t *run, int chain)
{
  int others = isn_run_n_blocks(&run->layout) - run_seed_blocks(run);
  int chains = run->options->sampling.chains;
  return (others - chain + chains - 1) / chains;
}

static inline unsigned char *block_state(const run_t *run, int target, int block)
{
  return run->states + (size_t)target * (size_t)isn_run_n_blocks(&run->layout) + block;
}

/* Monotonic seconds. */
double run_clock(void);

#endif
