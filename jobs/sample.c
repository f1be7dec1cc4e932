/** @file sample.c
 *  `invset sample`: the main job.  Rank 0 reads the config and tells it to all ranks; the run room
 * does the rest.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invset/comm.h"
#include "invset/config.h"
#include "invset/run.h"
#include "options.h"
#include "shared_config.h"
#include "verbs.h"

/* Turn "2/8" into the override of run.slice, after those of --set.  @param[out] override kept by
 * the caller as long as sets */
static isn_status_t add_slice(const char *slice, char override[64], isn_option_list_t *sets)
{
  int i, n;
  char part[16];
  const char *slash = strchr(slice, '/');
  if (!slash || slash - slice >= (int)sizeof part)
    ISN_FAIL(ISN_ERR_INPUT, "--slice: found '%s', want I/N, as 2/8: the second of eight parts",
             slice);
  snprintf(part, sizeof part, "%.*s", (int)(slash - slice), slice);
  ISN_TRY(isn_options_number("--slice, number of parts", slash + 1, 1, 1000000, &n));
  ISN_TRY(isn_options_number("--slice, which part", part, 1, n, &i));
  if (sets->n == ISN_OPTION_LIST_MAX)
    ISN_FAIL(ISN_ERR_INPUT, "--set is given %d times, and --slice needs a place", sets->n);
  snprintf(override, 64, "run.slice=[%d,%d]", i, n);
  sets->values[sets->n++] = override;
  return ISN_OK;
}

static isn_status_t print_keys(void)
{
  char *text = NULL;
  ISN_TRY(isn_config_describe(&text));
  printf("\n%s", text);
  free(text);
  return ISN_OK;
}

static isn_status_t sample(isn_comm_t *comm, int argc, char **argv)
{
  isn_option_list_t sets = {0};
  const char *slice = NULL;
  char slice_override[64];
  bool restart = false, resume = false;
  const isn_option_t table[] = {
      {.name = "set",
       .value = "PATH=VALUE",
       .meaning =
           "set a key of the config, as if it stood in the file: sampling.seed=7;\nmay be given "
           "several times",
       .list = &sets},
      {.name = "slice",
       .value = "I/N",
       .meaning =
           "only the I-th (from 1) of N nearly equal parts of the targets, into\nits own file "
           "(OUTPUT.slice-I-of-N.h5); as --set run.slice=[I,N]",
       .text = &slice},
      {.name = "restart",
       .meaning = "begin anew; an output file that is there is kept as FILE.old-1",
       .flag = &restart},
      {.name = "resume",
       .meaning = "go on with an unfinished output file (the default)",
       .flag = &resume}};
  const isn_usage_t usage = {
      .verb = "sample",
      .operands = "CONFIG",
      .about =
          "Samples the inverse sets that a config describes into one HDF5 file.  Runs alone, or on "
          "many\nranks: mpirun -n 4 invset sample CONFIG, or srun in a Slurm job.  The samples do "
          "not depend\non the number of ranks.  The same command goes on with an unfinished file "
          "and does nothing\nif it is complete.",
      .min_operands = 1,
      .max_operands = 1,
      .n_options = sizeof table / sizeof table[0],
      .options = table};
  isn_command_t command;
  isn_run_options_t *options = NULL;
  ISN_TRY(isn_options_parse(&usage, argc, argv, &command));
  if (command.help)
    return print_keys();
  if (restart && resume)
    ISN_FAIL(ISN_ERR_INPUT, "--restart and --resume exclude each other");
  if (slice)
    ISN_TRY(add_slice(slice, slice_override, &sets));
  ISN_TRY(isn_comm_agree(comm, isn_options_apply(&command, isn_comm_rank(comm) == 0)));
  isn_status_t status = isn_shared_config_read(comm, command.operands[0], &sets, &options);
  if (status == ISN_OK)
    status = isn_run_sample(comm, options, restart);
  isn_config_destroy(options);
  return status;
}

isn_status_t verb_sample(int argc, char **argv)
{
  isn_comm_t *comm = NULL;
  ISN_TRY(isn_comm_open(&argc, &argv, &comm));
  if (isn_comm_rank(comm) != 0)
    isn_verbs_stay_silent();
  isn_status_t status = sample(comm, argc, argv);
  /* Before the ranks part: mpirun ends all others once the first has left with an exit code. */
  if (status != ISN_OK)
    isn_verbs_print_error("sample");
  isn_comm_close(comm);
  return status;
}
