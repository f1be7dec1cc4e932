/** @file time_layers.c
 *  How long each layer of a net takes, alone and again and again: for benchmarks.
 */
#include <string.h>
#include <time.h>

#include "net_private.h"

static double now_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

static isn_status_t call_once(isn_backend_t *backend, const isn_layer_call_t *call, bool backward,
                              isn_rows_t rows)
{
  return backward ? isn_backend_backward(backend, call, rows)
                  : isn_backend_forward(backend, call, rows.n);
}

/** Time calls of a layer.  @param[in] call complete for its direction */
static isn_status_t time_calls(isn_backend_t *backend, const isn_layer_call_t *call, bool backward,
                               isn_rows_t rows, int repeats, isn_call_time_t *time)
{
  double began = 0.0;
  for (int i = -1; i < repeats; i++) { /* the first one is not counted */
    if (i == 0) {
      ISN_TRY(isn_backend_wait(backend));
      began = now_ms();
    }
    ISN_TRY(call_once(backend, call, backward, rows));
  }
  ISN_TRY(isn_backend_wait(backend));
  time->ms = (now_ms() - began) / repeats;
  ISN_TRY(isn_backend_watch_libraries(backend, true, &time->library_ms));
  ISN_TRY(call_once(backend, call, backward, rows));
  return isn_backend_watch_libraries(backend, false, &time->library_ms);
}

isn_status_t isn_net_time_layers(isn_net_t *net, int n, int repeats, isn_layer_time_t *times)
{
  isn_rows_t rows = {n, net->all_rows};
  if (!net->backward || n < 1 || n > net->max_batch || repeats < 1)
    ISN_FAIL(ISN_ERR_ARG, "times of a net's layers for %d samples and %d repeats", n, repeats);
  ISN_TRY(isn_backend_set_precision(net->backend, net->precision));
  memset(net->has_grad, 0, (size_t)net->graph.n_values * sizeof *net->has_grad);
  for (int i = 0; i < net->n_layers; i++) {
    const isn_net_layer_t *layer = &net->layers[i];
    isn_layer_call_t backward = isn_net_backward_call(net, i);
    times[i] = (isn_layer_time_t){.name = layer->name, .kind = layer->params.kind};
    if (layer->needs.alias)
      continue;
    if (!layer->is_fused)
      ISN_TRY(time_calls(net->backend, &layer->call, false, rows, repeats, &times[i].forward));
    ISN_TRY(time_calls(net->backend, &backward, true, rows, repeats, &times[i].backward));
  }
  return ISN_OK;
}
