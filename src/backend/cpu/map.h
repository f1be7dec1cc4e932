/** @file map.h
 *  The loops around kernels that work number by number: over a batch forward, over some of its
 *  samples backward.  Knows no layers.
 */
#ifndef INVSET_MAP_H
#define INVSET_MAP_H

#include "backend/cpu/cpu.h"

/** y := f(x) for n numbers; y may be x. */
typedef void isn_map_t(const isn_layer_params_t *params, size_t n, const float *x, float *y);

/** grad_x := grad_y * f'.  `source` holds the bottom or the top, whichever the kind needs, or is
 *  NULL; grad_x may be grad_y. */
typedef void isn_map_gradient_t(const isn_layer_params_t *params, size_t n, const float *source,
                                const float *grad_y, float *grad_x);

static inline void isn_map_forward(const isn_layer_call_t *call, int n, isn_map_t *map)
{
  map(call->params, (size_t)n * isn_shape_count(call->bottoms[0].shape), call->bottoms[0].data,
      call->tops[0].data);
}

static inline void isn_map_backward(const isn_layer_call_t *call, isn_rows_t rows,
                                    const isn_tensor_t *source, isn_map_gradient_t *gradient)
{
  size_t count = isn_shape_count(call->bottoms[0].shape);
  for (int s = 0; s < rows.n; s++)
    gradient(call->params, count, source ? isn_cpu_sample(*source, rows.index[s]) : NULL,
             isn_cpu_sample(call->grad_tops[0], rows.index[s]),
             isn_cpu_sample(call->grad_bottoms[0], rows.index[s]));
}

/** What a kind asks for whose gradient comes from its top: it may work in place. */
static inline void isn_map_needs_top(isn_layer_needs_t *needs)
{
  needs->backward_tops = true;
  needs->in_place_forward = true;
  needs->in_place_backward = true;
}

/** ... whose gradient comes from its bottom, which the top must therefore not overwrite. */
static inline void isn_map_needs_bottom(isn_layer_needs_t *needs)
{
  needs->backward_bottoms = true;
  needs->in_place_backward = true;
}

#endif
