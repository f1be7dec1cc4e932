/** @file picture.c
 *  Picture on the CPU:  y = scale (clip(x / scale + mean, 0, 255) - mean), whole grey levels if
 *  asked for; the mean is one number per channel or one per pixel.
 */
#include "backend/cpu/cpu.h"

/* To the nearest whole number, ties to even, for |x| < 2^22: the sum has no bits below one.  Unlike
 * rintf this is no call on any machine. */
static inline float round_grey(float x)
{
  const float shift = 12582912.0F; /* 1.5 * 2^23 */
  return (x + shift) - shift;
}

static void picture_needs(const isn_cpu_t *cpu, const isn_layer_call_t *call,
                          isn_layer_needs_t *needs)
{
  (void)cpu;
  (void)call;
  needs->backward_bottoms = true; /* a pixel at 0 in the output may have been inside or outside */
  needs->in_place_backward = true;
}

static inline float valid_pixel(float x, float mean, float scale, bool round)
{
  float grey = x / scale + mean;
  grey = grey > 0.0F ? grey : 0.0F;
  grey = grey < 255.0F ? grey : 255.0F;
  return ((round ? round_grey(grey) : grey) - mean) * scale;
}

static inline float pass_gradient(float x, float mean, float scale, float grad_y)
{
  float grey = x / scale + mean;
  return grey >= 0.0F && grey <= 255.0F ? grad_y : 0.0F;
}

/* The means of a sample's channel: of its n pixels, or the same for all of them. */
static const float *channel_mean(const isn_layer_call_t *call, int c, size_t n)
{
  return call->weights[0] + (size_t)c * (call->params->picture.per_pixel ? n : 1);
}

static void picture_channel(const isn_picture_params_t *params, const float *restrict mean,
                            const float *restrict x, size_t n, float *restrict y)
{
  if (params->per_pixel) {
    for (size_t i = 0; i < n; i++)
      y[i] = valid_pixel(x[i], mean[i], params->scale, params->round);
  } else {
    for (size_t i = 0; i < n; i++)
      y[i] = valid_pixel(x[i], mean[0], params->scale, params->round);
  }
}

static void picture_forward(const isn_cpu_t *cpu, const isn_layer_call_t *call, int n)
{
  (void)cpu;
  isn_shape_t shape = call->bottoms[0].shape;
  size_t positions = (size_t)shape.h * (size_t)shape.w;
  for (int s = 0; s < n; s++) {
    const float *x = isn_cpu_sample(call->bottoms[0], s);
    float *y = isn_cpu_sample(call->tops[0], s);
    for (int c = 0; c < shape.c; c++, x += positions, y += positions)
      picture_channel(&call->params->picture, channel_mean(call, c, positions), x, positions, y);
  }
}

static void picture_backward(const isn_cpu_t *cpu, const isn_layer_call_t *call, isn_rows_t rows)
{
  (void)cpu;
  isn_shape_t shape = call->bottoms[0].shape;
  size_t positions = (size_t)shape.h * (size_t)shape.w;
  size_t step = call->params->picture.per_pixel ? 1 : 0;
  float scale = call->params->picture.scale;
  for (int s = 0; s < rows.n; s++) {
    const float *x = isn_cpu_sample(call->bottoms[0], rows.index[s]);
    const float *grad_y = isn_cpu_sample(call->grad_tops[0], rows.index[s]);
    float *grad_x = isn_cpu_sample(call->grad_bottoms[0], rows.index[s]);
    for (int c = 0; c < shape.c; c++, x += positions, grad_x += positions, grad_y += positions) {
      const float *mean = channel_mean(call, c, positions);
      for (size_t i = 0; i < positions; i++)
        grad_x[i] = pass_gradient(x[i], mean[i * step], scale, grad_y[i]);
    }
  }
}

const isn_cpu_kernel_t isn_cpu_picture = {picture_needs, picture_forward, picture_backward};
