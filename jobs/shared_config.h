/** @file shared_config.h
 *  The config of a verb that runs on many ranks.
 */
#ifndef INVSET_JOBS_SHARED_CONFIG_H
#define INVSET_JOBS_SHARED_CONFIG_H

#include "invset/comm.h"
#include "invset/run_options.h"
#include "options.h"

/** Read a config on rank 0, and parse its text on all others.  Collective.
 *  @param[in]  sets    overrides of --set
 *  @param[out] options isn_config_destroy(); may be set after an error too
 *  @return as isn_config_read(), on all ranks alike */
ISN_MUST_USE isn_status_t isn_shared_config_read(isn_comm_t *comm, const char *path,
                                                 const isn_option_list_t *sets,
                                                 isn_run_options_t **options);

#endif
