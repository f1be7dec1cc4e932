/** @file shared_config.c
 *  Rank 0 reads the config file, every rank parses its text.
 */
#include "shared_config.h"

#include <stdlib.h>

#include "invset/config.h"

isn_status_t isn_shared_config_read(isn_comm_t *comm, const char *path,
                                    const isn_option_list_t *sets, isn_run_options_t **options)
{
  bool root = isn_comm_rank(comm) == 0;
  isn_status_t status = ISN_OK;
  if (root)
    status = isn_config_read(path, sets->n, sets->values, options);
  ISN_TRY(isn_comm_agree(comm, status));
  char *text = root ? (*options)->text : NULL;
  ISN_TRY(isn_comm_broadcast_string(comm, &text));
  if (!root) {
    status = isn_config_parse(text, path, options);
    free(text);
  }
  return isn_comm_agree(comm, status);
}
