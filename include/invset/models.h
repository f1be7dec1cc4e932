/** @file models.h
 *  The nets of a run, read once by rank 0 and broadcast: generator G, classifier f, encoder E.
 */
#ifndef INVSET_MODELS_H
#define INVSET_MODELS_H

#include "invset/comm.h"
#include "invset/net_spec.h"
#include "invset/picture.h"
#include "invset/picture_files.h"
#include "invset/run_file.h"
#include "invset/run_options.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  isn_net_spec_t *generator;  /**< owned, with weights */
  isn_net_spec_t *classifier; /**< owned, with weights */
  isn_net_spec_t
      *encoder;        /**< owned, with weights; NULL: the encoding is a blob of the classifier */
  char *encoder_blob;  /**< owned; blob of the encoder, or of the classifier if shared */
  int code_size;       /**< D, numbers of a code */
  int encoding_size;   /**< E, numbers of an encoding */
  isn_shape_t made;    /**< the generator's output */
  isn_shape_t picture; /**< the classifier's input, cropped from it */
  isn_picture_format_t format; /**< of the classifier's input; its mean is owned */
  int crop_h, crop_w;          /**< offset of the centre crop in the generator's output */
  struct {
    float *factor, *offset; /**< (C, H, W) network values, owned; NULL: nothing is kept */
  } keep; /**< what the generator's picture is mixed with: factor * x + offset, number by number */
  int n_files;
  isn_run_model_t files[ISN_RUN_MAX_MODELS]; /**< rank 0 only: role, path, SHA-256; owned */
} isn_models_t;

/** Read the models that the options name, check that they fit together, and give them to all ranks.
 *  Collective on comm; or local if comm is NULL (then this process reads them itself).
 *  @param[in]  options borrowed; equal on all ranks
 *  @param[out] models  isn_models_clear()
 *  @return ISN_ERR_INPUT on all ranks alike: a file is missing or wrong, or not named although the
 *          net has layers with weights; generator and classifier
 *          differ in channels or the picture is smaller than the classifier's input; the mean has
 *          neither one number nor one per channel, or its file is not one for this classifier; the
 *          encoder's input differs from the classifier's; the picture that is kept, or its mask,
 *          cannot be read */
ISN_MUST_USE isn_status_t isn_models_load(isn_comm_t *comm, const isn_run_options_t *options,
                                          isn_models_t *models);
/** Size of pictures from files: one of another size is scaled to cover the generator's output, and
 *  cut as that is.  Local. */
isn_picture_size_t isn_models_picture_size(const isn_models_t *models);

void isn_models_clear(isn_models_t *models); /**< Free what it owns; safe on zeros.  Local. */

#ifdef __cplusplus
}
#endif
#endif
