/** @file tiny_models.h
 *  Models so small that a test can work through them by hand: a generator of 6 x 7 BGR pictures
 *  from codes of 5 numbers, a classifier of 4 x 4 pictures with blobs "hidden" and "fc8", and an
 *  encoder of its own or the classifier's "hidden".  Weights are random, and the same in each run.
 */
#ifndef INVSET_TESTS_TINY_MODELS_H
#define INVSET_TESTS_TINY_MODELS_H

#include "invset/models.h"

enum {
  TINY_CODE = 5,
  TINY_C = 3,
  TINY_OUT_H = 6,
  TINY_OUT_W = 7,
  TINY_IN = 4, /**< rows and columns of the classifier's input */
  TINY_PIXELS = TINY_C * TINY_IN * TINY_IN,
  TINY_CROP_H = 1,
  TINY_CROP_W = 1, /**< (7 - 4) / 2, rounded down */
  TINY_HIDDEN = 6,
  TINY_FC8 = 3,
  TINY_ENCODING = 4
};

extern const float TINY_MEAN[TINY_C];

/** Fill with numbers that are normal times scale; equal streams give equal numbers. */
void tiny_noise(float *x, size_t n, unsigned stream, double scale);

/** Make the models, as isn_models_load() would.
 *  @param[in]  shared whether the encoding is the classifier's "hidden"
 *  @param[out] models isn_models_clear() */
ISN_MUST_USE isn_status_t tiny_models(bool shared, isn_models_t *models);

#endif
