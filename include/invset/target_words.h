/** @file target_words.h
 *  Neurons and windows of a target in words, the same in every message and list.  Local.
 */
#ifndef INVSET_TARGET_WORDS_H
#define INVSET_TARGET_WORDS_H

#include "invset/run_file.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ISN_TARGET_WORDS_BYTES = 128 };

/** A few words, by value. */
typedef struct {
  char text[ISN_TARGET_WORDS_BYTES];
} isn_target_words_t;

/** Neuron k as a unit: "fc8[7]", or "max of conv5[169..337]". */
isn_target_words_t isn_target_unit_words(const isn_run_target_t *target, int k);

/** Neuron k by its name, "sneaker"; by its unit if the label names no neurons, or was cut. */
isn_target_words_t isn_target_neuron_words(const isn_run_target_t *target, int k);

/** Window of neuron k: "[20, 30]", "<= 2", ">= 5", "p in [0.5, 0.9]"; "" if it is not known. */
isn_target_words_t isn_target_window_words(const isn_run_target_t *target, int k);

/** As isn_target_window_words(), to follow what it is about: "in [20, 30]". */
isn_target_words_t isn_target_in_window_words(const isn_run_target_t *target, int k);

/** How near an attempt came, neuron by neuron: "coat 9.2 (window [12, 20]), bag 1.1 (window <= 0)".
 *  @param[in]  activation (n_neurons) as stored
 *  @param[out] out (bytes) cut to fit, with "..." */
void isn_target_attempt_words(const isn_run_target_t *target, const float *activation, char *out,
                              size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
