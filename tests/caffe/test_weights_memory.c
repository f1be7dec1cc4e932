/** @file test_weights_memory.c
 *  Memory and time of loading a large .caffemodel: a file of one layer, V2 and packed, as fc6 of
 *  CaffeNet is.
 *
 *      test_weights_memory [MIB]     size of the file, 64 MiB by default
 */
#include <sys/resource.h>
#include <time.h>

#include "base/scratch.h"
#include "harness.h"
#include "invset/caffe.h"
#include "wire_writer.h"

enum { ROW = 1 << 14, ROWS_PER_MIB = (1 << 20) / (ROW * 4) };

static double seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static long most_kib(void)
{
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

static void write_heads(FILE *file, int rows)
{
  static wire_writer_t blob, layer, net;
  uint64_t bytes = (uint64_t)rows * ROW * sizeof(float);
  const int64_t dims[] = {rows, ROW};
  wire_shape(&blob, 7, 2, dims);
  wire_key(&blob, 5, 2);
  wire_varint(&blob, bytes);
  wire_text(&layer, 1, "fc6");
  wire_text(&layer, 2, "InnerProduct");
  wire_text(&layer, 3, "x");
  wire_text(&layer, 4, "fc6");
  wire_key(&layer, 7, 2);
  wire_varint(&layer, blob.n + bytes);
  wire_key(&net, 100, 2);
  wire_varint(&net, layer.n + blob.n + bytes);
  fwrite(net.bytes, 1, net.n, file);
  fwrite(layer.bytes, 1, layer.n, file);
  fwrite(blob.bytes, 1, blob.n, file);
}

static int write_file(scratch_t *scratch, int rows)
{
  static float numbers[ROW];
  FILE *file = fopen(scratch_path(scratch, "large"), "wb");
  if (!file)
    return 1;
  write_heads(file, rows);
  for (int r = 0; r < rows; r++) {
    for (int i = 0; i < ROW; i++)
      numbers[i] = (float)(r + i);
    fwrite(numbers, sizeof *numbers, ROW, file);
  }
  return fclose(file);
}

int main(int argc, char **argv)
{
  static const char *const files[] = {"large", NULL};
  int mib = argc > 1 ? atoi(argv[1]) : 64, rows = mib * ROWS_PER_MIB;
  char text[300];
  scratch_t scratch;
  isn_net_spec_t *spec;
  TEST_CHECK(scratch_open(&scratch) && write_file(&scratch, rows) == 0);
  snprintf(text, sizeof text,
           "input: 'x' input_shape { dim: 1 dim: %d } layer { name: 'fc6' type: 'InnerProduct'\n"
           "bottom: 'x' top: 'fc6' inner_product_param { num_output: %d bias_term: false } }",
           ROW, rows);
  TEST_REQUIRE(isn_caffe_parse_net(text, "net", &spec));
  long before = most_kib();
  double start = seconds();
  TEST_REQUIRE(isn_caffe_load_weights(scratch.path, spec, NULL));
  double ratio = (double)(most_kib() - before) / 1024.0 / mib;
  printf("%d MiB: %.2f s, %.3f times the file's memory\n", mib, seconds() - start, ratio);
  const float *data = spec->layers[0].weights[0].data;
  TEST_CHECK(data[0] == 0.0F && data[ROW + 5] == 6.0F);
#if !defined(__SANITIZE_ADDRESS__)
  TEST_CHECK_MSG(ratio < 1.1, "%.3f", ratio);
#endif
  isn_net_spec_destroy(spec);
  scratch_close(&scratch, files);
  TEST_END();
}
