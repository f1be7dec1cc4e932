/** @file info.h
 *  The two things that `invset info` shows.  Results go to standard output.  Local.
 */
#ifndef INVSET_JOBS_INFO_H
#define INVSET_JOBS_INFO_H

#include <stdbool.h>

#include "invset/status.h"

/** Show a run file.  @param[in] with_config also print the config text */
ISN_MUST_USE isn_status_t isn_info_run(const char *path, bool with_config);

/** Show a net definition.  @param[in] weights NULL, or a weights file to be checked with it */
ISN_MUST_USE isn_status_t isn_info_net(const char *path, const char *shape,
                                       const char *weights);

#endif
