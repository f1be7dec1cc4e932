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
  for (int t = 0; layout->targets && t < layout->n_targets; t++)
    isn_run_target_free(&layout->targets[t]);
  free(layout->targets);
  for (int m = 0; m < layout->n_models; m++) {
    free(layout->models[m].role);
    free(layout->models[m].path);
  }
  free(layout->config_text);
  free(layout->settings);
  free(layout->method);
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

/* Blob of number i of all targets' neurons, "" where a target has fewer. */
static const char *blob_of(const isn_run_layout_t *layout, int i)
{
  const isn_run_target_t *target = &layout->targets[i / layout->max_neurons];
  const int k = i % layout->max_neurons;
  return k < target->n_neurons ? target->blobs[k] : "";
}

/* Element i of a dataset of texts, its axes taken as one. */
static const char *text_of(const isn_run_layout_t *layout, isn_store_id_t id, int i)
{
  switch (id) {
  case ISN_STORE_TARGET_LABEL:
    return layout->targets[i].label;
  case ISN_STORE_TARGET_BLOB:
    return blob_of(layout, i);
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

static size_t count_elements(const isn_store_shape_t *shape)
{
  size_t n = 1;
  for (int axis = 0; axis < shape->n_axes; axis++)
    n *= (size_t)shape->dims[axis];
  return n;
}

static isn_status_t write_texts(const isn_datasets_t *datasets, isn_store_id_t id)
{
  const size_t bytes = isn_store_element_bytes(datasets->layout, id);
  isn_store_shape_t shape;
  char *packed;
  if (!isn_store_shape(datasets->layout, id, &shape))
    return ISN_OK;
  const size_t n = count_elements(&shape);
  ISN_TRY(isn_alloc(&packed, n * bytes, "texts of a run file"));
  for (size_t i = 0; i < n; i++) {
    const char *text = text_of(datasets->layout, id, (int)i);
    memcpy(packed + i * bytes, text, strlen(text)); /* it fits: isn_store_layout_check(), types.c */
  }
  isn_status_t status = isn_datasets_write(datasets, id, NULL, packed);
  free(packed);
  return status;
}

/* The numbers of all targets' neurons, (T, M) each. */
typedef struct {
  int32_t *neurons, *units;
  unsigned char *quantities;
  float (*windows)[2];
} columns_t;

static void free_columns(columns_t *columns)
{
  free(columns->neurons);
  free(columns->units);
  free(columns->quantities);
  free(columns->windows);
}

/* @param[in,out] columns zeros; free_columns(), also after an error */
static isn_status_t alloc_columns(const isn_run_layout_t *layout, columns_t *columns)
{
  const size_t n = (size_t)layout->n_targets * (size_t)layout->max_neurons;
  ISN_TRY(isn_alloc(&columns->neurons, n, "neurons of the targets"));
  ISN_TRY(isn_alloc(&columns->units, n, "units of the targets"));
  ISN_TRY(isn_alloc(&columns->quantities, n, "quantities of the targets"));
  return isn_alloc(&columns->windows, n, "windows of the targets");
}

typedef isn_status_t move_fn(const isn_datasets_t *datasets, isn_store_id_t id,
                             const isn_rows_at_t *rows, void *data);

static isn_status_t write_column(const isn_datasets_t *datasets, isn_store_id_t id,
                                 const isn_rows_at_t *rows, void *data)
{
  return isn_datasets_write(datasets, id, rows, data);
}

static isn_status_t move_columns(const isn_datasets_t *datasets, const columns_t *columns,
                                 move_fn *move)
{
  ISN_TRY(move(datasets, ISN_STORE_TARGET_NEURON, NULL, columns->neurons));
  ISN_TRY(move(datasets, ISN_STORE_TARGET_UNITS, NULL, columns->units));
  ISN_TRY(move(datasets, ISN_STORE_TARGET_QUANTITY, NULL, columns->quantities));
  return move(datasets, ISN_STORE_WINDOW, NULL, columns->windows);
}

static isn_status_t write_targets(const isn_datasets_t *datasets)
{
  const isn_run_layout_t *layout = datasets->layout;
  const size_t m = (size_t)layout->max_neurons, n = (size_t)layout->n_targets * m;
  columns_t columns = {0};
  isn_status_t status = alloc_columns(layout, &columns);
  for (size_t i = 0; i < n && status == ISN_OK; i++) {
    const isn_run_target_t *target = &layout->targets[i / m];
    const size_t k = i % m;
    const bool used = k < (size_t)target->n_neurons;
    columns.neurons[i] = used ? target->neurons[k] : -1;
    columns.units[i] = used ? target->units[k] : -1;
    columns.quantities[i] = used ? target->quantities[k] : ISN_QUANTITY_ACTIVATION;
    columns.windows[i][0] = used ? target->windows[k][0] : NAN;
    columns.windows[i][1] = used ? target->windows[k][1] : NAN;
  }
  if (status == ISN_OK)
    status = move_columns(datasets, &columns, write_column);
  free_columns(&columns);
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
  ISN_TRY(isn_alloc(packed, count_elements(&shape) * *bytes, "texts of a run file"));
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

/* Neurons of target t: those before the first -1.  @param[in] blobs (T, M) of `bytes` each */
static isn_status_t set_neurons(const isn_datasets_t *datasets, size_t t, const columns_t *columns,
                                const char *blobs, size_t bytes, isn_run_target_t *target)
{
  const size_t m = (size_t)datasets->layout->max_neurons, first = t * m;
  size_t n = 0;
  while (n < m && columns->neurons[first + n] >= 0)
    n++;
  if (n == 0)
    ISN_FAIL(ISN_ERR_INPUT, "'%s': dataset 'target_neuron' has a target without neurons",
             datasets->path);
  ISN_TRY(isn_run_target_alloc((int)n, target));
  for (size_t k = 0; k < n; k++) {
    memcpy(target->blobs[k], blobs + (first + k) * bytes, sizeof target->blobs[k]);
    target->neurons[k] = columns->neurons[first + k];
    target->units[k] = columns->units[first + k];
  }
  memcpy(target->quantities, columns->quantities + first, n);
  memcpy(target->windows, columns->windows + first, n * sizeof *target->windows);
  return ISN_OK;
}

static isn_status_t read_targets(const isn_datasets_t *datasets, isn_run_layout_t *layout)
{
  const size_t n = (size_t)layout->n_targets;
  isn_status_t status = ISN_OK;
  char *label = NULL, *blobs = NULL;
  size_t bytes = 0; /* ISN_RUN_LABEL_BYTES: the type was checked */
  columns_t columns = {0};
  ISN_TRY_GOTO(isn_alloc(&layout->targets, n, "targets of a run file"), done);
  ISN_TRY_GOTO(read_texts(datasets, ISN_STORE_TARGET_LABEL, &label, &bytes), done);
  ISN_TRY_GOTO(read_texts(datasets, ISN_STORE_TARGET_BLOB, &blobs, &bytes), done);
  ISN_TRY_GOTO(alloc_columns(layout, &columns), done);
  ISN_TRY_GOTO(move_columns(datasets, &columns, isn_datasets_read), done);
  for (size_t t = 0; t < n; t++) {
    memcpy(layout->targets[t].label, label + t * bytes, sizeof layout->targets[t].label);
    ISN_TRY_GOTO(set_neurons(datasets, t, &columns, blobs, bytes, &layout->targets[t]), done);
  }
done:
  free(label);
  free(blobs);
  free_columns(&columns);
  return status;
}

isn_status_t isn_contents_read(const isn_datasets_t *datasets, isn_run_layout_t *layout)
{
  ISN_TRY(read_scalar_text(datasets, ISN_STORE_CONFIG_TEXT, &layout->config_text));
  ISN_TRY(read_scalar_text(datasets, ISN_STORE_SETTINGS, &layout->settings));
  ISN_TRY(read_models(datasets, layout));
  return read_targets(datasets, layout);
}
