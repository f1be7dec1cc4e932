/** @file wire_message.h
 *  Messages of a model file as protobuf-c's structs, and as text.  Private to the room; local.
 *
 *  Only the fields that the descriptor knows are taken into memory.  A definition is small; what is
 *  larger than ISN_WIRE_MESSAGE_BYTES is refused.
 */
#ifndef INVSET_CAFFE_WIRE_MESSAGE_H
#define INVSET_CAFFE_WIRE_MESSAGE_H

#include <protobuf-c/protobuf-c.h>
#include <stdio.h>

#include "wire.h"

enum { ISN_WIRE_MESSAGE_BYTES = 1 << 16 };

/** Unpack a message.
 *  @param[in]  span where it is
 *  @param[out] out  protobuf_c_message_free_unpacked(out, NULL)
 *  @return ISN_ERR_INPUT naming file and place: malformed, too large; ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_wire_unpack(isn_wire_t *wire, isn_wire_span_t span,
                                          const ProtobufCMessageDescriptor *descriptor,
                                          ProtobufCMessage **out);

/** Write the fields of a message in protobuf's text format, one a line.  Whether the writing
 *  succeeded is the stream's to say (ferror, fclose). */
void isn_wire_print(const ProtobufCMessage *message, FILE *to);

#endif
