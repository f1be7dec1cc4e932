/** @file small_run.c
 *  Makes the run file of small_run.h through the store room, as a job would.
 */
#include "small_run.h"

#include <math.h>
#include <string.h>

/* Encodings on a line, so that the order of the spread is known: 4, 0, 3, 2, 1.  Codes have
 * another: their mean is 2.0, so it is 2, 0, 4, 1, 3. */
static const float ENCODING[SMALL_SLOTS] = {0, 1, 2, 10, 5};
static const float CODE[SMALL_SLOTS] = {0, 1, 2, 3, 4};

unsigned char small_run_pixel(int target, int slot, int y, int x, int channel)
{
  return (unsigned char)(target * 80 + slot * 16 + y * 3 + x + 20 * channel);
}

static bool is_accepted(int target, int slot)
{
  return target == 0 || (target == 1 && (slot == 1 || slot == 3));
}

static void fill_sample(int target, int slot, int i, const isn_run_layout_t *layout,
                        isn_run_block_t *block)
{
  int channels = layout->channels;
  block->code[2 * i] = CODE[slot];
  block->encoding[2 * i] = ENCODING[slot];
  block->activation[2 * i] = 20.0f + (float)slot;
  block->activation[2 * i + 1] = target == 2 ? 1.0f : NAN;
  block->status[i] = is_accepted(target, slot)       ? ISN_SAMPLE_ACCEPTED
                     : isn_run_keeps_outside(layout) ? ISN_SAMPLE_OUTSIDE
                                                     : ISN_SAMPLE_NOT_REACHED;
  block->steps[i] = 6.0f;
  block->chain[i] = -1;
  for (int y = 0; y < SMALL_H; y++)
    for (int x = 0; x < SMALL_W; x++)
      for (int c = 0; c < channels; c++)
        block->image[((i * SMALL_H + y) * SMALL_W + x) * channels + c] =
            small_run_pixel(target, slot, y, x, c);
}

static isn_status_t write_block(isn_run_file_t *file, const isn_run_layout_t *layout, int target,
                                int b)
{
  isn_run_block_t block;
  ISN_TRY(isn_run_block_alloc(layout, isn_run_block_count(layout, b), &block));
  for (int i = 0; i < block.n; i++)
    fill_sample(target, b * SMALL_BLOCK + i, i, layout, &block);
  isn_status_t status = isn_run_file_write_block(file, target, b, &block, 0.5);
  isn_run_block_free(&block);
  return status;
}

/* Two ascents of each neuron; 8 steps a target. */
static isn_status_t write_reaches(isn_run_file_t *file, bool complete)
{
  float found[SMALL_TARGETS][4] = {{31.25f, 40.5f}, {NAN, 50.0f}, {-2.0f, -1.5f, NAN, NAN}};
  float codes[4] = {0.0f, 1.0f, 2.0f, 3.0f};
  const float window[1][2] = {{20.0f, 30.0f}};
  for (int t = 0; t < SMALL_TARGETS; t++) {
    const isn_run_reach_t reach = {t == 2 ? 2 : 1, found[t], codes, 8.0f};
    if (t != 1 || complete)
      ISN_TRY(isn_run_file_write_reach(file, t, &reach));
  }
  return complete ? isn_run_file_write_windows(file, 1, window) : ISN_OK;
}

static bool has_block(const isn_run_layout_t *layout, const small_run_t *kind, int target, int b)
{
  if (kind->probed && (target == 2 || (target == 1 && !kind->complete)))
    return false;
  return target != 1 || b != isn_run_n_blocks(layout) - 1;
}

static isn_status_t write_samples(isn_run_file_t *file, const isn_run_layout_t *layout,
                                  const small_run_t *kind)
{
  const isn_run_summary_t dress = {ISN_TARGET_NOT_REACHED, 0, NAN, NAN, 4.25, 30.0};
  const isn_run_summary_t no_dress = {ISN_TARGET_NOT_REACHED, 0, NAN, NAN, NAN, 0.0};
  const isn_run_summary_t summaries[SMALL_TARGETS] = {{ISN_TARGET_FULL, 5, 22.0, 1.5, 22.0, 30.0},
                                                      {ISN_TARGET_PARTLY, 2, 22.0, 1.0, 22.0, 24.0},
                                                      kind->probed ? no_dress : dress};
  if (kind->probed)
    ISN_TRY(write_reaches(file, kind->complete));
  for (int t = 0; t < SMALL_TARGETS; t++)
    for (int b = 0; b < isn_run_n_blocks(layout); b++)
      if (has_block(layout, kind, t, b))
        ISN_TRY(write_block(file, layout, t, b));
  if (kind->complete)
    ISN_TRY(isn_run_file_write_summaries(file, summaries, 16.0));
  return isn_run_file_sync(file);
}

static isn_status_t make_one(isn_comm_t *comm, const char *path, const small_run_t *kind)
{
  int sneaker[] = {7}, bag[] = {8}, both[] = {3, 5};
  float windows[][2] = {{20.0f, 30.0f}, {1.5f, 2.5f}};
  float none[][2] = {{NAN, NAN}, {NAN, NAN}};
  int ones[] = {1, 1}, nine[] = {9};
  const bool probed = kind->probed;
  char fc8[][ISN_RUN_LABEL_BYTES] = {"fc8", "fc8"};
  unsigned char activations[] = {ISN_QUANTITY_ACTIVATION, ISN_QUANTITY_ACTIVATION};
  isn_run_target_t targets[SMALL_TARGETS] = {
      {"sneaker", 1, fc8, sneaker, ones, activations, windows},
      {"bag", 1, fc8, bag, probed ? nine : ones, activations, probed ? none : windows},
      {"dress + sandal", 2, fc8, both, ones, activations, probed ? none : windows}};
  if (probed)
    strcat(targets[2].label, " with a strap around the heel");
  isn_run_layout_t layout = {.n_targets = SMALL_TARGETS,
                             .n_slots = SMALL_SLOTS,
                             .block_size = SMALL_BLOCK,
                             .code_size = 2,
                             .encoding_size = 2,
                             .with_encodings = kind->with_encodings,
                             .channels = kind->channels,
                             .height = SMALL_H,
                             .width = SMALL_W,
                             .max_neurons = 2,
                             .probe_starts = probed ? 2 : 0,
                             .targets = targets,
                             .n_models = 1,
                             .config_text = "sampling: { samples = 5; };",
                             .settings = "sampling.samples = 5\n",
                             .method = kind->keeps_outside ? "ppgn" : "invset",
                             .program_version = "9.8.7",
                             .git_revision = "abcdef"};
  isn_run_file_t *file;
  layout.models[0].role = "classifier weights";
  layout.models[0].path = "models/some.caffemodel";
  memset(layout.models[0].sha256, 'a', ISN_SHA256_TEXT - 1);
  ISN_TRY(isn_run_file_create(path, &layout));
  ISN_TRY(isn_run_file_open(comm, path, &layout, &file));
  isn_status_t status = write_samples(file, &layout, kind);
  isn_status_t closed = isn_run_file_close(file);
  return status != ISN_OK ? status : closed;
}

isn_status_t small_run_make(int n, const char *const *paths, const small_run_t *kinds)
{
  isn_comm_t *comm;
  isn_status_t status = ISN_OK;
  ISN_TRY(isn_comm_open(NULL, NULL, &comm));
  for (int i = 0; i < n && status == ISN_OK; i++)
    status = make_one(comm, paths[i], &kinds[i]);
  isn_comm_close(comm);
  return status;
}
