/** @file reach.c
 *  What the probe of a target found: its arrays, their CRC, and moving them to and from a file.
 *  Knows nothing of how the file was opened, or of the windows that follow from a reach.
 */
#include "store/reach.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "invset/memory.h"
#include "store/block.h"

enum { N_PARTS = 3 };

/* One array of a reach; all of it is used, as it lies in the file. */
typedef struct {
  isn_store_id_t id;
  isn_rows_at_t rows;
  void *data; /* borrowed from the reach */
  size_t bytes;
} part_t;

isn_status_t isn_run_reach_alloc(const isn_run_layout_t *layout, int n, isn_run_reach_t *reach)
{
  isn_status_t status = ISN_OK;
  memset(reach, 0, sizeof *reach);
  if (n < 1 || n > layout->max_neurons)
    ISN_FAIL(ISN_ERR_ARG, "reach of %d neurons, wanted 1 to %d", n, layout->max_neurons);
  const size_t neurons = (size_t)n;
  reach->n = n;
  ISN_TRY_GOTO(isn_alloc(&reach->activation, neurons * (size_t)layout->probe_starts,
                         "activations of a reach"),
               failed);
  ISN_TRY_GOTO(isn_alloc(&reach->code, neurons * (size_t)layout->code_size, "codes of a reach"),
               failed);
  return ISN_OK;
failed:
  isn_run_reach_free(reach);
  return status;
}

void isn_run_reach_free(isn_run_reach_t *reach)
{
  free(reach->activation);
  free(reach->code);
  memset(reach, 0, sizeof *reach);
}

/* The arrays in the order in which they are written and go into the CRC. */
static void list_parts(const isn_run_layout_t *layout, int target, isn_run_reach_t *reach,
                       part_t parts[N_PARTS])
{
  const isn_rows_at_t row = {target, 0, ISN_ROWS_ALL};
  const isn_rows_at_t neurons = isn_rows_of_neurons(layout, target);
  const size_t of_neurons = (size_t)reach->n * sizeof(float);
  parts[0] = (part_t){ISN_STORE_REACH_ACTIVATION, neurons, reach->activation,
                      of_neurons * (size_t)layout->probe_starts};
  parts[1] =
      (part_t){ISN_STORE_REACH_CODE, neurons, reach->code, of_neurons * (size_t)layout->code_size};
  parts[2] = (part_t){ISN_STORE_REACH_STEPS, row, &reach->steps, sizeof reach->steps};
}

static uint32_t parts_crc32(const part_t parts[N_PARTS])
{
  uLong crc = crc32_z(0, NULL, 0);
  for (int i = 0; i < N_PARTS; i++)
    crc = crc32_z(crc, parts[i].data, parts[i].bytes);
  return (uint32_t)crc;
}

static isn_status_t check_request(const isn_datasets_t *datasets, int target,
                                  const isn_run_reach_t *reach)
{
  const isn_run_layout_t *layout = datasets->layout;
  if (target < 0 || target >= layout->n_targets)
    ISN_FAIL(ISN_ERR_ARG, "'%s' has no target %d", datasets->path, target);
  if (reach->n != layout->targets[target].n_neurons)
    ISN_FAIL(ISN_ERR_ARG, "target %d of '%s' has %d neurons, its reach %d", target, datasets->path,
             layout->targets[target].n_neurons, reach->n);
  return ISN_OK;
}

isn_status_t isn_reach_write(const isn_datasets_t *datasets, int target,
                             const isn_run_reach_t *reach)
{
  const isn_run_layout_t *layout = datasets->layout;
  const isn_rows_at_t row = {target, 0, ISN_ROWS_ALL};
  isn_run_reach_t arrays = *reach;
  part_t parts[N_PARTS];
  ISN_TRY(check_request(datasets, target, reach));
  if (layout->probe_starts == 0)
    ISN_FAIL(ISN_ERR_ARG, "'%s' has no place for reaches", datasets->path);
  list_parts(layout, target, &arrays, parts);
  for (int i = 0; i < N_PARTS; i++)
    ISN_TRY(isn_datasets_write(datasets, parts[i].id, &parts[i].rows, parts[i].data));
  const isn_store_record_t record =
      isn_store_record_seal(ISN_BLOCK_DONE, reach->n * layout->probe_starts, parts_crc32(parts));
  return isn_datasets_write(datasets, ISN_STORE_REACH_RECORD, &row, &record);
}

isn_status_t isn_reach_read(const isn_datasets_t *datasets, int target, isn_run_reach_t *reach,
                            bool *known)
{
  const isn_run_layout_t *layout = datasets->layout;
  const isn_rows_at_t row = {target, 0, ISN_ROWS_ALL};
  isn_store_record_t record;
  part_t parts[N_PARTS];
  ISN_TRY(check_request(datasets, target, reach));
  *known = false;
  if (layout->probe_starts == 0)
    return ISN_OK;
  ISN_TRY(isn_datasets_read(datasets, ISN_STORE_REACH_RECORD, &row, &record));
  if (isn_store_record_state(&record, reach->n * layout->probe_starts) != ISN_BLOCK_DONE)
    return ISN_OK;
  list_parts(layout, target, reach, parts);
  for (int i = 0; i < N_PARTS; i++)
    ISN_TRY(isn_datasets_read(datasets, parts[i].id, &parts[i].rows, parts[i].data));
  *known = record.crc32 == parts_crc32(parts);
  return ISN_OK;
}
