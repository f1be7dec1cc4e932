/** @file test_cuda_forms.c
 *  Convolutions in all their packed forms (backend/cuda/convolution_forms.h) against the plain
 *  kernel, forward and back.  Built where CUDA is; skipped without a device.
 *      test_cuda_forms cuda tf32|fp16
 */
#include <stdlib.h>

#include "backend/cases.h"
#include "backend/cuda/convolution_forms.h"
#include "backend/fixture.h"
#include "device.h"
#include "harness.h"

enum { BATCH = 5, LARGE_BATCH = 1100 /* more than any form takes at once */ };

#define CONV(kind_, ...)                                                                           \
  {                                                                                                \
    .kind = ISN_LAYER_##kind_, .conv = { __VA_ARGS__ }                                             \
  }

/* Besides the cases of all backends: channels that tensor cores take, with groups; blocks that are
 * padded and that overhang. */
/* clang-format off */
static const layer_case_t more_cases[] = {
  {"conv 16 to 32 group 2", {{3, 16, 7, 6}}, 1, 1, CONV(CONVOLUTION, 32, 2, 3, 3, 1, 1, 1, 1, 1, 1, false)},
  {"conv 32 to 16 group 2, dilated", {{3, 32, 9, 8}}, 1, 1, CONV(CONVOLUTION, 16, 2, 3, 2, 1, 1, 0, 1, 2, 1, false)},
  {"deconv 16 to 8", {{3, 16, 5, 6}}, 1, 1, CONV(DECONVOLUTION, 8, 1, 3, 3, 1, 1, 1, 1, 1, 1, false)},
  {"deconv 8 to 3, 4x4/2", {{3, 8, 5, 6}}, 1, 1, CONV(DECONVOLUTION, 3, 1, 4, 4, 2, 2, 1, 1, 1, 1, false)},
  {"deconv 16 to 8, 4x4/2", {{3, 16, 4, 3}}, 1, 1, CONV(DECONVOLUTION, 8, 1, 4, 4, 2, 2, 1, 1, 1, 1, true)},
  {"conv 3 to 8, 11x11/4", {{3, 3, 31, 27}}, 1, 1, CONV(CONVOLUTION, 8, 1, 11, 11, 4, 4, 0, 0, 1, 1, false)},
  {"conv 3 to 8, 5x5 pad 2", {{3, 3, 9, 8}}, 1, 1, CONV(CONVOLUTION, 8, 1, 5, 5, 1, 1, 2, 2, 1, 1, false)},
};
static const layer_case_t large_case =
  {"conv 1 to 3, 3x3/2, many", {{3, 1, 5, 4}}, 1, 1, CONV(CONVOLUTION, 3, 1, 3, 3, 2, 2, 1, 0, 1, 1, false)};
/* clang-format on */

static double limit; /* of differences, by norm */
static int n_checked[ISN_CUDA_N_FORMS];

/* One form: all of the output is written, and as the plain kernel has it.
 * @param[in] wanted (n) host  @param[in] out the image or map that is computed */
static int check_form(fixture_t *f, const char *name, const isn_cuda_convolution_t *c,
                      const isn_cuda_convolution_data_t *data, isn_cuda_form_t form,
                      isn_tensor_t out, const float *wanted)
{
  size_t n = (size_t)f->batch * isn_shape_count(out.shape);
  size_t floats = (isn_cuda_form_bytes(c, form) + sizeof(float) - 1) / sizeof(float);
  float *workspace = NULL, *host = malloc((n > floats ? n : floats) * sizeof *host);
  bool done;
  double difference;
  if (!host)
    abort();
  for (size_t i = 0; i < (n > floats ? n : floats); i++)
    host[i] = NAN;
  TEST_REQUIRE(isn_backend_alloc(f->backend, floats, "workspace", &workspace));
  TEST_REQUIRE(isn_backend_upload(f->backend, workspace, host, floats));
  TEST_REQUIRE(fixture_put(f, out, host));
  TEST_REQUIRE(isn_cuda_form_run(f->backend->own, c, data, form, workspace, &done));
  if (done) {
    TEST_REQUIRE(fixture_get(f, out, host));
    TEST_NORM_DIFFERENCE(host, wanted, n, difference);
    TEST_CHECK_MSG(difference < limit, "%s, %s, %s: %g", name, isn_cuda_form_name(form),
                   c->to_map ? "to map" : "to image", difference);
    n_checked[form]++;
  }
  isn_backend_free(f->backend, workspace);
  free(host);
  return 0;
}

/* One direction in all forms.  @param[in] out what is computed: bottom or top */
static int check_direction(fixture_t *f, const char *name, const isn_cuda_convolution_t *c,
                           const isn_cuda_convolution_data_t *data, isn_tensor_t out)
{
  float *plain = malloc((size_t)f->batch * isn_shape_count(out.shape) * sizeof *plain);
  bool done;
  int failed = 0;
  if (!plain)
    abort();
  TEST_REQUIRE(isn_cuda_form_run(f->backend->own, c, data, ISN_CUDA_FORM_PLAIN, NULL, &done));
  TEST_CHECK(done);
  TEST_REQUIRE(fixture_get(f, out, plain));
  for (int form = ISN_CUDA_FORM_DIRECT; form < ISN_CUDA_FORM_PLAIN && !failed; form++)
    if (isn_cuda_form_fits(c, (isn_cuda_form_t)form))
      failed = check_form(f, name, c, data, (isn_cuda_form_t)form, out, plain);
  free(plain);
  return failed;
}

static int check_case(isn_backend_t *backend, const layer_case_t *layer, int batch)
{
  fixture_t f;
  bool transposed = layer->params.kind == ISN_LAYER_DECONVOLUTION;
  if (!transposed && layer->params.kind != ISN_LAYER_CONVOLUTION)
    return 0;
  TEST_REQUIRE(fixture_create(backend, &layer->params, 1, layer->in, 1, batch, 1.0F, &f));
  isn_tensor_t bottom = f.call.bottoms[0], top = f.call.tops[0];
  isn_tensor_t image = transposed ? top : bottom, map = transposed ? bottom : top;
  isn_cuda_convolution_t c = {.params = layer->params.conv,
                              .image = image.shape,
                              .map = map.shape,
                              .layout = isn_cuda_layout(backend->own)};
  isn_cuda_convolution_data_t data = {.n = batch,
                                      .weights = f.call.weights[0],
                                      .image = image.data,
                                      .map = map.data,
                                      .slope = 0.3F};
  int failed = 0;
  for (int to_map = 0; to_map < 2 && !failed; to_map++) {
    float *in = transposed == (to_map == 1) ? f.y[0] : f.x[0]; /* noise; the other is computed */
    c.to_map = to_map == 1;
    data.bias = transposed == c.to_map ? NULL : f.call.weights[1]; /* of the top, as in a layer */
    TEST_REQUIRE(fixture_put(&f, c.to_map ? image : map, in));
    failed = check_direction(&f, layer->name, &c, &data, c.to_map ? map : image);
  }
  fixture_destroy(&f);
  return failed;
}

int main(int argc, char **argv)
{
  isn_backend_t *backend = NULL;
  TEST_REQUIRE(device_open(argc, argv, &backend));
  limit = device_precision(argc, argv) == ISN_PRECISION_FP16 ? 1e-3 : 2e-3;
  for (int i = 0; i < n_layer_cases; i++)
    if (check_case(backend, &layer_cases[i], BATCH))
      return 1;
  for (size_t i = 0; i < sizeof more_cases / sizeof more_cases[0]; i++)
    if (check_case(backend, &more_cases[i], BATCH))
      return 1;
  if (check_case(backend, &large_case, LARGE_BATCH))
    return 1;
  for (int form = ISN_CUDA_FORM_DIRECT; form < ISN_CUDA_FORM_PLAIN; form++)
    printf("%s: %d checked\n", isn_cuda_form_name((isn_cuda_form_t)form), n_checked[form]);
  TEST_CHECK(n_checked[ISN_CUDA_FORM_DIRECT] > 0 && n_checked[ISN_CUDA_FORM_BLOCKS] > 0 &&
             n_checked[ISN_CUDA_FORM_DENSE] > 0 && n_checked[ISN_CUDA_FORM_FLIPPED] > 0 &&
             n_checked[ISN_CUDA_FORM_UNPACKED] > 0); /* cuDNN may refuse what is split */
  isn_backend_close(backend);
  TEST_END();
}
