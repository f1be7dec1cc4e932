/** @file types.c
 *  The HDF5 types of a run file's datasets, and their fill values.
 *  One type serves file and memory, so that HDF5 never converts and bytes are what was given.
 */
#include <math.h>
#include <string.h>

#include "base/hdf5_check.h"
#include "store/layout.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "run files are written as memory lies");
_Static_assert(sizeof(isn_store_record_t) == 16, "a record is 16 bytes without padding");
_Static_assert(sizeof(isn_store_provenance_t) == 64, "a provenance row is 64 bytes");

enum { MAX_ENUM_NAMES = 4 };

static size_t longer(size_t bytes, const char *text)
{
  size_t n = strlen(text);
  return n > bytes ? n : bytes;
}

/* HDF5 has no strings of length zero, hence at least one byte. */
static size_t text_bytes(const isn_run_layout_t *layout, isn_store_id_t id)
{
  size_t bytes = 1;
  if (id == ISN_STORE_CONFIG_TEXT)
    return longer(bytes, layout->config_text);
  if (id == ISN_STORE_SETTINGS)
    return longer(bytes, layout->settings);
  for (int m = 0; m < layout->n_models; m++)
    bytes = longer(bytes, layout->models[m].path);
  return bytes;
}

size_t isn_store_element_bytes(const isn_run_layout_t *layout, isn_store_id_t id)
{
  switch (isn_store_dataset(id)->type) {
  case ISN_TYPE_F32:
  case ISN_TYPE_I32:
  case ISN_TYPE_INDEX:
    return 4;
  case ISN_TYPE_F64:
    return 8;
  case ISN_TYPE_NAME:
    return ISN_RUN_LABEL_BYTES;
  case ISN_TYPE_TEXT:
    return text_bytes(layout, id);
  case ISN_TYPE_RECORD:
    return sizeof(isn_store_record_t);
  case ISN_TYPE_PROVENANCE:
    return sizeof(isn_store_provenance_t);
  default:
    return 1;
  }
}

bool isn_store_fill_value(isn_store_id_t id, void *value)
{
  const isn_store_dataset_t *dataset = isn_store_dataset(id);
  const int32_t minus_one = -1;
  const float nan32 = NAN;
  const double nan64 = NAN;
  switch (dataset->fill) {
  case ISN_FILL_ZERO:
    memset(value, 0, 64); /* no element is larger */
    return true;
  case ISN_FILL_MINUS_ONE:
    memcpy(value, &minus_one, sizeof minus_one);
    return true;
  case ISN_FILL_NAN:
    if (dataset->type == ISN_TYPE_F64)
      memcpy(value, &nan64, sizeof nan64);
    else
      memcpy(value, &nan32, sizeof nan32);
    return true;
  default:
    return false;
  }
}

/* An enum over one byte whose values count from 0. */
static isn_status_t create_enum(const char *const names[MAX_ENUM_NAMES], hid_t *type)
{
  isn_status_t status = ISN_OK;
  ISN_TRY_H5(*type = H5Tenum_create(H5T_STD_U8LE), ISN_ERR_IO, "make an enum type");
  for (unsigned char value = 0; value < MAX_ENUM_NAMES && names[value]; value++)
    ISN_TRY_H5_GOTO(H5Tenum_insert(*type, names[value], &value), failed, ISN_ERR_IO,
                    "make an enum type");
  return ISN_OK;
failed:
  H5Tclose(*type);
  return status;
}

static isn_status_t create_string(size_t bytes, hid_t *type)
{
  isn_status_t status = ISN_OK;
  ISN_TRY_H5(*type = H5Tcopy(H5T_C_S1), ISN_ERR_IO, "make a string type");
  ISN_TRY_H5_GOTO(H5Tset_size(*type, bytes), failed, ISN_ERR_IO, "make a string type");
  ISN_TRY_H5_GOTO(H5Tset_strpad(*type, H5T_STR_NULLPAD), failed, ISN_ERR_IO, "make a string type");
  ISN_TRY_H5_GOTO(H5Tset_cset(*type, H5T_CSET_UTF8), failed, ISN_ERR_IO, "make a string type");
  return ISN_OK;
failed:
  H5Tclose(*type);
  return status;
}

typedef struct {
  const char *name;
  size_t offset;
  hid_t type;
} member_t;

static isn_status_t create_compound(size_t bytes, const member_t *members, int n, hid_t *type)
{
  isn_status_t status = ISN_OK;
  ISN_TRY_H5(*type = H5Tcreate(H5T_COMPOUND, bytes), ISN_ERR_IO, "make a compound type");
  for (int i = 0; i < n; i++)
    ISN_TRY_H5_GOTO(H5Tinsert(*type, members[i].name, members[i].offset, members[i].type), failed,
                    ISN_ERR_IO, "make a compound type");
  return ISN_OK;
failed:
  H5Tclose(*type);
  return status;
}

static isn_status_t create_record(hid_t *type)
{
  static const char *const states[MAX_ENUM_NAMES] = {"EMPTY", "DONE", "FAILED", NULL};
  hid_t state;
  ISN_TRY(create_enum(states, &state));
  const member_t members[] = {
      {"state", offsetof(isn_store_record_t, state), state},
      {"nsample", offsetof(isn_store_record_t, n_samples), H5T_STD_U32LE},
      {"crc32", offsetof(isn_store_record_t, crc32), H5T_STD_U32LE},
      {"record_crc32", offsetof(isn_store_record_t, record_crc32), H5T_STD_U32LE},
  };
  isn_status_t status = create_compound(sizeof(isn_store_record_t), members, 4, type);
  H5Tclose(state);
  return status;
}

static isn_status_t create_provenance(hid_t *type)
{
  hid_t host;
  ISN_TRY(create_string(ISN_STORE_HOST_BYTES, &host));
  const member_t members[] = {
      {"rank", offsetof(isn_store_provenance_t, rank), H5T_STD_U32LE},
      {"attempt", offsetof(isn_store_provenance_t, attempt), H5T_STD_U32LE},
      {"t_end", offsetof(isn_store_provenance_t, t_end), H5T_IEEE_F64LE},
      {"seconds", offsetof(isn_store_provenance_t, seconds), H5T_IEEE_F64LE},
      {"host", offsetof(isn_store_provenance_t, host), host},
  };
  isn_status_t status = create_compound(sizeof(isn_store_provenance_t), members, 5, type);
  H5Tclose(host);
  return status;
}

static isn_status_t copy_type(hid_t of, hid_t *type)
{
  ISN_TRY_H5(*type = H5Tcopy(of), ISN_ERR_IO, "copy a number type");
  return ISN_OK;
}

isn_status_t isn_store_type_create(const isn_run_layout_t *layout, isn_store_id_t id, hid_t *type)
{
  static const char *const sample_states[MAX_ENUM_NAMES] = {"EMPTY", "ACCEPTED", "NOT_REACHED",
                                                            "OUTSIDE"};
  static const char *const target_states[MAX_ENUM_NAMES] = {"UNFINISHED", "FULL", "PARTLY",
                                                            "NOT_REACHED"};
  static const char *const flags[MAX_ENUM_NAMES] = {"NO", "YES", NULL, NULL};
  static const char *const quantities[MAX_ENUM_NAMES] = {"ACTIVATION", "PROBABILITY", NULL, NULL};
  switch (isn_store_dataset(id)->type) {
  case ISN_TYPE_F32:
    return copy_type(H5T_IEEE_F32LE, type);
  case ISN_TYPE_F64:
    return copy_type(H5T_IEEE_F64LE, type);
  case ISN_TYPE_I32:
  case ISN_TYPE_INDEX:
    return copy_type(H5T_STD_I32LE, type);
  case ISN_TYPE_U8:
    return copy_type(H5T_STD_U8LE, type);
  case ISN_TYPE_NAME:
  case ISN_TYPE_TEXT:
    return create_string(isn_store_element_bytes(layout, id), type);
  case ISN_TYPE_SAMPLE_STATUS:
    return create_enum(sample_states, type);
  case ISN_TYPE_TARGET_STATUS:
    return create_enum(target_states, type);
  case ISN_TYPE_FLAG:
    return create_enum(flags, type);
  case ISN_TYPE_QUANTITY:
    return create_enum(quantities, type);
  case ISN_TYPE_RECORD:
    return create_record(type);
  default:
    return create_provenance(type);
  }
}
