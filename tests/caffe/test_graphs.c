/** @file test_graphs.c
 *  Nets that branch and join: Slice with several tops, some of them unused, Concat, Eltwise, Split,
 *  one blob as two bottoms.  Values against the same net taken apart, gradients against difference
 *  quotients.
 */
#include <stdlib.h>

#include "device.h"
#include "harness.h"
#include "random_net.h"

enum { N = 2 };

#define INPUT "input: 'x' input_shape { dim: 1 dim: 6 dim: 4 dim: 4 }\n"
#define LAYER(type, name, ends, param)                                                             \
  "layer { name: '" name "' type: '" type "' " ends " " param " }\n"

static const struct {
  const char *what, *text, *out;
} nets[] = {
    {"slice in three, one top unused",
     INPUT LAYER("Slice", "s", "bottom: 'x' top: 'a' top: 'b' top: 'unused'",
                 "slice_param { slice_point: 1 slice_point: 3 }")
         LAYER("TanH", "ta", "bottom: 'a' top: 'ta'", "")
             LAYER("Sigmoid", "sb", "bottom: 'b' top: 'b'", "")
                 LAYER("Concat", "c", "bottom: 'b' bottom: 'ta' bottom: 'x' top: 'c'", ""),
     "c"},
    {"equal slices by rows, joined in another order",
     INPUT LAYER("Slice", "s", "bottom: 'x' top: 'a' top: 'b'", "slice_param { axis: -2 }")
         LAYER("Power", "p", "bottom: 'b' top: 'p'", "power_param { scale: -2 shift: 1 }")
             LAYER("Concat", "c", "bottom: 'p' bottom: 'a' top: 'c'", "concat_param { axis: 2 }")
                 LAYER("Softmax", "m", "bottom: 'c' top: 'm'", "softmax_param { axis: 3 }"),
     "m"},
    {"a block with a short cut",
     INPUT LAYER("Split", "s", "bottom: 'x' top: 's0' top: 's1'", "")
         LAYER("Convolution", "c", "bottom: 's0' top: 'c'",
               "convolution_param { num_output: 6 kernel_size: 3 pad: 1 group: 3 }")
             LAYER("ELU", "e", "bottom: 'c' top: 'c'", "elu_param { alpha: 0.5 }")
                 LAYER("Eltwise", "sum", "bottom: 'c' bottom: 's1' top: 'sum'",
                       "eltwise_param { coeff: 1 coeff: -0.5 }"),
     "sum"},
    {"one blob as two bottoms, and again after it",
     INPUT LAYER("InnerProduct", "f", "bottom: 'x' top: 'f'",
                 "inner_product_param { num_output: 5 axis: 2 transpose: true }")
         LAYER("Eltwise", "square", "bottom: 'f' bottom: 'f' top: 'square'",
               "eltwise_param { operation: PROD }")
             LAYER("Concat", "c", "bottom: 'square' bottom: 'f' bottom: 'square' top: 'c'", ""),
     "c"},
    {"cut to another blob's size, in place after a branch",
     INPUT LAYER("Pooling", "p", "bottom: 'x' top: 'p'",
                 "pooling_param { pool: AVE kernel_size: 2 }")
         LAYER("Crop", "cut", "bottom: 'x' bottom: 'p' top: 'cut'", "crop_param { offset: 1 }")
             LAYER("TanH", "t", "bottom: 'p' top: 'p'", "")
                 LAYER("Eltwise", "sum", "bottom: 'p' bottom: 'cut' top: 'sum'", ""),
     "sum"},
};
enum { N_NETS = sizeof nets / sizeof *nets };

/** sum of seed . out at an input. */
static int loss_at(isn_backend_t *backend, isn_net_t *net, const float *x, double *loss)
{
  isn_tensor_t input = isn_net_input(net), out = isn_net_blob(net, 0), seed = isn_net_seed(net, 0);
  size_t n_out = N * isn_shape_count(out.shape);
  device_put(backend, input.data, x, N * isn_shape_count(input.shape));
  TEST_REQUIRE(isn_net_forward(net, N));
  *loss = 0.0;
  float *outputs = device_get(backend, out.data, n_out);
  float *seeds = device_get(backend, seed.data, n_out);
  for (size_t i = 0; i < n_out; i++)
    *loss += (double)outputs[i] * (double)seeds[i];
  free(outputs);
  free(seeds);
  return 0;
}

static int check_gradient(isn_backend_t *backend, isn_net_t *net)
{
  enum { COUNT = N * 6 * 4 * 4 };
  static const int rows[N] = {0, 1}, blob = 0;
  static const float step = 1.0F / 512.0F;
  float x[COUNT], moved[COUNT], direction[COUNT];
  double up, down, at, slope = 0.0, norm = 0.0;
  random_fill(x, COUNT, 1);
  random_fill(direction, COUNT, 2);
  isn_tensor_t seed = isn_net_seed(net, 0);
  random_put(backend, seed.data, N * isn_shape_count(seed.shape), 3);
  for (int i = 0; i < COUNT; i++)
    moved[i] = x[i] + step * direction[i];
  if (loss_at(backend, net, moved, &up))
    return 1;
  for (int i = 0; i < COUNT; i++)
    moved[i] = x[i] - step * direction[i];
  if (loss_at(backend, net, moved, &down) || loss_at(backend, net, x, &at))
    return 1;
  TEST_REQUIRE(isn_net_backward(net, 1, &blob, (isn_rows_t){N, rows}));
  float *gradient = device_get(backend, isn_net_grad_input(net).data, COUNT);
  for (int i = 0; i < COUNT; i++) {
    slope += (double)gradient[i] * (double)direction[i];
    norm += (double)gradient[i] * (double)gradient[i];
  }
  free(gradient);
  double off = fabs((up - down) / (2.0 * (double)step) - slope) / sqrt(norm);
  printf("  gradient off by %.1e\n", off);
  TEST_CHECK_MSG(norm > 0.0 && off < 1e-3, "%g, norm %g", off, norm);
  return 0;
}

/** The first net by hand: channels (1 2 | 0 | all) through their functions. */
static void check_values(isn_backend_t *backend, isn_net_t *net)
{
  float *x = device_get(backend, isn_net_input(net).data, (size_t)N * 6 * 16);
  float *out = device_get(backend, isn_net_blob(net, 0).data, (size_t)N * 9 * 16);
  for (int n = 0; n < N; n++)
    for (int c = 0; c < 9; c++)
      for (int i = 0; i < 16; i++) {
        int from = c < 2 ? c + 1 : c == 2 ? 0 : c - 3;
        float v = x[(n * 6 + from) * 16 + i];
        float wanted = c < 2 ? 1.0F / (1.0F + expf(-v)) : c == 2 ? tanhf(v) : v;
        float found = out[(n * 9 + c) * 16 + i];
        TEST_CHECK_MSG(fabsf(found - wanted) < 1e-6F, "%d %d %d: %g %g", n, c, i, (double)found,
                       (double)wanted);
      }
  free(x);
  free(out);
}

int main(int argc, char **argv)
{
  isn_backend_t *backend;
  TEST_REQUIRE(device_open(argc, argv, &backend));
  for (int i = 0; i < N_NETS; i++) {
    isn_net_spec_t *spec;
    isn_net_t *net;
    printf("%s\n", nets[i].what);
    TEST_REQUIRE(random_net(nets[i].text, &spec));
    TEST_REQUIRE(isn_net_create(backend, spec, 1, &nets[i].out, N, true, &net));
    if (check_gradient(backend, net))
      return 1;
    if (i == 0)
      check_values(backend, net);
    isn_net_destroy(net);
    isn_net_spec_destroy(spec);
  }
  isn_backend_close(backend);
  TEST_END();
}
