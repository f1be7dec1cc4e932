/** @file made_run.c
 *  A small made-up run; see made_run.h.  test_file_python.py knows the same function of the slot.
 */
#include "made_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invset/memory.h"

enum { POOL_STEPS = 1000 };

isn_status_t made_replace(char **text, const char *by)
{
  free(*text);
  return isn_alloc_string(text, by);
}

bool made_is_relative(const isn_run_layout_t *layout, int target)
{
  return layout->probe_starts > 0 && target < 2;
}

void made_windows(const isn_run_layout_t *layout, int target, float windows[2][2])
{
  for (int k = 0; k < layout->targets[target].n_neurons; k++) {
    windows[k][0] = (float)(10 + target);
    windows[k][1] = k == 1 ? INFINITY : (float)(20 + target);
  }
}

static isn_status_t make_targets(isn_run_layout_t *layout)
{
  ISN_TRY(isn_alloc(&layout->targets, layout->n_targets, "targets"));
  for (int t = 0; t < layout->n_targets; t++) {
    isn_run_target_t *target = &layout->targets[t];
    snprintf(target->label, sizeof target->label, t == 1 ? "caf\xc3\xa9 au lait" : "class %d", t);
    ISN_TRY(
        isn_run_target_alloc(layout->max_neurons - (layout->max_neurons > 1 && t == 1), target));
    made_windows(layout, t, target->windows);
    for (int k = 0; k < target->n_neurons; k++) {
      snprintf(target->blobs[k], sizeof target->blobs[k], "fc%d", 8 - k);
      target->quantities[k] = k == 1 ? ISN_QUANTITY_PROBABILITY : ISN_QUANTITY_ACTIVATION;
      target->neurons[k] = 100 * t + k;
      target->units[k] = 1 + 8 * ((t + k) % 2);
      if (made_is_relative(layout, t))
        target->windows[k][0] = target->windows[k][1] = NAN;
    }
  }
  return ISN_OK;
}

isn_status_t made_layout(made_kind_t kind, isn_run_layout_t *layout)
{
  const bool colour = kind == MADE_COLOUR || kind == MADE_PLAIN;
  *layout = (isn_run_layout_t){.n_targets = colour ? 3 : 2,
                               .n_slots = colour ? 23 : 8,
                               .block_size = colour ? 5 : 4,
                               .code_size = 16,
                               .encoding_size = 7,
                               .with_encodings = colour,
                               .channels = colour ? 3 : 1,
                               .height = 9,
                               .width = 11,
                               .max_neurons = colour ? 1 : 2,
                               .probe_starts = kind == MADE_COLOUR || kind == MADE_PROBED ? 3 : 0,
                               .n_models = 2};
  static const char *const roles[] = {"classifier net", "classifier weights"};
  static const char *const paths[] = {"models/c.prototxt", "models/c.caffemodel"};
  for (int m = 0; m < layout->n_models; m++) {
    ISN_TRY(isn_alloc_string(&layout->models[m].role, roles[m]));
    ISN_TRY(isn_alloc_string(&layout->models[m].path, paths[m]));
    isn_bytes_sha256(paths[m], strlen(paths[m]), layout->models[m].sha256);
  }
  ISN_TRY(isn_alloc_string(&layout->config_text, "sampling: { seed = 1; };\n# caf\xc3\xa9\n"));
  ISN_TRY(isn_alloc_string(&layout->settings, "sampling.block = 5\nsampling.seed = 1\n"
                                              "targets[0].window = [10, 20]\n"));
  ISN_TRY(isn_alloc_string(&layout->method, "invset"));
  ISN_TRY(isn_alloc_string(&layout->program_version, "0.1.0"));
  ISN_TRY(isn_alloc_string(&layout->git_revision, "0123456789ab"));
  return make_targets(layout);
}

/* Whole eighths, so that float32 holds them and Python can say the same. */
static float made_number(int target, int slot, size_t i, int salt)
{
  return (float)((1000 * target + 31 * slot + 7 * (int)i + salt) % 1021) / 8.0f - 50.0f;
}

isn_status_t made_block(const isn_run_layout_t *layout, int target, int block,
                        isn_run_block_t *data)
{
  const size_t d = (size_t)layout->code_size, e = (size_t)layout->encoding_size;
  const size_t m = (size_t)layout->max_neurons;
  const size_t pixels = (size_t)layout->height * (size_t)layout->width * (size_t)layout->channels;
  ISN_TRY(isn_run_block_alloc(layout, isn_run_block_count(layout, block), data));
  for (size_t i = 0; i < (size_t)data->n; i++) {
    const int slot = block * layout->block_size + (int)i;
    for (size_t k = 0; k < d; k++)
      data->code[i * d + k] = made_number(target, slot, k, 1);
    for (size_t k = 0; k < e; k++)
      data->encoding[i * e + k] = layout->with_encodings ? made_number(target, slot, k, 2) : NAN;
    for (size_t k = 0; k < m; k++)
      data->activation[i * m + k] =
          (int)k < layout->targets[target].n_neurons ? made_number(target, slot, k, 3) : NAN;
    for (size_t k = 0; k < pixels; k++)
      data->image[i * pixels + k] = (unsigned char)(5 * target + 3 * slot + (int)k);
    data->status[i] = slot == 21        ? ISN_SAMPLE_OUTSIDE
                      : slot % 11 == 10 ? ISN_SAMPLE_NOT_REACHED
                                        : ISN_SAMPLE_ACCEPTED;
    data->steps[i] = made_number(target, slot, 0, 4);
    data->chain[i] = block == 0 ? -1 : slot % 3;
    data->chain_block[i] = block;
    data->restarts[i] = slot % 5;
  }
  return ISN_OK;
}

bool made_block_equal(const isn_run_layout_t *layout, int target, int block,
                      const isn_run_block_t *found)
{
  isn_run_block_t made;
  if (made_block(layout, target, block, &made) != ISN_OK)
    return false;
  const size_t n = (size_t)made.n;
  const size_t pixels = (size_t)layout->height * (size_t)layout->width * (size_t)layout->channels;
#define SAME(field, count) (memcmp(made.field, found->field, (count) * sizeof *made.field) == 0)
  bool equal = made.n == found->n && SAME(code, n * (size_t)layout->code_size) &&
               SAME(encoding, n * (size_t)layout->encoding_size) &&
               SAME(activation, n * (size_t)layout->max_neurons) && SAME(image, n * pixels) &&
               SAME(status, n) && SAME(steps, n) && SAME(chain, n) && SAME(chain_block, n) &&
               SAME(restarts, n);
#undef SAME
  isn_run_block_free(&made);
  return equal;
}

isn_status_t made_reach(const isn_run_layout_t *layout, int target, isn_run_reach_t *reach)
{
  const size_t r = (size_t)layout->probe_starts, d = (size_t)layout->code_size;
  ISN_TRY(isn_run_reach_alloc(layout, layout->targets[target].n_neurons, reach));
  for (size_t k = 0; k < (size_t)reach->n; k++) {
    for (size_t i = 0; i < r; i++)
      reach->activation[k * r + i] = i == 1 ? NAN : made_number(target, (int)k, i, 5);
    for (size_t i = 0; i < d; i++)
      reach->code[k * d + i] = made_number(target, (int)k, i, 6);
  }
  reach->steps = made_number(target, 0, 0, 7);
  return ISN_OK;
}

bool made_reach_equal(const isn_run_layout_t *layout, int target, const isn_run_reach_t *found)
{
  isn_run_reach_t made;
  if (made_reach(layout, target, &made) != ISN_OK)
    return false;
  const size_t n = (size_t)made.n * sizeof(float);
  bool equal = made.n == found->n &&
               memcmp(made.activation, found->activation, n * (size_t)layout->probe_starts) == 0 &&
               memcmp(made.code, found->code, n * (size_t)layout->code_size) == 0 &&
               made.steps == found->steps;
  isn_run_reach_free(&made);
  return equal;
}

isn_status_t made_write_reach(isn_run_file_t *file, const isn_run_layout_t *layout, int target,
                              int at)
{
  isn_run_reach_t reach;
  float windows[2][2];
  ISN_TRY(made_reach(layout, target, &reach));
  isn_status_t status = isn_run_file_write_reach(file, at, &reach);
  isn_run_reach_free(&reach);
  if (status != ISN_OK || !made_is_relative(layout, target))
    return status;
  made_windows(layout, target, windows);
  return isn_run_file_write_windows(file, at, (const float(*)[2])windows);
}

isn_run_summary_t made_summary(int target)
{
  return (isn_run_summary_t){.status = (isn_target_status_t)(1 + target % 3),
                             .n_accepted = 10 + target,
                             .activation_mean = 15.0 + target / 3.0,
                             .activation_std = target == 1 ? NAN : 0.1,
                             .best_activation = 19.5,
                             .steps = 123.5 * (target + 1)};
}

static isn_status_t write_data(isn_comm_t *comm, isn_run_file_t *file,
                               const isn_run_layout_t *layout)
{
  const int per_target = isn_run_n_blocks(layout);
  for (int t = 0; layout->probe_starts > 0 && isn_comm_rank(comm) == 0 && t < layout->n_targets;
       t++)
    ISN_TRY(made_write_reach(file, layout, t, t));
  for (int b = 0; b < per_target * layout->n_targets; b++) {
    if (b % isn_comm_size(comm) != isn_comm_rank(comm))
      continue;
    isn_run_block_t data;
    ISN_TRY(made_block(layout, b / per_target, b % per_target, &data));
    isn_status_t status =
        isn_run_file_write_block(file, b / per_target, b % per_target, &data, 0.25);
    isn_run_block_free(&data);
    ISN_TRY(status);
  }
  return isn_run_file_sync(file);
}

static isn_status_t write_summaries(isn_run_file_t *file, const isn_run_layout_t *layout)
{
  isn_run_summary_t summaries[3];
  for (int t = 0; t < layout->n_targets; t++)
    summaries[t] = made_summary(t);
  return isn_run_file_write_summaries(file, summaries, POOL_STEPS);
}

isn_status_t made_write(isn_comm_t *comm, const char *path, const isn_run_layout_t *layout)
{
  isn_run_file_t *file;
  ISN_TRY(isn_run_file_open(comm, path, layout, &file));
  isn_status_t status = isn_comm_agree(comm, write_data(comm, file, layout));
  if (status == ISN_OK && isn_comm_rank(comm) == 0)
    status = write_summaries(file, layout);
  status = isn_comm_agree(comm, status);
  isn_status_t closed = isn_run_file_close(file);
  return status != ISN_OK ? status : closed;
}

static bool blocks_right(isn_run_reader_t *reader, const unsigned char *states, bool empty_allowed)
{
  const isn_run_layout_t *layout = isn_run_reader_layout(reader);
  const int per_target = isn_run_n_blocks(layout);
  bool right = true;
  for (int b = 0; b < per_target * layout->n_targets; b++) {
    isn_run_block_t data;
    if (states[b] == ISN_BLOCK_EMPTY) {
      right = right && empty_allowed;
      continue;
    }
    if (isn_run_block_alloc(layout, isn_run_block_count(layout, b % per_target), &data) != ISN_OK)
      return false;
    right = right &&
            isn_run_reader_block(reader, b / per_target, b % per_target, &data) == ISN_OK &&
            made_block_equal(layout, b / per_target, b % per_target, &data);
    isn_run_block_free(&data);
  }
  return right;
}

static bool window_right(const isn_run_layout_t *layout, int target, bool empty_allowed)
{
  const isn_run_target_t *found = &layout->targets[target];
  float made[2][2];
  made_windows(layout, target, made);
  for (int k = 0; k < found->n_neurons; k++) {
    const bool missing = isnan(found->windows[k][0]) && isnan(found->windows[k][1]);
    const bool allowed = missing && empty_allowed && made_is_relative(layout, target);
    if (!allowed && memcmp(found->windows[k], made[k], sizeof made[k]) != 0)
      return false;
  }
  return true;
}

static bool reaches_right(isn_run_reader_t *reader, bool empty_allowed)
{
  const isn_run_layout_t *layout = isn_run_reader_layout(reader);
  bool right = true;
  for (int t = 0; t < layout->n_targets; t++) {
    isn_run_reach_t reach;
    bool known;
    if (isn_run_reach_alloc(layout, layout->targets[t].n_neurons, &reach) != ISN_OK)
      return false;
    right = right && isn_run_reader_reach(reader, t, &reach, &known) == ISN_OK &&
            (known || layout->probe_starts == 0 || empty_allowed) &&
            (!known || made_reach_equal(layout, t, &reach)) &&
            window_right(layout, t, empty_allowed);
    isn_run_reach_free(&reach);
  }
  return right;
}

bool made_file_right(const char *path, bool empty_allowed)
{
  isn_run_reader_t *reader;
  unsigned char states[64];
  if (isn_run_reader_open(path, &reader) != ISN_OK)
    return false;
  bool right = isn_run_reader_states(reader, states) == ISN_OK &&
               blocks_right(reader, states, empty_allowed) && reaches_right(reader, empty_allowed);
  isn_run_reader_close(reader);
  return right;
}
