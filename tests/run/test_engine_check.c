/** @file test_engine_check.c
 *  A device is believed where it computes what the CPU does, and where it does not, that is found.
 *      test_engine_check [cpu|cuda] [fp32|tf32|fp16]
 */
#include "device.h"
#include "fashion_engine.h"
#include "harness.h"
#include "run/engine_internal.h"

enum { CODE = 64 };

/* The device has its own copy of the weights: with others on the host it is the device that seems
 * to be wrong.  Twice makes them what they were. */
static void flip_weights(isn_engine_t *engine, const char *layer)
{
  isn_weight_t *weight = NULL;
  for (int i = 0; i < engine->chain->n_layers; i++)
    if (strcmp(engine->chain->layers[i].name, layer) == 0)
      weight = &engine->chain->layers[i].weights[0];
  TEST_CHECK_MSG(weight != NULL, "%s", layer);
  for (size_t i = 0; weight && i < weight->count; i += 3)
    weight->data[i] = -weight->data[i];
}

static int check_batch(isn_backend_t *backend, int batch, isn_precision_t precision)
{
  float low[CODE], high[CODE];
  isn_engine_t *engine = NULL;
  for (int k = 0; k < CODE; k++) {
    low[k] = -2.5F;
    high[k] = 2.5F;
  }
  TEST_REQUIRE(
      fashion_engine_open(backend, "mean = 73.0;", FASHION_OWN_ENCODER, batch, precision, &engine));
  TEST_OK(isn_engine_check(engine, low, high));
  if (!isn_backend_is_host(backend)) {
    static const char *const layers[] = {"classifier/fc8", "generator/deconv4", "encoder/code"};
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
      flip_weights(engine, layers[i]);
      TEST_ERROR(isn_engine_check(engine, low, high), ISN_ERR_BACKEND, "otherwise than the CPU");
      flip_weights(engine, layers[i]);
    }
    TEST_OK(isn_engine_check(engine, low, high));
  }
  isn_engine_close(engine);
  return 0;
}

int main(int argc, char **argv)
{
  isn_backend_t *backend = NULL;
  TEST_REQUIRE(device_open(argc, argv, &backend));
  if (check_batch(backend, 3, device_precision(argc, argv)) ||
      check_batch(backend, 7, device_precision(argc, argv)))
    return 1;
  isn_backend_close(backend);
  TEST_END();
}
