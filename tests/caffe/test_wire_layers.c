/** @file test_wire_layers.c
 *  Layers of a .caffemodel: the three generations, what is refused, and definitions that are read
 *  back from the file alone.
 */
#include "base/scratch.h"
#include "harness.h"
#include "invset/caffe.h"
#include "wire_writer.h"

static const char net[] = "input: 'x' input_shape { dim: 1 dim: 1 dim: 2 dim: 2 }\n"
                          "layer { name: 'p' type: 'PReLU' bottom: 'x' top: 'p'\n"
                          "  prelu_param { channel_shared: true } }\n";
static const float slope = 0.125F;

static wire_writer_t blob, layer, inner, file;

/** The blob of the layer 'p': a single number without axes. */
static void begin(void)
{
  blob.n = layer.n = inner.n = file.n = 0;
  wire_shape(&blob, 7, 0, NULL);
  wire_packed(&blob, 5, &slope, 1);
  wire_text(&file, 1, "net");
}

static void add_v2(const char *name, const char *type, const char *bottom, const char *top,
                   bool has_blob)
{
  layer.n = 0;
  wire_text(&layer, 1, name);
  wire_text(&layer, 2, type);
  if (bottom)
    wire_text(&layer, 3, bottom);
  wire_text(&layer, 4, top);
  if (has_blob)
    wire_message(&layer, 7, &blob);
  wire_message(&file, 100, &layer);
}

static isn_status_t load(scratch_t *scratch, isn_net_spec_t *spec, int *n_unused)
{
  scratch_write(scratch, "model", file.bytes, file.n);
  return isn_caffe_load_weights(scratch->path, spec, n_unused);
}

static void check_generations(scratch_t *scratch, isn_net_spec_t *spec)
{
  int n_unused = -1;
  begin();
  add_v2("data", "Data", NULL, "x", false);
  add_v2("other", "Scale", "x", "y", true);
  add_v2("p", "PReLU", "x", "p", true);
  TEST_OK(load(scratch, spec, &n_unused));
  TEST_CHECK(n_unused == 1 && spec->layers[0].weights[0].data[0] == slope);
  begin(); /* V1 */
  wire_message(&layer, 6, &blob);
  wire_text(&layer, 4, "p");
  wire_message(&file, 2, &layer);
  TEST_OK(load(scratch, spec, &n_unused));
  TEST_CHECK(n_unused == 0);
  begin(); /* V0 */
  wire_text(&inner, 1, "p");
  wire_text(&inner, 2, "prelu");
  wire_message(&inner, 50, &blob);
  wire_message(&layer, 1, &inner);
  wire_message(&file, 2, &layer);
  TEST_OK(load(scratch, spec, &n_unused));
  TEST_CHECK(n_unused == 0);
}

static void check_refusals(scratch_t *scratch, isn_net_spec_t *spec)
{
  begin();
  TEST_ERROR(load(scratch, spec, NULL), ISN_ERR_INPUT, "has no layers");
  add_v2("q", "PReLU", "x", "p", true);
  TEST_ERROR(load(scratch, spec, NULL), ISN_ERR_INPUT, "has no layer 'p'");
  add_v2("p", "PReLU", "x", "p", true);
  add_v2("p", "PReLU", "x", "p", true);
  TEST_ERROR(load(scratch, spec, NULL), ISN_ERR_INPUT, "has two layers 'p'");
  begin();
  add_v2("p", "PReLU", "x", "p", false);
  TEST_ERROR(load(scratch, spec, NULL), ISN_ERR_INPUT, "layer 'p' has 0 blobs in the file");
  begin();
  add_v2("p", "PReLU", "x", "p", true);
  wire_text(&inner, 4, "v1");
  wire_message(&file, 2, &inner);
  TEST_ERROR(load(scratch, spec, NULL), ISN_ERR_INPUT, "has both `layers` (V1) and `layer`");
  begin();
  wire_text(&layer, 1, "p");
  for (int i = 0; i < 40000; i++) /* more of a definition than any layer has */
    wire_text(&layer, 3, "");
  wire_message(&file, 100, &layer);
  TEST_ERROR(load(scratch, spec, NULL), ISN_ERR_INPUT, "more than 65536 bytes besides its numbers");
  begin();
  wire_int(&layer, 7, 3);
  wire_message(&file, 100, &layer);
  TEST_ERROR(load(scratch, spec, NULL), ISN_ERR_INPUT, "is no blob");
  begin();
  for (int i = 0; i < 10001; i++)
    wire_text(&file, 100, "");
  TEST_ERROR(load(scratch, spec, NULL), ISN_ERR_INPUT, "has more than 10000 layers");
}

/** A snapshot of training: which of the data layer's tops is the input, what is dropped. */
static int check_definition(scratch_t *scratch)
{
  static const isn_shape_t shape = {3, 1, 2, 2}, from_file = {0};
  isn_net_spec_t *spec;
  begin();
  wire_text(&layer, 1, "data");
  wire_text(&layer, 2, "Data");
  wire_text(&layer, 4, "label");
  wire_text(&layer, 4, "pixels");
  wire_message(&file, 100, &layer);
  add_v2("half", "Power", "pixels", "halves", false);
  add_v2("p", "PReLU", "halves", "we\"ird\n\xc3\xa4", true);
  add_v2("loss", "HingeLoss", "we\"ird\n\xc3\xa4", "loss", false);
  scratch_write(scratch, "model", file.bytes, file.n);
  TEST_REQUIRE(isn_caffe_net_from_weights(scratch->path, NULL, shape, &spec));
  TEST_CHECK(strcmp(spec->input, "pixels") == 0 && spec->n_layers == 2);
  TEST_CHECK(strcmp(isn_net_spec_output(spec), "we\"ird\n\xc3\xa4") == 0);
  isn_net_spec_destroy(spec);
  TEST_REQUIRE(isn_caffe_net_from_weights(scratch->path, "halves", shape, &spec));
  TEST_CHECK(strcmp(spec->input, "halves") == 0 && spec->n_layers == 1);
  isn_net_spec_destroy(spec);
  TEST_ERROR(isn_caffe_net_from_weights(scratch->path, NULL, from_file, &spec), ISN_ERR_INPUT,
             "the net has no input");
  add_v2("perm", "Permute", "halves", "z", false);
  scratch_write(scratch, "model", file.bytes, file.n);
  TEST_ERROR(isn_caffe_net_from_weights(scratch->path, NULL, shape, &spec), ISN_ERR_INPUT,
             "layer 'perm' is of type Permute, which is not supported");
  return 0;
}

/** Definitions that cannot be read from the file. */
static void check_no_definition(scratch_t *scratch)
{
  static const isn_shape_t shape = {3, 1, 2, 2};
  isn_net_spec_t *spec;
  begin();
  add_v2("half", "Power", "pixels", "halves", false);
  scratch_write(scratch, "model", file.bytes, file.n);
  TEST_ERROR(isn_caffe_net_from_weights(scratch->path, NULL, shape, &spec), ISN_ERR_INPUT,
             "has no layer with weights");
  begin();
  wire_text(&inner, 1, "conv1");
  wire_text(&inner, 2, "conv");
  wire_message(&inner, 50, &blob);
  wire_message(&layer, 1, &inner);
  wire_text(&layer, 2, "data");
  wire_message(&file, 2, &layer);
  scratch_write(scratch, "model", file.bytes, file.n);
  TEST_ERROR(isn_caffe_net_from_weights(scratch->path, NULL, shape, &spec), ISN_ERR_INPUT,
             "this definition is of the oldest kind (V0");
}

/** An input that the file has itself, its shape used or replaced. */
static int check_own_input(scratch_t *scratch)
{
  static const int64_t dims[] = {10, 1, 4, 4};
  isn_net_spec_t *spec;
  begin();
  wire_text(&file, 3, "x");
  wire_shape(&file, 8, 4, dims);
  add_v2("p", "PReLU", "x", "p", true);
  scratch_write(scratch, "model", file.bytes, file.n);
  TEST_REQUIRE(isn_caffe_net_from_weights(scratch->path, NULL, (isn_shape_t){0}, &spec));
  TEST_CHECK(spec->input_shape.h == 4 && spec->input_shape.n_axes == 3);
  isn_net_spec_destroy(spec);
  TEST_REQUIRE(isn_caffe_net_from_weights(scratch->path, NULL, (isn_shape_t){3, 1, 6, 5}, &spec));
  TEST_CHECK(spec->input_shape.h == 6 && spec->input_shape.w == 5);
  isn_net_spec_destroy(spec);
  return 0;
}

int main(void)
{
  static const char *const files[] = {"model", NULL};
  scratch_t scratch;
  isn_net_spec_t *spec;
  TEST_CHECK(scratch_open(&scratch));
  TEST_REQUIRE(isn_caffe_parse_net(net, "net", &spec));
  check_generations(&scratch, spec);
  check_refusals(&scratch, spec);
  check_no_definition(&scratch);
  if (check_definition(&scratch) || check_own_input(&scratch))
    return 1;
  isn_net_spec_destroy(spec);
  scratch_close(&scratch, files);
  TEST_END();
}
