/** @file keys.c
 *  The keys of a config, one row each, and how to find one.
 *
 *  A new setting is a field in include/invset/run_options.h and a row here; nothing else has to
 * change. Knows no libconfig and no file.
 */
#include "config/keys.h"

#include <stdio.h>
#include <string.h>

#include "invset/config.h"
#include "invset/near_miss.h"
#include "invset/random.h"

/* The largest whole number up to which a double counts one by one. */
#define WHOLE_MAX 9007199254740991.0

/* Type, minimum, maximum, words. */
#define INT(low, high) ISN_KEY_INT, (low), (high), NULL
#define INT64(low, high) ISN_KEY_INT64, (low), (high), NULL
#define INT_OR_AUTO(low, high) ISN_KEY_INT_OR_AUTO, (low), (high), NULL
#define FLOAT(low, high) ISN_KEY_FLOAT, (low), (high), NULL
#define NUMBERS(low, high) ISN_KEY_NUMBERS, (low), (high), NULL
#define NUMBERS_OR_FILE(low, high) ISN_KEY_NUMBERS_OR_FILE, (low), (high), NULL
#define RANGE(low, high) ISN_KEY_RANGE, (low), (high), NULL
#define SLICE(low, high) ISN_KEY_SLICE, (low), (high), NULL
#define POSITION(low, high) ISN_KEY_POSITION, (low), (high), NULL
#define SWEEP(low, high) ISN_KEY_SWEEP, (low), (high), NULL
#define INDICES(low, high) ISN_KEY_INDICES, (low), (high), NULL
#define CONDITIONS ISN_KEY_CONDITIONS, 0, 0, NULL
#define NAMES ISN_KEY_NAMES, 0, 0, NULL
#define BOOL ISN_KEY_BOOL, 0, 0, NULL
#define STRING ISN_KEY_STRING, 0, 0, NULL
#define TABLE_FILE ISN_KEY_FILE, 0, 0, NULL
#define PATHS ISN_KEY_PATHS, 0, 0, NULL
#define PICTURE_FILE TABLE_FILE
#define CODES ISN_KEY_CODES, 0, 0, NULL
#define WORD(words) ISN_KEY_WORD, 0, 0, words

#define REQUIRED NULL
#define OPTIONAL ISN_KEY_OPTIONAL
#define IN(field) offsetof(isn_run_options_t, field)
#define IN_TARGET(field) offsetof(isn_target_options_t, field)
/* Whether results depend on the key.  Models do not count by their paths: their contents do. */
#define RESULTS true
#define NEUTRAL false
/* Unit of lengths in code space: start_deviation * sqrt(numbers of a code), so that settings carry
 * over from one generator to another. */
#define CODE_LENGTHS "code lengths"
/* Unit of steps of methods that change every coordinate alike: code_max - code_min, its mean. */
#define CODE_RANGES "code ranges"

/* clang-format off */
static const isn_key_t file_keys[] = {
  {"models.classifier.net", STRING, "", OPTIONAL, IN(models.classifier.net), NEUTRAL,
   "definition of the classifier f (.prototxt); without it the one that the .caffemodel carries"},
  {"models.classifier.input_shape", NUMBERS(1, 1e6), "", OPTIONAL, IN(models.classifier.input_shape), RESULTS,
   "channels, rows, columns of its input (or the numbers of a code), where no definition says"},
  {"models.classifier.weights", STRING, "", OPTIONAL, IN(models.classifier.weights), NEUTRAL,
   "weights of the classifier (.caffemodel or .caffemodel.h5); a net none of whose layers has weights needs no file"},
  {"models.classifier.mean", NUMBERS_OR_FILE(0, 255), "grey levels", REQUIRED, IN(models.mean),
   RESULTS, "what the classifier subtracts from a picture: one number per channel, in its order of "
   "channels, or a file with these or a picture (.binaryproto, .mat, .npy)"},
  {"models.classifier.channels", WORD("bgr|rgb"), "", "\"bgr\"", IN(models.channels), RESULTS,
   "order of the classifier's channels; Caffe's models have \"bgr\""},
  {"models.classifier.scale", FLOAT(1e-6, 1e6), "", "1.0", IN(models.scale), RESULTS,
   "what grey levels minus mean are multiplied by; Caffe's models have 1, LeNet 0.00390625"},
  {"models.classifier.labels", STRING, "", OPTIONAL, IN(models.labels), NEUTRAL,
   "names of the classes, one a line; needed if targets are named"},
  {"models.generator.net", STRING, "", OPTIONAL, IN(models.generator.net), NEUTRAL,
   "definition of the generator G: its input is the code, its last blob the picture; without it the one that the .caffemodel carries"},
  {"models.generator.input_shape", NUMBERS(1, 1e6), "", OPTIONAL, IN(models.generator.input_shape), RESULTS,
   "channels, rows, columns of its input (or the numbers of a code), where no definition says"},
  {"models.generator.weights", STRING, "", OPTIONAL, IN(models.generator.weights), NEUTRAL,
   "weights of the generator, likewise"},
  {"models.encoder.net", STRING, "", OPTIONAL, IN(models.encoder.net), NEUTRAL,
   "definition of the encoder E; without it the one that the .caffemodel carries"},
  {"models.encoder.input_shape", NUMBERS(1, 1e6), "", OPTIONAL, IN(models.encoder.input_shape), RESULTS,
   "channels, rows, columns of its input (or the numbers of a code), where no definition says"},
  {"models.encoder.weights", STRING, "", OPTIONAL, IN(models.encoder.weights), NEUTRAL,
   "weights of the encoder, likewise"},
  {"models.encoder.shared", WORD("none|classifier"), "", "\"none\"", IN(models.encoder_shared),
   RESULTS, "\"classifier\": E is a layer of the classifier (one pass serves both); name its blob"},
  {"models.encoder.blob", STRING, "", OPTIONAL, IN(models.encoder_blob), RESULTS,
   "blob that is the encoding; without it the encoder's last one"},

  {"sampling.samples", INT(1, 1e9), "samples", "100", IN(sampling.samples), RESULTS,
   "samples of each target (n in the paper)"},
  {"sampling.block", INT(1, 1e5), "samples", "10", IN(sampling.block), RESULTS,
   "samples optimised together (K in the paper); the first block of a target is its seed set"},
  {"sampling.chains", INT(1, ISN_RANDOM_CHAINS - 1), "chains", "3", IN(sampling.chains), RESULTS,
   "independent rows of blocks of each target, after the seed block; they run side by side"},
  {"sampling.chain_length", INT(1, ISN_RANDOM_BLOCKS - 1), "blocks", "10",
   IN(sampling.chain_length), RESULTS, "blocks after which a chain starts again from fresh codes"},
  {"sampling.seed", INT64(0, WHOLE_MAX), "", "1", IN(sampling.seed), RESULTS,
   "seed of all random numbers; equal seeds give equal samples on any number of ranks"},
  {"sampling.code_min", NUMBERS_OR_FILE(-1e6, 1e6), "code units", REQUIRED, IN(sampling.code_min),
   RESULTS, "lowest value of a code's coordinates: one for all, one each, or a text file of numbers"},
  {"sampling.code_max", NUMBERS_OR_FILE(-1e6, 1e6), "code units", REQUIRED, IN(sampling.code_max),
   RESULTS, "highest value of a code's coordinates, as code_min"},
  {"sampling.start_mean", FLOAT(-1e6, 1e6), "code units", "0.0", IN(sampling.start_mean), RESULTS,
   "mean of the normal distribution of starting codes, before they are cut to the bounds"},
  {"sampling.start_deviation", FLOAT(1e-6, 1e6), "code units", "1.0",
   IN(sampling.start_deviation), RESULTS, "standard deviation of that distribution"},
  {"sampling.method", WORD("invset|ppgn|dgn-am|ascent|mcmc"), "", "\"invset\"", IN(sampling.method),
   RESULTS, "how samples are made: by this program, or for comparison by PPGN-h, DGN-AM, gradient ascent, or Langevin chains"},
  {"sampling.rule", WORD("newton|classic"), "", "\"newton\"", IN(sampling.rule), RESULTS,
   "how a code moves to the window: a Newton step, or the classic augmented-Lagrangian gradient"},
  {"sampling.step", FLOAT(0, 10), CODE_LENGTHS, "0.45", IN(sampling.step), RESULTS,
   "length of the step away from the samples so far, with which a block of a chain begins"},
  {"sampling.newton_cap", FLOAT(1e-6, 10), CODE_LENGTHS, "0.2", IN(sampling.newton_cap), RESULTS,
   "longest Newton step"},
  {"sampling.aim", FLOAT(0, 0.5), "window widths", "0.05", IN(sampling.aim), RESULTS,
   "Newton steps aim at a random point of the window that is so far or farther from its edges"},
  {"sampling.kick", FLOAT(0, 10), CODE_LENGTHS, "0.4", IN(sampling.kick), RESULTS,
   "length of the random part of a start that is recombined from two accepted samples"},
  {"sampling.classic_step", FLOAT(1e-6, 10), CODE_LENGTHS, "0.1", IN(sampling.classic_step),
   RESULTS, "length of a step of the classic rule"},
  {"sampling.classic_rho", FLOAT(1e-6, 1e6), "1/activation", "10.0", IN(sampling.classic_rho),
   RESULTS, "penalty of the classic rule"},
  {"sampling.refresh", INT(0, 1e6), "blocks", "0", IN(sampling.refresh), RESULTS,
   "blocks of each chain after which all samples of a target join those that later blocks are pushed away from; 0: the seeds alone"},
  {"sampling.probe_starts", INT(1, 64), "starts", "4", IN(sampling.probe_starts), RESULTS,
   "gradient ascents by which the reach of a neuron is found, for windows that are shares of it"},
  {"sampling.probe_steps", INT(1, 1000), "steps", "24", IN(sampling.probe_steps), RESULTS,
   "steps of each of these ascents"},
  {"sampling.probe_step", FLOAT(1e-6, 10), CODE_LENGTHS, "0.2", IN(sampling.probe_step), RESULTS,
   "length of the first step of an ascent; the length falls to 0 towards the last"},
  {"sampling.start", CODES, "", OPTIONAL, IN(sampling.start_from), RESULTS,
   "codes to start from in place of random ones: a picture, whose encoding is the code, or an array; of a run file's /code the accepted ones"},
  {"sampling.keep", PICTURE_FILE, "", OPTIONAL, IN(sampling.keep), RESULTS,
   "picture (PNG or JPEG) of which every sample keeps the part where the mask is white"},
  {"sampling.mask", PICTURE_FILE, "", OPTIONAL, IN(sampling.mask), RESULTS,
   "picture whose white is kept from sampling.keep and whose black is sampled; grey mixes"},
  {"sampling.starts", INT(0, ISN_RANDOM_SAMPLES - 1), "codes", "0", IN(sampling.starts), RESULTS,
   "random codes in the pool of starts, shared by all targets; 0: chosen from the samples"},
  {"sampling.start_share", FLOAT(1e-3, 1), "", "0.1", IN(sampling.start_share), RESULTS,
   "share of the pool, nearest to a target's window, that its starts are drawn from"},
  {"sampling.patience", INT(1, 100), "steps", "3", IN(sampling.patience), RESULTS,
   "a start is given up if its distance to the window does not shrink by 30 % in so many steps"},
  {"sampling.max_steps", INT(1, 1e6), "steps", "40", IN(sampling.max_steps), RESULTS,
   "steps after which a start is given up in any case"},
  {"sampling.max_starts", INT(1, ISN_RANDOM_DRAWS - 1), "starts", "30", IN(sampling.max_starts),
   RESULTS, "starts of one sample, after which it counts as not reached"},

  {"sampling.ppgn.start", FLOAT(0, 10), CODE_RANGES, "0.03333333333333333", IN(sampling.ppgn.start), RESULTS,
   "deviation of the random codes that it starts from, around start_mean; as published, 1 where codes go from 0 to 30"},
  {"sampling.ppgn.step", FLOAT(1e-9, 10), CODE_RANGES, "0.03333333333333333", IN(sampling.ppgn.step), RESULTS,
   "mean change of a coordinate in an iteration; as published, 1 where codes go from 0 to 30"},
  {"sampling.ppgn.eps1", FLOAT(0, 1e6), "", "1e-5", IN(sampling.ppgn.eps1), RESULTS,
   "weight of the way to E(G(h)), the prior"},
  {"sampling.ppgn.eps2", FLOAT(0, 1e6), "", "1.0", IN(sampling.ppgn.eps2), RESULTS,
   "weight of the gradient of the class's log probability"},
  {"sampling.ppgn.eps3", FLOAT(0, 1e6), "", "1e-17", IN(sampling.ppgn.eps3), RESULTS,
   "deviation of the noise"},
  {"sampling.ppgn.keep", INT(1, ISN_RANDOM_DRAWS), "iterations", "5", IN(sampling.ppgn.keep), RESULTS,
   "iterations from one kept sample of a chain to the next"},
  {"sampling.ppgn.reset_every", INT(0, 1e9), "iterations", "0", IN(sampling.ppgn.reset_every), RESULTS,
   "iterations after which a chain starts from another random code; 0: never"},
  {"sampling.dgn_am.iterations", INT(1, 1e6), "iterations", "200", IN(sampling.dgn_am.iterations),
   RESULTS, "iterations of each sample"},
  {"sampling.dgn_am.start", FLOAT(0, 10), CODE_RANGES, "0.03333333333333333", IN(sampling.dgn_am.start), RESULTS,
   "deviation of the random codes that it starts from, around start_mean; as published, 1 where codes go from 0 to 30"},
  {"sampling.dgn_am.step", FLOAT(1e-9, 10), CODE_RANGES, "0.25", IN(sampling.dgn_am.step), RESULTS,
   "mean change of a coordinate in the first iteration"},
  {"sampling.dgn_am.last_step", FLOAT(0, 10), CODE_RANGES, "0.0", IN(sampling.dgn_am.last_step), RESULTS,
   "what it has fallen to after the last"},
  {"sampling.dgn_am.decay", FLOAT(0, 0.999), "", "0.01", IN(sampling.dgn_am.decay), RESULTS,
   "share of the way to start_mean that each iteration goes back (L2 regularisation)"},
  {"sampling.ascent.iterations", INT(1, 1e6), "iterations", "200", IN(sampling.ascent.iterations),
   RESULTS, "as those of dgn_am, for pictures without a generator"},
  {"sampling.ascent.start", FLOAT(0, 10), CODE_RANGES, "0.03333333333333333", IN(sampling.ascent.start), RESULTS,
   "deviation of the random pictures that it starts from, around start_mean"},
  {"sampling.ascent.step", FLOAT(1e-9, 10), CODE_RANGES, "0.02", IN(sampling.ascent.step), RESULTS,
   "mean change of a pixel in the first iteration"},
  {"sampling.ascent.last_step", FLOAT(0, 10), CODE_RANGES, "0.0", IN(sampling.ascent.last_step), RESULTS,
   "what it has fallen to after the last"},
  {"sampling.ascent.decay", FLOAT(0, 0.999), "", "0.01", IN(sampling.ascent.decay), RESULTS,
   "share of the way to start_mean that each iteration goes back (L2 regularisation)"},
  {"sampling.mcmc.step", FLOAT(1e-9, 10), "start_deviation", "0.1", IN(sampling.mcmc.step), RESULTS,
   "deviation of a proposal's noise in each coordinate"},
  {"sampling.mcmc.temperature", FLOAT(1e-9, 1e6), "window widths", "0.1", IN(sampling.mcmc.temperature), RESULTS,
   "deviation of the activation outside of the window that the chain allows"},
  {"sampling.mcmc.keep", INT(1, ISN_RANDOM_DRAWS), "iterations", "5", IN(sampling.mcmc.keep), RESULTS,
   "iterations from one kept sample of a chain to the next"},

  {"run.backend", STRING, "", "\"auto\"", IN(run.backend), NEUTRAL,
   "what computes the nets: \"cpu\", \"cuda\", or \"auto\" (cuda where there is a GPU, else cpu)"},
  {"run.batch", INT_OR_AUTO(1, 1e5), "samples", "\"auto\"", IN(run.batch), NEUTRAL,
   "most samples that a rank evaluates at once, or \"auto\": chosen from the memory that is free; does not change results"},
  {"run.precision", WORD("fp32|tf32|fp16"), "", "\"fp32\"", IN(run.precision), NEUTRAL,
   "how the cuda backend searches: in float32, or faster with factors of 11 bits (\"tf32\") or in half precision (\"fp16\"); a sample is accepted in float32 in any case"},
  {"run.slice", SLICE(1, 1e6), "", OPTIONAL, IN(run.slice), RESULTS,
   "only the i-th (from 1) of n nearly equal parts of the targets, with the samples of the whole run"},

  {"output.file", STRING, "", REQUIRED, IN(output.file), NEUTRAL,
   "the run file (HDF5); an unfinished one of the same settings is continued; with run.slice, \".slice-i-of-n\" is put before its \".h5\""},
  {"output.encodings", BOOL, "", "true", IN(output.encodings), RESULTS,
   "whether encodings are stored too"},

  {"dataset.images", PATHS, "", OPTIONAL, IN(dataset.images), NEUTRAL,
   "pictures of `invset dataset`: IDX files (plain or gzip'd), folders of PNG and JPEG files, or such files"},
  {"dataset.most", INT(0, 1e9), "pictures", "1000", IN(dataset.most), NEUTRAL,
   "most pictures that `invset dataset` stores of each target, the first ones of the data set; 0: all"},
};

/* The first ones are the keys of a condition, too. */
enum { N_CONDITION_KEYS = 9 };
static const isn_key_t target_keys[] = {
  {"neurons", NAMES, "", OPTIONAL, IN_TARGET(neurons), RESULTS,
   "names of the neurons, as the labels have them; all of them must be in the window"},
  {"index", INDICES(0, 1e6), "", OPTIONAL, IN_TARGET(neurons), RESULTS,
   "instead of names: numbers of the neurons, counted from 0"},
  {"blob", STRING, "", "\"fc8\"", IN_TARGET(blob), RESULTS,
   "blob of the classifier that the neurons are units of"},
  {"position", POSITION(0, 1e6), "", OPTIONAL, IN_TARGET(position), RESULTS,
   "neurons are channels of the blob: the unit at this row and column, or the largest of all"},
  {"window", RANGE(-1e6, 1e6), "activation", OPTIONAL, IN_TARGET(window), RESULTS,
   "lowest and highest activation (before softmax) of an accepted picture"},
  {"reach", RANGE(0, 1), "shares", OPTIONAL, IN_TARGET(reach), RESULTS,
   "instead: the window in shares of the largest activation that the generator can produce"},
  {"below", FLOAT(-1e6, 1e6), "activation", OPTIONAL, IN_TARGET(below), RESULTS,
   "instead: the highest activation, with no lowest (to keep other classes out)"},
  {"above", FLOAT(-1e6, 1e6), "activation", OPTIONAL, IN_TARGET(above), RESULTS,
   "instead: the lowest activation, with no highest"},
  {"probability", RANGE(0, 1), "probability", OPTIONAL, IN_TARGET(probability), RESULTS,
   "instead: lowest and highest probability, of the softmax over all units of the blob"},
  {"sweep", SWEEP(0, 1e6), "", OPTIONAL, IN_TARGET(sweep), RESULTS,
   "instead of neurons and index, a target for each of many neurons: all, numbers, ranges, class names"},
  {"table", TABLE_FILE, "", OPTIONAL, IN_TARGET(table), RESULTS,
   "instead of a window: a CSV file with one for each neuron, in rows of neuron, low, high"},
  {"and", CONDITIONS, "", OPTIONAL, IN_TARGET(conditions), RESULTS,
   "further conditions on neurons of any blobs, all of which each target of the group must satisfy, too"},
};
/* clang-format on */

const isn_key_table_t isn_file_keys = {(int)(sizeof file_keys / sizeof file_keys[0]), file_keys};
const isn_key_table_t isn_target_keys = {(int)(sizeof target_keys / sizeof target_keys[0]),
                                         target_keys};
const isn_key_table_t isn_condition_keys = {N_CONDITION_KEYS, target_keys};

const isn_key_t *isn_key_find(const isn_key_table_t *table, const char *path)
{
  for (int i = 0; i < table->n; i++) {
    if (strcmp(table->keys[i].path, path) == 0)
      return &table->keys[i];
  }
  return NULL;
}

const isn_key_t *isn_key_find_anywhere(const char *path)
{
  static const char list[] = "targets[";
  if (strncmp(path, list, sizeof list - 1) != 0)
    return isn_key_find(&isn_file_keys, path);
  static const char conditions[] = "and[";
  const char *name = strchr(path, '.');
  const isn_key_table_t *table = &isn_target_keys;
  if (name && strncmp(name + 1, conditions, sizeof conditions - 1) == 0) {
    name = strchr(name + 1, '.');
    table = &isn_condition_keys;
  }
  return name ? isn_key_find(table, name + 1) : NULL;
}

bool isn_key_is_group(const isn_key_table_t *table, const char *path)
{
  size_t length = strlen(path);
  for (int i = 0; i < table->n; i++) {
    if (strncmp(table->keys[i].path, path, length) == 0 && table->keys[i].path[length] == '.')
      return true;
  }
  return false;
}

int isn_key_word_index(const char *words, const char *word)
{
  size_t length = strlen(word);
  for (int index = 0;; index++) {
    size_t n = strcspn(words, "|");
    if (n == length && memcmp(words, word, n) == 0)
      return index;
    if (words[n] == '\0')
      return -1;
    words += n + 1;
  }
}

isn_words_t isn_key_word(const char *words, int index)
{
  isn_words_t out;
  for (; index > 0; index--)
    words += strcspn(words, "|") + 1;
  snprintf(out.text, sizeof out.text, "%.*s", (int)strcspn(words, "|"), words);
  return out;
}

/* "newton|classic" as "newton" or "classic", quoted as in a config. */
static isn_words_t word_list(const char *words)
{
  isn_words_t out = {"\""};
  size_t length = 1;
  for (; *words; words++) {
    const char as_is[2] = {*words, '\0'};
    length += (size_t)snprintf(out.text + length, sizeof out.text - length, "%s",
                               *words == '|' ? "\" or \"" : as_is);
  }
  snprintf(out.text + length, sizeof out.text - length, "\"");
  return out;
}

/* With the bounds for its conversions, if it has any.  Words have their own function. */
static const char *const wanted[] = {
    [ISN_KEY_INT] = "a whole number from %.0f to %.0f",
    [ISN_KEY_INT64] = "a whole number from %.0f to %.0f",
    [ISN_KEY_INT_OR_AUTO] = "a whole number from %.0f to %.0f, or \"auto\"",
    [ISN_KEY_FLOAT] = "a number from %.9g to %.9g",
    [ISN_KEY_BOOL] = "true or false",
    [ISN_KEY_STRING] = "a string that is not empty",
    [ISN_KEY_FILE] = "the name of a file",
    [ISN_KEY_CODES] = "the name of a PNG or JPEG file, or \"FILE.h5:/DATASET\"",
    [ISN_KEY_PATHS] = "the name of a file or folder, or an array of them",
    [ISN_KEY_NUMBERS] = "a number or an array of numbers from %.9g to %.9g",
    [ISN_KEY_NUMBERS_OR_FILE] = "a number or an array of numbers from %.9g to %.9g, or the name of "
                                "a file of them",
    [ISN_KEY_RANGE] = "[low, high], two numbers from %.9g to %.9g",
    [ISN_KEY_SLICE] = "[i, n], two whole numbers from %.0f to %.0f, i not above n",
    [ISN_KEY_POSITION] = "\"max\", or [row, column], two whole numbers from %.0f to %.0f",
    [ISN_KEY_NAMES] = "an array of class names, as [\"sneaker\"]",
    [ISN_KEY_INDICES] = "a whole number or an array of them, from %.0f to %.0f",
    [ISN_KEY_SWEEP] = "\"all\", a whole number from %.0f to %.0f, a range of them as \"0-99\", a "
                      "class name, or a list of these",
    [ISN_KEY_CONDITIONS] = "a list of groups, as ( { neurons = [\"bag\"]; below = 0.0; } )"};

isn_words_t isn_key_wanted(const isn_key_t *key)
{
  isn_words_t out;
  if (key->type == ISN_KEY_WORD)
    return word_list(key->words);
  snprintf(out.text, sizeof out.text, wanted[key->type], key->minimum, key->maximum);
  return out;
}

/* The part of a path behind the group of this length (0: the root), up to the next dot. */
static void offer_child(isn_near_misses_t *near, const char *path, size_t group_length, int index)
{
  const char *child = path + group_length;
  isn_near_offer(near, child, strcspn(child, "."), index);
}

static const char *last_part(const char *path)
{
  const char *dot = strrchr(path, '.');
  return dot ? dot + 1 : path;
}

isn_words_t isn_key_nearest(const isn_key_table_t *table, const char *path)
{
  static const char list[] = "targets"; /* known to the reader, not a row of the table */
  isn_near_misses_t near;
  isn_words_t out = {""};
  const char *last = last_part(path);
  size_t group_length = (size_t)(last - path);

  /* First a slip of the pen in this group, */
  isn_near_begin(&near, last);
  for (int i = 0; i < table->n; i++) {
    if (strncmp(table->keys[i].path, path, group_length) == 0)
      offer_child(&near, table->keys[i].path, group_length, i);
  }
  if (table == &isn_file_keys && group_length == 0)
    offer_child(&near, list, 0, table->n);
  if (near.n > 0) {
    snprintf(out.text, sizeof out.text, "%.*s%.*s", (int)group_length, path,
             (int)near.misses[0].length, near.misses[0].text);
    return out;
  }
  /* then a key that belongs into another group. */
  for (int i = 0; i < table->n; i++) {
    const char *name = last_part(table->keys[i].path);
    isn_near_offer(&near, name, strlen(name), i);
  }
  if (near.n > 0)
    snprintf(out.text, sizeof out.text, "%s", table->keys[near.misses[0].index].path);
  return out;
}
