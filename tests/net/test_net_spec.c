/** @file test_net_spec.c
 *  Specs: names and shapes, joining two nets, and what is refused.
 */
#include <stdlib.h>

#include "branched_net.h"
#include "harness.h"

static isn_status_t add(isn_net_spec_t *spec, const char *name, isn_layer_kind_t kind,
                        int n_outputs, const char *bottom, const char *top)
{
  isn_layer_params_t params = {.kind = kind};
  if (kind == ISN_LAYER_INNER_PRODUCT)
    params.inner_product =
        (isn_inner_product_params_t){.n_outputs = n_outputs, .has_bias = true, .axis = 1};
  return isn_net_spec_add(spec, name, &params, 1, &bottom, 1, &top, NULL);
}

static isn_status_t make(const char *origin, const char *input, int channels, isn_net_spec_t **out)
{
  return isn_net_spec_create("", origin, input, (isn_shape_t){1, channels, 1, 1}, out);
}

static int check_shapes(void)
{
  isn_net_spec_t *spec;
  isn_shape_t shape;
  TEST_REQUIRE(branched_net_create(true, 0.0f, &spec));
  TEST_REQUIRE(isn_net_spec_blob_shape(spec, "c3", &shape));
  TEST_CHECK(shape.n_axes == 3 && shape.c == 4 && shape.h == 8 && shape.w == 8);
  TEST_ERROR(isn_net_spec_blob_shape(spec, "c4", &shape), ISN_ERR_INPUT, "no blob 'c4'");
  TEST_CHECK(strcmp(isn_net_spec_output(spec), "prob") == 0);
  TEST_CHECK(isn_net_spec_n_parameters(spec) == (3 * 9 * 4 + 4) + 2 * (4 * 9 * 4 + 4) +
                                                    (256 * 5 + 5) + (4 * 9 * 2 + 2) +
                                                    (256 * 6 + 6) + 6);
  isn_net_spec_destroy(spec);
  return 0;
}

/** Each net is a layer list with one fault. */
static int check_refusals(void)
{
  isn_net_spec_t *spec;
  TEST_REQUIRE(make("f", "x", 3, &spec));
  TEST_REQUIRE(add(spec, "a", ISN_LAYER_RELU, 0, "y", "z"));
  TEST_ERROR(isn_net_spec_resolve(spec), ISN_ERR_INPUT, "f: layer 'a': its bottom 'y'");
  TEST_ERROR(add(spec, "a", ISN_LAYER_RELU, 0, "x", "y"), ISN_ERR_INPUT, "name 'a'");
  isn_net_spec_destroy(spec);

  TEST_REQUIRE(make("f", "x", 3, &spec));
  TEST_REQUIRE(add(spec, "a", ISN_LAYER_INNER_PRODUCT, 4, "x", "y"));
  TEST_REQUIRE(add(spec, "b", ISN_LAYER_INNER_PRODUCT, 4, "x", "y"));
  TEST_ERROR(isn_net_spec_resolve(spec), ISN_ERR_INPUT, "its top 'y' is made by layer a already");
  isn_net_spec_destroy(spec);

  TEST_REQUIRE(make("f", "x", 3, &spec));
  TEST_REQUIRE(add(spec, "a", ISN_LAYER_INNER_PRODUCT, 0, "x", "y"));
  TEST_ERROR(isn_net_spec_resolve(spec), ISN_ERR_INPUT, "f: InnerProduct layer 'a'");
  isn_net_spec_destroy(spec);

  TEST_REQUIRE(make("f", "x", 0, &spec));
  TEST_ERROR(isn_net_spec_resolve(spec), ISN_ERR_INPUT, "blob 'x' has the shape (0, 1, 1)");
  isn_net_spec_destroy(spec);

  TEST_REQUIRE(make("f", "x", 3, &spec));
  TEST_REQUIRE(add(spec, "a", ISN_LAYER_INNER_PRODUCT, 4, "x", "y"));
  spec->layers[0].weights[0].data = calloc(5, sizeof(float));
  spec->layers[0].weights[0].count = 5;
  TEST_ERROR(isn_net_spec_resolve(spec), ISN_ERR_INPUT, "weight 0 has 5 numbers; wanted 12");
  isn_net_spec_destroy(spec);
  return 0;
}

/** Two nets on one blob; the first of them works in place on its input, which must not change what
 *  the second sees. */
static int check_append(void)
{
  isn_net_spec_t *to, *first, *second, *wrong;
  TEST_REQUIRE(make("to", "x", 3, &to));
  TEST_REQUIRE(add(to, "a", ISN_LAYER_INNER_PRODUCT, 4, "x", "y"));
  TEST_REQUIRE(isn_net_spec_resolve(to));
  TEST_REQUIRE(make("first", "data", 4, &first));
  TEST_REQUIRE(add(first, "relu", ISN_LAYER_RELU, 0, "data", "data"));
  TEST_REQUIRE(add(first, "fc", ISN_LAYER_INNER_PRODUCT, 2, "data", "fc"));
  TEST_REQUIRE(isn_net_spec_resolve(first));
  TEST_REQUIRE(isn_net_spec_alloc_weights(first));
  TEST_REQUIRE(make("second", "in", 4, &second));
  TEST_REQUIRE(add(second, "fc", ISN_LAYER_INNER_PRODUCT, 5, "in", "fc"));
  TEST_REQUIRE(make("wrong", "in", 5, &wrong));
  const float *weights = first->layers[1].weights[0].data;

  TEST_ERROR(isn_net_spec_append(to, wrong, "w/", "y"), ISN_ERR_INPUT,
             "blob 'y' of to is (4, 1, 1), but the input 'in' of wrong wants (5, 1, 1)");
  TEST_REQUIRE(isn_net_spec_append(to, first, "f", "y"));
  TEST_REQUIRE(isn_net_spec_append(to, second, "s/", "y"));
  TEST_REQUIRE(isn_net_spec_resolve(to));
  TEST_CHECK(first->n_layers == 0 && to->n_layers == 4);
  TEST_CHECK(strcmp(to->layers[1].bottoms[0], "y") == 0);
  TEST_CHECK(strcmp(to->layers[1].tops[0], "f/data") == 0);
  TEST_CHECK(strcmp(to->layers[2].bottoms[0], "f/data") == 0);
  TEST_CHECK(strcmp(to->layers[2].name, "f/fc") == 0);
  TEST_CHECK(to->layers[2].weights[0].data == weights);
  TEST_CHECK(strcmp(to->layers[3].bottoms[0], "y") == 0);
  TEST_CHECK(strcmp(isn_net_spec_output(to), "s/fc") == 0);

  TEST_REQUIRE(add(second, "fc", ISN_LAYER_RELU, 0, "in", "r"));
  TEST_ERROR(isn_net_spec_append(to, second, "s/", "y"), ISN_ERR_INPUT, "name 's/fc'");
  TEST_CHECK(second->n_layers == 1 && to->n_layers == 4);
  isn_net_spec_destroy(to);
  isn_net_spec_destroy(first);
  isn_net_spec_destroy(second);
  isn_net_spec_destroy(wrong);
  return 0;
}

int main(void)
{
  if (check_shapes() || check_refusals() || check_append())
    return 1;
  isn_net_spec_destroy(NULL);
  TEST_END();
}
