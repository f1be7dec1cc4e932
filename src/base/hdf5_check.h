/** @file hdf5_check.h
 *  Private to the rooms that use HDF5: its return values as isn_status_t, with HDF5's own words in
 *  the message.  All of it is local.  Name isn_hdf5_check under LIBRARIES.
 *
 *  The call may be an assignment, so that an identifier is kept and checked at once:
 *      ISN_TRY_H5_GOTO(file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), done, ISN_ERR_INPUT,
 *                      "open '%s'", path);
 */
#ifndef INVSET_BASE_HDF5_CHECK_H
#define INVSET_BASE_HDF5_CHECK_H

#include <hdf5.h>

#include "invset/status.h"

/** Switch off HDF5's printing of errors to standard error, in this thread; before its first use. */
void isn_h5_quiet(void);

/** Make an error "cannot <format ...>: <HDF5's innermost reason>" from HDF5's error stack, right
 *  after the call that failed; use the macros.  @return code */
isn_status_t isn_h5_error_set(isn_status_t code, const char *file, int line, const char *format,
                              ...) ISN_PRINTF(4, 5);

/** Return a new error of this code if the HDF5 call returns a negative number.  The words after the
 *  code say what was being done to which file or dataset, as `"read '%s' of '%s'", name, path`. */
#define ISN_TRY_H5(call, code, ...)                                                                \
  do {                                                                                             \
    if ((call) < 0) {                                                                              \
      isn_h5_error_set((code), __FILE__, __LINE__, __VA_ARGS__);                                   \
      return (code);                                                                               \
    }                                                                                              \
  } while (0)

/** As ISN_TRY_H5, but set the local `status` and go to the clean-up label. */
#define ISN_TRY_H5_GOTO(call, label, code, ...)                                                    \
  do {                                                                                             \
    if ((call) < 0) {                                                                              \
      isn_h5_error_set((code), __FILE__, __LINE__, __VA_ARGS__);                                   \
      status = (code);                                                                             \
      goto label;                                                                                  \
    }                                                                                              \
  } while (0)

#endif
