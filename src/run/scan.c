/* Looking through a data set; see scan.h.  Each rank takes a part of the pictures, in one piece, so
 * that what the ranks find, one after the other, is in the order of the data set. */
#include "scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "invset/log.h"
#include "invset/memory.h"
#include "worker.h"

enum { N_NAMED = 5 }; /* damaged pictures that are named */

static const double SECONDS_BETWEEN_LINES = 20.0;

/* What a rank found of one target, as ranks tell it to each other. */
typedef struct {
  int64_t n_inside, n_kept;
  double gap, activation; /* of the picture nearest to all windows; gap INFINITY: none */
} tally_t;

/* What a rank found besides. */
typedef struct {
  int64_t n_damaged, damaged[N_NAMED]; /* the first ones */
  int64_t n_kept;                      /* of all targets */
} account_t;

typedef struct {
  const scanner_t *scanner;
  int64_t first, last; /* pictures of this rank: [first, last) */
  account_t account;
  tally_t *tallies;  /* (T) */
  int64_t **numbers; /* (T) each (n_kept), room for the next power of two */
  float *activation; /* (M) */
  unsigned char *images;
  double began, told;
} part_t;

double scan_activation(const scanner_t *scanner, int t, int row, float *activation)
{
  const isn_targets_t *targets = &scanner->run->targets;
  const isn_run_target_t *target = &targets->targets[t];
  double gap = 0.0;
  for (int k = 0; k < targets->max_neurons; k++)
    activation[k] = NAN;
  for (int k = 0; k < target->n_neurons; k++) {
    const int blob = targets->blob[t][k];
    const float value = isn_target_value(target, k, isn_picture_nets_blob(scanner->nets, blob, row),
                                         isn_picture_nets_blob_count(scanner->nets, blob), NULL);
    gap = fmax(gap, isn_window_gap(1, (const double(*)[2])targets->windows[t] + k, &value));
    activation[k] = isn_target_stored(target, k, value);
  }
  return gap;
}

/* --- this rank's part --- */

static bool is_power_of_two(int64_t n)
{
  return (n & (n - 1)) == 0;
}

static isn_status_t keep(part_t *part, int t, int64_t number)
{
  tally_t *tally = &part->tallies[t];
  const int most = part->scanner->run->options->dataset.most;
  if (most > 0 && tally->n_kept == most)
    return ISN_OK;
  if (is_power_of_two(tally->n_kept)) { /* 0, 1, 2, 4, ...: the room is used up */
    const size_t room = tally->n_kept == 0 ? 1 : 2 * (size_t)tally->n_kept;
    int64_t *grown = realloc(part->numbers[t], room * sizeof *grown);
    if (!grown)
      ISN_FAIL(ISN_ERR_MEMORY, "pictures in a window: no memory for %zu numbers", room);
    part->numbers[t] = grown;
  }
  part->numbers[t][tally->n_kept++] = number;
  part->account.n_kept++;
  return ISN_OK;
}

static isn_status_t note(part_t *part, int row, int64_t number)
{
  for (int t = 0; t < part->scanner->run->targets.n; t++) {
    tally_t *tally = &part->tallies[t];
    const double gap = scan_activation(part->scanner, t, row, part->activation);
    if (gap < tally->gap) {
      tally->gap = gap;
      tally->activation = (double)part->activation[0];
    }
    if (gap > 0.0)
      continue;
    tally->n_inside++;
    ISN_TRY(keep(part, t, number));
  }
  return ISN_OK;
}

/* Read a picture into the batch, unless it is one of a folder and damaged. */
static isn_status_t take_picture(part_t *part, int64_t number, unsigned char *image, bool *taken)
{
  const isn_picture_set_t *set = part->scanner->set;
  account_t *account = &part->account;
  isn_status_t status = isn_picture_set_read(set, number, &part->scanner->size, image);
  *taken = status == ISN_OK;
  if (status != ISN_ERR_INPUT || !isn_picture_set_is_listed(set, number))
    return status;
  if (account->n_damaged < N_NAMED)
    account->damaged[account->n_damaged] = number;
  account->n_damaged++;
  return ISN_OK;
}

/* Rank 0's part stands for the others'. */
static void show_progress(part_t *part, int64_t next)
{
  const double now = run_clock(),
               share = (double)(next - part->first) / (double)(part->last - part->first);
  if (!is_root(part->scanner->run) || share <= 0.0)
    return;
  const double left = (now - part->began) * (1.0 - share) / share;
  if (isn_log_is_terminal())
    isn_log_status_line("looked at %.0f %% of the pictures, %.0f s left", 100.0 * share, left);
  else if (now - part->told >= SECONDS_BETWEEN_LINES) {
    isn_log_info("looked at %.0f %% of the pictures, about %.0f s left", 100.0 * share, left);
    part->told = now;
  }
}

static isn_status_t look_through(part_t *part)
{
  const scanner_t *scanner = part->scanner;
  const size_t n_bytes = isn_shape_count(scanner->run->models.picture);
  int64_t rows[SCAN_BATCH];
  part->began = part->told = run_clock();
  for (int64_t next = part->first; next < part->last;) {
    int n = 0;
    for (; next < part->last && n < SCAN_BATCH; next++) {
      bool taken;
      ISN_TRY(take_picture(part, next, part->images + (size_t)n * n_bytes, &taken));
      rows[n] = next;
      n += taken;
    }
    ISN_TRY(worker_check_stop(scanner->run));
    if (n > 0)
      ISN_TRY(isn_picture_nets_run(scanner->nets, n, part->images, false));
    for (int i = 0; i < n; i++)
      ISN_TRY(note(part, i, rows[i]));
    show_progress(part, next);
  }
  return ISN_OK;
}

static isn_status_t begin_part(const scanner_t *scanner, part_t *part)
{
  const run_t *run = scanner->run;
  const int64_t n = isn_picture_set_count(scanner->set);
  const int rank = isn_comm_rank(run->comm), size = isn_comm_size(run->comm);
  *part = (part_t){.scanner = scanner, .first = n * rank / size, .last = n * (rank + 1) / size};
  ISN_TRY(isn_alloc(&part->tallies, run->targets.n, "counts of targets"));
  ISN_TRY(isn_alloc(&part->numbers, run->targets.n, "pictures of targets"));
  ISN_TRY(isn_alloc(&part->activation, run->targets.max_neurons, "activations"));
  ISN_TRY(isn_alloc(&part->images, SCAN_BATCH * isn_shape_count(run->models.picture),
                    "pictures of a batch"));
  for (int t = 0; t < run->targets.n; t++)
    part->tallies[t] = (tally_t){.gap = INFINITY, .activation = NAN};
  return ISN_OK;
}

static void end_part(part_t *part)
{
  for (int t = 0; part->numbers && t < part->scanner->run->targets.n; t++)
    free(part->numbers[t]);
  free(part->numbers);
  free(part->tallies);
  free(part->activation);
  free(part->images);
}

/* --- all ranks' parts --- */

/* Everybody's, in the order of the ranks. */
typedef struct {
  account_t *accounts; /* (ranks) */
  tally_t *tallies;    /* (ranks, T) */
  int64_t *numbers;    /* all targets' of rank 0, then of rank 1, ... */
} everyone_t;

static isn_status_t alloc_everyone(const run_t *run, everyone_t *all, int64_t **counts)
{
  const size_t size = (size_t)isn_comm_size(run->comm);
  ISN_TRY(isn_alloc(counts, size, "counts"));
  ISN_TRY(isn_alloc(&all->accounts, size, "counts of ranks"));
  return isn_alloc(&all->tallies, size * (size_t)run->targets.n, "counts of targets");
}

/* This rank's pictures of all targets in one piece. */
static isn_status_t join_numbers(const part_t *part, int64_t **out)
{
  int64_t n = 0;
  ISN_TRY(isn_alloc(out, part->account.n_kept, "pictures in windows"));
  for (int t = 0; t < part->scanner->run->targets.n; t++) {
    const int64_t n_kept = part->tallies[t].n_kept;
    if (n_kept > 0)
      memcpy(*out + n, part->numbers[t], (size_t)n_kept * sizeof **out);
    n += n_kept;
  }
  return ISN_OK;
}

/* Collective. */
static isn_status_t gather(const part_t *part, everyone_t *all)
{
  const run_t *run = part->scanner->run;
  const int size = isn_comm_size(run->comm);
  int64_t *counts = NULL, *mine = NULL;
  size_t total = 0;
  isn_status_t status = isn_comm_agree(run->comm, alloc_everyone(run, all, &counts));
  if (status != ISN_OK)
    goto done;
  for (int r = 0; r < size; r++)
    counts[r] = sizeof(account_t);
  ISN_TRY_GOTO(isn_comm_all_gather(run->comm, &part->account, counts, all->accounts), done);
  for (int r = 0; r < size; r++)
    counts[r] = (int64_t)sizeof(tally_t) * run->targets.n;
  ISN_TRY_GOTO(isn_comm_all_gather(run->comm, part->tallies, counts, all->tallies), done);
  for (int r = 0; r < size; r++) {
    counts[r] = (int64_t)sizeof(int64_t) * all->accounts[r].n_kept;
    total += (size_t)all->accounts[r].n_kept;
  }
  status = isn_alloc(&all->numbers, total, "pictures in windows");
  if (status == ISN_OK)
    status = join_numbers(part, &mine);
  ISN_TRY_GOTO(isn_comm_agree(run->comm, status), done);
  status = isn_comm_all_gather(run->comm, mine, counts, all->numbers);
done:
  free(mine);
  free(counts);
  return status;
}

/* A target's pictures from all ranks, cut to what is kept. */
static isn_status_t merge_target(const run_t *run, const everyone_t *all, int t, found_t *found)
{
  const int size = isn_comm_size(run->comm), most = run->options->dataset.most;
  int64_t before = 0, n_kept = 0;
  double gap = INFINITY;
  found->activation = NAN;
  for (int r = 0; r < size; r++) {
    const tally_t *tally = &all->tallies[(size_t)r * (size_t)run->targets.n + (size_t)t];
    found->n_inside += tally->n_inside;
    n_kept += tally->n_kept;
    if (tally->gap < gap) {
      gap = tally->gap;
      found->activation = tally->activation;
    }
  }
  n_kept = most > 0 && n_kept > most ? most : n_kept;
  if (n_kept > INT32_MAX)
    ISN_FAIL(ISN_ERR_INPUT, "%s: %lld pictures lie in the window of target %d; set dataset.most",
             run->options->path, (long long)n_kept, t);
  ISN_TRY(isn_alloc(&found->numbers, n_kept, "pictures of a target"));
  for (int r = 0; r < size; r++) {
    const tally_t *tallies = all->tallies + (size_t)r * (size_t)run->targets.n;
    int64_t place = before;
    for (int other = 0; other < t; other++)
      place += tallies[other].n_kept;
    for (int64_t i = 0; i < tallies[t].n_kept && found->n < n_kept; i++)
      found->numbers[found->n++] = all->numbers[place + i];
    before += all->accounts[r].n_kept;
  }
  return ISN_OK;
}

static isn_status_t merge(const scanner_t *scanner, const everyone_t *all, scan_t *scan)
{
  const run_t *run = scanner->run;
  scan->n_pictures = isn_picture_set_count(scanner->set);
  for (int r = 0; r < isn_comm_size(run->comm); r++)
    scan->n_damaged += all->accounts[r].n_damaged;
  ISN_TRY(isn_alloc(&scan->targets, run->targets.n, "what was found"));
  scan->n_targets = run->targets.n;
  for (int t = 0; t < run->targets.n; t++)
    ISN_TRY(merge_target(run, all, t, &scan->targets[t]));
  return ISN_OK;
}

/* Rank 0 reads the first damaged pictures itself, for the words. */
static void name_damaged(const scanner_t *scanner, const everyone_t *all, unsigned char *image)
{
  int n = 0;
  for (int r = 0; r < isn_comm_size(scanner->run->comm); r++)
    for (int i = 0; i < N_NAMED && i < all->accounts[r].n_damaged && n < N_NAMED; i++, n++) {
      const int64_t number = all->accounts[r].damaged[i];
      if (isn_picture_set_read(scanner->set, number, &scanner->size, image) != ISN_OK)
        isn_log_warning("%s; it is left out", isn_error_message());
    }
}

isn_status_t scan_pictures(const scanner_t *scanner, scan_t *scan)
{
  const run_t *run = scanner->run;
  part_t part;
  everyone_t all = {0};
  isn_status_t status = begin_part(scanner, &part);
  *scan = (scan_t){0};
  if (status == ISN_OK)
    status = look_through(&part);
  status = worker_agree(run, status);
  if (status == ISN_OK)
    status = gather(&part, &all);
  if (status == ISN_OK)
    status = isn_comm_agree(run->comm, merge(scanner, &all, scan));
  if (status == ISN_OK && is_root(run))
    name_damaged(scanner, &all, part.images);
  free(all.accounts);
  free(all.tallies);
  free(all.numbers);
  end_part(&part);
  return status;
}

void scan_clear(scan_t *scan)
{
  for (int t = 0; t < scan->n_targets; t++)
    free(scan->targets[t].numbers);
  free(scan->targets);
  *scan = (scan_t){0};
}
