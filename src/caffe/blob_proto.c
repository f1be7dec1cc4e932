/** @file blob_proto.c
 *  Reading a BlobProto in two passes: one for its shape and how many numbers there are, one that
 *  puts the numbers where they are wanted.  They are never in memory twice.
 */
#include "blob_proto.h"

#include <inttypes.h>

#include "caffe_weights.pb-c.h"
#include "wire_message.h"

enum { DATA = 5, DOUBLE_DATA = 8, CHUNK = 512 };

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the numbers of a .caffemodel are little-endian and are read as they lie"
#endif

/** Floats or doubles of one field, packed or alone.  @param[out] n 0 if it is another field */
static isn_status_t numbers_in(const isn_wire_t *wire, const isn_wire_field_t *field,
                               uint32_t number, uint64_t *n)
{
  bool is_double = number == DOUBLE_DATA;
  uint64_t bytes = is_double ? sizeof(double) : sizeof(float);
  isn_wire_type_t alone = is_double ? ISN_WIRE_FIXED64 : ISN_WIRE_FIXED32;
  *n = 0;
  if (field->number != number)
    return ISN_OK;
  if (field->type != alone &&
      (field->type != ISN_WIRE_BYTES || isn_wire_length(field->value) % bytes != 0))
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: the numbers at byte %" PRIu64 " are no run of %" PRIu64
             "-byte numbers; the file is damaged",
             wire->path, field->whole.at, bytes);
  *n = isn_wire_length(field->value) / bytes;
  return ISN_OK;
}

static isn_status_t count_numbers(isn_wire_t *wire, isn_blob_proto_t *blob)
{
  isn_wire_span_t rest = blob->span;
  uint64_t n_floats = 0, n_doubles = 0;
  for (;;) {
    isn_wire_field_t field;
    bool found;
    uint64_t n;
    ISN_TRY(isn_wire_next(wire, &rest, &field, &found));
    if (!found)
      break;
    ISN_TRY(numbers_in(wire, &field, DATA, &n));
    n_floats += n;
    ISN_TRY(numbers_in(wire, &field, DOUBLE_DATA, &n));
    n_doubles += n;
  }
  blob->has_double = n_doubles > 0;
  blob->count = blob->has_double ? n_doubles : n_floats;
  return ISN_OK;
}

static isn_status_t set_shape(const isn_wire_t *wire, const Isn__Wire__Blob *message,
                              isn_blob_proto_t *blob)
{
  if (message->has_num || message->has_channels || message->has_height || message->has_width) {
    const int64_t legacy[4] = {message->num, message->channels, message->height, message->width};
    for (int a = 0; a < 4; a++)
      blob->dims[a] = legacy[a];
    blob->n_axes = 4;
    return ISN_OK;
  }
  size_t n = message->shape ? message->shape->n_dim : 0;
  if (n > ISN_BLOB_PROTO_MAX_AXES)
    ISN_FAIL(ISN_ERR_INPUT, "%s: the blob at byte %" PRIu64 " has %zu axes; wanted at most %d",
             wire->path, blob->span.at, n, ISN_BLOB_PROTO_MAX_AXES);
  for (size_t a = 0; a < n; a++)
    blob->dims[a] = message->shape->dim[a];
  blob->n_axes = (int)n;
  return ISN_OK;
}

static isn_status_t check_count(const isn_wire_t *wire, const isn_blob_proto_t *blob)
{
  uint64_t wanted = 1;
  for (int a = 0; a < blob->n_axes; a++) {
    /* The bound keeps the product from overflowing; no file has as many numbers. */
    if (blob->dims[a] < 0 || blob->dims[a] > INT32_MAX || wanted > UINT32_MAX)
      ISN_FAIL(ISN_ERR_INPUT,
               "%s: axis %d of the blob at byte %" PRIu64 " is %" PRId64
               "; no blob has so many numbers",
               wire->path, a, blob->span.at, blob->dims[a]);
    wanted *= (uint64_t)blob->dims[a];
  }
  if (blob->count != wanted)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: the blob at byte %" PRIu64 " has %" PRIu64
             " numbers (in data or double_data), its shape asks for %" PRIu64,
             wire->path, blob->span.at, blob->count, wanted);
  return ISN_OK;
}

isn_status_t isn_blob_proto_open(isn_wire_t *wire, isn_wire_span_t span, isn_blob_proto_t *blob)
{
  isn_status_t status = ISN_OK;
  ProtobufCMessage *message = NULL;
  *blob = (isn_blob_proto_t){.span = span};
  ISN_TRY(isn_wire_unpack(wire, span, &isn__wire__blob__descriptor, &message));
  ISN_TRY_GOTO(set_shape(wire, (const Isn__Wire__Blob *)message, blob), done);
  ISN_TRY_GOTO(count_numbers(wire, blob), done);
  status = check_count(wire, blob);
done:
  protobuf_c_message_free_unpacked(message, NULL);
  return status;
}

static isn_status_t read_doubles(isn_wire_t *wire, isn_wire_span_t span, float *data)
{
  double chunk[CHUNK];
  while (span.at < span.end) {
    isn_wire_span_t part = {span.at, span.end};
    if (isn_wire_length(part) > sizeof chunk)
      part.end = part.at + sizeof chunk;
    ISN_TRY(isn_wire_read(wire, part, chunk));
    for (uint64_t i = 0; i < isn_wire_length(part) / sizeof *chunk; i++)
      *data++ = (float)chunk[i];
    span.at = part.end;
  }
  return ISN_OK;
}

isn_status_t isn_blob_proto_read(isn_wire_t *wire, const isn_blob_proto_t *blob, float *data)
{
  isn_wire_span_t rest = blob->span;
  uint64_t done = 0;
  while (done < blob->count) {
    isn_wire_field_t field;
    bool found;
    uint64_t n = 0;
    ISN_TRY(isn_wire_next(wire, &rest, &field, &found));
    if (found)
      ISN_TRY(numbers_in(wire, &field, blob->has_double ? DOUBLE_DATA : DATA, &n));
    if (!found || n > blob->count - done)
      ISN_FAIL(ISN_ERR_INPUT, "%s: changed while it was read", wire->path);
    if (n == 0) /* another field */
      continue;
    if (blob->has_double)
      ISN_TRY(read_doubles(wire, field.value, data + done));
    else
      ISN_TRY(isn_wire_read(wire, field.value, data + done));
    done += n;
  }
  return ISN_OK;
}
