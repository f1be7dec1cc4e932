/* See task.h. */
#include "task.h"

#include "chain.h"
#include "probe.h"

isn_status_t task_open(run_t *run, order_t *order, task_t **out)
{
  if (order->reach)
    isn_targets_set_reach(&run->targets, order->piece.target, order->reach);
  return order->piece.kind == PIECE_PROBE ? probe_open(run, &order->piece, out)
                                          : chain_open(run, order, out);
}
