/** @file wire.c
 *  Fields of protobuf's wire format, read through a small buffer (format in wire.h).
 */
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "invset/files.h"
#include "invset/memory.h"

enum {
  GROUP_START = 3,
  GROUP_END = 4,
  MAX_NUMBER = (1 << 29) - 1,
  MAX_GROUP_DEPTH = 64,
  READ_BYTES = 1 << 30 /**< at a time: some systems read no more than 2 GiB at once */
};

isn_status_t isn_wire_open(isn_wire_t *wire, const char *path)
{
  isn_status_t status = ISN_OK;
  struct stat info;
  *wire = (isn_wire_t){.path = path, .file = -1};
  ISN_TRY(isn_file_check(path, "weights"));
  ISN_TRY(isn_alloc(&wire->buffer, ISN_WIRE_BUFFER_BYTES, "buffer for a weights file"));
  wire->file = open(path, O_RDONLY | O_CLOEXEC);
  if (wire->file < 0 || fstat(wire->file, &info) != 0)
    ISN_FAIL_GOTO(ISN_ERR_INPUT, done, "%s: cannot be opened: %s", path, strerror(errno));
  wire->size = (uint64_t)info.st_size;
done:
  if (status != ISN_OK)
    isn_wire_close(wire);
  return status;
}

void isn_wire_close(isn_wire_t *wire)
{
  if (wire->file >= 0)
    close(wire->file); /* opened for reading: no data can be lost */
  free(wire->buffer);
  *wire = (isn_wire_t){.file = -1};
}

/** Read exactly n bytes. */
static isn_status_t read_fully(const isn_wire_t *wire, uint64_t at, uint64_t n, unsigned char *to)
{
  while (n > 0) {
    ssize_t got = pread(wire->file, to, n > READ_BYTES ? READ_BYTES : (size_t)n, (off_t)at);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      ISN_FAIL(ISN_ERR_INPUT, "%s: cannot be read at byte %" PRIu64 ": %s", wire->path, at,
               got < 0 ? strerror(errno) : "it became shorter meanwhile");
    at += (uint64_t)got;
    to += got;
    n -= (uint64_t)got;
  }
  return ISN_OK;
}

/** Have the buffer begin at a place. */
static isn_status_t refill(isn_wire_t *wire, uint64_t at)
{
  uint64_t n = wire->size - at;
  n = n > ISN_WIRE_BUFFER_BYTES ? ISN_WIRE_BUFFER_BYTES : n;
  wire->buffered = 0;
  ISN_TRY(read_fully(wire, at, n, wire->buffer));
  wire->buffer_at = at;
  wire->buffered = (size_t)n;
  return ISN_OK;
}

static bool is_buffered(const isn_wire_t *wire, uint64_t at, uint64_t n)
{
  return at >= wire->buffer_at && at - wire->buffer_at <= wire->buffered &&
         n <= wire->buffered - (at - wire->buffer_at);
}

isn_status_t isn_wire_read(isn_wire_t *wire, isn_wire_span_t span, void *to)
{
  uint64_t n = isn_wire_length(span);
  if (n > ISN_WIRE_BUFFER_BYTES)
    return read_fully(wire, span.at, n, to);
  if (!is_buffered(wire, span.at, n))
    ISN_TRY(refill(wire, span.at));
  memcpy(to, wire->buffer + (span.at - wire->buffer_at), (size_t)n);
  return ISN_OK;
}

/** Up to ten bytes with seven bits each, the lowest first; the top bit says that more come. */
static isn_status_t read_varint(isn_wire_t *wire, isn_wire_span_t *rest, uint64_t *value)
{
  uint64_t begin = rest->at;
  *value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    unsigned char byte;
    if (rest->at == rest->end)
      ISN_FAIL(ISN_ERR_INPUT,
               "%s: ends in the middle of a number at byte %" PRIu64
               "; the file is truncated or damaged",
               wire->path, begin);
    ISN_TRY(isn_wire_read(wire, (isn_wire_span_t){rest->at, rest->at + 1}, &byte));
    rest->at++;
    if (shift < 64)
      *value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80)
      return ISN_OK;
  }
  ISN_FAIL(ISN_ERR_INPUT, "%s: a number at byte %" PRIu64 " does not end; the file is damaged",
           wire->path, begin);
}

/** Take n bytes off the rest. */
static isn_status_t take(const isn_wire_t *wire, isn_wire_span_t *rest, uint64_t n,
                         isn_wire_field_t *field)
{
  if (n > isn_wire_length(*rest))
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: field %" PRIu32 " at byte %" PRIu64 " asks for %" PRIu64
             " bytes, but only %" PRIu64 " are left; the file is truncated or damaged",
             wire->path, field->number, field->whole.at, n, isn_wire_length(*rest));
  field->value = (isn_wire_span_t){rest->at, rest->at + n};
  rest->at += n;
  return ISN_OK;
}

/** Read a key and what it announces; a group's start and end stand for themselves.
 *  @param[out] type as in the file, also GROUP_START and GROUP_END */
static isn_status_t read_one(isn_wire_t *wire, isn_wire_span_t *rest, isn_wire_field_t *field,
                             int *type)
{
  uint64_t key, n;
  field->whole.at = rest->at;
  ISN_TRY(read_varint(wire, rest, &key));
  *type = (int)(key & 7);
  if (key >> 3 == 0 || key >> 3 > MAX_NUMBER || *type > ISN_WIRE_FIXED32)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: there is no field at byte %" PRIu64 " (key 0x%" PRIx64 "); the file is damaged",
             wire->path, field->whole.at, key);
  field->number = (uint32_t)(key >> 3);
  field->type = (isn_wire_type_t)*type;
  field->value = (isn_wire_span_t){rest->at, rest->at};
  switch (*type) {
  case ISN_WIRE_VARINT:
    ISN_TRY(read_varint(wire, rest, &n));
    field->value.end = rest->at;
    break;
  case ISN_WIRE_FIXED64:
    ISN_TRY(take(wire, rest, 8, field));
    break;
  case ISN_WIRE_FIXED32:
    ISN_TRY(take(wire, rest, 4, field));
    break;
  case ISN_WIRE_BYTES:
    ISN_TRY(read_varint(wire, rest, &n));
    ISN_TRY(take(wire, rest, n, field));
    break;
  default: /* the start or end of a group has no value */
    break;
  }
  field->whole.end = rest->at;
  return ISN_OK;
}

/** Skip what is in a group, up to and with its end. */
static isn_status_t skip_group(isn_wire_t *wire, isn_wire_span_t *rest, uint64_t begin)
{
  for (int depth = 1; depth > 0;) {
    isn_wire_field_t field;
    int type;
    if (rest->at == rest->end || depth > MAX_GROUP_DEPTH)
      ISN_FAIL(ISN_ERR_INPUT, "%s: the group at byte %" PRIu64 " %s; the file is damaged",
               wire->path, begin, depth > MAX_GROUP_DEPTH ? "nests too deeply" : "does not end");
    ISN_TRY(read_one(wire, rest, &field, &type));
    depth += type == GROUP_START ? 1 : type == GROUP_END ? -1 : 0;
  }
  return ISN_OK;
}

isn_status_t isn_wire_next(isn_wire_t *wire, isn_wire_span_t *rest, isn_wire_field_t *field,
                           bool *found)
{
  while (rest->at < rest->end) {
    int type;
    ISN_TRY(read_one(wire, rest, field, &type));
    if (type == GROUP_END)
      ISN_FAIL(ISN_ERR_INPUT,
               "%s: at byte %" PRIu64 " a group ends that did not begin; the file is damaged",
               wire->path, field->whole.at);
    if (type != GROUP_START) {
      *found = true;
      return ISN_OK;
    }
    ISN_TRY(skip_group(wire, rest, field->whole.at));
  }
  *found = false;
  return ISN_OK;
}
