/** @file plan.c
 *  `invset plan`: says what a run will take, and writes nothing.
 */
#include "invset/plan.h"

#include <math.h>
#include <stdio.h>

#include "invset/config.h"
#include "options.h"
#include "verbs.h"

static const char *const ABOUT =
    "Says what `invset sample CONFIG` will take on so many ranks: memory, disk, sample-steps, "
    "time.  "
    "The\ntime is that of a short measurement on this machine, which also samples a few of the "
    "targets.\nWrites nothing.\n";

typedef struct {
  int ranks, gpus, seconds;
  isn_option_list_t sets;
} settings_t;

/* "1.5 GB" */
static const char *bytes_text(double bytes, char out[32])
{
  static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  int u = 0;
  for (; bytes >= 999.5 && u < 5; u++)
    bytes /= 1000.0;
  snprintf(out, 32, "%.3g %s", bytes, units[u]);
  return out;
}

/* "3 h 20 min" */
static const char *time_text(double seconds, char out[32])
{
  if (seconds < 90.0)
    snprintf(out, 32, "%.0f s", ceil(seconds));
  else if (seconds < 5400.0)
    snprintf(out, 32, "%.0f min", ceil(seconds / 60.0));
  else
    snprintf(out, 32, "%.0f h %02.0f min", floor(seconds / 3600.0),
             floor(fmod(seconds, 3600.0) / 60.0));
  return out;
}

static void print_memory(const isn_run_plan_t *plan, int ranks)
{
  char a[32], b[32], c[32], d[32], e[32];
  double rank = plan->weights_bytes + plan->buffer_bytes + plan->pool_bytes + plan->sample_bytes;
  printf("memory     %s a rank: nets %s, batch of %d %s, pool of starts %s, samples at work %s\n",
         bytes_text(rank, a), bytes_text(plan->weights_bytes, b), plan->batch,
         bytes_text(plan->buffer_bytes, c), bytes_text(plan->pool_bytes, d),
         bytes_text(plan->sample_bytes, e));
  printf("           %s on all %d ranks, and %s more on rank 0; MPI and HDF5 come on top\n",
         bytes_text(rank * ranks, a), ranks, bytes_text(plan->root_bytes, b));
}

static void print_work(const isn_run_plan_t *plan)
{
  double total = plan->pool_steps + plan->probe_steps + plan->sample_steps;
  printf("work       %.3g sample-steps: pool of starts %.3g, probes of reach %.3g, samples %.3g\n",
         total, plan->pool_steps, plan->probe_steps, plan->sample_steps);
  printf("           from %d of %d targets that were tried here, %d of them reached", plan->n_tried,
         plan->n_targets, plan->n_reached);
  if (plan->n_reached > 0)
    printf(": %.1f to %.1f sample-steps per sample", plan->least_steps, plan->largest_steps);
  printf("\n");
}

static void print_time(const isn_run_plan_t *plan, const settings_t *settings, bool host)
{
  char time[32];
  double total = plan->pool_steps + plan->probe_steps + plan->sample_steps;
  int devices = host || settings->gpus > settings->ranks ? settings->ranks : settings->gpus;
  printf("time       about %s on %d %s: %.4g sample-steps/s on each, measured here\n",
         time_text(total / (plan->rate * devices), time), devices, host ? "ranks" : "GPUs",
         plan->rate);
  if (plan->useful_ranks < settings->ranks)
    printf("           all chains of all targets fill the batches of %d ranks only: raise "
           "sampling.chains, or take fewer ranks\n",
           plan->useful_ranks);
}

static isn_status_t print_plan(isn_comm_t *comm, const char *path, const settings_t *settings)
{
  isn_run_options_t *options = NULL;
  isn_run_plan_t plan;
  char text[32];
  bool host = true;
  isn_status_t status;
  ISN_TRY(isn_config_read(path, settings->sets.n, settings->sets.values, &options));
  ISN_TRY_GOTO(isn_run_plan(comm, options, settings->seconds, &plan), done);
  host = plan.on_host;
  if (host && settings->gpus > 0)
    ISN_FAIL_GOTO(ISN_ERR_INPUT, done,
                  "--gpus %d: run.backend is the cpu here; plan where there is a GPU",
                  settings->gpus);
  printf("run        %d targets, %d samples each: %s\n", plan.n_targets, plan.n_slots,
         options->output.file);
  printf("disk       %s\n", bytes_text((double)plan.file_bytes, text));
  print_memory(&plan, settings->ranks);
  print_work(&plan);
  print_time(&plan, settings, host);
done:
  isn_config_destroy(options);
  return status;
}

static isn_status_t parse(int argc, char **argv, settings_t *settings, isn_command_t *command)
{
  *settings = (settings_t){.ranks = 1, .seconds = 15};
  const isn_option_t table[] = {
      {.name = "ranks",
       .value = "N",
       .meaning = "ranks of the run (default 1)",
       .number = &settings->ranks,
       .min = 1,
       .max = 1000000},
      {.name = "gpus",
       .value = "N",
       .meaning = "GPUs that they share, where the backend is cuda (default: one each)",
       .number = &settings->gpus,
       .min = 1,
       .max = 1000000},
      {.name = "seconds",
       .value = "N",
       .meaning = "about how long to measure (default 15)",
       .number = &settings->seconds,
       .min = 1,
       .max = 3600},
      {.name = "set",
       .value = "PATH=VALUE",
       .meaning = "set a key of the config, as with `invset sample`",
       .list = &settings->sets}};
  const isn_usage_t usage = {"plan", "CONFIG", ABOUT, 1, 1, sizeof table / sizeof table[0], table};
  return isn_options_parse(&usage, argc, argv, command);
}

static isn_status_t plan(isn_comm_t *comm, int argc, char **argv)
{
  settings_t settings;
  isn_command_t command;
  ISN_TRY(parse(argc, argv, &settings, &command));
  if (command.help)
    return ISN_OK;
  ISN_TRY(isn_options_apply(&command, isn_comm_rank(comm) == 0));
  return print_plan(comm, command.operands[0], &settings);
}

isn_status_t verb_plan(int argc, char **argv)
{
  isn_comm_t *comm = NULL;
  ISN_TRY(isn_comm_open(&argc, &argv, &comm));
  if (isn_comm_rank(comm) != 0)
    isn_verbs_stay_silent();
  isn_status_t status = plan(comm, argc, argv);
  if (status != ISN_OK)
    isn_verbs_print_error("plan"); /* before the ranks part, see sample.c */
  isn_comm_close(comm);
  return status;
}
