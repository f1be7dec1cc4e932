/** @file compare.h
 *  Private to store: whether a run file is of the run that a config asks for.  Local.
 */
#ifndef INVSET_STORE_COMPARE_H
#define INVSET_STORE_COMPARE_H

#include "invset/run_file.h"

/** Compare the layout stored at path with the one wanted.
 *  @return ISN_ERR_INPUT naming the first difference with both values, and what to do */
ISN_MUST_USE isn_status_t isn_compare_layouts(const char *path, const isn_run_layout_t *stored,
                                              const isn_run_layout_t *wanted);

#endif
