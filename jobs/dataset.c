/** @file dataset.c
 *  `invset dataset`: the pictures of a data set that lie in the windows of a config's targets, as a
 *  run file.  The run room does the work.
 */
#include "invset/dataset.h"

#include "invset/config.h"
#include "options.h"
#include "shared_config.h"
#include "verbs.h"

static const char *const ABOUT =
    "The simple way: finds the pictures of a data set (dataset.images of the config) that lie in "
    "the\nwindows of the targets, and stores them as a run file, for comparison with samples.  The "
    "file is\noutput.file with .dataset before its .h5.  It says how many pictures are in each "
    "window, and which\nwindows and neurons have none.  Runs alone or on many ranks: mpirun -n 4 "
    "invset dataset CONFIG.\nThe same command goes on with an unfinished file and does nothing if "
    "it "
    "is complete.";

static isn_status_t dataset(isn_comm_t *comm, int argc, char **argv)
{
  isn_option_list_t sets = {0};
  bool restart = false;
  const isn_option_t table[] = {
      {.name = "set",
       .value = "PATH=VALUE",
       .meaning = "set a key of the config, as with `invset sample`:\n"
                  "dataset.images=FOLDER",
       .list = &sets},
      {.name = "restart",
       .meaning = "begin anew; an output file that is there is kept as FILE.old-1",
       .flag = &restart}};
  const isn_usage_t usage = {"dataset", "CONFIG", ABOUT, 1, 1, sizeof table / sizeof table[0],
                             table};
  isn_command_t command;
  isn_run_options_t *options = NULL;
  ISN_TRY(isn_options_parse(&usage, argc, argv, &command));
  if (command.help)
    return ISN_OK;
  ISN_TRY(isn_comm_agree(comm, isn_options_apply(&command, isn_comm_rank(comm) == 0)));
  isn_status_t status = isn_shared_config_read(comm, command.operands[0], &sets, &options);
  if (status == ISN_OK)
    status = isn_run_dataset(comm, options, restart);
  isn_config_destroy(options);
  return status;
}

isn_status_t verb_dataset(int argc, char **argv)
{
  isn_comm_t *comm = NULL;
  ISN_TRY(isn_comm_open(&argc, &argv, &comm));
  if (isn_comm_rank(comm) != 0)
    isn_verbs_stay_silent();
  isn_status_t status = dataset(comm, argc, argv);
  if (status != ISN_OK)
    isn_verbs_print_error("dataset"); /* before the ranks part, see sample.c */
  isn_comm_close(comm);
  return status;
}
