/** @file reader.h
 *  Private to store: what the parts of the reader share.
 */
#ifndef INVSET_STORE_READER_H
#define INVSET_STORE_READER_H

#include "store/datasets.h"

struct isn_run_reader {
  char *path; /**< owned */
  hid_t file;
  isn_run_layout_t layout; /**< as stored */
  isn_datasets_t datasets; /**< points to path and layout */
};

#endif
