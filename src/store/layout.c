/** @file layout.c
 *  The format of a run file: one table of all its datasets.
 *  Knows nothing of how they are created, written or read.
 */
#include "store/layout.h"

#include <string.h>

/* The format, "InvSet-1.0", format_version 3
 *
 * An HDF5 file with version-2 superblock and checksummed object headers (bounds V18), made by
 * HDF5's serial driver.  Each dataset is contiguous, allocated when the file is created, without
 * filters, and begins at a multiple of 4096 bytes; numbers are little-endian.  Nothing is
 * allocated, extended or renamed afterwards, so no metadata ever change.  Root attributes are in
 * attributes.c.  Version 1 had no target_units and no group reach, and every window was a number;
 * version 2 had one blob for each target, no target_quantity, no attribute method and no state
 * OUTSIDE, and every window had two sides.
 *
 * What is where: the table below, in letters of run_file.h.  Axes C and M are dropped where their
 * length is 1, and a dataset with an axis of length 0 is left out; E counts as 0 in a file without
 * encodings.  The group reach is left out where R is 0, although most of its datasets lack that
 * axis.  Each axis with a dimension scale has it attached (but for provenance).  Slot s of
 * target t belongs to block b = s / K of that target; its data are the rows [t][s] of the datasets
 * with axes T S.
 *
 * blocks/record[t][b] is the only truth about whether a block is there:
 *     byte  0      state: 0 EMPTY, 1 DONE (all samples accepted), 2 FAILED (some were not
 *                  reached, or the last slots stay EMPTY)
 *           1..3   zero
 *           4..7   samples of the block: K, fewer in the last block of a target
 *           8..11  CRC-32 (zlib's) of the block's bytes as they lie in the file: its rows of code,
 *                  encoding (if there), activation, image, sample_status, sample_steps, chain,
 *                  chain_block, restarts, one dataset after the other
 *          12..15  CRC-32 of bytes 0..11
 * A record is written with one write, after fdatasync of the block's data.  One whose CRC or count
 * is wrong counts as EMPTY.  summary/... and then summary/complete are written when all blocks are.
 *
 * reach/record[t] is the same for what the probe of target t found: state 1 DONE; its count is
 * neurons of the target times R; its first CRC is that of rows [t][0 .. neurons - 1] of
 * reach/activation, then of reach/code, then of reach/steps[t].  No fdatasync stands between data
 * and record, so a reach counts only if this CRC is right too.
 *
 * window[t][k] of a neuron whose window is relative to its reach is NaN when the file is created.
 * window[t] is written after reach/record[t] by rank 0 (again if a crash lost it), and follows from
 * the reach and the settings alone; these windows stay NaN if the target is out of reach.  All
 * other datasets that are not of slots, records, reach, summary or provenance are written at
 * creation.
 */
static const isn_store_dataset_t table[ISN_STORE_N_DATASETS] = {
    [ISN_STORE_TARGET] = {"target", ISN_TYPE_INDEX, "T", ISN_FILL_NONE, "1", "target",
                          "Number of the target, from 0, in the order of the config."},
    [ISN_STORE_SAMPLE] = {"sample", ISN_TYPE_INDEX, "S", ISN_FILL_NONE, "1", "sample slot",
                          "Number of the sample slot within its target, from 0."},
    [ISN_STORE_FEATURE] = {"feature", ISN_TYPE_INDEX, "D", ISN_FILL_NONE, "1", "code coordinate",
                           "Number of the coordinate of the code, from 0."},
    [ISN_STORE_ENCODING_FEATURE] = {"encoding_feature", ISN_TYPE_INDEX, "E", ISN_FILL_NONE, "1",
                                    "encoding coordinate",
                                    "Number of the coordinate of the encoding, from 0."},
    [ISN_STORE_Y] = {"y", ISN_TYPE_INDEX, "H", ISN_FILL_NONE, "1", "picture row",
                     "Row of the picture, from 0 at the top."},
    [ISN_STORE_X] = {"x", ISN_TYPE_INDEX, "W", ISN_FILL_NONE, "1", "picture column",
                     "Column of the picture, from 0 at the left."},
    [ISN_STORE_CHANNEL] = {"channel", ISN_TYPE_INDEX, "C", ISN_FILL_NONE, "1", "colour channel",
                           "Channel of the picture: 0 red, 1 green, 2 blue."},
    [ISN_STORE_NEURON] = {"neuron", ISN_TYPE_INDEX, "M", ISN_FILL_NONE, "1", "neuron of the target",
                          "Number of the neuron within its target, from 0; see target_neuron."},

    [ISN_STORE_TARGET_LABEL] =
        {"target_label", ISN_TYPE_NAME, "T", ISN_FILL_NONE, "1", "name of the target",
         "Class names of the target's neurons, joined by ' + ', and by ' - ' "
         "before one whose window has no lower side."},
    [ISN_STORE_TARGET_BLOB] = {"target_blob", ISN_TYPE_NAME, "TM", ISN_FILL_NONE, "1",
                               "classifier blob of the neuron",
                               "Blob of the classifier that the neuron is a unit of; empty where a "
                               "target has fewer neurons."},
    [ISN_STORE_TARGET_NEURON] = {"target_neuron", ISN_TYPE_I32, "TM", ISN_FILL_NONE, "1",
                                 "unit index of the neuron",
                                 "Unit of target_blob, from 0 as in Caffe (the paper counts from "
                                 "1); -1 where a target has fewer neurons."},
    [ISN_STORE_TARGET_UNITS] = {"target_units", ISN_TYPE_I32, "TM", ISN_FILL_NONE, "1",
                                "units of the neuron",
                                "Consecutive units from target_neuron on whose largest value is "
                                "the activation: 1 for a plain unit, the rows times columns of a "
                                "channel for its spatial maximum; -1 where a target has fewer "
                                "neurons."},
    [ISN_STORE_TARGET_QUANTITY] = {"target_quantity", ISN_TYPE_QUANTITY, "TM", ISN_FILL_NONE, "1",
                                   "what of the neuron is in the window",
                                   "ACTIVATION: its output, before softmax.  PROBABILITY: its "
                                   "share of the softmax over all units of its blob.  ACTIVATION "
                                   "where a target has fewer neurons."},
    [ISN_STORE_WINDOW] = {"window", ISN_TYPE_F32, "TM2", ISN_FILL_NONE, "1", "window of the neuron",
                          "Lowest and highest value of target_quantity in the inverse set, "
                          "infinite on a side without limit; NaN where a target has fewer "
                          "neurons, and while the window is relative to a reach that is not known "
                          "yet, or if it is out of reach."},

    [ISN_STORE_CONFIG_TEXT] = {"config_text", ISN_TYPE_TEXT, "", ISN_FILL_NONE, "1",
                               "config of the run",
                               "The config file as it was read, then the overrides."},
    [ISN_STORE_SETTINGS] = {"settings", ISN_TYPE_TEXT, "", ISN_FILL_NONE, "1",
                            "settings that the results depend on",
                            "Sorted lines 'key = value'.  Files with the same settings and the "
                            "same models/sha256 hold the same samples."},
    [ISN_STORE_MODEL_ROLE] = {"models/role", ISN_TYPE_NAME, "F", ISN_FILL_NONE, "1",
                              "role of the model file", "What the file was used for."},
    [ISN_STORE_MODEL_PATH] = {"models/path", ISN_TYPE_TEXT, "F", ISN_FILL_NONE, "1",
                              "path of the model file", "As it was named in the config."},
    [ISN_STORE_MODEL_SHA256] = {"models/sha256", ISN_TYPE_NAME, "F", ISN_FILL_NONE, "1",
                                "SHA-256 of the model file", "64 hexadecimal digits."},

    [ISN_STORE_CODE] = {"code", ISN_TYPE_F32, "TSD", ISN_FILL_NONE, "1", "code of the sample",
                        "Input of the generator that makes the picture."},
    [ISN_STORE_ENCODING] = {"encoding", ISN_TYPE_F32, "TSE", ISN_FILL_NONE, "1",
                            "encoding of the sample",
                            "Output of the encoder for the stored picture; samples are pushed "
                            "apart in this space."},
    [ISN_STORE_ACTIVATION] = {"activation", ISN_TYPE_F32, "TSM", ISN_FILL_NAN, "1",
                              "activation of the neuron",
                              "For the stored 8-bit picture: value of the unit, or the largest of "
                              "target_units units, before softmax; the probability of the unit "
                              "where target_quantity says so; NaN where nothing is stored."},
    [ISN_STORE_IMAGE] = {"image", ISN_TYPE_U8, "TSHWC", ISN_FILL_NONE, "1", "picture of the sample",
                         "Grey or RGB levels 0..255, row 0 at the top, as the classifier sees "
                         "them before its mean is taken off."},
    [ISN_STORE_SAMPLE_STATUS] =
        {"sample_status", ISN_TYPE_SAMPLE_STATUS, "TS", ISN_FILL_ZERO, "1", "state of the sample",
         "ACCEPTED: the stored picture's activations lie in all windows.  "
         "NOT_REACHED: given up, the slot holds the best attempt.  "
         "OUTSIDE: a sample of a method that keeps what it has, in the window or not, "
         "outside of it."},
    [ISN_STORE_SAMPLE_STEPS] = {"sample_steps", ISN_TYPE_F32, "TS", ISN_FILL_NAN, "sample-steps",
                                "work spent on the slot",
                                "One sample forward and back through generator, classifier and "
                                "encoder is one step, one way is half; failed starts count."},
    [ISN_STORE_CHAIN] = {"chain", ISN_TYPE_I32, "TS", ISN_FILL_MINUS_ONE, "1",
                         "chain that made the sample",
                         "Chain of its target, from 0; -1 for the seed block and where nothing is "
                         "stored (see sample_status)."},
    [ISN_STORE_CHAIN_BLOCK] = {"chain_block", ISN_TYPE_I32, "TS", ISN_FILL_MINUS_ONE, "1",
                               "block within the chain",
                               "Number of the sample's block within its chain, from 0; -1 where "
                               "nothing is stored."},
    [ISN_STORE_RESTARTS] = {"restarts", ISN_TYPE_I32, "TS", ISN_FILL_MINUS_ONE, "1",
                            "starts given up before",
                            "Starts of this slot that were given up before the stored one; -1 "
                            "where nothing is stored."},

    [ISN_STORE_RECORD] = {"blocks/record", ISN_TYPE_RECORD, "TB", ISN_FILL_ZERO, "1",
                          "state of the block",
                          "A block of block_size samples is in the file if and only if its state "
                          "here is DONE or FAILED; crc32 is that of its data, record_crc32 that "
                          "of the 12 bytes before it."},

    [ISN_STORE_REACH_ACTIVATION] = {"reach/activation", ISN_TYPE_F32, "TMR", ISN_FILL_NAN, "1",
                                    "activation reached",
                                    "Largest activation of the neuron that each gradient ascent "
                                    "reached; NaN where it was never finite, where the "
                                    "neuron's window is not relative, and where nothing is stored "
                                    "(see reach/record)."},
    [ISN_STORE_REACH_CODE] = {"reach/code", ISN_TYPE_F32, "TMD", ISN_FILL_NONE, "1",
                              "code of the best ascent",
                              "Input of the generator that makes the picture of the neuron's "
                              "largest reach/activation; of no meaning where that is NaN "
                              "(see reach/record)."},
    [ISN_STORE_REACH_STEPS] = {"reach/steps", ISN_TYPE_F32, "T", ISN_FILL_NAN, "sample-steps",
                               "work spent on the reach",
                               "Of all ascents of the target's neurons; in no target's "
                               "summary/steps."},
    [ISN_STORE_REACH_RECORD] = {"reach/record", ISN_TYPE_RECORD, "T", ISN_FILL_ZERO, "1",
                                "state of the reach",
                                "The reach of a target is in the file if and only if its state "
                                "here is DONE and both CRCs are right; nsample is neurons times "
                                "ascents, crc32 is that of its activation, code and steps, "
                                "record_crc32 that of the 12 bytes before it."},

    [ISN_STORE_N_ACCEPTED] = {"summary/n_accepted", ISN_TYPE_I32, "T", ISN_FILL_MINUS_ONE, "1",
                              "accepted samples", "Of the target; -1 until the run is complete."},
    [ISN_STORE_TARGET_STATUS] = {"summary/status", ISN_TYPE_TARGET_STATUS, "T", ISN_FILL_ZERO, "1",
                                 "how the target ended",
                                 "FULL: every slot accepted.  PARTLY: some.  NOT_REACHED: none."},
    [ISN_STORE_ACTIVATION_MEAN] = {"summary/activation_mean", ISN_TYPE_F64, "T", ISN_FILL_NAN, "1",
                                   "mean activation",
                                   "Of the target's first neuron over its accepted samples."},
    [ISN_STORE_ACTIVATION_STD] = {"summary/activation_std", ISN_TYPE_F64, "T", ISN_FILL_NAN, "1",
                                  "standard deviation of the activation",
                                  "Of the target's first neuron over its accepted samples."},
    [ISN_STORE_BEST_ACTIVATION] = {"summary/best_activation", ISN_TYPE_F64, "T", ISN_FILL_NAN, "1",
                                   "activation nearest to the window",
                                   "Of the target's first neuron, over all attempts."},
    [ISN_STORE_STEPS] = {"summary/steps", ISN_TYPE_F64, "T", ISN_FILL_NAN, "sample-steps",
                         "work spent on the target", "Sum of sample_steps over its slots."},
    [ISN_STORE_POOL_STEPS] = {"summary/pool_steps", ISN_TYPE_F64, "", ISN_FILL_NAN, "sample-steps",
                              "work spent on the pool of starts",
                              "Shared by all targets; in no target's steps."},
    [ISN_STORE_COMPLETE] = {"summary/complete", ISN_TYPE_FLAG, "", ISN_FILL_ZERO, "1",
                            "whether the run is complete",
                            "YES: all blocks and summaries are there.  Written last."},
    [ISN_STORE_PROVENANCE] = {"provenance/blocks", ISN_TYPE_PROVENANCE, "TB", ISN_FILL_ZERO,
                              "rank, attempt: 1; t_end: s since 1970-01-01 UTC; seconds: s",
                              "who made the block, and when",
                              "Of no account for the results, and all that differs between equal "
                              "runs.  attempt 0: not written; 1: the run that made the file."},
};

static const struct {
  char letter;
  const char *name;
  isn_store_id_t scale;
} axis_table[] = {
    {'T', "target", ISN_STORE_TARGET},
    {'S', "sample", ISN_STORE_SAMPLE},
    {'D', "feature", ISN_STORE_FEATURE},
    {'E', "encoding_feature", ISN_STORE_ENCODING_FEATURE},
    {'H', "y", ISN_STORE_Y},
    {'W', "x", ISN_STORE_X},
    {'C', "channel", ISN_STORE_CHANNEL},
    {'M', "neuron", ISN_STORE_NEURON},
    {'B', "block", ISN_STORE_N_DATASETS},
    {'F', "model file", ISN_STORE_N_DATASETS},
    {'R', "start", ISN_STORE_N_DATASETS},
    {'2', "low, high", ISN_STORE_N_DATASETS},
};
enum { N_AXES = sizeof axis_table / sizeof axis_table[0] };

const isn_store_dataset_t *isn_store_dataset(isn_store_id_t id)
{
  return &table[id];
}

isn_store_id_t isn_store_scale(char axis)
{
  for (int i = 0; i < N_AXES; i++) {
    if (axis_table[i].letter == axis)
      return axis_table[i].scale;
  }
  return ISN_STORE_N_DATASETS;
}

const char *isn_store_axis_name(char axis)
{
  for (int i = 0; i < N_AXES; i++) {
    if (axis_table[i].letter == axis)
      return axis_table[i].name;
  }
  return "unknown axis";
}

static int axis_length(const isn_run_layout_t *layout, char axis)
{
  switch (axis) {
  case 'T':
    return layout->n_targets;
  case 'S':
    return layout->n_slots;
  case 'B':
    return isn_run_n_blocks(layout);
  case 'D':
    return layout->code_size;
  case 'E':
    return layout->with_encodings ? layout->encoding_size : 0;
  case 'H':
    return layout->height;
  case 'W':
    return layout->width;
  case 'C':
    return layout->channels;
  case 'M':
    return layout->max_neurons;
  case 'F':
    return layout->n_models;
  case 'R':
    return layout->probe_starts;
  default:
    return 2;
  }
}

/* Most datasets of the group do not have the axis that is 0 where there is no probe. */
static bool is_of_reach(isn_store_id_t id)
{
  return id >= ISN_STORE_REACH_ACTIVATION && id <= ISN_STORE_REACH_RECORD;
}

bool isn_store_shape(const isn_run_layout_t *layout, isn_store_id_t id, isn_store_shape_t *shape)
{
  memset(shape, 0, sizeof *shape);
  if (is_of_reach(id) && layout->probe_starts == 0)
    return false;
  for (const char *axis = table[id].axes; *axis; axis++) {
    int length = axis_length(layout, *axis);
    if (length == 0)
      return false;
    if (length == 1 && (*axis == 'C' || *axis == 'M'))
      continue;
    shape->axes[shape->n_axes] = *axis;
    shape->dims[shape->n_axes++] = (hsize_t)length;
  }
  return table[id].type != ISN_TYPE_INDEX || shape->n_axes == 1;
}

uint64_t isn_run_file_bytes(const isn_run_layout_t *layout)
{
  /* A dataset takes its bytes rounded up, and some pages for its header and attributes. */
  const uint64_t page = 4096, pages_of_metadata = 4;
  const uint64_t most =
      UINT64_MAX / (2 * ISN_STORE_N_DATASETS); /* so that the sum cannot overflow */
  uint64_t bytes = 64 * page;
  for (int id = 0; id < ISN_STORE_N_DATASETS; id++) {
    isn_store_shape_t shape;
    if (!isn_store_shape(layout, (isn_store_id_t)id, &shape))
      continue;
    uint64_t data = isn_store_element_bytes(layout, (isn_store_id_t)id);
    for (int i = 0; i < shape.n_axes; i++)
      data = data > most / shape.dims[i] ? most : data * shape.dims[i];
    bytes += (data / page + 1 + pages_of_metadata) * page;
  }
  return bytes;
}

isn_status_t isn_store_sizes_check(const isn_run_layout_t *layout, isn_status_t code)
{
  /* The ascents of a target are counted in its record. */
  const int most_starts = INT32_MAX / (layout->max_neurons > 0 ? layout->max_neurons : 1);
  const struct {
    const char *name;
    int value, least, most;
  } fields[] = {
      {"n_targets", layout->n_targets, 1, INT32_MAX},
      {"n_slots", layout->n_slots, 1, INT32_MAX},
      {"block_size", layout->block_size, 1, layout->n_slots},
      {"code_size", layout->code_size, 1, INT32_MAX},
      {"encoding_size", layout->encoding_size, 1, INT32_MAX},
      {"height", layout->height, 1, INT32_MAX},
      {"width", layout->width, 1, INT32_MAX},
      {"max_neurons", layout->max_neurons, 1, INT32_MAX},
      {"probe_starts", layout->probe_starts, 0, most_starts},
      {"n_models", layout->n_models, 0, ISN_RUN_MAX_MODELS},
  };
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    if (fields[i].value < fields[i].least || fields[i].value > fields[i].most)
      ISN_FAIL(code, "run layout: %s is %d, wanted %d to %d", fields[i].name, fields[i].value,
               fields[i].least, fields[i].most);
  }
  if (layout->channels != 1 && layout->channels != 3)
    ISN_FAIL(code, "run layout: channels is %d, wanted 1 (grey) or 3 (RGB)", layout->channels);
  return ISN_OK;
}

/* Windows may be NaN, and infinite. */
static isn_status_t check_target(const isn_run_layout_t *layout, int t, isn_status_t code)
{
  const isn_run_target_t *target = &layout->targets[t];
  if (target->n_neurons < 1 || target->n_neurons > layout->max_neurons)
    ISN_FAIL(code, "run layout: target %d has %d neurons, wanted 1 to %d", t, target->n_neurons,
             layout->max_neurons);
  if (!target->blobs || !target->neurons || !target->units || !target->quantities ||
      !target->windows)
    ISN_FAIL(code, "run layout: target %d lacks blobs, neurons, units, quantities or windows", t);
  for (int k = 0; k < target->n_neurons; k++) {
    if (target->neurons[k] < 0 || target->units[k] < 1 ||
        target->units[k] > INT32_MAX - target->neurons[k])
      ISN_FAIL(code,
               "run layout: target %d has %d units from unit %d on, wanted 1 or more from 0 on", t,
               target->units[k], target->neurons[k]);
    if (target->quantities[k] > ISN_QUANTITY_PROBABILITY)
      ISN_FAIL(code, "run layout: target %d has quantity %d, wanted 0 or 1", t,
               target->quantities[k]);
    if (!memchr(target->blobs[k], 0, sizeof target->blobs[k]))
      ISN_FAIL(code, "run layout: target %d has a blob name over %d bytes", t,
               ISN_RUN_LABEL_BYTES - 1);
  }
  if (!memchr(target->label, 0, sizeof target->label))
    ISN_FAIL(code, "run layout: target %d has a label over %d bytes", t, ISN_RUN_LABEL_BYTES - 1);
  return ISN_OK;
}

isn_status_t isn_store_layout_check(const isn_run_layout_t *layout, isn_status_t code)
{
  ISN_TRY(isn_store_sizes_check(layout, code));
  if (!layout->config_text || !layout->settings || !layout->method || !layout->program_version ||
      !layout->git_revision || !layout->targets)
    ISN_FAIL(code, "run layout: a text or the list of targets is missing");
  for (int t = 0; t < layout->n_targets; t++)
    ISN_TRY(check_target(layout, t, code));
  for (int m = 0; m < layout->n_models; m++) {
    const isn_run_model_t *model = &layout->models[m];
    if (!model->role || !model->path || strlen(model->role) >= ISN_RUN_LABEL_BYTES ||
        strlen(model->sha256) != ISN_SHA256_TEXT - 1)
      ISN_FAIL(code, "run layout: model %d lacks a role (of at most %d bytes), path or SHA-256", m,
               ISN_RUN_LABEL_BYTES - 1);
  }
  return ISN_OK;
}
