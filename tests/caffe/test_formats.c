/** @file test_formats.c
 *  Every row of the two lists of Caffe's weights: formats/EXPECTED.tsv (one net in several
 *  encodings, and files that must be refused) and weights.tsv (all models).  What was read is
 *  compared by count, first, last and sum, and bit by bit with SHA-256.
 */
#include <stdlib.h>

#include "harness.h"
#include "invset/files.h"
#include "model_files.h"

#define CAFFE ISN_TEST_DATA "/caffe/"
enum { MAX_LINE = 1024, N_COLUMNS = 12 };
enum { MODEL, LAYER, BLOB, SHAPE, COUNT, FIRST, LAST, MIN, MAX, SUM, SQUARES, SHA256 };

/** Cut a line at its tabs.  @return number of columns */
static int cut(char *line, char *columns[N_COLUMNS])
{
  int n = 0;
  line[strcspn(line, "\r\n")] = '\0';
  for (char *at = line; at && n < N_COLUMNS; n++) {
    columns[n] = at;
    at = strchr(at, '\t');
    if (at)
      *at++ = '\0';
  }
  return n;
}

static const isn_weight_t *find_weight(const isn_net_spec_t *spec, char *const columns[N_COLUMNS])
{
  int blob = atoi(columns[BLOB]);
  for (int i = 0; i < spec->n_layers; i++)
    if (strcmp(spec->layers[i].name, columns[LAYER]) == 0 && blob < spec->layers[i].n_weights)
      return &spec->layers[i].weights[blob];
  return NULL;
}

static bool is_near(double a, const char *text, double bound)
{
  double b = strtod(text, NULL);
  return fabs(a - b) <= bound * (fabs(b) + 1.0);
}

static void check_weight(const isn_weight_t *weight, char *const columns[N_COLUMNS])
{
  char digest[ISN_SHA256_TEXT];
  double sum = 0.0;
  for (size_t i = 0; i < weight->count; i++)
    sum += (double)weight->data[i];
  isn_bytes_sha256(weight->data, weight->count * sizeof *weight->data, digest);
  TEST_CHECK_MSG(weight->count == strtoul(columns[COUNT], NULL, 10) &&
                     strcmp(digest, columns[SHA256]) == 0 &&
                     weight->data[0] == strtof(columns[FIRST], NULL) &&
                     weight->data[weight->count - 1] == strtof(columns[LAST], NULL) &&
                     is_near(sum, columns[SUM], 1e-9),
                 "%s %s %s: %zu numbers, first %.9g, sum %.12g", columns[MODEL], columns[LAYER],
                 columns[BLOB], weight->count, (double)weight->data[0], sum);
}

/** Check the rows of a table for one model.  @return rows that were compared */
static int check_table(const char *table, const char *model, const isn_net_spec_t *spec)
{
  char line[MAX_LINE], *columns[N_COLUMNS];
  int n = 0;
  FILE *file = fopen(table, "r");
  TEST_CHECK_MSG(file != NULL, "%s", table);
  while (file && fgets(line, sizeof line, file)) {
    TEST_CHECK(cut(line, columns) == N_COLUMNS);
    if (strcmp(columns[MODEL], model) != 0)
      continue;
    const isn_weight_t *weight = find_weight(spec, columns);
    TEST_CHECK_MSG(weight != NULL, "%s: no %s %s", model, columns[LAYER], columns[BLOB]);
    if (weight)
      check_weight(weight, columns);
    n += weight ? 1 : 0;
  }
  if (file)
    fclose(file);
  return n;
}

static int check_models(void)
{
  static const struct {
    const char *name;
    int n_blobs;
  } models[] = {
      {"mnist_lenet_v1", 8}, {"cifar10_full_v1", 8},   {"mnist_lenet_v2", 8},
      {"cifar10_quick", 10}, {"mtcnn_det1", 13},       {"mtcnn_det2", 18},
      {"upconv7_rgb", 14},   {"plate_fine", 8},        {"plate_segment", 8},
      {"face_slim320", 84},  {"caffenet_reduced", 16}, {"generator_reduced", 24},
  };
  for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
    char prefix[256];
    isn_net_spec_t *spec;
    int n_blobs = 0;
    snprintf(prefix, sizeof prefix, CAFFE "models/%s", models[i].name);
    TEST_REQUIRE(model_load(prefix, &spec));
    for (int l = 0; l < spec->n_layers; l++)
      n_blobs += spec->layers[l].n_weights;
    int n = check_table(CAFFE "weights.tsv", models[i].name, spec);
    printf("  %-20s %d blobs\n", models[i].name, n);
    TEST_CHECK_MSG(n == models[i].n_blobs && n == n_blobs, "%s: %d rows, %d blobs", models[i].name,
                   n, n_blobs);
    isn_net_spec_destroy(spec);
  }
  return 0;
}

/** One row of EXPECTED.tsv. */
static int check_format(const char *name, bool is_good)
{
  char path[2 * MAX_LINE], *text;
  int n_unused = -1;
  isn_net_spec_t *spec;
  snprintf(path, sizeof path, CAFFE "formats/%s", name);
  TEST_REQUIRE(isn_file_read_text(CAFFE "formats/tiny.prototxt", "net", 1 << 20, &text));
  TEST_REQUIRE(isn_caffe_parse_net(text, "tiny.prototxt", &spec));
  free(text);
  if (is_good) {
    TEST_OK(isn_caffe_load_weights(path, spec, &n_unused));
    TEST_CHECK(n_unused == 0);
    TEST_CHECK(check_table(CAFFE "formats/weights.tsv", "tiny", spec) == 6);
  } else {
    TEST_ERROR(isn_caffe_load_weights(path, spec, &n_unused), ISN_ERR_INPUT, path);
    printf("  %s\n", isn_error_message());
  }
  isn_net_spec_destroy(spec);
  return 0;
}

static int check_formats(void)
{
  char line[MAX_LINE], *columns[N_COLUMNS];
  int n = 0;
  FILE *file = fopen(CAFFE "formats/EXPECTED.tsv", "r");
  TEST_CHECK(file && fgets(line, sizeof line, file));
  while (file && fgets(line, sizeof line, file)) {
    TEST_CHECK(cut(line, columns) == 4);
    if (check_format(columns[0], strcmp(columns[1], "weights") == 0))
      return 1;
    n++;
  }
  TEST_CHECK(n == 9);
  if (file)
    fclose(file);
  return 0;
}

/** The same numbers without a prototxt, where a definition is in the file. */
static int check_alone(void)
{
  static const char *const names[] = {"v1", "v1_snapshot", "v2", "v2_snapshot", "v2_unpacked"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char path[256];
    isn_net_spec_t *spec;
    snprintf(path, sizeof path, CAFFE "formats/%s.caffemodel", names[i]);
    TEST_REQUIRE(isn_caffe_net_from_weights(path, NULL, (isn_shape_t){3, 3, 10, 10}, &spec));
    TEST_CHECK(check_table(CAFFE "formats/weights.tsv", "tiny", spec) == 6);
    TEST_CHECK(strcmp(spec->input, "data") == 0 && strcmp(isn_net_spec_output(spec), "fc") == 0);
    isn_net_spec_destroy(spec);
  }
  return 0;
}

int main(void)
{
  if (check_models() || check_formats() || check_alone())
    return 1;
  TEST_END();
}
