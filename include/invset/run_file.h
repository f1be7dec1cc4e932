/** @file run_file.h
 *  The run file: one HDF5 file with every sample of a run in its fixed slot.
 *
 *  Letters: T targets, S sample slots per target, K samples of a block, B = ceil(S / K) blocks per
 *  target, D code, E encoding, M neurons of a target (the most that any target has), H x W picture
 *  with C channels (1 or 3), R ascents of a probe.  Slot s belongs to block s / K; the last block
 * may be shorter.
 *
 *  The file is created whole by rank 0 under a temporary name and published by one link or rename;
 *  after that only data slots are written, each block by the rank that made it: its data, then
 *  fdatasync, then its 16-byte record.  So a file is complete and readable at any moment, and a
 *  block counts if and only if its record says so.  See src/store/layout.c for every dataset.
 */
#ifndef INVSET_RUN_FILE_H
#define INVSET_RUN_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "invset/comm.h"
#include "invset/files.h"
#include "invset/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  ISN_RUN_FILE_VERSION = 3,
  ISN_RUN_LABEL_BYTES = 64, /**< fixed length of label and blob texts, zero-padded UTF-8 */
  ISN_RUN_MAX_MODELS = 8
};

/** What of a neuron is in a window. */
typedef enum {
  ISN_QUANTITY_ACTIVATION = 0, /**< its output, before softmax */
  ISN_QUANTITY_PROBABILITY = 1 /**< its share of the softmax over all units of its blob */
} isn_quantity_t;

/** One target, as it is recorded: neurons of any blobs, each with its window.  A neuron may stand
 *  here twice, with windows of different quantities. */
typedef struct {
  char label[ISN_RUN_LABEL_BYTES]; /**< class names, joined by " + ", and by " - " before one whose
                                        window has no lower side */
  int n_neurons;                   /**< 1 .. M */
  char (*blobs)[ISN_RUN_LABEL_BYTES]; /**< (n_neurons) "fc8", owned */
  int *neurons;                       /**< (n_neurons) unit indices from 0, owned */
  int *units; /**< (n_neurons) units from there on whose largest value counts, mostly 1, owned */
  unsigned char *quantities; /**< (n_neurons) isn_quantity_t, owned */
  float (*windows)[2]; /**< (n_neurons) low and high of that quantity, infinite on a side without
                          limit, owned; NaN: relative to a reach that is not known yet, or out of
                          reach */
} isn_run_target_t;

/** Allocate the arrays of a target with n neurons, zeros.  Local.
 *  @param[in,out] target isn_run_target_free(), also after an error */
ISN_MUST_USE isn_status_t isn_run_target_alloc(int n, isn_run_target_t *target);
void isn_run_target_free(isn_run_target_t *target); /**< Safe on zeros.  Local. */

/** A model file of the run. */
typedef struct {
  char *role; /**< "classifier weights", owned */
  char *path; /**< as in the config, owned */
  char sha256[ISN_SHA256_TEXT];
} isn_run_model_t;

/** What a run file is about: all that is fixed when it is created. */
typedef struct {
  int n_targets, n_slots, block_size;
  int code_size, encoding_size; /**< D and E */
  bool with_encodings;          /**< false: dataset `encoding` is left out */
  int channels, height, width;  /**< of the stored picture; channels 1 or 3 (RGB) */
  int max_neurons;              /**< M */
  int probe_starts;             /**< R, ascents by which reaches are found; 0: no group `reach` */
  isn_run_target_t *targets;    /**< (n_targets), owned */
  int n_models;
  isn_run_model_t models[ISN_RUN_MAX_MODELS];
  char *config_text;     /**< the config file as it was read, then the overrides, owned */
  char *settings;        /**< "key = value" lines of every setting that the results depend on,
                              sorted, owned; two runs are the same run if these and the models'
                              SHA-256 are equal */
  char *method;          /**< that drew the samples, "invset", owned */
  char *program_version; /**< owned */
  char *git_revision;    /**< owned */
} isn_run_layout_t;

/** Free what a layout owns and set it to zeros.  Local. */
void isn_run_layout_clear(isn_run_layout_t *layout);

/** State of a block. */
typedef enum {
  ISN_BLOCK_EMPTY = 0,
  ISN_BLOCK_DONE = 1,  /**< finished, all its samples were accepted */
  ISN_BLOCK_FAILED = 2 /**< finished, one or more samples did not get in, or its last slots stay
                            empty; see sample_status */
} isn_block_state_t;

/** State of a sample. */
typedef enum {
  ISN_SAMPLE_EMPTY = 0,
  ISN_SAMPLE_ACCEPTED = 1,
  ISN_SAMPLE_NOT_REACHED = 2, /**< gave up; the slot holds the best attempt */
  ISN_SAMPLE_OUTSIDE = 3      /**< outside of a window, of a method that keeps what it has */
} isn_sample_status_t;

/** Everything that is stored of one block; n = samples of the block. */
typedef struct {
  int n;
  float *code;           /**< (n, D) */
  float *encoding;       /**< (n, E), of the stored picture; not read if with_encodings is false */
  float *activation;     /**< (n, M), NaN beyond the target's neurons; of the stored picture, in
                              each neuron's quantity */
  unsigned char *image;  /**< (n, H, W) grey or (n, H, W, 3) RGB, row 0 at the top */
  unsigned char *status; /**< (n) isn_sample_status_t */
  float *steps;          /**< (n) sample-steps spent on the slot, failed starts included */
  int32_t *chain;        /**< (n) chain that made it; -1 for the seed block */
  int32_t *chain_block;  /**< (n) number of the block within its chain */
  int32_t *restarts;     /**< (n) starts that were given up before this one */
} isn_run_block_t;

/** Allocate the arrays of a block with the layout's sizes.  Local.
 *  @param[in] n samples, at most block_size */
ISN_MUST_USE isn_status_t isn_run_block_alloc(const isn_run_layout_t *layout, int n,
                                              isn_run_block_t *block);
void isn_run_block_free(isn_run_block_t *block); /**< Local. */

/** Samples in block b: block_size, fewer in the last one.  Local. */
int isn_run_block_count(const isn_run_layout_t *layout, int block);
/** What the probe of a target found; n = neurons of the target. */
typedef struct {
  int n;
  float *activation; /**< (n, R) the largest that each ascent reached, NaN if it was never finite,
                          and of a neuron whose window is not relative */
  float *code;       /**< (n, D) code of the best one of each neuron */
  float steps;       /**< sample-steps spent on all of them */
} isn_run_reach_t;

/** Allocate the arrays of a reach with the layout's sizes.  Local.  @param[in] n at most
 * max_neurons */
ISN_MUST_USE isn_status_t isn_run_reach_alloc(const isn_run_layout_t *layout, int n,
                                              isn_run_reach_t *reach);
void isn_run_reach_free(isn_run_reach_t *reach); /**< Local. */

/** Whether samples outside of their window are samples, too: with all methods but "invset", which
 *  draws others in their place.  Local. */
bool isn_run_keeps_outside(const isn_run_layout_t *layout);

/** Blocks per target.  Local. */
int isn_run_n_blocks(const isn_run_layout_t *layout);
/** Bytes that the file of a layout takes on the disk, rounded up.  Local. */
uint64_t isn_run_file_bytes(const isn_run_layout_t *layout);

/** How a target ended. */
typedef enum {
  ISN_TARGET_UNFINISHED = 0,
  ISN_TARGET_FULL = 1,       /**< every slot accepted */
  ISN_TARGET_PARTLY = 2,     /**< some slots accepted */
  ISN_TARGET_NOT_REACHED = 3 /**< none accepted */
} isn_target_status_t;

/** Result of one target. */
typedef struct {
  isn_target_status_t status;
  int n_accepted;
  double activation_mean, activation_std; /**< of the first neuron over accepted samples, or NaN */
  double
      best_activation; /**< first neuron's activation in the slot that is nearest to all windows */
  double steps;        /**< sample-steps of all its slots */
} isn_run_summary_t;

typedef struct isn_run_file isn_run_file_t;

/* --- writing: the job --- */

/** What lies at the output path. */
typedef enum {
  ISN_RUN_PATH_FREE,    /**< nothing: create */
  ISN_RUN_PATH_PARTIAL, /**< this run's file, not finished: continue */
  ISN_RUN_PATH_FINISHED /**< this run's file, complete: nothing to do */
} isn_run_path_state_t;

/** Look at the output path before a run, and take its guard (an OFD lock on PATH.lock, which names
 *  host, process and job; held until the process ends or isn_run_file_unlock(), given back on an
 *  error).  Local; rank 0 alone.  Never changes a file at PATH; removes a left-over PATH.creating
 *  and makes missing parent folders.
 *  @return ISN_ERR_INPUT, naming path and reason: a directory or other thing, empty, not HDF5,
 *          truncated, not a run file, of another format version, of another config (both values of
 *          the first setting, model, size or target that differs), locked by another run (who), not
 *          finished and read-only, or in a folder that cannot be made or written */
ISN_MUST_USE isn_status_t isn_run_file_inspect(const char *path, const isn_run_layout_t *layout,
                                               isn_run_path_state_t *state);

/** Give the guard back.  Local; rank 0 alone. */
void isn_run_file_unlock(const char *path);

/** Move an existing file out of the way for --restart: PATH becomes PATH.old-1 (or the next free
 *  number).  Takes the guard first, so that no file is moved from under a run that writes it; call
 *  isn_run_file_inspect() next.  Local; rank 0 alone.
 *  @param[out] moved_to caller's, free(), NULL if nothing was there
 *  @return ISN_ERR_INPUT: locked by another run (who), no permission */
ISN_MUST_USE isn_status_t isn_run_file_set_aside(const char *path, char **moved_to);

/** Create the file with all its slots and publish it.  Local; rank 0 alone.  Missing parent folders
 *  are made.
 *  @return ISN_ERR_INPUT: no permission, no space (free and needed bytes), PATH exists */
ISN_MUST_USE isn_status_t isn_run_file_create(const char *path, const isn_run_layout_t *layout);

/** Open a published file for writing through MPI-IO.  Collective.
 *  @param[in]  layout borrowed until close; equal on all ranks
 *  @param[out] out    isn_run_file_close() */
ISN_MUST_USE isn_status_t isn_run_file_open(isn_comm_t *comm, const char *path,
                                            const isn_run_layout_t *layout, isn_run_file_t **out);

/** Write a block: data, fdatasync, record.  A block that has a record already loses it first.
 *  Local (independent I/O).
 *  @param[in] data    slots may stay EMPTY behind at least one that does not
 *  @param[in] seconds wall time the block took, for provenance
 *  @return ISN_ERR_IO with the free and missing bytes if the disk is full; then there is no
 *          record; ISN_ERR_ARG */
ISN_MUST_USE isn_status_t isn_run_file_write_block(isn_run_file_t *file, int target, int block,
                                                   const isn_run_block_t *data, double seconds);

/** Read a block that this or another rank, or an earlier attempt, has finished; see
 *  isn_run_reader_block().  Goes through MPI-IO, whose locks keep NFS coherent.  Local (independent
 *  I/O). */
ISN_MUST_USE isn_status_t isn_run_file_read_block(isn_run_file_t *file, int target, int block,
                                                  isn_run_block_t *data);

/** As isn_run_reader_states(), isn_run_reader_samples() and isn_run_reader_reach(), during a run.
 */
ISN_MUST_USE isn_status_t isn_run_file_states(isn_run_file_t *file, unsigned char *states);
ISN_MUST_USE isn_status_t isn_run_file_samples(isn_run_file_t *file, int target,
                                               unsigned char *status, float *activation,
                                               float *steps);
ISN_MUST_USE isn_status_t isn_run_file_read_reach(isn_run_file_t *file, int target,
                                                  isn_run_reach_t *reach, bool *known);

/** Write what the probe of a target found, then its record with their CRC, which stands in for
 *  fdatasync: a reach that a crash has torn counts as not there.  Local; rank 0 alone. */
ISN_MUST_USE isn_status_t isn_run_file_write_reach(isn_run_file_t *file, int target,
                                                   const isn_run_reach_t *reach);

/** Write the windows of a target, which follow from its reach.  Local; rank 0 alone.
 *  @param[in] windows (n_neurons of the target) */
ISN_MUST_USE isn_status_t isn_run_file_write_windows(isn_run_file_t *file, int target,
                                                     const float (*windows)[2]);

/** Write the summaries, then the file's `complete` mark.  Local; rank 0 alone, when all ranks'
 *  blocks are on disk (after isn_run_file_sync and a barrier).
 *  @param[in] summaries  (T)
 *  @param[in] pool_steps sample-steps of the pool of starts */
ISN_MUST_USE isn_status_t isn_run_file_write_summaries(isn_run_file_t *file,
                                                       const isn_run_summary_t *summaries,
                                                       double pool_steps);

/** Bring all this rank wrote to the disk.  Local. */
ISN_MUST_USE isn_status_t isn_run_file_sync(isn_run_file_t *file);

/** Close.  Collective.  NULL is fine on all ranks alike. */
ISN_MUST_USE isn_status_t isn_run_file_close(isn_run_file_t *file);

/* --- reading: check, montage, info, and resuming --- */

typedef struct isn_run_reader isn_run_reader_t;

/** Open any run file for reading, without a config.  Local; serial.  Works during a run.
 *  @param[out] out isn_run_reader_close()
 *  @return ISN_ERR_INPUT naming path and reason */
ISN_MUST_USE isn_status_t isn_run_reader_open(const char *path, isn_run_reader_t **out);
void isn_run_reader_close(isn_run_reader_t *reader); /**< NULL is fine.  Local. */

/** The layout as stored; owned by the reader.  Local. */
const isn_run_layout_t *isn_run_reader_layout(const isn_run_reader_t *reader);

/** Whether the run is complete, and its summaries ((T), all UNFINISHED before) and pool_steps (NaN
 *  before).  Local. */
ISN_MUST_USE isn_status_t isn_run_reader_summaries(isn_run_reader_t *reader, bool *complete,
                                                   isn_run_summary_t *summaries,
                                                   double *pool_steps);

/** States of all blocks.  A record whose own CRC or count is wrong reads as EMPTY.  Local.
 *  @param[out] states (T, B) isn_block_state_t */
ISN_MUST_USE isn_status_t isn_run_reader_states(isn_run_reader_t *reader, unsigned char *states);

/** Read the small things of all slots of a target, without codes and pictures; their CRCs are not
 *  checked.  Slots of EMPTY blocks read as EMPTY and NaN, whatever lies there.  Local.
 *  @param[out] status     (S) isn_sample_status_t
 *  @param[out] activation (S, M)
 *  @param[out] steps      (S) */
ISN_MUST_USE isn_status_t isn_run_reader_samples(isn_run_reader_t *reader, int target,
                                                 unsigned char *status, float *activation,
                                                 float *steps);

/** Read what the probe of a target found.  Local.
 *  @param[in,out] reach allocated with isn_run_reach_alloc() for this layout and target
 *  @param[out]    known false: not probed (yet), or torn; reach is not set then */
ISN_MUST_USE isn_status_t isn_run_reader_reach(isn_run_reader_t *reader, int target,
                                               isn_run_reach_t *reach, bool *known);

/** Read one block, which must not be EMPTY, and check the CRC of its data.  Local.
 *  @param[in,out] data allocated with isn_run_block_alloc() for this layout and count;
 *                      encoding is set to NaN if the file has none
 *  @return ISN_ERR_CHECK if the CRC does not fit (which block, and what to do); ISN_ERR_IO */
ISN_MUST_USE isn_status_t isn_run_reader_block(isn_run_reader_t *reader, int target, int block,
                                               isn_run_block_t *data);

#ifdef __cplusplus
}
#endif
#endif
