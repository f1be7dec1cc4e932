/** @file test_backend.c
 *  The caller's functions of a backend apart from the layers' numbers: opening by name, memory,
 *  rows, and what is refused.
 */
#include <stdlib.h>

#include "device.h"
#include "harness.h"

static void check_names(void)
{
  isn_backend_t *backend = NULL;
  TEST_ERROR(isn_backend_open("gpu", &backend), ISN_ERR_INPUT, "there is no backend 'gpu'");
  TEST_OK(isn_backend_open("auto", &backend));
  const char *name = isn_backend_name(backend);
  TEST_CHECK_MSG(strcmp(name, "cpu") == 0 || strcmp(name, "cuda") == 0, "%s", name);
  isn_backend_close(backend);
  isn_backend_close(NULL);

  isn_status_t status = isn_backend_open("cuda", &backend);
  if (status == ISN_OK)
    isn_backend_close(backend);
  else
    TEST_CHECK_MSG(status == ISN_ERR_INPUT && strstr(isn_error_message(), "'cuda'"), "%s",
                   isn_error_message());
}

static int check_memory(isn_backend_t *backend)
{
  const float numbers[6] = {1, 2, 3, 4, 5, 6};
  float *x = NULL, *y = NULL, *none = (float *)&backend, got[6];
  TEST_REQUIRE(isn_backend_alloc(backend, 6, "numbers", &x));
  TEST_REQUIRE(isn_backend_alloc(backend, 6, "numbers", &y));
  TEST_OK(isn_backend_alloc(backend, 0, "nothing", &none));
  TEST_CHECK(!none);
  TEST_ERROR(isn_backend_alloc(backend, (size_t)-1, "too many numbers", &none), ISN_ERR_MEMORY,
             "too many numbers");

  float *host = NULL;
  TEST_REQUIRE(isn_backend_alloc_host(backend, 3, "host numbers", &host));
  TEST_CHECK(host[0] == 0.0F && host[2] == 0.0F);
  TEST_OK(isn_backend_upload(backend, x, numbers, 6));
  TEST_OK(isn_backend_download(backend, host, x + 2, 3));
  TEST_CHECK(host[0] == 3.0F && host[2] == 5.0F);
  isn_backend_free_host(backend, host);
  isn_backend_free_host(backend, NULL);
  TEST_OK(isn_backend_alloc_host(backend, 0, "nothing", &none));
  TEST_CHECK(!none);
  TEST_ERROR(isn_backend_alloc_host(backend, (size_t)-1, "too many host numbers", &none),
             ISN_ERR_MEMORY, "too many host numbers");

  /* Three samples of two floats. */
  static const int first_last[] = {0, 2};
  isn_rows_t rows = {2, first_last};
  TEST_OK(isn_backend_upload(backend, x, numbers, 6));
  TEST_OK(isn_backend_copy(backend, y, x, 2, rows));
  TEST_OK(isn_backend_download(backend, got, y, 6));
  TEST_CHECK(memcmp(got, (const float[]){1, 2, 0, 0, 5, 6}, sizeof got) == 0);
  TEST_OK(isn_backend_add(backend, y, x, 2, rows));
  TEST_OK(isn_backend_download(backend, got, y, 6));
  TEST_CHECK(memcmp(got, (const float[]){2, 4, 0, 0, 10, 12}, sizeof got) == 0);
  TEST_OK(isn_backend_zero(backend, x, 2, (isn_rows_t){1, first_last + 1}));
  TEST_OK(isn_backend_zero(backend, x, 2, (isn_rows_t){0, NULL}));
  TEST_OK(isn_backend_download(backend, got, x, 6));
  TEST_CHECK(memcmp(got, (const float[]){1, 2, 3, 4, 0, 0}, sizeof got) == 0);

  static const int twice[] = {1, 1}, falling[] = {2, 1}, negative[] = {-1, 1};
  TEST_ERROR(isn_backend_zero(backend, x, 2, (isn_rows_t){2, twice}), ISN_ERR_ARG, "row 1 follows");
  TEST_ERROR(isn_backend_add(backend, x, y, 2, (isn_rows_t){2, falling}), ISN_ERR_ARG, "row 1");
  TEST_ERROR(isn_backend_copy(backend, x, y, 2, (isn_rows_t){2, negative}), ISN_ERR_ARG, "rows");
  TEST_ERROR(isn_backend_copy(backend, x, y, 2, (isn_rows_t){2, NULL}), ISN_ERR_ARG, "rows");
  isn_backend_free(backend, x);
  isn_backend_free(backend, y);
  isn_backend_free(backend, NULL);
  TEST_REQUIRE(isn_backend_alloc(backend, 6, "numbers again", &x)); /* those that were given back */
  TEST_OK(isn_backend_download(backend, got, x, 6));
  TEST_CHECK(memcmp(got, (const float[6]){0}, sizeof got) == 0);
  isn_backend_free(backend, x);
  return 0;
}

/* Calls that lack something.  Nothing is read or written, so host memory serves on any backend. */
static void check_refusals(isn_backend_t *backend)
{
  float data[8] = {0};
  static const int first[] = {0};
  isn_rows_t rows = {1, first};
  isn_layer_params_t params = {.kind = ISN_LAYER_INNER_PRODUCT,
                               .inner_product = {2, true, false, 1}};
  isn_tensor_t in = {{1, 3, 1, 1}, data}, out = {{1, 2, 1, 1}, data + 4};
  isn_layer_call_t call = {.params = &params, .n_bottoms = 1, .n_tops = 1};
  call.bottoms[0] = call.grad_bottoms[0] = in;
  call.tops[0] = call.grad_tops[0] = out;
  TEST_ERROR(isn_backend_forward(backend, &call, 1), ISN_ERR_ARG, "without weights[0]");
  call.weights[0] = call.weights[1] = data;
  TEST_ERROR(isn_backend_forward(backend, &call, -1), ISN_ERR_ARG, "-1 samples");
  TEST_OK(isn_backend_forward(backend, &call, 0));
  call.tops[0].data = NULL;
  TEST_ERROR(isn_backend_forward(backend, &call, 1), ISN_ERR_ARG, "without data");
  call.grad_tops[0].data = NULL;
  TEST_ERROR(isn_backend_backward(backend, &call, rows), ISN_ERR_ARG, "the top's gradient");
  call.grad_bottoms[0].data = NULL; /* not wanted */
  TEST_OK(isn_backend_backward(backend, &call, rows));

  isn_layer_params_t relu = {.kind = ISN_LAYER_RELU}, unknown = {.kind = ISN_N_LAYER_KINDS};
  call.grad_bottoms[0] = call.grad_tops[0] = in;
  call.params = &relu;
  TEST_ERROR(isn_backend_backward(backend, &call, rows), ISN_ERR_ARG, "needs of the forward pass");
  call.params = &unknown;
  TEST_ERROR(isn_backend_forward(backend, &call, 1), ISN_ERR_INPUT, "no layer kind");
  call.params = &relu;
  isn_layer_params_t lrn = {.kind = ISN_LAYER_LRN, .lrn = {1, 1.0, 0.75, 1.0, false}};
  call.params = &lrn;
  if (isn_backend_is_host(backend)) /* others' kernels do without */
    TEST_ERROR(isn_backend_forward(backend, &call, 1), ISN_ERR_ARG, "LRN without workspace");
  isn_layer_params_t sum = {.kind = ISN_LAYER_ELTWISE};
  call.params = &sum;
  TEST_ERROR(isn_backend_forward(backend, &call, 1), ISN_ERR_ARG, "1 bottoms and 1 tops");
  call.n_bottoms = 2;
  call.bottoms[1] = (isn_tensor_t){in.shape, NULL};
  call.tops[0] = (isn_tensor_t){in.shape, data + 4};
  TEST_ERROR(isn_backend_forward(backend, &call, 1), ISN_ERR_ARG, "without data");
  call.n_bottoms = 1;
  call.params = &relu;
  call.n_tops = 2;
  TEST_ERROR(isn_backend_forward(backend, &call, 1), ISN_ERR_ARG, "1 bottoms and 2 tops");
}

/* What is said about OpenBLAS's kernels depends on whether somebody has asked for them.  They were
 * chosen when the program started, so only the words can change here. */
static int check_advice(void)
{
  for (int asked = 0; asked < 2; asked++) {
    isn_backend_t *backend = NULL;
    TEST_CHECK(
        (asked ? setenv("OPENBLAS_CORETYPE", "Haswell", 1) : unsetenv("OPENBLAS_CORETYPE")) == 0);
    TEST_REQUIRE(isn_backend_open("cpu", &backend));
    const char *text = isn_backend_description(backend), *advice = isn_backend_advice(backend);
    TEST_CHECK_MSG(strstr(text, ", one thread, inner products with "), "%s", text);
    TEST_CHECK_MSG(!advice[0] || !strstr(text, "SkylakeX kernels"), "%s: %s", text, advice);
    TEST_CHECK_MSG(!advice[0] ||
                       (strstr(advice, "CORETYPE asks OpenBLAS for its") != NULL) == asked,
                   "%s", advice);
    TEST_CHECK_MSG(!strstr(text, "Prescott kernels") || advice[0], "%s: no advice", text);
    isn_backend_close(backend);
  }
  return 0;
}

/* Samples that are far apart: a list longer than what travels with one launch on a GPU. */
static int check_long_rows(isn_backend_t *backend)
{
  enum { BATCH = 5000, STEP = 7, N = (BATCH + STEP - 1) / STEP };
  static float ones[BATCH], got[BATCH];
  static int index[N];
  float *x = NULL;
  for (int i = 0; i < BATCH; i++)
    ones[i] = 1.0F;
  for (int i = 0; i < N; i++)
    index[i] = i * STEP;
  TEST_REQUIRE(isn_backend_alloc(backend, BATCH, "numbers", &x));
  TEST_REQUIRE(isn_backend_upload(backend, x, ones, BATCH));
  TEST_REQUIRE(isn_backend_add(backend, x, x, 1, (isn_rows_t){N, index}));
  TEST_REQUIRE(isn_backend_download(backend, got, x, BATCH));
  for (int i = 0; i < BATCH; i++)
    TEST_CHECK(got[i] == (i % STEP == 0 ? 2.0F : 1.0F));
  isn_backend_free(backend, x);
  return 0;
}

int main(int argc, char **argv)
{
  isn_backend_t *backend = NULL;
  size_t bytes = 0;
  double number = -1.0;
  TEST_REQUIRE(device_open(argc, argv, &backend));
  check_names();
  bool is_host = isn_backend_is_host(backend);
  TEST_CHECK(strcmp(isn_backend_name(backend), is_host ? "cpu" : "cuda") == 0);
  TEST_CHECK(strstr(isn_backend_description(backend), is_host ? "OpenBLAS" : "cuDNN"));
  TEST_CHECK(isn_backend_full_batch(backend) > 1);
  TEST_REQUIRE(isn_backend_memory(backend, &bytes));
  TEST_CHECK(bytes > 0);
  TEST_REQUIRE(isn_backend_device_number(backend, &number));
  TEST_CHECK((number == 0.0) == is_host && number == floor(number) && number < 9007199254740992.0);
  TEST_OK(isn_backend_set_precision(backend, ISN_PRECISION_FP32));
  if (is_host)
    TEST_ERROR(isn_backend_set_precision(backend, ISN_PRECISION_TF32), ISN_ERR_INPUT, "fp32 alone");
  else
    TEST_OK(isn_backend_set_precision(backend, ISN_PRECISION_TF32));
  TEST_OK(isn_backend_wait(backend));
  if (check_memory(backend) || check_long_rows(backend))
    return 1;
  check_refusals(backend);
  isn_backend_close(backend);
  if (is_host && check_advice())
    return 1;
  TEST_END();
}
