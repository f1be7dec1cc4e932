/** @file test_info_net.c
 *  `invset info` on the bundled nets, whose sizes and costs are added up here by hand, and on files
 *  that are no nets.
 */
#include "base/scratch.h"
#include "program.h"

#define MODELS ISN_SOURCE_DIR "/models/fashion"

static program_t program;

/* Parameters: out * in / group * kernel + out.  MACs: parameters without bias, times positions (of
 * the output; for a Deconvolution of the input). */
static void test_totals(void)
{
  static const struct {
    const char *net;
    long long parameters, macs;
    int n_blobs;
  } nets[] = {
      {"classifier",
       (32 * 25 + 32) + (64 * 16 * 25 + 64) + (96 * 64 * 9 + 96) + (96 * 48 * 9 + 96) +
           (64 * 48 * 9 + 64) + (256 * 576 + 256) + (256 * 256 + 256) + (10 * 256 + 10),
       784 * 32 * 25 + 196 * 64 * 16 * 25 + 49 * (96 * 64 + 96 * 48 + 64 * 48) * 9 + 256 * 576 +
           256 * 256 + 10 * 256,
       16},
      {"encoder", (32 * 16 + 32) + (64 * 32 * 16 + 64) + (128 * 64 * 16 + 128) + (64 * 1152 + 64),
       196 * 32 * 16 + 49 * 64 * 32 * 16 + 9 * 128 * 64 * 16 + 64 * 1152, 8},
      {"generator",
       (256 * 64 + 256) + (2048 * 256 + 2048) + (128 * 128 * 16 + 128) + (128 * 128 * 9 + 128) +
           (128 * 64 * 16 + 64) + (64 * 64 * 9 + 64) + (64 * 32 * 16 + 32) + (32 * 9 + 1),
       256 * 64 + 2048 * 256 + 16 * 128 * 128 * 16 + 64 * (128 * 128 * 9 + 128 * 64 * 16) +
           256 * (64 * 64 * 9 + 64 * 32 * 16) + 1024 * 32 * 9,
       16}};
  for (size_t i = 0; i < sizeof nets / sizeof nets[0]; i++) {
    char text[256];
    program_run(&program, "info '%s/%s.prototxt' '%s/%s.caffemodel.h5'", MODELS, nets[i].net,
                MODELS, nets[i].net);
    snprintf(text, sizeof text, "parameters (%lld), %.4g MMAC, %.4g MFLOP forward",
             nets[i].parameters, (double)nets[i].macs / 1e6, 2.0 * (double)nets[i].macs / 1e6);
    PROGRAM_CHECK(&program, 0, text);
    snprintf(text, sizeof text, "caffemodel.h5 fits, %d blobs", nets[i].n_blobs);
    PROGRAM_CHECK(&program, 0, text);
  }
}

/* A row's columns: layer, type, top, shape, parameters, MMAC; whatever blanks are between. */
static void check_row(const char *layer, const char *wanted)
{
  char found[256] = "", line[64];
  snprintf(line, sizeof line, "\n%s ", layer);
  const char *at = strstr(program.output, line);
  size_t n = 0;
  for (at = at ? at + 1 : ""; *at && *at != '\n' && n < sizeof found - 1; at++)
    if (*at != ' ' || at[1] != ' ')
      found[n++] = *at;
  TEST_CHECK_MSG(strcmp(found, wanted) == 0, "found '%s', wanted '%s'", found, wanted);
}

static void test_rows(void)
{
  program_run(&program, "info '%s/classifier.prototxt'", MODELS);
  PROGRAM_CHECK(&program, 0, "input 'data' 1x28x28");
  check_row("conv2", "conv2 Convolution conv2 64x14x14 25664 5.018");
  check_row("relu2", "relu2 ReLU conv2 64x14x14 0 0.000");
  check_row("pool5", "pool5 Pooling pool5 64x3x3 0 0.000");
  check_row("fc8", "fc8 InnerProduct fc8 10 2570 0.003");
  TEST_CHECK(program_count(&program, "weights") == 0);
}

static void test_bad(scratch_t *scratch)
{
  char path[128];
  static const char bad[] = "layer { name: \"x\" type: \"Mystery\" }";
  program_run(&program, "info '%s/encoder.prototxt' '%s/classifier.caffemodel.h5'", MODELS, MODELS);
  PROGRAM_CHECK(&program, 2, "classifier.caffemodel.h5");
  program_run(&program, "info '%s/encoder.prototxt' '%s/encoder.prototxt'", MODELS, MODELS);
  PROGRAM_CHECK(&program, 2, "encoder.prototxt");
  program_run(&program, "info '%s/encoder.prototxt' /no/such/weights", MODELS);
  PROGRAM_CHECK(&program, 2, "/no/such/weights");
  snprintf(path, sizeof path, "%s", scratch_write(scratch, "bad.prototxt", bad, sizeof bad - 1));
  program_run(&program, "info '%s'", path);
  PROGRAM_CHECK(&program, 2, path);
  snprintf(path, sizeof path, "%s",
           scratch_write(scratch, "picture.png", "\211PNG\r\n\032\n\0", 9));
  program_run(&program, "info '%s'", path);
  PROGRAM_CHECK(&program, 2, path);
}

int main(void)
{
  static const char *const files[] = {"bad.prototxt", "picture.png", NULL};
  scratch_t scratch;
  if (!scratch_open(&scratch))
    return 1;
  test_totals();
  test_rows();
  test_bad(&scratch);
  scratch_close(&scratch, files);
  TEST_END();
}
