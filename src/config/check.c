/** @file check.c
 *  Unknown keys, and settings that do not fit each other.
 *
 *  libconfig lets any key pass, so a misspelt one would silently leave its default in force.
 */
#include "config/check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "invset/files.h"
#include "invset/random.h"

static isn_status_t fail_unknown(const config_setting_t *setting, const isn_key_table_t *table,
                                 const char *path)
{
  isn_words_t full = isn_tree_path(setting), near = isn_key_nearest(table, path);
  if (near.text[0] == '\0')
    ISN_FAIL(ISN_ERR_INPUT, "%s: %s: no such key; 'invset sample --help' lists them all",
             isn_tree_place(setting).text, full.text);
  /* The path within the table may be the end of a longer one: targets[0].window. */
  int n_before = (int)(strlen(full.text) - strlen(path));
  ISN_FAIL(ISN_ERR_INPUT, "%s: %s: no such key; did you mean '%.*s%s'?",
           isn_tree_place(setting).text, full.text, n_before, full.text, near.text);
}

static isn_status_t check_group(const config_setting_t *group, const isn_key_table_t *table,
                                const char *prefix);

/* The groups of the list `targets`, or of a list of conditions. */
static isn_status_t check_groups(const config_setting_t *list, const isn_key_table_t *table)
{
  /* Whether it is a list at all is for its reader to say. */
  if (!config_setting_is_list(list))
    return ISN_OK;
  for (int i = 0; i < config_setting_length(list); i++)
    ISN_TRY(check_group(config_setting_get_elem(list, (unsigned)i), table, ""));
  return ISN_OK;
}

static isn_status_t check_member(const config_setting_t *member, const isn_key_table_t *table,
                                 const char *path)
{
  const isn_key_t *key = isn_key_find(table, path);
  if (!key)
    return fail_unknown(member, table, path);
  return key->type == ISN_KEY_CONDITIONS ? check_groups(member, &isn_condition_keys) : ISN_OK;
}

/* Check the members of a group whose keys begin with the prefix ("models.encoder."). */
static isn_status_t check_group(const config_setting_t *group, const isn_key_table_t *table,
                                const char *prefix)
{
  if (!config_setting_is_group(group))
    ISN_FAIL(ISN_ERR_INPUT, "%s: %s: found %s, want a group { ... }", isn_tree_place(group).text,
             isn_tree_path(group).text, isn_tree_found(group).text);
  for (int i = 0; i < config_setting_length(group); i++) {
    const config_setting_t *member = config_setting_get_elem(group, (unsigned)i);
    isn_words_t path, inner;
    snprintf(path.text, sizeof path.text, "%.200s%.200s", prefix, config_setting_name(member));
    if (table == &isn_file_keys && strcmp(path.text, "targets") == 0) {
      ISN_TRY(check_groups(member, &isn_target_keys));
    } else if (isn_key_is_group(table, path.text)) {
      snprintf(inner.text, sizeof inner.text, "%.500s.", path.text);
      ISN_TRY(check_group(member, table, inner.text));
    } else {
      ISN_TRY(check_member(member, table, path.text));
    }
  }
  return ISN_OK;
}

isn_status_t isn_check_known(const config_setting_t *root)
{
  return check_group(root, &isn_file_keys, "");
}

/* Whether the layers of a definition need weights is found when it is read. */
static isn_status_t check_net(const config_setting_t *root, const char *group,
                              const isn_model_files_t *files, const char *instead)
{
  if (!files->net && !files->weights)
    ISN_FAIL(ISN_ERR_INPUT, "%s: %s.net is missing, want net and weights, or %s",
             isn_tree_place_of(root, group).text, group, instead);
  return ISN_OK;
}

static isn_status_t check_encoder(const config_setting_t *root, const isn_run_options_t *config)
{
  static const char group[] = "models.encoder";
  const isn_model_files_t *encoder = &config->models.encoder;
  if (config->models.encoder_shared == ISN_ENCODER_CLASSIFIER) {
    if (encoder->net || encoder->weights)
      ISN_FAIL(ISN_ERR_INPUT,
               "%s: %s: found shared = \"classifier\" together with net or weights, want one of "
               "the two: a shared encoder is a layer of the classifier",
               isn_tree_place_of(root, "models.encoder.shared").text, group);
    if (!config->models.encoder_blob)
      ISN_FAIL(ISN_ERR_INPUT,
               "%s: %s.blob is missing, want the blob of the classifier that is the encoding, as "
               "\"fc6\"",
               isn_tree_place_of(root, group).text, group);
    return ISN_OK;
  }
  return check_net(root, group, encoder, "shared = \"classifier\" and blob");
}

/* The input's shape is said once: by the definition, or here for a .caffemodel without one. */
static isn_status_t check_input_shape(const config_setting_t *root, const char *group,
                                      const isn_model_files_t *files)
{
  char key[64];
  const isn_numbers_t *shape = &files->input_shape;
  snprintf(key, sizeof key, "models.%s.input_shape", group);
  if (shape->n > 0 && files->net)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: %s: found beside net, want one of the two: the definition has a shape",
             isn_tree_place_of(root, key).text, key);
  for (int i = 0; i < shape->n; i++)
    if (shape->n > 3 || shape->values[i] != floor(shape->values[i]))
      ISN_FAIL(ISN_ERR_INPUT, "%s: %s: want one to three whole numbers: channels, rows, columns",
               isn_tree_place_of(root, key).text, key);
  return ISN_OK;
}

static isn_status_t check_blocks(const config_setting_t *root, const isn_run_options_t *config)
{
  static const char key[] = "sampling.block";
  const int samples = config->sampling.samples, block = config->sampling.block;
  if (block > samples)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: %s: found %d, want at most sampling.samples, which is %d (a block is a part of "
             "the samples)",
             isn_tree_place_of(root, key).text, key, block, samples);
  if (samples / block >= ISN_RANDOM_BLOCKS)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: %s: found %d, want at least %d: sampling.samples = %d make too many blocks",
             isn_tree_place_of(root, key).text, key, block, samples / ISN_RANDOM_BLOCKS + 1,
             samples);
  return ISN_OK;
}

/* Of bounds in files, and of one number against many, only isn_code_bounds_expand() knows the
 * sizes. */
static isn_status_t check_bounds(const config_setting_t *root, const isn_run_options_t *config)
{
  const isn_numbers_t *low = &config->sampling.code_min.numbers;
  const isn_numbers_t *high = &config->sampling.code_max.numbers;
  if (low->n != high->n)
    return ISN_OK;
  for (int i = 0; i < low->n; i++) {
    if (low->values[i] >= high->values[i])
      ISN_FAIL(ISN_ERR_INPUT,
               "%s: sampling.code_min: number %d is %.9g, want less than that of "
               "sampling.code_max, which is %.9g",
               isn_tree_place_of(root, "sampling.code_min").text, i, low->values[i],
               high->values[i]);
  }
  return ISN_OK;
}

/* A forgotten file is better found now than after the models were read. */
static isn_status_t check_numbers_file(const config_setting_t *root, const char *key,
                                       const isn_numbers_or_file_t *numbers)
{
  isn_status_t status = numbers->file ? isn_file_check(numbers->file, key) : ISN_OK;
  if (status != ISN_OK)
    isn_error_prefix("%s", isn_tree_place_of(root, key).text);
  return status;
}

/* A picture that is kept and its mask are one thing; a forgotten file is better found now. */
static isn_status_t check_keep(const config_setting_t *root, const isn_run_options_t *config)
{
  const char *keep = config->sampling.keep, *mask = config->sampling.mask;
  if (!keep != !mask)
    ISN_FAIL(
        ISN_ERR_INPUT,
        "%s: sampling.%s: found without sampling.%s, want both: the picture, and which part of "
        "it is kept",
        isn_tree_place_of(root, keep ? "sampling.keep" : "sampling.mask").text,
        keep ? "keep" : "mask", keep ? "mask" : "keep");
  return ISN_OK;
}

isn_status_t isn_check_together(const config_setting_t *root, const isn_run_options_t *config)
{
  static const char alone[] = "a .caffemodel alone, as weights";
  ISN_TRY(check_net(root, "models.classifier", &config->models.classifier, alone));
  ISN_TRY(check_net(root, "models.generator", &config->models.generator, alone));
  ISN_TRY(check_encoder(root, config));
  ISN_TRY(check_input_shape(root, "classifier", &config->models.classifier));
  ISN_TRY(check_input_shape(root, "generator", &config->models.generator));
  ISN_TRY(check_input_shape(root, "encoder", &config->models.encoder));
  ISN_TRY(check_blocks(root, config));
  ISN_TRY(check_bounds(root, config));
  ISN_TRY(check_keep(root, config));
  ISN_TRY(check_numbers_file(root, "models.classifier.mean", &config->models.mean));
  ISN_TRY(check_numbers_file(root, "sampling.code_min", &config->sampling.code_min));
  return check_numbers_file(root, "sampling.code_max", &config->sampling.code_max);
}
