/** @file test_damage.c
 *  Bytes of a finished file are changed, and the reader says so: a damaged record makes its block
 *  EMPTY, damaged data are found by their CRC, and the run can go on and mend what is EMPTY.  A
 *  reach that is damaged anywhere counts as not there.
 */
#include "harness.h"

#include <fcntl.h>
#include <hdf5.h>
#include <unistd.h>

#include "made_run.h"

static const char path[] = "store-damage/run.h5";

/* Change a byte of a dataset, behind HDF5's back.  Opened like the reader opens it, or HDF5 refuses
 * a second opening in one process. */
static void change(const char *dataset, size_t at)
{
  hid_t fapl = H5Pcreate(H5P_FILE_ACCESS);
  TEST_CHECK(H5Pset_file_locking(fapl, 0, 1) >= 0);
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, fapl);
  hid_t set = H5Dopen2(file, dataset, H5P_DEFAULT);
  TEST_CHECK(set >= 0);
  const off_t offset = (off_t)(H5Dget_offset(set) + at);
  H5Dclose(set);
  H5Fclose(file);
  H5Pclose(fapl);
  unsigned char byte;
  int fd = open(path, O_RDWR);
  TEST_CHECK(fd >= 0 && pread(fd, &byte, 1, offset) == 1);
  byte ^= 0x10;
  TEST_CHECK(pwrite(fd, &byte, 1, offset) == 1 && close(fd) == 0);
}

static void check_states(isn_run_reader_t *reader, int empty_block)
{
  unsigned char states[64];
  const isn_run_layout_t *layout = isn_run_reader_layout(reader);
  TEST_OK(isn_run_reader_states(reader, states));
  for (int b = 0; b < layout->n_targets * isn_run_n_blocks(layout); b++)
    TEST_CHECK_MSG((states[b] == ISN_BLOCK_EMPTY) == (b == empty_block), "block %d", b);
}

/* Each byte of record [1][2] in turn: state, count, CRC, its own CRC. */
static void check_records(isn_run_reader_t *reader)
{
  const isn_run_layout_t *layout = isn_run_reader_layout(reader);
  const int block = isn_run_n_blocks(layout) + 2;
  isn_run_block_t data;
  TEST_OK(isn_run_block_alloc(layout, layout->block_size, &data));
  for (size_t i = 0; i < 16; i++) {
    change("blocks/record", (size_t)block * 16 + i);
    check_states(reader, block);
    TEST_ERROR(isn_run_reader_block(reader, 1, 2, &data), ISN_ERR_ARG, "not finished");
    change("blocks/record", (size_t)block * 16 + i);
  }
  check_states(reader, -1);
  isn_run_block_free(&data);
}

/* The samples of a block without record count as not there. */
static void check_samples(isn_run_reader_t *reader)
{
  const isn_run_layout_t *layout = isn_run_reader_layout(reader);
  unsigned char status[23];
  float activation[23], steps[23];
  isn_run_block_t made;
  change("blocks/record", (size_t)(isn_run_n_blocks(layout) + 2) * 16);
  TEST_OK(isn_run_reader_samples(reader, 1, status, activation, steps));
  TEST_ERROR(isn_run_reader_samples(reader, 3, status, activation, steps), ISN_ERR_ARG, "target 3");
  change("blocks/record", (size_t)(isn_run_n_blocks(layout) + 2) * 16);
  for (int s = 0; s < layout->n_slots; s++) {
    const int i = s % layout->block_size;
    TEST_OK(made_block(layout, 1, s / layout->block_size, &made));
    const bool there = s < 10 || s > 14;
    TEST_CHECK(status[s] == (there ? made.status[i] : ISN_SAMPLE_EMPTY));
    TEST_CHECK(there ? activation[s] == made.activation[i] : isnan(activation[s]));
    TEST_CHECK(there ? steps[s] == made.steps[i] : isnan(steps[s]));
    isn_run_block_free(&made);
  }
}

/* One byte of sample [1][12], of each dataset; it belongs to block 2 of its target. */
static void check_data(isn_run_reader_t *reader)
{
  const isn_run_layout_t *layout = isn_run_reader_layout(reader);
  const struct {
    const char *dataset;
    size_t slot_bytes;
  } parts[] = {{"code", 64},          {"encoding", 28},     {"activation", 4},
               {"image", 9 * 11 * 3}, {"sample_status", 1}, {"sample_steps", 4},
               {"chain", 4},          {"chain_block", 4},   {"restarts", 4}};
  isn_run_block_t data;
  TEST_OK(isn_run_block_alloc(layout, layout->block_size, &data));
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    const size_t at = (size_t)(layout->n_slots + 12) * parts[i].slot_bytes;
    change(parts[i].dataset, at);
    TEST_ERROR(isn_run_reader_block(reader, 1, 2, &data), ISN_ERR_CHECK,
               "block 2 of target 1 'caf\xc3\xa9 au lait' (samples 10 to 14)");
    TEST_OK(isn_run_reader_block(reader, 1, 1, &data));
    change(parts[i].dataset, at);
    TEST_OK(isn_run_reader_block(reader, 1, 2, &data));
  }
  isn_run_block_free(&data);
}

/* Whether the reach of a target counts; the other one's always must. */
static bool is_known(isn_run_reader_t *reader, int target)
{
  const isn_run_layout_t *layout = isn_run_reader_layout(reader);
  bool known[2] = {false, false};
  for (int t = 0; t < 2; t++) {
    isn_run_reach_t reach;
    TEST_OK(isn_run_reach_alloc(layout, layout->targets[t].n_neurons, &reach));
    TEST_OK(isn_run_reader_reach(reader, t, &reach, &known[t]));
    TEST_CHECK(!known[t] || made_reach_equal(layout, t, &reach));
    isn_run_reach_free(&reach);
  }
  TEST_CHECK(known[1 - target]);
  return known[target];
}

/* Target 0 has 2 neurons, target 1 has 1 of them, of 3 ascents and 16 coordinates each. */
static void check_reaches(isn_comm_t *comm)
{
  const struct {
    const char *dataset;
    int target;
    size_t begin, end;
    bool counts;
  } ranges[] = {{"reach/activation", 0, 0, 24, true},   {"reach/activation", 1, 24, 36, true},
                {"reach/activation", 1, 36, 48, false}, {"reach/code", 0, 0, 128, true},
                {"reach/code", 1, 128, 192, true},      {"reach/code", 1, 192, 256, false},
                {"reach/steps", 0, 0, 4, true},         {"reach/steps", 1, 4, 8, true},
                {"reach/record", 0, 0, 1, true},        {"reach/record", 0, 4, 16, true},
                {"reach/record", 1, 16, 32, true}};
  isn_run_layout_t layout;
  isn_run_reader_t *reader;
  TEST_OK(made_layout(MADE_PROBED, &layout));
  unlink(path);
  TEST_OK(isn_run_file_create(path, &layout));
  TEST_OK(made_write(comm, path, &layout));
  TEST_OK(isn_run_reader_open(path, &reader));
  for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
    for (size_t at = ranges[i].begin; at < ranges[i].end; at++) {
      change(ranges[i].dataset, at);
      TEST_CHECK_MSG(is_known(reader, ranges[i].target) == !ranges[i].counts, "%s, byte %zu",
                     ranges[i].dataset, at);
      change(ranges[i].dataset, at);
    }
  }
  TEST_CHECK(is_known(reader, 0));
  isn_run_reader_close(reader);
  TEST_CHECK(made_file_right(path, false));
  isn_run_layout_clear(&layout);
}

/* A finished run with a damaged record is to be continued; that makes it whole. */
static void check_mending(isn_comm_t *comm, const isn_run_layout_t *layout)
{
  isn_run_path_state_t state;
  change("blocks/record", 3 * 16);
  TEST_OK(isn_run_file_inspect(path, layout, &state));
  TEST_CHECK(state == ISN_RUN_PATH_PARTIAL);
  TEST_OK(made_write(comm, path, layout));
  TEST_OK(isn_run_file_inspect(path, layout, &state));
  TEST_CHECK(state == ISN_RUN_PATH_FINISHED && made_file_right(path, false));
  isn_run_file_unlock(path);
  change("settings", 0);
  TEST_ERROR(isn_run_file_inspect(path, layout, &state), ISN_ERR_INPUT, "settings_sha256");
}

/* What the writer must refuse. */
static void check_requests(isn_comm_t *comm, const isn_run_layout_t *layout)
{
  isn_run_file_t *file;
  isn_run_block_t data;
  TEST_ERROR(isn_run_file_open(comm, "store-damage/none.h5", layout, &file), ISN_ERR_INPUT,
             "none.h5");
  TEST_OK(made_block(layout, 0, 0, &data));
  TEST_OK(isn_run_file_open(comm, path, layout, &file));
  TEST_ERROR(isn_run_file_write_block(file, 3, 0, &data, 0.0), ISN_ERR_ARG, "target 3");
  TEST_ERROR(isn_run_file_write_block(file, 0, 5, &data, 0.0), ISN_ERR_ARG, "block 5");
  TEST_ERROR(isn_run_file_write_block(file, 0, 4, &data, 0.0), ISN_ERR_ARG, "3 samples, not 5");
  data.status[1] = ISN_SAMPLE_EMPTY; /* with others behind it */
  TEST_ERROR(isn_run_file_write_block(file, 0, 0, &data, 0.0), ISN_ERR_ARG, "sample 2");
  memset(data.status, ISN_SAMPLE_EMPTY, (size_t)data.n);
  TEST_ERROR(isn_run_file_write_block(file, 0, 0, &data, 0.0), ISN_ERR_ARG, "sample 0");
  TEST_OK(isn_run_file_close(file));
  isn_run_block_free(&data);
  TEST_CHECK(made_file_right(path, false));
}

int main(int argc, char **argv)
{
  isn_comm_t *comm;
  isn_run_layout_t layout;
  isn_run_reader_t *reader;
  TEST_REQUIRE(isn_comm_open(&argc, &argv, &comm));
  TEST_REQUIRE(made_layout(MADE_COLOUR, &layout));
  unlink(path);
  TEST_REQUIRE(isn_run_file_create(path, &layout));
  TEST_REQUIRE(made_write(comm, path, &layout));
  check_requests(comm, &layout);
  TEST_REQUIRE(isn_run_reader_open(path, &reader));
  check_records(reader);
  check_samples(reader);
  check_data(reader);
  isn_run_reader_close(reader);
  check_mending(comm, &layout);
  check_reaches(comm);
  isn_run_layout_clear(&layout);
  isn_comm_close(comm);
  TEST_END();
}
