/** @file reference_values.c
 *  Kinds that work number by number, and those with several bottoms or tops; see reference.h.
 */
#include <math.h>

#include "backend/reference.h"

static double picture(const isn_picture_params_t *p, double x, double mean)
{
  double scale = (double)p->scale, grey = fmin(fmax(x / scale + mean, 0.0), 255.0);
  return scale * ((p->round ? nearbyint(grey) : grey) - mean);
}

static double log_of_base(double base)
{
  return base == -1.0 ? 1.0 : log(base);
}

static double batch_norm(const reference_t *r, size_t c, double x)
{
  double s = (double)r->weights[2][0], mean = (double)r->weights[0][c];
  double variance = (double)r->weights[1][c];
  if (s == 0.0)
    return x / sqrt(r->params->batch_norm.epsilon);
  return (x - mean / s) / sqrt(variance / s + r->params->batch_norm.epsilon);
}

/* Number i of the sample, x, in channel c. */
static double value(const reference_t *r, size_t i, size_t c, double x)
{
  const isn_layer_params_t *params = r->params;
  const isn_power_params_t *power = &params->power;
  float *const *weights = r->weights;
  switch (params->kind) {
  case ISN_LAYER_RELU:
    return x > 0.0 ? x : (double)params->relu.negative_slope * x;
  case ISN_LAYER_PRELU:
    return x > 0.0 ? x : (double)weights[0][params->prelu.shared ? 0 : c] * x;
  case ISN_LAYER_ELU:
    return x > 0.0 ? x : (double)params->elu.alpha * (exp(x) - 1.0);
  case ISN_LAYER_SIGMOID:
    return 1.0 / (1.0 + exp(-x));
  case ISN_LAYER_TANH:
    return tanh(x);
  case ISN_LAYER_ABSVAL:
    return fabs(x);
  case ISN_LAYER_POWER:
    return pow(power->shift + power->scale * x, power->power);
  case ISN_LAYER_EXP:
    return exp(log_of_base(power->base) * (power->shift + power->scale * x));
  case ISN_LAYER_LOG:
    return log(power->shift + power->scale * x) / log_of_base(power->base);
  case ISN_LAYER_BATCH_NORM:
    return batch_norm(r, c, x);
  case ISN_LAYER_SCALE:
    return (double)weights[0][c] * x + (params->scale.has_bias ? (double)weights[1][c] : 0.0);
  case ISN_LAYER_BIAS:
    return x + (double)weights[0][c];
  case ISN_LAYER_PICTURE:
    return picture(&params->picture, x, (double)weights[0][params->picture.per_pixel ? i : c]);
  default:
    return NAN;
  }
}

void reference_values(const reference_t *r)
{
  size_t positions = (size_t)r->in[0].h * (size_t)r->in[0].w;
  for (size_t i = 0; i < isn_shape_count(r->in[0]); i++)
    r->y[0][i] = value(r, i, i / positions, r->x[0][i]);
}

static void eltwise(const reference_t *r)
{
  const isn_eltwise_params_t *p = &r->params->eltwise;
  for (size_t i = 0; i < isn_shape_count(r->in[0]); i++) {
    double sum = 0.0, product = 1.0, max = -INFINITY;
    for (int b = 0; b < r->n_in; b++) {
      sum += (double)p->coefficients[b] * r->x[b][i];
      product *= r->x[b][i];
      max = fmax(max, r->x[b][i]);
    }
    r->y[0][i] = p->mode == ISN_ELTWISE_SUM ? sum : p->mode == ISN_ELTWISE_MAX ? max : product;
  }
}

/* Where the pieces' numbers lie in the whole: piece by piece, `offset` further along the axis. */
static void match(int axis, isn_shape_t whole, double *all, isn_shape_t shape, double *piece,
                  int offset, bool join)
{
  for (int c = 0; c < shape.c; c++)
    for (int y = 0; y < shape.h; y++)
      for (int x = 0; x < shape.w; x++) {
        double *inside =
            &all[reference_at(whole, c + (axis == 1 ? offset : 0), y + (axis == 2 ? offset : 0),
                              x + (axis == 3 ? offset : 0))];
        double *outside = &piece[reference_at(shape, c, y, x)];
        *(join ? inside : outside) = *(join ? outside : inside);
      }
}

void reference_joints(const reference_t *r)
{
  int offset = 0;
  if (r->params->kind == ISN_LAYER_ELTWISE)
    eltwise(r);
  for (int b = 0; r->params->kind == ISN_LAYER_CONCAT && b < r->n_in; b++) {
    int axis = r->params->concat.axis;
    match(axis, r->out[0], r->y[0], r->in[b], r->x[b], offset, true);
    offset += isn_shape_axis(r->in[b], axis);
  }
  for (int t = 0; r->params->kind == ISN_LAYER_SLICE && t < r->n_out; t++) {
    int axis = r->params->slice.axis;
    match(axis, r->in[0], r->x[0], r->out[t], r->y[t], offset, false);
    offset += isn_shape_axis(r->out[t], axis);
  }
}
