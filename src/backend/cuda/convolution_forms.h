/** @file convolution_forms.h
 *  The same convolution in other words: cuDNN has no form that is fast for all shapes, and what is
 *  fast on one GPU may not be so on the next.  In packed layouts those that fit are timed once for
 *  each shape (convolution.c).
 *
 *  DIRECT            as it stands
 *  BLOCKS            on blocks of pixels, see convolution_blocks.h; BLOCKS_FLIPPED: these flipped
 *  SPLIT             of several groups: one convolution for each, on some channels of the tensors
 *  DENSE             of several groups: one of all channels, with weights of zero for other groups
 *  FLIPPED           map to image without a stride: image to map, with image and map in each
 *                    other's place, kernels turned round, and padding of what a kernel leaves
 *                    over; FLIPPED_SPLIT, FLIPPED_DENSE: then that
 *  UNPACKED          through plain data, some samples at a time: in tf32, whose channels cuDNN may
 *                    not like to have last, and where it refuses the others
 *  PLAIN             a kernel of our own, slow, which knows every shape and layout
 *
 *  Weights in another arrangement are made in the workspace, for each call: they are few.
 */
#ifndef INVSET_CUDA_CONVOLUTION_FORMS_H
#define INVSET_CUDA_CONVOLUTION_FORMS_H

#include "backend/cuda/convolution_choice.h"

/** "direct" and so on. */
const char *isn_cuda_form_name(isn_cuda_form_t form);

/** Whether a convolution has such a form that may pay; in the plain layout DIRECT and PLAIN. */
bool isn_cuda_form_fits(const isn_cuda_convolution_t *convolution, isn_cuda_form_t form);

/** Bytes of workspace that the form takes, whatever the batch; it fits. */
size_t isn_cuda_form_bytes(const isn_cuda_convolution_t *convolution, isn_cuda_form_t form);

/** Compute a convolution, with the bias and the ReLU of its data.
 *  @param[in]  workspace isn_cuda_form_bytes(), from where data are aligned for libraries
 *  @param[out] done      false: cuDNN has nothing for this form */
ISN_MUST_USE isn_status_t isn_cuda_form_run(isn_cuda_t *cuda,
                                            const isn_cuda_convolution_t *convolution,
                                            const isn_cuda_convolution_data_t *data,
                                            isn_cuda_form_t form, void *workspace, bool *done);

/** Bytes of so many numbers in the workspace: what follows them is aligned for libraries. */
size_t isn_cuda_piece_bytes(isn_cuda_layout_t layout, size_t numbers);

/** Samples that go through a workspace at once: about equal parts of n, each at most `most`
 * samples, which begin where data are aligned for libraries (unless `most` is very small). */
int isn_cuda_equal_part(int n, int most);

#endif
