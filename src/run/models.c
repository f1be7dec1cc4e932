/* Reads the nets of a run on rank 0, checks that they fit together, and broadcasts them.
 * Definitions travel as text and are parsed everywhere; weights travel as numbers.  Knows no
 * sampling. */
#include "invset/models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "invset/caffe.h"
#include "invset/log.h"
#include "invset/memory.h"
#include "keep.h"

enum { MAX_NET_TEXT = 64 << 20 };

void isn_models_clear(isn_models_t *models)
{
  isn_net_spec_destroy(models->generator);
  isn_net_spec_destroy(models->classifier);
  isn_net_spec_destroy(models->encoder);
  free(models->encoder_blob);
  free(models->format.mean);
  free(models->keep.factor);
  free(models->keep.offset);
  for (int i = 0; i < models->n_files; i++) {
    free(models->files[i].role);
    free(models->files[i].path);
  }
  *models = (isn_models_t){0};
}

static isn_status_t record_file(isn_models_t *models, const char *net, const char *kind,
                                const char *path)
{
  char role[ISN_RUN_LABEL_BYTES];
  snprintf(role, sizeof role, "%s %s", net, kind);
  isn_run_model_t *file = &models->files[models->n_files];
  ISN_TRY(isn_file_sha256(path, file->sha256));
  models->n_files++;
  ISN_TRY(isn_alloc_string(&file->role, role));
  return isn_alloc_string(&file->path, path);
}

/* Whether the weights are there.  Those of published models do not come with the program: where a
 * README lies beside the place of the file, it says where to get it. */
static isn_status_t check_weights(const char *role, const char *path)
{
  char what[ISN_RUN_LABEL_BYTES], readme[4096];
  snprintf(what, sizeof what, "weights of the %s", role);
  isn_status_t status = isn_file_check(path, what);
  const char *slash = strrchr(path, '/');
  snprintf(readme, sizeof readme, "%.*s/README.md", slash ? (int)(slash - path) : 0, path);
  if (status != ISN_OK && slash && access(path, F_OK) != 0 && access(readme, R_OK) == 0)
    ISN_FAIL(status, "%s; %s says where it comes from", isn_error_message(), readme);
  return status;
}

static isn_status_t check_files(const char *role, const isn_model_files_t *files)
{
  char what[ISN_RUN_LABEL_BYTES];
  snprintf(what, sizeof what, "net definition of the %s", role);
  if (files->net)
    ISN_TRY(isn_file_check(files->net, what));
  return files->weights ? check_weights(role, files->weights) : ISN_OK;
}

/* The text of a net's definition: its prototxt, or what its .caffemodel carries. */
static isn_status_t read_definition(const char *role, const isn_model_files_t *files, char **text)
{
  char what[ISN_RUN_LABEL_BYTES];
  snprintf(what, sizeof what, "net definition of the %s", role);
  if (files->net)
    return isn_file_read_text(files->net, what, MAX_NET_TEXT, text);
  const double *dims = files->input_shape.values;
  int n = files->input_shape.n;
  isn_shape_t shape = {n, n > 0 ? (int)dims[0] : 1, n > 1 ? (int)dims[1] : 1,
                       n > 2 ? (int)dims[2] : 1};
  return isn_caffe_definition_from_weights(files->weights, NULL, shape, text);
}

/* File that a net's definition is in, for messages. */
static const char *definition_file(const isn_model_files_t *files)
{
  return files->net ? files->net : files->weights;
}

/* All of them before anything is read: reading takes a while. */
static isn_status_t check_all_files(const isn_run_options_t *options)
{
  ISN_TRY(check_files("classifier", &options->models.classifier));
  ISN_TRY(check_files("generator", &options->models.generator));
  if (options->models.encoder_shared == ISN_ENCODER_CLASSIFIER)
    return ISN_OK;
  return check_files("encoder", &options->models.encoder);
}

/* Take a net's weights from its file; without one its layers must have none. */
static isn_status_t read_weights(const char *role, const char *path, isn_net_spec_t *spec)
{
  int n_unused = 0;
  if (!path) {
    isn_status_t status = isn_net_spec_check_weights(spec);
    if (status != ISN_OK)
      ISN_FAIL(status, "%s: want models.%s.weights", isn_error_message(), role);
    return ISN_OK;
  }
  ISN_TRY(isn_caffe_load_weights(path, spec, &n_unused));
  if (n_unused > 0)
    isn_log_warning("%s: %d layers with weights are not in the net and were left out", path,
                    n_unused);
  return ISN_OK;
}

/* Rank 0's part of load_net: everything that touches files. */
static isn_status_t read_net(isn_models_t *models, const char *role, const isn_model_files_t *files,
                             char **text, isn_net_spec_t **spec)
{
  ISN_TRY(read_definition(role, files, text));
  isn_status_t status = isn_caffe_parse_net(*text, definition_file(files), spec);
  if (status != ISN_OK && !files->net && files->input_shape.n == 0)
    ISN_FAIL(status, "%s (models.%s.net or models.%s.input_shape may say it)", isn_error_message(),
             role, role);
  ISN_TRY(status);
  ISN_TRY(read_weights(role, files->weights, *spec));
  if (files->net)
    ISN_TRY(record_file(models, role, "net", files->net));
  return files->weights ? record_file(models, role, "weights", files->weights) : ISN_OK;
}

static isn_status_t broadcast_weights(isn_comm_t *comm, isn_net_spec_t *spec)
{
  for (int l = 0; l < spec->n_layers; l++)
    for (int w = 0; w < spec->layers[l].n_weights; w++) {
      isn_weight_t *weight = &spec->layers[l].weights[w];
      ISN_TRY(isn_comm_broadcast(comm, weight->data, weight->count * sizeof *weight->data));
    }
  return ISN_OK;
}

/* Collective, or local if comm is NULL.  Ranks agree after the reading and after the allocation, so
 * that the broadcasts in between always find everyone. */
static isn_status_t load_net(isn_comm_t *comm, isn_models_t *models, const char *role,
                             const isn_model_files_t *files, isn_net_spec_t **spec)
{
  char *text = NULL;
  bool reader = !comm || isn_comm_rank(comm) == 0;
  isn_status_t status = reader ? read_net(models, role, files, &text, spec) : ISN_OK;
  if (comm) {
    ISN_TRY_GOTO(isn_comm_agree(comm, status), done);
    ISN_TRY_GOTO(isn_comm_broadcast_string(comm, &text), done);
    if (!reader) {
      status = isn_caffe_parse_net(text, definition_file(files), spec);
      if (status == ISN_OK)
        status = isn_net_spec_alloc_weights(*spec);
    }
    ISN_TRY_GOTO(isn_comm_agree(comm, status), done);
    ISN_TRY_GOTO(broadcast_weights(comm, *spec), done);
  }
done:
  free(text);
  return status;
}

static isn_status_t expand_numbers(const isn_numbers_t *numbers, const isn_models_t *models)
{
  int channels = models->picture.c;
  if (numbers->n != 1 && numbers->n != channels)
    ISN_FAIL(
        ISN_ERR_INPUT,
        "models.classifier.mean: found %d numbers, want one or one for each of the %d channels "
        "of %s",
        numbers->n, channels, models->classifier->origin);
  for (int c = 0; c < channels; c++)
    models->format.mean[c] = (float)numbers->values[numbers->n == 1 ? 0 : c];
  return ISN_OK;
}

/* How the classifier wants its pictures.  A mean file is read by rank 0.  Collective, or local if
 * comm is NULL. */
static isn_status_t set_format(isn_comm_t *comm, isn_models_t *models,
                               const isn_run_options_t *options)
{
  const isn_numbers_or_file_t *mean = &options->models.mean;
  isn_picture_format_t *format = &models->format;
  format->per_pixel = mean->file != NULL;
  format->rgb = options->models.channels == ISN_CHANNELS_RGB;
  format->scale = (float)options->models.scale;
  size_t n = format->per_pixel ? isn_shape_count(models->picture) : (size_t)models->picture.c;
  isn_status_t status = isn_alloc(&format->mean, n, "mean");
  if (status == ISN_OK && !mean->file)
    status = expand_numbers(&mean->numbers, models);
  else if (status == ISN_OK && (!comm || isn_comm_rank(comm) == 0))
    status = isn_caffe_read_mean(mean->file, models->picture, format->mean);
  if (!comm)
    return status;
  ISN_TRY(isn_comm_agree(comm, status));
  return isn_comm_broadcast(comm, format->mean, n * sizeof *format->mean);
}

/* Checks that G's picture can be cut to f's input, and that E takes the same. */
static isn_status_t check_fit(isn_models_t *models)
{
  const isn_net_spec_t *g = models->generator, *f = models->classifier, *e = models->encoder;
  isn_shape_t out, in = f->input_shape;
  ISN_TRY(isn_net_spec_blob_shape(g, isn_net_spec_output(g), &out));
  if (out.c != in.c || out.h < in.h || out.w < in.w)
    ISN_FAIL(ISN_ERR_INPUT,
             "the generator %s makes pictures of %d x %d x %d (channels x rows x columns), from "
             "which the input of the classifier %s, %d x %d x %d, cannot be cut",
             g->origin, out.c, out.h, out.w, f->origin, in.c, in.h, in.w);
  if (in.c != 1 && in.c != 3)
    ISN_FAIL(ISN_ERR_INPUT,
             "the classifier %s takes %d channels; pictures have 1 (grey) or 3 (BGR)", f->origin,
             in.c);
  if (e && (e->input_shape.c != in.c || e->input_shape.h != in.h || e->input_shape.w != in.w))
    ISN_FAIL(
        ISN_ERR_INPUT,
        "the encoder %s takes %d x %d x %d, but the classifier %s takes %d x %d x %d: both get "
        "the same picture",
        e->origin, e->input_shape.c, e->input_shape.h, e->input_shape.w, f->origin, in.c, in.h,
        in.w);
  models->made = out;
  models->picture = in;
  models->crop_h = (out.h - in.h) / 2;
  models->crop_w = (out.w - in.w) / 2;
  models->code_size = (int)isn_shape_count(g->input_shape);
  return ISN_OK;
}

static isn_status_t find_encoding(isn_models_t *models, const char *blob)
{
  const isn_net_spec_t *net = models->encoder ? models->encoder : models->classifier;
  isn_shape_t shape;
  if (!blob)
    blob = isn_net_spec_output(net);
  ISN_TRY(isn_net_spec_blob_shape(net, blob, &shape));
  models->encoding_size = (int)isn_shape_count(shape);
  return isn_alloc_string(&models->encoder_blob, blob);
}

/* Fold BatchNorm, Scale and Bias away where no target or encoding looks in between.  Every rank
 * does so with the same weights. */
static isn_status_t fold_nets(const isn_run_options_t *options, isn_models_t *models)
{
  isn_net_spec_t *nets[] = {models->classifier, models->generator, models->encoder};
  int n_keep = options->n_target_groups + 1;
  const char **keep = NULL;
  isn_status_t status;
  ISN_TRY(isn_alloc(&keep, n_keep, "blob names"));
  for (int t = 0; t < options->n_target_groups; t++)
    keep[t] = options->target_groups[t].blob;
  keep[options->n_target_groups] = models->encoder_blob;
  for (int i = 0; i < 3; i++)
    if (nets[i])
      ISN_TRY_GOTO(isn_net_spec_fold(nets[i], n_keep, keep, NULL), done);
  status = ISN_OK;
done:
  free(keep);
  return status;
}

isn_picture_size_t isn_models_picture_size(const isn_models_t *models)
{
  return (isn_picture_size_t){models->picture.c, models->picture.h, models->picture.w,
                              models->made.h, models->made.w};
}

isn_status_t isn_models_load(isn_comm_t *comm, const isn_run_options_t *options,
                             isn_models_t *models)
{
  *models = (isn_models_t){0};
  bool reader = !comm || isn_comm_rank(comm) == 0;
  isn_status_t status = reader ? check_all_files(options) : ISN_OK;
  if (comm)
    status = isn_comm_agree(comm, status);
  if (status != ISN_OK)
    return status;
  ISN_TRY_GOTO(
      load_net(comm, models, "classifier", &options->models.classifier, &models->classifier), fail);
  ISN_TRY_GOTO(load_net(comm, models, "generator", &options->models.generator, &models->generator),
               fail);
  if (!options->models.encoder_shared)
    ISN_TRY_GOTO(load_net(comm, models, "encoder", &options->models.encoder, &models->encoder),
                 fail);
  ISN_TRY_GOTO(check_fit(models), fail);
  ISN_TRY_GOTO(set_format(comm, models, options), fail);
  ISN_TRY_GOTO(keep_read(comm, options, models), fail);
  ISN_TRY_GOTO(find_encoding(models, options->models.encoder_blob), fail);
  ISN_TRY_GOTO(fold_nets(options, models), fail);
  return ISN_OK;
fail:
  isn_models_clear(models);
  return status;
}
