/** @file hdf5_check.c
 *  HDF5's error stack in one line.  Knows no file format.
 */
#include "base/hdf5_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { REASON_BYTES = 512 };

void isn_h5_quiet(void)
{
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

/* Keeps the first entry of the walk, which begins where the error was found. */
static herr_t keep_innermost(unsigned n, const H5E_error2_t *entry, void *reason)
{
  if (n == 0)
    snprintf(reason, REASON_BYTES, "%s (%s)", entry->desc ? entry->desc : "no reason given",
             entry->func_name ? entry->func_name : "HDF5");
  return 0;
}

isn_status_t isn_h5_error_set(isn_status_t code, const char *file, int line, const char *format,
                              ...)
{
  char what[ISN_ERROR_BYTES / 2], reason[REASON_BYTES] = "HDF5 gives no reason";
  if (H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, reason) < 0)
    snprintf(reason, sizeof reason, "HDF5's reason could not be read");
  H5Eclear2(H5E_DEFAULT);

  va_list args;
  va_start(args, format);
  vsnprintf(what, sizeof what, format, args);
  va_end(args);
  return isn_error_set(code, file, line, "cannot %s: %s", what, reason);
}
