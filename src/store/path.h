/** @file path.h
 *  Private to store: what lies at an output path, and the guard that keeps a second run away from
 *  it.  All local.
 */
#ifndef INVSET_STORE_PATH_H
#define INVSET_STORE_PATH_H

#include <stdint.h>

#include "invset/status.h"

#define ISN_PATH_CREATING ".creating" /**< suffix of the name under which a run file is made */
#define ISN_PATH_LOCK ".lock"         /**< suffix of the guard's file */

/** Join a path and a suffix.  @param[out] out caller's, free() */
ISN_MUST_USE isn_status_t isn_path_join(const char *path, const char *suffix, char **out);

/** Check, without opening it as HDF5, that path is a whole HDF5 file.  HDF5 itself would turn an
 *  empty one into a new file when it is opened for writing.
 *  @param[out] surplus_bytes after the end of the HDF5 data
 *  @return ISN_ERR_INPUT naming path and reason */
ISN_MUST_USE isn_status_t isn_path_check_hdf5(const char *path, uint64_t *surplus_bytes);

/** Take the guard of a path; nothing happens if this process has it already.
 *  @return ISN_ERR_INPUT: another run has it (who), the lock file cannot be made;
 *          ISN_ERR_ARG: this process guards another path */
ISN_MUST_USE isn_status_t isn_guard_take(const char *path);

/** Give the guard back, if there is one. */
void isn_guard_drop(void);

#endif
