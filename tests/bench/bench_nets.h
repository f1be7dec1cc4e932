/** @file bench_nets.h
 *  The layers of the nets that speed is judged by, one by one.
 */
#ifndef INVSET_BENCH_NETS_H
#define INVSET_BENCH_NETS_H

#include "invset/layer.h"

typedef struct {
  const char *name;
  isn_shape_t in;
  isn_layer_params_t params;
} bench_layer_t;

typedef struct {
  const char *name;
  int batch;
  int n_layers;
  const bench_layer_t *layers;
} bench_net_t;

extern const bench_net_t bench_nets[];
extern const int n_bench_nets;

#endif
