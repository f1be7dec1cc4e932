/** @file forward.c
 *  `invset forward`: runs a net on an HDF5 file of inputs and stores its blobs, and on request the
 *  gradient of one unit with respect to the input.  How an import is checked against Caffe.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invset/backend.h"
#include "invset/caffe.h"
#include "invset/memory.h"
#include "net_files.h"
#include "net_pass.h"
#include "net_table.h"
#include "options.h"
#include "unit_name.h"
#include "verbs.h"

enum { DEFAULT_BATCH = 16, MAX_BATCH = 4096, NAME_BYTES = 512, FILE_AXES = 8 };

static const char *const ABOUT =
    "Run a net, given as Caffe's NET (.prototxt) and WEIGHTS (.caffemodel, .caffemodel.h5; needed\n"
    "where layers have them and NET is no .caffemodel that holds them), on the\n"
    "dataset input/<input blob> of IN.h5, and write forward/<blob> for every blob to OUT.h5, a "
    "new\n"
    "file.  Arrays are float32 in Caffe's order N, C, H, W; N may be any number, whatever batch "
    "the\n"
    "net names.  A blob that a layer changes in place holds its final value.\n";

typedef struct {
  isn_option_list_t blobs;
  const char *unit;
  const char *backend;
  int batch;
  const char *shape; /* of the input; NULL: as NET says */
} settings_t;

/* What is computed: owned arrays of the whole input and of all results. */
typedef struct {
  isn_net_spec_t *spec;
  isn_backend_t *backend;
  isn_blob_file_t *out;
  int n; /* samples */
  float *input;
  int n_blobs;
  const char **blobs; /* (n_blobs), names borrowed from spec or argv */
  float **values;     /* (n_blobs), each (n, shape) */
  isn_unit_name_t unit;
  int n_unit_layers;  /* layers up to the one that makes the unit's blob; 0: no gradient wanted */
  size_t unit_offset; /* in a sample of that blob */
  float *gradient;    /* NULL: not wanted */
} job_t;

static isn_status_t parse(int argc, char **argv, settings_t *settings, isn_command_t *command)
{
  *settings = (settings_t){.backend = "cpu", .batch = DEFAULT_BATCH};
  const isn_option_t options[] = {
      {.name = "blob",
       .value = "NAME",
       .meaning = "write only this blob; may be given several times",
       .list = &settings->blobs},
      {.name = "grad",
       .value = "UNIT",
       .meaning = "also write gradient/<input blob>: of this unit, BLOB[i] or\n"
                  "BLOB[c,y,x], summed over the batch.  As in Caffe it starts at\n"
                  "the layer that makes BLOB: of a blob that a ReLU then changes\n"
                  "in place, it is the gradient of the value before the ReLU",
       .text = &settings->unit},
      {.name = "shape",
       .value = "C,H,W",
       .meaning = "shape of the input, where NET is a .caffemodel (the same as\n"
                  "WEIGHTS) that does not say",
       .text = &settings->shape},
      {.name = "backend",
       .value = "NAME",
       .meaning = "auto, cpu (default) or cuda",
       .text = &settings->backend},
      {.name = "batch",
       .value = "N",
       .meaning = "samples computed together (default 16)",
       .number = &settings->batch,
       .min = 1,
       .max = MAX_BATCH},
  };
  const isn_usage_t usage = {"forward", "NET [WEIGHTS] IN.h5 OUT.h5",       ABOUT,  3,
                             4,         sizeof options / sizeof options[0], options};
  return isn_options_parse(&usage, argc, argv, command);
}

/* All blobs in the order in which layers first make them. */
static isn_status_t list_all_blobs(job_t *job)
{
  const isn_net_spec_t *spec = job->spec;
  size_t n_most = 0;
  for (int l = 0; l < spec->n_layers; l++)
    n_most += (size_t)spec->layers[l].n_tops;
  ISN_TRY(isn_alloc(&job->blobs, n_most, "names of blobs"));
  for (int l = 0; l < spec->n_layers; l++) {
    for (int t = 0; t < spec->layers[l].n_tops; t++) {
      const char *name = spec->layers[l].tops[t];
      int known = 0;
      while (known < job->n_blobs && strcmp(job->blobs[known], name) != 0)
        known++;
      if (known == job->n_blobs)
        job->blobs[job->n_blobs++] = name;
    }
  }
  return ISN_OK;
}

static isn_status_t list_blobs(job_t *job, const isn_option_list_t *wanted)
{
  if (wanted->n == 0)
    return list_all_blobs(job);
  ISN_TRY(isn_alloc(&job->blobs, wanted->n, "names of blobs"));
  for (int i = 0; i < wanted->n; i++) {
    isn_shape_t shape;
    ISN_TRY(isn_net_spec_blob_shape(job->spec, wanted->values[i], &shape));
    for (int j = 0; j < i; j++)
      if (strcmp(wanted->values[i], wanted->values[j]) == 0)
        ISN_FAIL(ISN_ERR_INPUT, "--blob %s is given twice", wanted->values[i]);
    job->blobs[job->n_blobs++] = wanted->values[i];
  }
  return ISN_OK;
}

/* Missing axes at the end count as ones, so (N, 64) and (N, 64, 1, 1) are the same input. */
static isn_status_t check_input(const isn_net_spec_t *spec, const char *path, int n_axes,
                                const int dims[FILE_AXES])
{
  const int wanted[3] = {spec->input_shape.c, spec->input_shape.h, spec->input_shape.w};
  bool fits = n_axes >= 2 && n_axes <= 4 && dims[0] >= 1;
  for (int i = 0; i < 3; i++)
    fits = fits && (i + 1 < n_axes ? dims[i + 1] : 1) == wanted[i];
  if (fits)
    return ISN_OK;
  char found[96] = "", shape[40];
  size_t used = 0;
  for (int i = 0; i < n_axes && used < sizeof found; i++)
    used += (size_t)snprintf(found + used, sizeof found - used, "%s%d", i ? "x" : "", dims[i]);
  isn_net_shape_text(spec->input_shape, shape, sizeof shape);
  ISN_FAIL(ISN_ERR_INPUT,
           "%s: input/%s has the shape %s, but %s wants Nx%s (any number N of samples)", path,
           spec->input, found, spec->origin, shape);
}

/* Close a file after an error, which is the one to report: this one would have the same cause. */
static void give_up(isn_blob_file_t *file)
{
  isn_status_t ignored = isn_blob_file_close(file);
  (void)ignored;
}

/* Name of an array in the files. */
static isn_status_t name_array(const char *group, const char *blob, char name[NAME_BYTES])
{
  if (snprintf(name, NAME_BYTES, "%s/%s", group, blob) >= NAME_BYTES)
    ISN_FAIL(ISN_ERR_INPUT, "the blob name '%.40s...' is too long for %s/", blob, group);
  return ISN_OK;
}

static isn_status_t read_input(job_t *job, const char *path)
{
  int n_axes, dims[FILE_AXES];
  char name[NAME_BYTES];
  isn_blob_file_t *file;
  ISN_TRY(name_array("input", job->spec->input, name));
  ISN_TRY(isn_blob_file_open(path, &file));
  isn_status_t status = isn_blob_file_read(file, name, &n_axes, dims, &job->input);
  if (status == ISN_OK)
    status = isn_blob_file_close(file);
  else
    give_up(file);
  ISN_TRY(status);
  job->n = dims[0];
  return check_input(job->spec, path, n_axes, dims);
}

static isn_status_t run_forward(job_t *job, int batch)
{
  ISN_TRY(isn_alloc(&job->values, job->n_blobs, "a list of blobs"));
  for (int i = 0; i < job->n_blobs; i++) {
    isn_shape_t shape;
    ISN_TRY(isn_net_spec_blob_shape(job->spec, job->blobs[i], &shape));
    ISN_TRY(isn_alloc(&job->values[i], (size_t)job->n * isn_shape_count(shape), job->blobs[i]));
  }
  return isn_pass_forward(job->backend, job->spec, job->n, job->input, batch, job->n_blobs,
                          job->blobs, job->values);
}

/* The net up to the layer that makes the unit's blob, as a view of the same layers. */
static isn_net_spec_t unit_net(const job_t *job)
{
  isn_net_spec_t head = *job->spec;
  head.n_layers = job->n_unit_layers;
  return head;
}

static isn_status_t find_unit(job_t *job, const char *text)
{
  isn_shape_t shape;
  ISN_TRY(isn_unit_name_read(text, &job->unit));
  ISN_TRY(isn_unit_maker(job->spec, job->unit.blob, &job->n_unit_layers));
  const isn_net_spec_t head = unit_net(job);
  ISN_TRY(isn_net_spec_blob_shape(&head, job->unit.blob, &shape));
  return isn_unit_name_offset(&job->unit, shape, &job->unit_offset);
}

static isn_status_t run_gradient(job_t *job, int batch)
{
  const isn_net_spec_t head = unit_net(job);
  ISN_TRY(
      isn_alloc(&job->gradient, (size_t)job->n * isn_shape_count(head.input_shape), "a gradient"));
  return isn_pass_gradient(job->backend, &head, job->n, job->input, batch, job->unit.blob,
                           job->unit_offset, job->gradient);
}

static isn_status_t write_array(const job_t *job, const char *group, const char *blob,
                                isn_shape_t shape, const float *values)
{
  char name[NAME_BYTES];
  const int dims[4] = {job->n, shape.c, shape.h, shape.w};
  ISN_TRY(name_array(group, blob, name));
  return isn_blob_file_write(job->out, name, shape.n_axes + 1, dims, values);
}

static isn_status_t write_results(job_t *job)
{
  for (int i = 0; i < job->n_blobs; i++) {
    isn_shape_t shape;
    ISN_TRY(isn_net_spec_blob_shape(job->spec, job->blobs[i], &shape));
    ISN_TRY(write_array(job, "forward", job->blobs[i], shape, job->values[i]));
  }
  if (job->gradient)
    ISN_TRY(write_array(job, "gradient", job->spec->input, job->spec->input_shape, job->gradient));
  isn_blob_file_t *out = job->out;
  job->out = NULL; /* closing ends it also where it fails */
  return isn_blob_file_close(out);
}

/* Everything that can be refused is looked at before the output file is made and work begins. */
static isn_status_t prepare(job_t *job, const settings_t *settings, const char *net,
                            const char *weights, const char *in)
{
  int n_unused;
  ISN_TRY(isn_net_files_read(net, settings->shape, weights, &n_unused, &job->spec));
  if (n_unused > 0)
    isn_log_info("%s: %d layers with weights are not in the net", weights, n_unused);
  ISN_TRY(isn_net_spec_check_weights(job->spec));
  ISN_TRY(list_blobs(job, &settings->blobs));
  if (settings->unit)
    ISN_TRY(find_unit(job, settings->unit));
  ISN_TRY(read_input(job, in));
  ISN_TRY(isn_backend_open(settings->backend, &job->backend));
  isn_log_verbose("backend: %s", isn_backend_description(job->backend));
  return ISN_OK;
}

static isn_status_t compute(job_t *job, int batch)
{
  ISN_TRY(run_forward(job, batch));
  return job->n_unit_layers > 0 ? run_gradient(job, batch) : ISN_OK;
}

/* The output file is made first, so that a place that cannot be written costs no work; a file that
 * was not finished is removed. */
static isn_status_t compute_into(job_t *job, int batch, const char *out)
{
  ISN_TRY(isn_blob_file_create(out, &job->out));
  isn_status_t status = compute(job, batch);
  if (status == ISN_OK)
    status = write_results(job);
  if (status == ISN_OK)
    return ISN_OK;
  give_up(job->out);
  job->out = NULL;
  if (remove(out) != 0)
    isn_log_warning("cannot remove the unfinished file '%s': %s", out, strerror(errno));
  return status;
}

static void release(job_t *job)
{
  for (int i = 0; job->values && i < job->n_blobs; i++)
    free(job->values[i]);
  free(job->values);
  free(job->blobs);
  free(job->input);
  free(job->gradient);
  isn_backend_close(job->backend);
  isn_net_spec_destroy(job->spec);
}

isn_status_t verb_forward(int argc, char **argv)
{
  isn_status_t status = ISN_OK;
  isn_command_t command;
  settings_t settings;
  job_t job = {0};
  ISN_TRY(parse(argc, argv, &settings, &command));
  if (command.help)
    return ISN_OK;
  ISN_TRY(isn_options_apply(&command, true));
  int n = command.n_operands;
  const char *in = command.operands[n - 2], *out = command.operands[n - 1];
  const char *weights = n == 4 ? command.operands[1] : NULL;
  ISN_TRY_GOTO(prepare(&job, &settings, command.operands[0], weights, in), done);
  ISN_TRY_GOTO(compute_into(&job, settings.batch, out), done);
  isn_log_info("wrote %s: %d samples, %d blobs%s", out, job.n, job.n_blobs,
               job.gradient ? " and a gradient" : "");
done:
  release(&job);
  return status;
}
