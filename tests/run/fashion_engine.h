/** @file fashion_engine.h
 *  An engine of the bundled fashion models, for tests that look at it without a run.
 */
#ifndef INVSET_TESTS_FASHION_ENGINE_H
#define INVSET_TESTS_FASHION_ENGINE_H

#include "invset/engine.h"

#define FASHION_OWN_ENCODER                                                                        \
  "net = \"" ISN_SOURCE_DIR "/models/fashion/encoder.prototxt\"; weights = \"" ISN_SOURCE_DIR      \
  "/models/fashion/encoder.caffemodel.h5\"; blob = \"code\";"

/** Load the models.
 *  @param[in]  classifier more settings of models.classifier, as "mean = 73.0;"
 *  @param[in]  encoder    what stands in models.encoder
 *  @param[out] models     isn_models_clear() */
ISN_MUST_USE isn_status_t fashion_models_load(const char *classifier, const char *encoder,
                                              isn_models_t *models);

/** Open an engine whose targets are units of fc8.  @param[out] out isn_engine_close() */
ISN_MUST_USE isn_status_t fashion_engine_open(isn_backend_t *backend, const char *classifier,
                                              const char *encoder, int batch,
                                              isn_precision_t precision, isn_engine_t **out);

/** Fill n codes with seeded noise in [-1.5, 1.5). */
void fashion_engine_fill(isn_engine_t *engine, int n);

#endif
