/** @file test_unit_name.c
 *  Names of units, their place in a blob, and the layer that makes a blob.
 */
#include "harness.h"
#include "unit_name.h"

static void test_read(void)
{
  isn_unit_name_t unit;
  TEST_OK(isn_unit_name_read("fc8[7]", &unit));
  TEST_CHECK(!strcmp(unit.blob, "fc8") && unit.n_indices == 1 && unit.indices[0] == 7);
  TEST_OK(isn_unit_name_read("odd[name][12,3,4]", &unit));
  TEST_CHECK(!strcmp(unit.blob, "odd[name]") && unit.n_indices == 3);
  TEST_CHECK(unit.indices[0] == 12 && unit.indices[1] == 3 && unit.indices[2] == 4);
  static const char *const bad[] = {"fc8",          "fc8[]",     "[3]",      "fc8[1,2]",
                                    "fc8[1,2,3,4]", "fc8[-1]",   "fc8[7",    "fc8[7]x",
                                    "fc8[x]",       "fc8[1,,2]", "fc8[1.5]", "fc8[99999999999]"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    TEST_ERROR(isn_unit_name_read(bad[i], &unit), ISN_ERR_INPUT, bad[i]);
}

static void test_offset(void)
{
  const isn_shape_t vector = {1, 10, 1, 1}, volume = {3, 4, 5, 6};
  isn_unit_name_t unit;
  size_t offset;
  TEST_OK(isn_unit_name_read("b[9]", &unit));
  TEST_OK(isn_unit_name_offset(&unit, vector, &offset));
  TEST_CHECK(offset == 9);
  TEST_ERROR(isn_unit_name_offset(&unit, volume, &offset), ISN_ERR_INPUT, "b[c,y,x]");
  TEST_OK(isn_unit_name_read("b[10]", &unit));
  TEST_ERROR(isn_unit_name_offset(&unit, vector, &offset), ISN_ERR_INPUT, "no unit [10,0,0]");
  TEST_OK(isn_unit_name_read("b[3,2,5]", &unit));
  TEST_OK(isn_unit_name_offset(&unit, volume, &offset));
  TEST_CHECK(offset == (3 * 5 + 2) * 6 + 5);
  TEST_OK(isn_unit_name_read("b[3,5,0]", &unit));
  TEST_ERROR(isn_unit_name_offset(&unit, volume, &offset), ISN_ERR_INPUT, "no unit [3,5,0]");
}

/* data -> ip (fc), fc in place by relu, fc -> last */
static void test_maker(void)
{
  const isn_shape_t input = {1, 4, 1, 1};
  const isn_layer_params_t ip = {.kind = ISN_LAYER_INNER_PRODUCT,
                                 .inner_product = {.n_outputs = 2, .has_bias = false}};
  const isn_layer_params_t relu = {.kind = ISN_LAYER_RELU, .relu = {0.0f}};
  const char *data = "data", *fc = "fc", *last = "last";
  isn_net_spec_t *spec = NULL;
  int n_layers = 0;
  TEST_OK(isn_net_spec_create("net", "net.prototxt", data, input, &spec));
  TEST_OK(isn_net_spec_add(spec, "ip", &ip, 1, &data, 1, &fc, NULL));
  TEST_OK(isn_net_spec_add(spec, "relu", &relu, 1, &fc, 1, &fc, NULL));
  TEST_OK(isn_net_spec_add(spec, "out", &ip, 1, &fc, 1, &last, NULL));
  TEST_OK(isn_unit_maker(spec, "fc", &n_layers));
  TEST_CHECK(n_layers == 1);
  TEST_OK(isn_unit_maker(spec, "last", &n_layers));
  TEST_CHECK(n_layers == 3);
  TEST_ERROR(isn_unit_maker(spec, "data", &n_layers), ISN_ERR_INPUT, "no layer makes blob 'data'");
  isn_net_spec_destroy(spec);
}

int main(void)
{
  test_read();
  test_offset();
  test_maker();
  TEST_END();
}
