/** @file test_config_settings.c
 *  The canonical settings: the same for the same run, however the config is written; different as
 *  soon as a result may differ.
 */
#include <stdlib.h>

#include "config/config_files.h"
#include "config/keys.h"
#include "harness.h"
#include "invset/config.h"

static const char other_path[] = "test_config_settings.cfg";

static char *settings_of(const char *path, const char *override)
{
  isn_run_options_t *config = NULL;
  const char *const overrides[] = {override};
  TEST_OK(isn_config_read(path, override ? 1 : 0, overrides, &config));
  if (!config)
    return NULL;
  char *settings = config->settings;
  config->settings = NULL;
  isn_config_destroy(config);
  return settings;
}

/* Whether an override of the good config leaves its settings as they were. */
static int is_same(const char *override)
{
  char *before = settings_of(GOOD_CONFIG, NULL), *after = settings_of(GOOD_CONFIG, override);
  int same = before && after && strcmp(before, after) == 0;
  free(before);
  free(after);
  return same;
}

static void test_text(void)
{
  static const char begin[] = "models.classifier.channels = \"bgr\"\n"
                              "models.classifier.mean = [73]\n"
                              "models.classifier.scale = 1\n"
                              "models.encoder.blob = none\n"
                              "models.encoder.shared = \"none\"\n"
                              "output.encodings = true\n"
                              "sampling.aim = 0.05\n"
                              "sampling.ascent.decay = 0.01\n";
  char *text = settings_of(GOOD_CONFIG, "sampling.code_max=0.1");
  TEST_CHECK_MSG(text && strncmp(text, begin, strlen(begin)) == 0, "%s", text ? text : "");
  TEST_CHECK(text && strstr(text, "\nsampling.code_max = [0.1]\n"));
  TEST_CHECK(text && strstr(text, "\nsampling.rule = \"newton\"\n"));
  TEST_CHECK(text && strstr(text, "\ntargets[0].blob = \"fc8\"\n"
                                  "targets[0].neurons = [\"sneaker\"]\n"
                                  "targets[0].window = [20, 30]\n"));
  TEST_CHECK(text && !strstr(text, "targets[0].index"));
  TEST_CHECK(text && text[strlen(text) - 1] == '\n');
  free(text);
}

/* Order, spelling and defaults written out do not count. */
static void test_spelling(void)
{
  static const char text[] =
      "output = { encodings = true, file = \"elsewhere.h5\" }\n"
      "sampling = { code_max = [2.5]; seed = 0x1; samples = 100L; step = 4.5e-1;\n"
      "             code_min = (-25.0e-1); }\n"
      "targets = ( { window = (20, 3e1), neurons = \"sneaker\" } )\n"
      "models: { generator: { weights = \"g\"; net = \"h\"; };\n"
      "          encoder: { weights = \"e\"; net = \"e\"; };\n"
      "          classifier: { mean = 73; net = \"c\"; weights = \"c\"; }; };\n";
  TEST_CHECK(write_text(other_path, text) == 0);
  char *a = settings_of(GOOD_CONFIG, NULL), *b = settings_of(other_path, NULL);
  TEST_CHECK_MSG(a && b && strcmp(a, b) == 0, "%s\n%s", a ? a : "", b ? b : "");
  free(a);
  free(b);
  remove(other_path);
}

static void test_dependence(void)
{
  TEST_CHECK(is_same("run.batch=3"));
  TEST_CHECK(is_same("run.backend=cpu"));
  TEST_CHECK(is_same("output.file=y.h5"));
  TEST_CHECK(is_same("models.classifier.net=other.prototxt"));
  TEST_CHECK(is_same("models.classifier.labels=other.txt"));
  TEST_CHECK(!is_same("output.encodings=false"));
  TEST_CHECK(!is_same("models.classifier.mean=72.0"));
  TEST_CHECK(!is_same("models.classifier.channels=rgb"));
  TEST_CHECK(!is_same("models.classifier.scale=0.5"));
  TEST_CHECK(!is_same("models.encoder.blob=fc7"));
  TEST_CHECK(!is_same("targets[0].window=[20.0, 30.5]"));
  TEST_CHECK(!is_same("targets[0].blob=fc7"));
  TEST_CHECK(!is_same("targets[0].neurons=bag"));
  /* Whatever the group sampling holds, now or later, decides about the samples. */
  for (int i = 0; i < isn_file_keys.n; i++) {
    const isn_key_t *key = &isn_file_keys.keys[i];
    if (strncmp(key->path, "sampling.", 9) == 0)
      TEST_CHECK_MSG(key->results, "%s", key->path);
  }
}

/* A file of bounds counts by what is in it, not by its name. */
static void test_bounds_file(void)
{
  static const char one[] = "test_config_settings_1.txt", two[] = "test_config_settings_2.txt";
  char override[2][128];
  snprintf(override[0], sizeof override[0], "sampling.code_max=%s", one);
  snprintf(override[1], sizeof override[1], "sampling.code_max=%s", two);
  TEST_CHECK(write_text(one, "1 2 3\n") == 0 && write_text(two, "1 2 3\n") == 0);
  char *a = settings_of(GOOD_CONFIG, override[0]), *b = settings_of(GOOD_CONFIG, override[1]);
  TEST_CHECK(write_text(two, "1 2 4\n") == 0);
  char *c = settings_of(GOOD_CONFIG, override[1]);
  TEST_CHECK(a && b && strcmp(a, b) == 0);
  TEST_CHECK(a && c && strcmp(a, c) != 0);
  TEST_CHECK(a && strstr(a, "\nsampling.code_max = sha256 "));
  free(a);
  free(b);
  free(c);
  remove(one);
  remove(two);
}

/* A name cannot make a line of its own. */
static void test_escapes(void)
{
  char *text = settings_of(GOOD_CONFIG, "targets[0].neurons=[\"a\\n\\\"b\"]");
  TEST_CHECK(text && strstr(text, "\ntargets[0].neurons = [\"a\\x0a\\\"b\"]\n"));
  free(text);
}

int main(void)
{
  test_text();
  test_spelling();
  test_dependence();
  test_bounds_file();
  test_escapes();
  TEST_END();
}
