/** @file damage_readers.c
 *  Reading definitions, weights and reference files.
 */
#include "damage_readers.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "invset/files.h"

enum { MAX_TEXT = 1 << 20 };

/** Path of the file that belongs to another one: the same stem, or tiny.prototxt for all formats.
 *  @param[out] out (512) */
static void companion(const char *path, const char *suffix, char *out)
{
  const char *stem_end = strstr(strrchr(path, '/'), ".");
  if (strstr(path, "/formats/") && strcmp(suffix, ".prototxt") == 0)
    snprintf(out, 512, "%.*s/tiny%s", (int)(strrchr(path, '/') - path), path, suffix);
  else if (strstr(path, "/formats/"))
    snprintf(out, 512, "%.*s/v2%s", (int)(strrchr(path, '/') - path), path, suffix);
  else
    snprintf(out, 512, "%.*s%s", (int)(stem_end - path), path, suffix);
}

static herr_t take_name(hid_t group, const char *name, const H5O_info_t *info, void *context)
{
  reader_t *reader = context;
  (void)group;
  if (info->type == H5O_TYPE_DATASET && reader->n_names < READER_MAX_NAMES)
    snprintf(reader->names[reader->n_names++], READER_NAME_CHARS, "%s", name);
  return 0;
}

static bool list_arrays(reader_t *reader, const char *path)
{
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  bool good = file >= 0 &&
              H5Ovisit2(file, H5_INDEX_NAME, H5_ITER_INC, take_name, reader, H5O_INFO_BASIC) >= 0;
  H5Fclose(file);
  return good && reader->n_names > 0;
}

static isn_status_t read_definition(reader_t *reader, const char *path)
{
  isn_net_spec_t *spec;
  ISN_TRY(isn_file_read_text(path, "net", MAX_TEXT, &reader->definition));
  ISN_TRY(isn_caffe_parse_net(reader->definition, path, &spec));
  reader->shape = spec->input_shape;
  isn_net_spec_destroy(spec);
  return ISN_OK;
}

bool reader_open(reader_t *reader, const char *path)
{
  char definition[512];
  *reader = (reader_t){.kind = READER_REFERENCE};
  if (strstr(path, ".ref.h5"))
    return list_arrays(reader, path);
  if (strstr(path, ".prototxt")) {
    reader->kind = READER_DEFINITION;
    companion(path, ".caffemodel", reader->weights);
    if (access(reader->weights, R_OK) != 0)
      companion(path, ".caffemodel.h5", reader->weights);
    return access(reader->weights, R_OK) == 0;
  }
  reader->kind = READER_WEIGHTS;
  companion(path, ".prototxt", definition);
  if (read_definition(reader, definition) == ISN_OK)
    return true;
  fprintf(stderr, "%s: %s\n", definition, isn_error_message());
  return false;
}

void reader_close(reader_t *reader)
{
  free(reader->definition);
}

static isn_status_t try_reference(const reader_t *reader, const char *path)
{
  isn_blob_file_t *file;
  isn_status_t status = ISN_OK;
  ISN_TRY(isn_blob_file_open(path, &file));
  for (int i = 0; i < reader->n_names; i++) {
    int n_axes, dims[8];
    float *data;
    isn_status_t one = isn_blob_file_read(file, reader->names[i], &n_axes, dims, &data);
    if (one == ISN_OK)
      free(data);
    else
      status = one;
  }
  isn_status_t closed = isn_blob_file_close(file);
  return closed != ISN_OK ? closed : status;
}

static isn_status_t try_definition(const reader_t *reader, const char *path)
{
  char *text;
  isn_net_spec_t *spec;
  ISN_TRY(isn_file_read_text(path, "net", MAX_TEXT, &text));
  isn_status_t status = isn_caffe_parse_net(text, path, &spec);
  free(text);
  if (status != ISN_OK)
    return status;
  status = isn_caffe_load_weights(reader->weights, spec, NULL);
  isn_net_spec_destroy(spec);
  return status;
}

static isn_status_t try_weights(const reader_t *reader, const char *path)
{
  isn_net_spec_t *spec;
  int n_unused;
  ISN_TRY(isn_caffe_parse_net(reader->definition, "definition", &spec));
  isn_status_t status = isn_caffe_load_weights(path, spec, &n_unused);
  isn_net_spec_destroy(spec);
  isn_status_t alone = isn_caffe_net_from_weights(path, NULL, reader->shape, &spec);
  if (alone == ISN_OK)
    isn_net_spec_destroy(spec);
  return alone == ISN_OK || alone == ISN_ERR_INPUT ? status : alone;
}

isn_status_t reader_try(const reader_t *reader, const char *path)
{
  switch (reader->kind) {
  case READER_DEFINITION:
    return try_definition(reader, path);
  case READER_WEIGHTS:
    return try_weights(reader, path);
  case READER_REFERENCE:
    break;
  }
  return try_reference(reader, path);
}
