/** @file layout.h
 *  Private to store: every dataset of a run file, described once, and the few facts about it that
 *  creating, writing, reading and checking share.  All functions are local.
 *
 *  Letters of axes are those of run_file.h, and F model files, 2 the two ends of a window.
 */
#ifndef INVSET_STORE_LAYOUT_H
#define INVSET_STORE_LAYOUT_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "invset/run_file.h"

/** The datasets, in the order in which they are created. */
typedef enum {
  ISN_STORE_TARGET,
  ISN_STORE_SAMPLE,
  ISN_STORE_FEATURE,
  ISN_STORE_ENCODING_FEATURE,
  ISN_STORE_Y,
  ISN_STORE_X,
  ISN_STORE_CHANNEL,
  ISN_STORE_NEURON,
  ISN_STORE_TARGET_LABEL,
  ISN_STORE_TARGET_BLOB,
  ISN_STORE_TARGET_NEURON,
  ISN_STORE_TARGET_UNITS,
  ISN_STORE_TARGET_QUANTITY,
  ISN_STORE_WINDOW,
  ISN_STORE_CONFIG_TEXT,
  ISN_STORE_SETTINGS,
  ISN_STORE_MODEL_ROLE,
  ISN_STORE_MODEL_PATH,
  ISN_STORE_MODEL_SHA256,
  ISN_STORE_CODE,
  ISN_STORE_ENCODING,
  ISN_STORE_ACTIVATION,
  ISN_STORE_IMAGE,
  ISN_STORE_SAMPLE_STATUS,
  ISN_STORE_SAMPLE_STEPS,
  ISN_STORE_CHAIN,
  ISN_STORE_CHAIN_BLOCK,
  ISN_STORE_RESTARTS,
  ISN_STORE_RECORD,
  ISN_STORE_REACH_ACTIVATION,
  ISN_STORE_REACH_CODE,
  ISN_STORE_REACH_STEPS,
  ISN_STORE_REACH_RECORD,
  ISN_STORE_N_ACCEPTED,
  ISN_STORE_TARGET_STATUS,
  ISN_STORE_ACTIVATION_MEAN,
  ISN_STORE_ACTIVATION_STD,
  ISN_STORE_BEST_ACTIVATION,
  ISN_STORE_STEPS,
  ISN_STORE_POOL_STEPS,
  ISN_STORE_COMPLETE,
  ISN_STORE_PROVENANCE,
  ISN_STORE_N_DATASETS
} isn_store_id_t;

typedef enum {
  ISN_TYPE_F32,
  ISN_TYPE_F64,
  ISN_TYPE_I32,
  ISN_TYPE_U8,
  ISN_TYPE_INDEX,         /**< i32 0, 1, 2, ...: the dimension scale of its one axis */
  ISN_TYPE_NAME,          /**< UTF-8 text of ISN_RUN_LABEL_BYTES, zero-padded */
  ISN_TYPE_TEXT,          /**< UTF-8 text as long as the longest one, zero-padded */
  ISN_TYPE_SAMPLE_STATUS, /**< u8 enum EMPTY 0, ACCEPTED 1, NOT_REACHED 2, OUTSIDE 3 */
  ISN_TYPE_TARGET_STATUS, /**< u8 enum UNFINISHED 0, FULL 1, PARTLY 2, NOT_REACHED 3 */
  ISN_TYPE_FLAG,          /**< u8 enum NO 0, YES 1 */
  ISN_TYPE_QUANTITY,      /**< u8 enum ACTIVATION 0, PROBABILITY 1 */
  ISN_TYPE_RECORD,        /**< isn_store_record_t */
  ISN_TYPE_PROVENANCE     /**< isn_store_provenance_t */
} isn_store_type_t;

/** What a slot holds before it is written. */
typedef enum {
  ISN_FILL_NONE, /**< nothing is put there (reads as zeros): big data, or written at creation */
  ISN_FILL_ZERO,
  ISN_FILL_MINUS_ONE,
  ISN_FILL_NAN
} isn_store_fill_t;

typedef struct {
  const char *name; /**< path in the file, without the first slash */
  isn_store_type_t type;
  const char *axes; /**< letters, outermost first; "" is a scalar */
  isn_store_fill_t fill;
  const char *units, *long_name, *description; /**< attributes of these names */
} isn_store_dataset_t;

/** Record of one block, or of a target's reach, as it lies in the file. */
typedef struct {
  uint8_t state; /**< isn_block_state_t; of a reach DONE or EMPTY */
  uint8_t zero[3];
  uint32_t n_samples;    /**< of a reach: ascents */
  uint32_t crc32;        /**< of the data, as they lie in the file */
  uint32_t record_crc32; /**< of the 12 bytes before */
} isn_store_record_t;

enum { ISN_STORE_HOST_BYTES = 40 };

/** Who made a block and when, as it lies in the file; the only part that is not reproducible. */
typedef struct {
  uint32_t rank;
  uint32_t attempt; /**< 1 for the run that created the file; 0: not written */
  double t_end;     /**< s since 1970-01-01 UTC */
  double seconds;
  char host[ISN_STORE_HOST_BYTES];
} isn_store_provenance_t;

enum { ISN_STORE_MAX_AXES = 5 };

typedef struct {
  int n_axes;
  char axes[ISN_STORE_MAX_AXES + 1];
  hsize_t dims[ISN_STORE_MAX_AXES];
} isn_store_shape_t;

/** Description of a dataset.  @return static */
const isn_store_dataset_t *isn_store_dataset(isn_store_id_t id);

/** Shape of a dataset.  @return false if files of this layout do not have it */
bool isn_store_shape(const isn_run_layout_t *layout, isn_store_id_t id, isn_store_shape_t *shape);

/** Dimension scale of an axis.  @return ISN_STORE_N_DATASETS if it has none */
isn_store_id_t isn_store_scale(char axis);

/** Name of an axis, for people. */
const char *isn_store_axis_name(char axis);

/** Bytes of one element of a dataset. */
size_t isn_store_element_bytes(const isn_run_layout_t *layout, isn_store_id_t id);

/** Check the sizes of a layout; then all other functions here may be called.  @return code */
ISN_MUST_USE isn_status_t isn_store_sizes_check(const isn_run_layout_t *layout, isn_status_t code);

/** Check that a layout is one that can be stored.  @return code, naming the field */
ISN_MUST_USE isn_status_t isn_store_layout_check(const isn_run_layout_t *layout, isn_status_t code);

/** Make the HDF5 type of a dataset, for file and memory alike.  @param[out] type H5Tclose() */
ISN_MUST_USE isn_status_t isn_store_type_create(const isn_run_layout_t *layout, isn_store_id_t id,
                                                hid_t *type);

/** Fill value of a dataset.  @param[out] value (isn_store_element_bytes(), at most 64)
 *  @return false if it has none */
bool isn_store_fill_value(isn_store_id_t id, void *value);

#endif
