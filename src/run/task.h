/* A task: a piece of work on the rank that does it, as a sampler's block whose samples are rows of
 * the rank's batch.  What is to be done when a sample or the block is settled, the kinds say:
 * chains (chain.c) and probes (probe.c).  All calls are local. */
#ifndef ISN_RUN_TASK_H
#define ISN_RUN_TASK_H

#include "context.h"
#include "letters.h"

typedef struct task task_t;

typedef struct {
  /* A sample is settled: note its results, and put what brings more of them from the engine's row
   * into the queue. */
  isn_status_t (*settle)(task_t *task, int sample, int row);
  /* The block is finished: hand it over and begin the next, or report that the piece is done and
   * set task->finished. */
  isn_status_t (*advance)(task_t *task);
  void (*close)(task_t *task);
} task_kind_t;

struct task {
  const task_kind_t *kind;
  run_t *run; /* borrowed */
  piece_t piece;
  isn_block_t *block;          /* being solved, owned */
  int first_neuron, n_neurons; /* of the target, whose activations the block observes */
  double began;                /* run_clock() of the present block */
  bool finished;
  bool in_batch; /* the worker has its samples in the present batch */
};

/* Open the task of an order.  A piece of which nothing is left to do is finished at once.
 * @param[in,out] order its moments may be taken over  @param[out] out task->kind->close() */
ISN_MUST_USE isn_status_t task_open(run_t *run, order_t *order, task_t **out);

#endif
