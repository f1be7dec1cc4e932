/** @file damage_readers.h
 *  How each kind of test file is read, for the test of damaged files.
 */
#ifndef INVSET_TESTS_DAMAGE_READERS_H
#define INVSET_TESTS_DAMAGE_READERS_H

#include <stdbool.h>

#include "invset/caffe.h"

enum { READER_MAX_NAMES = 256, READER_NAME_CHARS = 64 };

/** What is needed besides the damaged file. */
typedef struct {
  enum { READER_DEFINITION, READER_WEIGHTS, READER_REFERENCE } kind;
  char *definition;  /**< of the weights */
  char weights[512]; /**< of the definition */
  isn_shape_t shape; /**< of the net's input */
  int n_names;       /**< arrays of a reference file */
  char names[READER_MAX_NAMES][READER_NAME_CHARS];
} reader_t;

/** Prepare to read copies of a good file.  @return false after a message if that fails */
bool reader_open(reader_t *reader, const char *path);
void reader_close(reader_t *reader);

/** Read a damaged copy in every way in which such a file is read. */
isn_status_t reader_try(const reader_t *reader, const char *path);

#endif
