/** @file fashion_engine.c
 *  See fashion_engine.h.
 */
#include "fashion_engine.h"

#include <stdio.h>

#include "invset/config.h"

#define FASHION ISN_SOURCE_DIR "/models/fashion/"

isn_status_t fashion_models_load(const char *classifier, const char *encoder, isn_models_t *models)
{
  char text[4096];
  isn_run_options_t *options;
  snprintf(text, sizeof text,
           "models: { classifier: { net = \"" FASHION "classifier.prototxt\";\n"
           "  weights = \"" FASHION "classifier.caffemodel.h5\"; %s };\n"
           "  generator: { net = \"" FASHION "generator.prototxt\";\n"
           "    weights = \"" FASHION "generator.caffemodel.h5\"; };\n"
           "  encoder: { %s }; };\n"
           "targets: ( { index = 7; window = [20.0, 30.0]; } );\n"
           "sampling: { code_min = -2.5; code_max = 2.5; };\n"
           "output: { file = \"unused.h5\"; };\n",
           classifier, encoder);
  ISN_TRY(isn_config_parse(text, "fashion_engine.c", &options));
  isn_status_t status = isn_models_load(NULL, options, models);
  isn_config_destroy(options);
  return status;
}

isn_status_t fashion_engine_open(isn_backend_t *backend, const char *classifier,
                                 const char *encoder, int batch, isn_precision_t precision,
                                 isn_engine_t **out)
{
  const char *fc8 = "fc8";
  isn_models_t models;
  ISN_TRY(fashion_models_load(classifier, encoder, &models));
  isn_status_t status =
      isn_engine_open(backend, &models, 1, &fc8, isn_batch_exactly(batch), precision, out);
  isn_models_clear(&models);
  return status;
}

void fashion_engine_fill(isn_engine_t *engine, int n)
{
  enum { CODE = 64 };
  unsigned state = 1;
  for (int i = 0; i < n * CODE; i++) {
    state = state * 1664525u + 1013904223u;
    isn_engine_codes(engine)[i] = 3.0f * (float)(state >> 8) / 16777216.0f - 1.5f;
  }
}
