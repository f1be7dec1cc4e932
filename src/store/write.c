/** @file write.c
 *  Writing a published run file through MPI-IO.  A block: its data by independent writes, then
 *  fdatasync on a descriptor of our own, then its 16-byte record.  Nothing is ever collective but
 *  open and close: H5Fflush would wait for all ranks, and collective writes lose data silently on a
 *  full disk.  What ranks have written is read back the same way.  Knows nothing of how blocks are
 *  made, or which rank makes them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/hdf5_check.h"
#include "comm/comm_mpi.h"
#include "invset/memory.h"
#include "store/block.h"
#include "store/contents.h"
#include "store/datasets.h"
#include "store/disk.h"
#include "store/path.h"
#include "store/reach.h"
#include "store/read.h"
#include "store/summaries.h"
#include "store/write.h"

struct isn_run_file {
  isn_comm_t *comm;               /* borrowed */
  char *path;                     /* owned */
  const isn_run_layout_t *layout; /* borrowed */
  hid_t file;
  isn_datasets_t datasets;
  int fd;           /* for fdatasync; -1 if not open */
  uint32_t attempt; /* of this run, for provenance */
  struct sigaction xfsz_before;
  bool xfsz_ignored;
};

/* --- open and close --- */

/* HDF5 opens an empty file for writing by making it a new one, so look first. */
static isn_status_t check_on_rank_0(isn_comm_t *comm, const char *path)
{
  uint64_t surplus;
  isn_status_t status = ISN_OK;
  if (isn_comm_rank(comm) == 0)
    status = isn_path_check_hdf5(path, &surplus);
  return isn_comm_agree(comm, status);
}

static isn_status_t open_file(isn_run_file_t *file)
{
  isn_status_t status = ISN_OK;
  hid_t fapl;
  ISN_TRY_H5(fapl = H5Pcreate(H5P_FILE_ACCESS), ISN_ERR_IO, "make file properties");
  if (H5Pset_fapl_mpio(fapl, isn_comm_mpi(file->comm), MPI_INFO_NULL) < 0)
    status = isn_h5_error_set(ISN_ERR_IO, __FILE__, __LINE__, "set file properties");
  else if ((file->file = H5Fopen(file->path, H5F_ACC_RDWR, fapl)) < 0)
    status = isn_h5_error_set(ISN_ERR_IO, __FILE__, __LINE__, "open '%s' for writing", file->path);
  H5Pclose(fapl);
  return status;
}

static isn_status_t open_local(isn_run_file_t *file)
{
  ISN_TRY(isn_datasets_open(file->file, file->path, file->layout, &file->datasets));
  file->fd = open(file->path, O_RDWR | O_CLOEXEC);
  if (file->fd < 0)
    ISN_FAIL(ISN_ERR_IO, "cannot open '%s' for writing: %s", file->path, strerror(errno));
  return ISN_OK;
}

/* One more than the latest attempt that wrote a block. */
static isn_status_t find_attempt(isn_run_file_t *file)
{
  const size_t n = (size_t)file->layout->n_targets * (size_t)isn_run_n_blocks(file->layout);
  isn_store_provenance_t *rows;
  ISN_TRY(isn_alloc(&rows, n, "provenance of the blocks"));
  isn_status_t status = isn_datasets_read(&file->datasets, ISN_STORE_PROVENANCE, NULL, rows);
  for (size_t i = 0; status == ISN_OK && i < n; i++) {
    if (rows[i].attempt > file->attempt)
      file->attempt = rows[i].attempt;
  }
  file->attempt++;
  free(rows);
  return status;
}

/* Collective.  Every step is agreed on, so that all ranks go on or none does. */
static isn_status_t open_steps(isn_run_file_t *file)
{
  ISN_TRY(isn_comm_agree(file->comm, open_file(file)));
  ISN_TRY(isn_comm_agree(file->comm, open_local(file)));
  isn_status_t status = isn_comm_rank(file->comm) == 0 ? find_attempt(file) : ISN_OK;
  ISN_TRY(isn_comm_agree(file->comm, status));
  return isn_comm_broadcast(file->comm, &file->attempt, sizeof file->attempt);
}

static isn_status_t start_handle(isn_comm_t *comm, const char *path, const isn_run_layout_t *layout,
                                 isn_run_file_t **out)
{
  isn_run_file_t *file;
  ISN_TRY(isn_alloc(&file, 1, "run file"));
  file->comm = comm;
  file->layout = layout;
  file->file = -1;
  file->fd = -1;
  *out = file;
  isn_datasets_init(&file->datasets, path, layout);
  ISN_TRY(isn_alloc_string(&file->path, path));
  ISN_TRY(isn_store_layout_check(layout, ISN_ERR_ARG));
  ISN_TRY(isn_disk_ignore_xfsz(&file->xfsz_before));
  file->xfsz_ignored = true;
  return ISN_OK;
}

static void free_handle(isn_run_file_t *file)
{
  if (!file)
    return;
  if (file->xfsz_ignored)
    isn_disk_restore_xfsz(&file->xfsz_before);
  free(file->path);
  free(file);
}

isn_status_t isn_run_file_open(isn_comm_t *comm, const char *path, const isn_run_layout_t *layout,
                               isn_run_file_t **out)
{
  isn_run_file_t *file = NULL;
  isn_h5_quiet();
  isn_status_t status = isn_comm_agree(comm, start_handle(comm, path, layout, &file));
  if (status == ISN_OK)
    status = check_on_rank_0(comm, path);
  if (status == ISN_OK)
    status = open_steps(file);
  if (status == ISN_OK) {
    *out = file;
    return ISN_OK;
  }
  if (file) {
    isn_datasets_close(&file->datasets);
    if (file->fd >= 0)
      close(file->fd);
    if (file->file >= 0)
      H5Fclose(file->file); /* collective: MPI opens a file on all ranks or on none */
  }
  free_handle(file);
  return status;
}

isn_status_t isn_run_file_sync(isn_run_file_t *file)
{
  if (fdatasync(file->fd) == 0)
    return ISN_OK;
  char why[ISN_DISK_TEXT];
  int error = errno;
  isn_disk_explain(file->path, why);
  ISN_FAIL(ISN_ERR_IO, "cannot bring '%s' to the disk: %s%s", file->path, strerror(error), why);
}

/* NFS tells of a full disk no earlier than here. */
static isn_status_t close_local(isn_run_file_t *file)
{
  isn_status_t status = isn_run_file_sync(file);
  if (close(file->fd) != 0 && status == ISN_OK)
    status = isn_error_set(ISN_ERR_IO, __FILE__, __LINE__, "cannot close '%s': %s", file->path,
                           strerror(errno));
  return status;
}

isn_status_t isn_run_file_close(isn_run_file_t *file)
{
  if (!file)
    return ISN_OK;
  isn_status_t status = isn_comm_agree(file->comm, close_local(file));
  isn_datasets_close(&file->datasets);
  isn_status_t closed = ISN_OK;
  if (H5Fclose(file->file) < 0)
    closed = isn_h5_error_set(ISN_ERR_IO, __FILE__, __LINE__, "close '%s'", file->path);
  if (status == ISN_OK)
    status = isn_comm_agree(file->comm, closed);
  free_handle(file);
  return status;
}

/* --- blocks --- */

/* Slots that stay empty lie behind the others, of which there is at least one: a block without any
 * has no record. */
static bool may_stand(const isn_run_block_t *data, int i)
{
  if (data->status[i] == ISN_SAMPLE_EMPTY)
    return i > 0;
  return data->status[i] <= ISN_SAMPLE_OUTSIDE &&
         (i == 0 || data->status[i - 1] != ISN_SAMPLE_EMPTY);
}

static isn_status_t check_states(int target, int block, const isn_run_block_t *data)
{
  for (int i = 0; i < data->n; i++) {
    if (!may_stand(data, i))
      ISN_FAIL(ISN_ERR_ARG,
               "sample %d of block %d of target %d has state %d, which may not stand there", i,
               block, target, data->status[i]);
  }
  return ISN_OK;
}

/* A block that is written over first loses its record, so that no record ever stands for data that
 * are not there. */
static isn_status_t withdraw_record(isn_run_file_t *file, const isn_rows_at_t *at)
{
  const isn_store_record_t none = {0};
  isn_store_record_t found;
  ISN_TRY(isn_datasets_read(&file->datasets, ISN_STORE_RECORD, at, &found));
  if (memcmp(&found, &none, sizeof none) == 0)
    return ISN_OK;
  ISN_TRY(isn_datasets_write(&file->datasets, ISN_STORE_RECORD, at, &none));
  return isn_run_file_sync(file);
}

static isn_status_t make_provenance(const isn_run_file_t *file, double seconds,
                                    isn_store_provenance_t *row)
{
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0)
    ISN_FAIL(ISN_ERR_IO, "cannot read the clock: %s", strerror(errno));
  *row = (isn_store_provenance_t){.rank = (uint32_t)isn_comm_rank(file->comm),
                                  .attempt = file->attempt,
                                  .seconds = seconds,
                                  .t_end = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec};
  snprintf(row->host, sizeof row->host, "%s", isn_comm_host(file->comm));
  return ISN_OK;
}

/* Data, then fdatasync, then record: the order that all else rests on. */
static isn_status_t write_steps(isn_run_file_t *file, int target, int block,
                                const isn_run_block_t *data,
                                const isn_store_provenance_t *provenance)
{
  const isn_rows_at_t at = {target, block, 1};
  const isn_rows_at_t rows = {target, block * file->layout->block_size, data->n};
  const isn_store_record_t record = isn_store_record_make(file->layout, data);
  isn_block_part_t parts[ISN_BLOCK_PARTS];
  const int n = isn_store_block_parts(file->layout, data, parts);
  ISN_TRY(withdraw_record(file, &at));
  for (int i = 0; i < n; i++)
    ISN_TRY(isn_datasets_write(&file->datasets, parts[i].id, &rows, parts[i].data));
  ISN_TRY(isn_datasets_write(&file->datasets, ISN_STORE_PROVENANCE, &at, provenance));
  ISN_TRY(isn_run_file_sync(file));
  return isn_datasets_write(&file->datasets, ISN_STORE_RECORD, &at, &record);
}

/* HDF5 and MPI do not say that a disk is full; the file system does. */
static isn_status_t explain(const isn_run_file_t *file, isn_status_t status)
{
  char why[ISN_DISK_TEXT];
  if (status != ISN_ERR_IO)
    return status;
  isn_disk_explain(file->path, why);
  if (why[0] == '\0' || strstr(isn_error_message(), why))
    return status;
  return isn_error_set(status, __FILE__, __LINE__, "%s%s", isn_error_message(), why);
}

isn_status_t isn_write_block_of(isn_run_file_t *file, int target, int block,
                                const isn_run_block_t *data,
                                const isn_store_provenance_t *provenance)
{
  ISN_TRY(isn_store_block_check(file->layout, target, block, data));
  ISN_TRY(check_states(target, block, data));
  return explain(file, write_steps(file, target, block, data, provenance));
}

isn_status_t isn_run_file_write_block(isn_run_file_t *file, int target, int block,
                                      const isn_run_block_t *data, double seconds)
{
  isn_store_provenance_t provenance;
  ISN_TRY(make_provenance(file, seconds, &provenance));
  return isn_write_block_of(file, target, block, data, &provenance);
}

/* --- what rank 0 writes: reaches, windows, summaries --- */

static isn_status_t check_rank_0(const isn_run_file_t *file, const char *what)
{
  if (isn_comm_rank(file->comm) != 0)
    ISN_FAIL(ISN_ERR_ARG, "%s are written by rank 0, not by rank %d", what,
             isn_comm_rank(file->comm));
  return ISN_OK;
}

isn_status_t isn_run_file_write_reach(isn_run_file_t *file, int target,
                                      const isn_run_reach_t *reach)
{
  ISN_TRY(check_rank_0(file, "reaches"));
  return explain(file, isn_reach_write(&file->datasets, target, reach));
}

isn_status_t isn_run_file_write_windows(isn_run_file_t *file, int target, const float (*windows)[2])
{
  ISN_TRY(check_rank_0(file, "windows"));
  return explain(file, isn_contents_write_windows(&file->datasets, target, windows));
}

static isn_status_t write_summary_steps(isn_run_file_t *file, const isn_run_summary_t *summaries,
                                        double pool_steps)
{
  ISN_TRY(isn_summaries_write(&file->datasets, summaries, pool_steps));
  ISN_TRY(isn_run_file_sync(file));
  ISN_TRY(isn_summaries_mark_complete(&file->datasets));
  return isn_run_file_sync(file);
}

isn_status_t isn_run_file_write_summaries(isn_run_file_t *file, const isn_run_summary_t *summaries,
                                          double pool_steps)
{
  ISN_TRY(check_rank_0(file, "summaries"));
  return explain(file, write_summary_steps(file, summaries, pool_steps));
}

/* --- reading back --- */

isn_status_t isn_run_file_read_block(isn_run_file_t *file, int target, int block,
                                     isn_run_block_t *data)
{
  return isn_read_block(&file->datasets, target, block, data);
}

isn_status_t isn_run_file_states(isn_run_file_t *file, unsigned char *states)
{
  return isn_read_states(&file->datasets, states);
}

isn_status_t isn_run_file_samples(isn_run_file_t *file, int target, unsigned char *status,
                                  float *activation, float *steps)
{
  return isn_read_samples(&file->datasets, target, status, activation, steps);
}

isn_status_t isn_run_file_read_reach(isn_run_file_t *file, int target, isn_run_reach_t *reach,
                                     bool *known)
{
  return isn_reach_read(&file->datasets, target, reach, known);
}
