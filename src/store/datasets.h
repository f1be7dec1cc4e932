/** @file datasets.h
 *  Private to store: the open datasets of a run file, and moving rows of them.
 *
 *  The same calls serve the serial file and, as independent I/O, the MPI-IO one.  All local, and
 *  none allocates space in a file.
 */
#ifndef INVSET_STORE_DATASETS_H
#define INVSET_STORE_DATASETS_H

#include "store/layout.h"

typedef struct {
  const char *path;                  /**< of the file, for messages, borrowed */
  const isn_run_layout_t *layout;    /**< borrowed */
  hid_t sets[ISN_STORE_N_DATASETS];  /**< -1 where files of this layout have none */
  hid_t types[ISN_STORE_N_DATASETS]; /**< in file and memory, -1 likewise */
} isn_datasets_t;

/** Rows of a dataset whose axes begin with T S, T B or T M: [target][first .. first + n - 1]; and
 * of any whose axes begin with T, if n is ISN_ROWS_ALL: [target]. */
typedef struct {
  int target, first, n;
} isn_rows_at_t;

enum { ISN_ROWS_ALL = 0 };

/** Rows of a target's neurons, in a dataset whose axes begin with T M.  The target must be one. */
isn_rows_at_t isn_rows_of_neurons(const isn_run_layout_t *layout, int target);

/** Set everything to "not open", so that isn_datasets_close() is safe. */
void isn_datasets_init(isn_datasets_t *datasets, const char *path, const isn_run_layout_t *layout);

/** Open all datasets of a file and check each against the layout: type, shape, contiguous, space
 *  allocated inside the file.
 *  @param[out] datasets isn_datasets_close(), also after an error
 *  @return ISN_ERR_INPUT naming file and dataset, with what is there and what was wanted */
ISN_MUST_USE isn_status_t isn_datasets_open(hid_t file, const char *path,
                                            const isn_run_layout_t *layout,
                                            isn_datasets_t *datasets);
void isn_datasets_close(isn_datasets_t *datasets);

/** Write, or read, rows of a dataset (rows NULL: all of it).
 *  @param[in] data elements in the dataset's own type and order
 *  @return ISN_ERR_IO naming file and dataset */
ISN_MUST_USE isn_status_t isn_datasets_write(const isn_datasets_t *datasets, isn_store_id_t id,
                                             const isn_rows_at_t *rows, const void *data);
ISN_MUST_USE isn_status_t isn_datasets_read(const isn_datasets_t *datasets, isn_store_id_t id,
                                            const isn_rows_at_t *rows, void *data);

#endif
