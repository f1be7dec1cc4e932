/** @file net_table.h
 *  What the layers of a net make and cost, in numbers.  Knows no files.
 */
#ifndef INVSET_JOBS_NET_TABLE_H
#define INVSET_JOBS_NET_TABLE_H

#include <stdint.h>

#include "invset/net_spec.h"

typedef struct {
  isn_shape_t top; /**< shape of the first top */
  int64_t n_parameters;
  double macs; /**< multiply-accumulates of one sample forward; one MAC is two FLOPs */
} isn_net_row_t;

/** Work out a row for each layer.  Local.
 *  @param[in]  spec  resolved
 *  @param[out] rows  (spec->n_layers)
 *  @param[out] total NULL or the sums; its `top` is not set
 *  @return ISN_ERR_ARG: not resolved; ISN_ERR_MEMORY; isn_layer_shapes()' errors */
ISN_MUST_USE isn_status_t isn_net_table(const isn_net_spec_t *spec, isn_net_row_t *rows,
                                        isn_net_row_t *total);

/** Write a shape as "96x55x55", with as many axes as Caffe gives it. */
void isn_net_shape_text(isn_shape_t shape, char *out, size_t bytes);

#endif
