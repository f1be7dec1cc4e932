/** @file labels.h
 *  Names of the units of a classifier: one line each, in the order of the units.  Local.
 *
 *  A line is "name" or "n03841143 name, other name" as in Caffe's synset_words.txt; the WordNet
 *  id, the whole line and each name between commas can be looked up.
 */
#ifndef INVSET_LABELS_H
#define INVSET_LABELS_H

#include "invset/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct isn_labels isn_labels_t;

/** Read a labels file.  @param[out] out caller's, isn_labels_destroy()
 *  @return ISN_ERR_INPUT naming the file: missing, a directory, empty; ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_labels_read(const char *path, isn_labels_t **out);
void isn_labels_destroy(isn_labels_t *labels); /**< NULL is fine */

int isn_labels_count(const isn_labels_t *labels);

/** Short name of a unit: its first name, without WordNet id; "unit 5" if labels is NULL or has no
 *  such line.  @param[out] out (bytes), cut to fit */
void isn_labels_name(const isn_labels_t *labels, int unit, char *out, size_t bytes);

/** Find a unit by name (letter case does not count).
 *  @param[out] unit index from 0
 *  @return ISN_ERR_INPUT with up to three near misses (by edit distance) and the file, or saying
 *          that several units have this name, with their indices */
ISN_MUST_USE isn_status_t isn_labels_find(const isn_labels_t *labels, const char *name, int *unit);

#ifdef __cplusplus
}
#endif
#endif
