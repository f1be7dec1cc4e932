/** @file contents.c
 *  What a run file holds from its creation on: scales, names and windows of the targets, texts and
 *  models; of these a window alone may be written again.  Writing and reading stand side by side.
 * Knows no samples.
 */
#include "store/contents.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invset/memory.h"

void isn_run_layout_clear(isn_run_layout_t *layout)
{
  for (int t = 0; layout->targets && t < layout->n_targets; t++) {
    free(layout->targets[t].neurons);
    free(layout->targets[t].units);
    free(layout->targets[t].windows);
  }
  free(layout->targets);
  for (int m = 0; m < layout->n_models; m++) {
    free(layout->models[m].role);
    free(layout->models[m].path);
  }
  free(layout->config_text);
  free(layout->settings);
  free(layout->program_version);
  free(layout->git_revision);
  memset(layout, 0, sizeof *layout);
}

/* --- writing --- */

static isn_status_t write_index(const isn_datasets_t *datasets, isn_store_id_t id)
{
  isn_store_shape_t shape;
  int32_t *numbers;
  if (!isn_store_shape(datasets->layout, id, &shape))
    return ISN_OK;
  ISN_TRY(isn_alloc(&numbers, shape.dims[0], "numbers of an axis"));
  for (int32_t i = 0; i < (int32_t)shape.dims[0]; i++)
    numbers[i] = i;
  isn_status_t status = isn_datasets_write(datasets, id, NULL, numbers);
  free(numbers);
  return status;
}

static const char *text_of(const isn_run_layout_t *layout, isn_store_id_t id, int i)
{
  switch (id) {
  case ISN_STORE_TARGET_LABEL:
    return layout->targets[i].label;
  case ISN_STORE_TARGET_BLOB:
    return layout->targets[i].blob;
  case ISN_STORE_MODEL_ROLE:
    return layout->models[i].role;
  case ISN_STORE_MODEL_PATH:
    return layout->models[i].path;
  case ISN_STORE_MODEL_SHA256:
    return layout->models[i].sha256;
  case ISN_STORE_CONFIG_TEXT:
    return layout->config_text;
  default:
    return layout->settings;
  }
}

static isn_status_t write_texts(const isn_datasets_t *datasets, isn_store_id_t id)
{
  const size_t bytes = isn_store_element_bytes(datasets->layout, id);
  isn_store_shape_t shape;
  char *packed;
  if (!isn_store_shape(datasets->layout, id, &shape))
    return ISN_OK;
  const size_t n = shape.n_axes > 0 ? (size_t)shape.dims[0] : 1;
  ISN_TRY(isn_alloc(&packed, n * bytes, "texts of a run file"));
  for (size_t i = 0; i < n; i++) {
    const char *text = text_of(datasets->layout, id, (int)i);
    memcpy(packed + i * bytes, text, strlen(text)); /* it fits: isn_store_layout_check(), types.c */
  }
  isn_status_t status = isn_datasets_write(datasets, id, NULL, packed);
  free(packed);
  return status;
}

static isn_status_t write_targets(const isn_datasets_t *datasets)
{
  const isn_run_layout_t *layout = datasets->layout;
  const int m = layout->max_neurons;
  const size_t n = (size_t)layout->n_targets * (size_t)m;
  isn_status_t status = ISN_OK;
  int32_t *neurons = NULL, *units = NULL;
  float(*windows)[2] = NULL;
  ISN_TRY_GOTO(isn_alloc(&neurons, n, "neurons of the targets"), done);
  ISN_TRY_GOTO(isn_alloc(&units, n, "units of the targets"), done);
  ISN_TRY_GOTO(isn_alloc(&windows, n, "windows of the targets"), done);
  for (size_t i = 0; i < n; i++) {
    const isn_run_target_t *target = &layout->targets[i / (size_t)m];
    const int k = (int)(i % (size_t)m);
    const bool used = k < target->n_neurons;
    neurons[i] = used ? target->neurons[k] : -1;
    units[i] = used ? target->units[k] : -1;
    windows[i][0] = used ? target->windows[k][0] : NAN;
    windows[i][1] = used ? target->windows[k][1] : NAN;
  }
  ISN_TRY_GOTO(isn_datasets_write(datasets, ISN_STORE_TARGET_NEURON, NULL, neurons), done);
  ISN_TRY_GOTO(isn_datasets_write(datasets, ISN_STORE_TARGET_UNITS, NULL, units), done);
  ISN_TRY_GOTO(isn_datasets_write(datasets, ISN_STORE_WINDOW, NULL, windows), done);
done:
  free(neurons);
  free(units);
  free(windows);
  return status;
}

isn_status_t isn_contents_write_windows(const isn_datasets_t *datasets, int target,
                                        const float (*windows)[2])
{
  const isn_run_layout_t *layout = datasets->layout;
  if (target < 0 || target >= layout->n_targets)
    ISN_FAIL(ISN_ERR_ARG, "'%s' has no target %d", datasets->path, target);
  const isn_rows_at_t rows = isn_rows_of_neurons(layout, target);
  return isn_datasets_write(datasets, ISN_STORE_WINDOW, &rows, windows);
}

isn_status_t isn_contents_write(const isn_datasets_t *datasets)
{
  for (int i = 0; i < ISN_STORE_N_DATASETS; i++) {
    isn_store_id_t id = (isn_store_id_t)i;
    isn_store_type_t type = isn_store_dataset(id)->type;
    if (type == ISN_TYPE_INDEX)
      ISN_TRY(write_index(datasets, id));
    else if (type == ISN_TYPE_NAME || type == ISN_TYPE_TEXT)
      ISN_TRY(write_texts(datasets, id));
  }
  return write_targets(datasets);
}

/* --- reading --- */

/* Read all texts of a dataset that must be there.
 * @param[out] bytes of each, which need not end with a zero */
static isn_status_t read_texts(const isn_datasets_t *datasets, isn_store_id_t id, char **packed,
                               size_t *bytes)
{
  isn_store_shape_t shape;
  *packed = NULL;
  if (!isn_store_shape(datasets->layout, id, &shape))
    ISN_FAIL(ISN_ERR_ARG, "'%s' has no dataset '%s'", datasets->path, isn_store_dataset(id)->name);
  *bytes = H5Tget_size(datasets->types[id]);
  ISN_TRY(isn_alloc(packed, (shape.n_axes > 0 ? (size_t)shape.dims[0] : 1) * *bytes,
                    "texts of a run file"));
  isn_status_t status = isn_datasets_read(datasets, id, NULL, *packed);
  if (status != ISN_OK) {
    free(*packed);
    *packed = NULL;
  }
  return status;
}

static isn_status_t copy_text(const char *packed, size_t bytes, char **out)
{
  ISN_TRY(isn_alloc(out, bytes + 1, "text of a run file"));
  memcpy(*out, packed, bytes);
  return ISN_OK;
}

static isn_status_t read_scalar_text(const isn_datasets_t *datasets, isn_store_id_t id, char **out)
{
  char *packed;
  size_t bytes = 0;
  ISN_TRY(read_texts(datasets, id, &packed, &bytes));
  isn_status_t status = copy_text(packed, bytes, out);
  free(packed);
  return status;
}

static isn_status_t read_models(const isn_datasets_t *datasets, isn_run_layout_t *layout)
{
  isn_status_t status = ISN_OK;
  char *role = NULL, *path = NULL, *sha256 = NULL;
  size_t role_bytes = 0, path_bytes = 0, sha256_bytes = 0;
  if (layout->n_models == 0)
    return ISN_OK;
  ISN_TRY_GOTO(read_texts(datasets, ISN_STORE_MODEL_ROLE, &role, &role_bytes), done);
  ISN_TRY_GOTO(read_texts(datasets, ISN_STORE_MODEL_PATH, &path, &path_bytes), done);
  ISN_TRY_GOTO(read_texts(datasets, ISN_STORE_MODEL_SHA256, &sha256, &sha256_bytes), done);
  for (size_t m = 0; m < (size_t)layout->n_models; m++) {
    isn_run_model_t *model = &layout->models[m];
    ISN_TRY_GOTO(copy_text(role + m * role_bytes, role_bytes, &model->role), done);
    ISN_TRY_GOTO(copy_text(path + m * path_bytes, path_bytes, &model->path), done);
    snprintf(model->sha256, sizeof model->sha256, "%.*s", ISN_SHA256_TEXT - 1,
             sha256 + m * sha256_bytes);
  }
done:
  free(role);
  free(path);
  free(sha256);
  return status;
}

/* Neurons of a target: those before the first -1. */
static isn_status_t set_neurons(const isn_datasets_t *datasets, isn_run_target_t *target,
                                const int32_t *neurons, const int32_t *units,
                                const float (*windows)[2])
{
  const int m = datasets->layout->max_neurons;
  while (target->n_neurons < m && neurons[target->n_neurons] >= 0)
    target->n_neurons++;
  const size_t n = (size_t)target->n_neurons;
  if (n == 0)
    ISN_FAIL(ISN_ERR_INPUT, "'%s': dataset 'target_neuron' has a target without neurons",
             datasets->path);
  ISN_TRY(isn_alloc(&target->neurons, n, "neurons of a target"));
  ISN_TRY(isn_alloc(&target->units, n, "units of a target"));
  ISN_TRY(isn_alloc(&target->windows, n, "windows of a target"));
  for (size_t k = 0; k < n; k++) {
    target->neurons[k] = neurons[k];
    target->units[k] = units[k];
  }
  memcpy(target->windows, windows, n * sizeof *windows);
  return ISN_OK;
}

static isn_status_t read_targets(const isn_datasets_t *datasets, isn_run_layout_t *layout)
{
  const size_t m = (size_t)layout->max_neurons, n = (size_t)layout->n_targets;
  isn_status_t status = ISN_OK;
  char *label = NULL, *blob = NULL;
  size_t bytes = 0; /* ISN_RUN_LABEL_BYTES: the type was checked */
  int32_t *neurons = NULL, *units = NULL;
  float(*windows)[2] = NULL;
  ISN_TRY_GOTO(isn_alloc(&layout->targets, n, "targets of a run file"), done);
  ISN_TRY_GOTO(read_texts(datasets, ISN_STORE_TARGET_LABEL, &label, &bytes), done);
  ISN_TRY_GOTO(read_texts(datasets, ISN_STORE_TARGET_BLOB, &blob, &bytes), done);
  ISN_TRY_GOTO(isn_alloc(&neurons, n * m, "neurons of the targets"), done);
  ISN_TRY_GOTO(isn_alloc(&units, n * m, "units of the targets"), done);
  ISN_TRY_GOTO(isn_alloc(&windows, n * m, "windows of the targets"), done);
  ISN_TRY_GOTO(isn_datasets_read(datasets, ISN_STORE_TARGET_NEURON, NULL, neurons), done);
  ISN_TRY_GOTO(isn_datasets_read(datasets, ISN_STORE_TARGET_UNITS, NULL, units), done);
  ISN_TRY_GOTO(isn_datasets_read(datasets, ISN_STORE_WINDOW, NULL, windows), done);
  for (size_t t = 0; t < n; t++) {
    isn_run_target_t *target = &layout->targets[t];
    memcpy(target->label, label + t * bytes, sizeof target->label);
    memcpy(target->blob, blob + t * bytes, sizeof target->blob);
    ISN_TRY_GOTO(set_neurons(datasets, target, neurons + t * m, units + t * m,
                             (const float(*)[2])windows + t * m),
                 done);
  }
done:
  free(label);
  free(blob);
  free(neurons);
  free(units);
  free(windows);
  return status;
}

isn_status_t isn_contents_read(const isn_datasets_t *datasets, isn_run_layout_t *layout)
{
  ISN_TRY(read_scalar_text(datasets, ISN_STORE_CONFIG_TEXT, &layout->config_text));
  ISN_TRY(read_scalar_text(datasets, ISN_STORE_SETTINGS, &layout->settings));
  ISN_TRY(read_models(datasets, layout));
  return read_targets(datasets, layout);
}
