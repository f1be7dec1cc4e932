/** @file unit_name.h
 *  One unit of a blob as the command line names it: "fc8[7]" or "conv5[12,3,4]".  Local.
 */
#ifndef INVSET_JOBS_UNIT_NAME_H
#define INVSET_JOBS_UNIT_NAME_H

#include "invset/net_spec.h"

enum { ISN_UNIT_BLOB_BYTES = 256 };

typedef struct {
  char blob[ISN_UNIT_BLOB_BYTES];
  int n_indices;  /**< 1 or 3 */
  int indices[3]; /**< [c], or [c, y, x]; from 0 */
} isn_unit_name_t;

/** Read a unit's name.  @return ISN_ERR_INPUT saying what is wrong with it */
ISN_MUST_USE isn_status_t isn_unit_name_read(const char *text, isn_unit_name_t *unit);

/** Find the unit in its blob.  [c] is for blobs with one number per channel.
 *  @param[out] offset of the unit in a sample of the blob
 *  @return ISN_ERR_INPUT: an index is out of the blob's shape, or [c] of a blob with positions */
ISN_MUST_USE isn_status_t isn_unit_name_offset(const isn_unit_name_t *unit, isn_shape_t shape,
                                               size_t *offset);

/** Number of layers up to the one that first makes a blob: the latest with the blob as a top that
 * is not its bottom.  In-place layers behind it are not counted.
 *  @return ISN_ERR_INPUT: no layer makes it */
ISN_MUST_USE isn_status_t isn_unit_maker(const isn_net_spec_t *spec, const char *blob,
                                         int *n_layers);

#endif
