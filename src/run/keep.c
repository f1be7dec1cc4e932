/* The kept part of a picture as a straight line for each of its numbers; see keep.h.  With the mask
 * m from 0 (black) to 1 (white) and the kept picture r in network values,
 *     y = (1 - m) x + m r.
 * Where the mask is white this is r to the last bit, and no gradient passes. */
#include "keep.h"

#include <stdlib.h>

#include "invset/memory.h"

static isn_status_t read_pictures(const isn_run_options_t *options, isn_models_t *models,
                                  unsigned char *image, unsigned char *mask)
{
  isn_picture_size_t size = isn_models_picture_size(models);
  ISN_TRY(isn_picture_file_read(options->sampling.keep, "sampling.keep", &size, image));
  size.channels = 1;
  return isn_picture_file_read(options->sampling.mask, "sampling.mask", &size, mask);
}

/* @param[in] mask (H, W) */
static void set_lines(isn_models_t *models, const unsigned char *image, const unsigned char *mask)
{
  const size_t plane = (size_t)models->picture.h * (size_t)models->picture.w;
  isn_picture_load(models->picture, &models->format, image, models->keep.offset);
  for (size_t i = 0; i < isn_shape_count(models->picture); i++) {
    const float m = (float)mask[i % plane] / 255.0F;
    models->keep.factor[i] = 1.0F - m;
    models->keep.offset[i] *= m;
  }
}

/* Rank 0's part. */
static isn_status_t read_lines(const isn_run_options_t *options, isn_models_t *models)
{
  const size_t n = isn_shape_count(models->picture);
  unsigned char *images = NULL;
  ISN_TRY(isn_alloc(&images, 2 * n, "kept picture and mask"));
  isn_status_t status = read_pictures(options, models, images, images + n);
  if (status == ISN_OK)
    set_lines(models, images, images + n);
  free(images);
  return status;
}

isn_status_t keep_read(isn_comm_t *comm, const isn_run_options_t *options, isn_models_t *models)
{
  const size_t n = isn_shape_count(models->picture);
  if (!options->sampling.keep)
    return ISN_OK;
  isn_status_t status = isn_alloc(&models->keep.factor, n, "mask");
  if (status == ISN_OK)
    status = isn_alloc(&models->keep.offset, n, "kept picture");
  if (status == ISN_OK && (!comm || isn_comm_rank(comm) == 0))
    status = read_lines(options, models);
  if (!comm)
    return status;
  ISN_TRY(isn_comm_agree(comm, status));
  ISN_TRY(isn_comm_broadcast(comm, models->keep.factor, n * sizeof(float)));
  return isn_comm_broadcast(comm, models->keep.offset, n * sizeof(float));
}
