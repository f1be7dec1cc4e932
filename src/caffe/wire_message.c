/** @file wire_message.c
 *  From the wire to protobuf-c's structs.  Knows no particular message.
 */
#include "wire_message.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "invset/memory.h"

/** Copy the fields that a message knows, keys included.  @param[out] bytes (ISN_WIRE_MESSAGE_BYTES)
 */
static isn_status_t copy_known(isn_wire_t *wire, isn_wire_span_t span,
                               const ProtobufCMessageDescriptor *descriptor, uint8_t *bytes,
                               size_t *n)
{
  const uint64_t begin = span.at;
  isn_wire_field_t field;
  bool found;
  *n = 0;
  for (;;) {
    ISN_TRY(isn_wire_next(wire, &span, &field, &found));
    if (!found)
      return ISN_OK;
    if (!protobuf_c_message_descriptor_get_field(descriptor, field.number))
      continue;
    uint64_t length = isn_wire_length(field.whole);
    if (length > ISN_WIRE_MESSAGE_BYTES - *n)
      ISN_FAIL(ISN_ERR_INPUT,
               "%s: the message %s at byte %" PRIu64
               " has more than %d bytes besides its numbers; the file is damaged",
               wire->path, descriptor->short_name, begin, ISN_WIRE_MESSAGE_BYTES);
    ISN_TRY(isn_wire_read(wire, field.whole, bytes + *n));
    *n += (size_t)length;
  }
}

isn_status_t isn_wire_unpack(isn_wire_t *wire, isn_wire_span_t span,
                             const ProtobufCMessageDescriptor *descriptor, ProtobufCMessage **out)
{
  isn_status_t status = ISN_OK;
  uint8_t *bytes = NULL;
  size_t n;
  ISN_TRY(isn_alloc(&bytes, ISN_WIRE_MESSAGE_BYTES, "message of a model file"));
  ISN_TRY_GOTO(copy_known(wire, span, descriptor, bytes, &n), done);
  *out = protobuf_c_message_unpack(descriptor, NULL, n, bytes);
  if (!*out)
    ISN_FAIL_GOTO(ISN_ERR_INPUT, done,
                  "%s: the message %s at byte %" PRIu64 " is malformed; the file is damaged",
                  wire->path, descriptor->short_name, span.at);
done:
  free(bytes);
  return status;
}
