/** @file join.c
 *  `invset join`: puts the slices of a run together.  The store room does it; MPI is there because
 *  run files are written through it.
 */
#include "invset/comm.h"
#include "invset/log.h"
#include "invset/run_join.h"
#include "options.h"
#include "verbs.h"

static isn_status_t join(isn_comm_t *comm, int argc, char **argv)
{
  enum { MAX_OPERANDS = 1000000 };
  const isn_usage_t usage = {
      .verb = "join",
      .operands = "OUT.h5 SLICE.h5...",
      .about =
          "Puts the files of `invset sample CONFIG --slice I/N` together into one run file, the "
          "same as if\nthe run had been made in one piece.  All slices must be given, in any "
          "order, "
          "and be finished.\nThe same command goes on with an unfinished OUT.h5 and does nothing "
          "if "
          "it is complete; any other\nfile there is refused.  The slices are not changed.",
      .min_operands = 2,
      .max_operands = MAX_OPERANDS};
  isn_command_t command;
  ISN_TRY(isn_options_parse(&usage, argc, argv, &command));
  if (command.help)
    return ISN_OK;
  ISN_TRY(isn_comm_agree(comm, isn_options_apply(&command, isn_comm_rank(comm) == 0)));
  const char *path = command.operands[0];
  const int n = command.n_operands - 1;
  ISN_TRY(isn_run_file_join(comm, path, n, (const char *const *)command.operands + 1));
  isn_log_info("%s: complete, %d slices joined", path, n);
  return ISN_OK;
}

isn_status_t verb_join(int argc, char **argv)
{
  isn_comm_t *comm = NULL;
  ISN_TRY(isn_comm_open(&argc, &argv, &comm));
  if (isn_comm_rank(comm) != 0)
    isn_verbs_stay_silent();
  isn_status_t status = join(comm, argc, argv);
  if (status != ISN_OK)
    isn_verbs_print_error("join"); /* before the ranks part, see sample.c */
  isn_comm_close(comm);
  return status;
}
