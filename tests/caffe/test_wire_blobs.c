/** @file test_wire_blobs.c
 *  Blobs of a .caffemodel as they may be written: every encoding of the same six numbers, and every
 *  way in which a blob can be wrong.
 */
#include <math.h>

#include "base/scratch.h"
#include "harness.h"
#include "invset/caffe.h"
#include "wire_writer.h"

static const char net[] = "input: 'x' input_shape { dim: 1 dim: 3 }\n"
                          "layer { name: 'ip' type: 'InnerProduct' bottom: 'x' top: 'ip'\n"
                          "  inner_product_param { num_output: 2 bias_term: false } }\n";

static const float six[6] = {1.5F, -2.0F, 0.25F, 3.0F, -0.5F, 7.0F};
static const float other[6] = {9, 9, 9, 9, 9, 9};
static const int64_t shape[] = {2, 3}, long_shape[] = {1, 1, 1, 1, 1, 1, 1, 2, 3};

typedef void blob_writer_t(wire_writer_t *blob);

static void put_doubles(wire_writer_t *blob, unsigned number, const float *data, bool packed)
{
  double doubles[6];
  for (int i = 0; i < 6; i++)
    doubles[i] = (double)data[i];
  if (packed)
    wire_bytes(blob, number, doubles, sizeof doubles);
  for (int i = 0; !packed && i < 6; i++) {
    wire_key(blob, number, 1);
    wire_raw(blob, &doubles[i], sizeof doubles[i]);
  }
}

static void put_legacy(wire_writer_t *blob, int rows, int columns)
{
  wire_int(blob, 1, 1);
  wire_int(blob, 2, 1);
  wire_int(blob, 3, rows);
  wire_int(blob, 4, columns);
}

static void plain(wire_writer_t *blob)
{
  wire_shape(blob, 7, 2, shape);
  wire_packed(blob, 5, six, 6);
}

static void shape_last(wire_writer_t *blob)
{
  wire_packed(blob, 5, six, 6);
  wire_shape(blob, 7, 2, shape);
}

static void mixed(wire_writer_t *blob)
{
  wire_single(blob, 5, six, 1);
  wire_packed(blob, 5, six + 1, 3);
  wire_packed(blob, 6, other, 6); /* diff */
  wire_packed(blob, 5, six, 0);
  wire_single(blob, 5, six + 4, 2);
  wire_shape(blob, 7, 2, shape);
}

static void legacy(wire_writer_t *blob)
{
  put_legacy(blob, 2, 3);
  wire_packed(blob, 5, six, 6);
}

static void both_shapes(wire_writer_t *blob)
{
  static const int64_t wrong[] = {600};
  wire_shape(blob, 7, 1, wrong);
  legacy(blob);
}

static void doubles(wire_writer_t *blob)
{
  wire_shape(blob, 7, 2, shape);
  put_doubles(blob, 8, six, true);
  put_doubles(blob, 9, other, true);
}

static void doubles_and_floats(wire_writer_t *blob)
{
  wire_packed(blob, 5, other, 6);
  put_doubles(blob, 8, six, false);
  wire_shape(blob, 7, 2, shape);
}

static void unknown_fields(wire_writer_t *blob)
{
  wire_int(blob, 200, -1);
  wire_text(blob, 201, "a fork's own");
  wire_single(blob, 202, other, 1);
  wire_key(blob, 203, 3);
  wire_packed(blob, 5, other, 6); /* in a group that is skipped */
  wire_key(blob, 204, 3);
  wire_key(blob, 204, 4);
  wire_key(blob, 203, 4);
  plain(blob);
}

static void leading_ones(wire_writer_t *blob)
{
  wire_shape(blob, 7, 8, long_shape + 1);
  wire_packed(blob, 5, six, 6);
}

static blob_writer_t *const good[] = {plain,        shape_last,     mixed,
                                      legacy,       both_shapes,    doubles,
                                      leading_ones, unknown_fields, doubles_and_floats};

static void one_less(wire_writer_t *blob)
{
  wire_shape(blob, 7, 2, shape);
  wire_packed(blob, 5, six, 5);
}

static void no_numbers(wire_writer_t *blob)
{
  wire_shape(blob, 7, 2, shape);
  wire_packed(blob, 10, six, 6);
}

static void other_shape(wire_writer_t *blob)
{
  static const int64_t turned[] = {3, 2};
  wire_shape(blob, 7, 2, turned);
  wire_packed(blob, 5, six, 6);
}

static void no_shape(wire_writer_t *blob)
{
  wire_packed(blob, 5, six, 6);
}

static void negative(wire_writer_t *blob)
{
  static const int64_t minus[] = {-2, -3};
  wire_shape(blob, 7, 2, minus);
  wire_packed(blob, 5, six, 6);
}

static void overflowing(wire_writer_t *blob)
{
  static const int64_t huge[] = {INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX, 6};
  wire_shape(blob, 7, 5, huge);
  wire_packed(blob, 5, six, 6);
}

static void nine_axes(wire_writer_t *blob)
{
  wire_shape(blob, 7, 9, long_shape);
  wire_packed(blob, 5, six, 6);
}

static void odd_bytes(wire_writer_t *blob)
{
  wire_shape(blob, 7, 2, shape);
  wire_bytes(blob, 5, six, 23);
}

static void wrong_type(wire_writer_t *blob)
{
  wire_shape(blob, 7, 2, shape);
  wire_int(blob, 5, 1);
}

static void endless(wire_writer_t *blob)
{
  plain(blob);
  wire_key(blob, 5, 2);
  wire_varint(blob, UINT64_MAX);
}

static void not_finite(wire_writer_t *blob)
{
  static const float bad[] = {1, 2, 3, NAN, 5, 6};
  wire_shape(blob, 7, 2, shape);
  wire_packed(blob, 5, bad, 6);
}

static void too_large(wire_writer_t *blob)
{
  wire_shape(blob, 7, 2, shape);
  for (int i = 0; i < 6; i++) {
    double number = 1e300;
    wire_key(blob, 8, 1);
    wire_raw(blob, &number, sizeof number);
  }
}

static void open_group(wire_writer_t *blob)
{
  wire_key(blob, 203, 3);
  plain(blob);
}

static void no_message(wire_writer_t *blob)
{
  plain(blob);
  wire_int(blob, 7, 3);
}

static const struct {
  blob_writer_t *write;
  const char *message;
} bad[] = {
    {one_less, "has 5 numbers (in data or double_data), its shape asks for 6"},
    {no_numbers, "has 0 numbers (in data or double_data), its shape asks for 6"},
    {other_shape, "the file has 3 x 2, the net wants 2 x 3"},
    {no_shape, "has 6 numbers (in data or double_data), its shape asks for 1"},
    {negative, "axis 0 of the blob"},
    {overflowing, "no blob has so many numbers"},
    {nine_axes, "has 9 axes; wanted at most 8"},
    {odd_bytes, "are no run of 4-byte numbers"},
    {wrong_type, "are no run of 4-byte numbers"},
    {endless, "asks for 18446744073709551615 bytes, but only 0 are left"},
    {not_finite, "number 3 of 6 is nan"},
    {too_large, "number 0 of 6 is inf"},
    {open_group, "does not end"},
    {no_message, "the message Blob at byte"},
};

/** Write a V2 file with one layer and its blob, and load it. */
static isn_status_t load(scratch_t *scratch, blob_writer_t *write, isn_net_spec_t *spec)
{
  static wire_writer_t blob, layer, file;
  blob.n = layer.n = file.n = 0;
  write(&blob);
  wire_text(&layer, 1, "ip");
  wire_text(&layer, 2, "InnerProduct");
  wire_message(&layer, 7, &blob);
  wire_text(&file, 1, "net");
  wire_message(&file, 100, &layer);
  scratch_write(scratch, "model", file.bytes, file.n);
  return isn_caffe_load_weights(scratch->path, spec, NULL);
}

int main(void)
{
  static const char *const files[] = {"model", NULL};
  scratch_t scratch;
  isn_net_spec_t *spec;
  TEST_CHECK(scratch_open(&scratch));
  TEST_REQUIRE(isn_caffe_parse_net(net, "net", &spec));
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    TEST_OK(load(&scratch, good[i], spec));
    float *data = spec->layers[0].weights[0].data;
    TEST_CHECK_MSG(data && memcmp(data, six, sizeof six) == 0, "encoding %zu", i);
    if (data)
      memset(data, 0, sizeof six);
  }
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    TEST_ERROR(load(&scratch, bad[i].write, spec), ISN_ERR_INPUT, bad[i].message);
    TEST_CHECK_MSG(strstr(isn_error_message(), scratch.path) &&
                       strstr(isn_error_message(), "layer 'ip'"),
                   "%s", isn_error_message());
  }
  isn_net_spec_destroy(spec);
  scratch_close(&scratch, files);
  TEST_END();
}
