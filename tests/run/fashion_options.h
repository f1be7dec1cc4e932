/** @file fashion_options.h
 *  Options that name the bundled models, to be filled on by a test.
 */
#ifndef INVSET_TESTS_FASHION_OPTIONS_H
#define INVSET_TESTS_FASHION_OPTIONS_H

#include "invset/run_options.h"

#define FASHION ISN_SOURCE_DIR "/models/fashion/"

/** Set the models; everything else is zero.  What it points to is not the caller's to free. */
static inline isn_run_options_t fashion_options(void)
{
  static double mean[1] = {73.0};
  static char path[] = "test.cfg", blob[] = "code", labels[] = FASHION "labels.txt",
              f_net[] = FASHION "classifier.prototxt", g_net[] = FASHION "generator.prototxt",
              e_net[] = FASHION "encoder.prototxt",
              f_weights[] = FASHION "classifier.caffemodel.h5",
              g_weights[] = FASHION "generator.caffemodel.h5",
              e_weights[] = FASHION "encoder.caffemodel.h5";
  isn_run_options_t options = {.path = path};
  options.models.classifier = (isn_model_files_t){.net = f_net, .weights = f_weights};
  options.models.generator = (isn_model_files_t){.net = g_net, .weights = g_weights};
  options.models.encoder = (isn_model_files_t){.net = e_net, .weights = e_weights};
  options.models.encoder_blob = blob;
  options.models.labels = labels;
  options.models.mean = (isn_numbers_or_file_t){{1, mean}, NULL};
  options.models.scale = 1.0;
  return options;
}

#endif
