/** @file wire.h
 *  Walking through protobuf's wire format in a file, without holding the file in memory.
 *
 *      message := { key value }         key := varint, number << 3 | type
 *      value   := varint (0) | 8 bytes (1) | varint length, bytes (2) | 4 bytes (5)
 *               | { key value } end (3, the end has type 4): groups, which are skipped
 *
 *  Every length is checked against the bytes left.  Knows no messages.  Private to the room; local.
 */
#ifndef INVSET_CAFFE_WIRE_H
#define INVSET_CAFFE_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "invset/status.h"

enum { ISN_WIRE_BUFFER_BYTES = 1 << 16 };

/** A file open for reading. */
typedef struct {
  const char *path; /**< borrowed, for messages */
  int file;
  uint64_t size;
  uint64_t buffer_at; /**< place in the file of the buffer's first byte */
  size_t buffered;
  unsigned char *buffer; /**< (ISN_WIRE_BUFFER_BYTES), owned */
} isn_wire_t;

/** Bytes of the file from `at` up to and without `end`. */
typedef struct {
  uint64_t at, end;
} isn_wire_span_t;

typedef enum {
  ISN_WIRE_VARINT = 0,
  ISN_WIRE_FIXED64 = 1,
  ISN_WIRE_BYTES = 2,
  ISN_WIRE_FIXED32 = 5
} isn_wire_type_t;

/** One field. */
typedef struct {
  uint32_t number;
  isn_wire_type_t type;
  isn_wire_span_t whole; /**< with its key */
  isn_wire_span_t value; /**< without key and length */
} isn_wire_field_t;

/** Open a file.  @param[out] wire isn_wire_close() after success
 *  @return ISN_ERR_INPUT naming it; ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_wire_open(isn_wire_t *wire, const char *path);
void isn_wire_close(isn_wire_t *wire);

/** The whole file. */
static inline isn_wire_span_t isn_wire_all(const isn_wire_t *wire)
{
  return (isn_wire_span_t){0, wire->size};
}

static inline uint64_t isn_wire_length(isn_wire_span_t span)
{
  return span.end - span.at;
}

/** Take the next field of a message; groups are skipped.
 *  @param[in,out] rest  what is left of the message; begins after the field on return
 *  @param[out]    found false at the end of the message
 *  @return ISN_ERR_INPUT naming the file, the place and what is wrong there */
ISN_MUST_USE isn_status_t isn_wire_next(isn_wire_t *wire, isn_wire_span_t *rest,
                                        isn_wire_field_t *field, bool *found);

/** Read bytes of the file; large reads go straight to their place.
 *  @param[out] to (isn_wire_length(span)) bytes
 *  @return ISN_ERR_INPUT if the file has become shorter */
ISN_MUST_USE isn_status_t isn_wire_read(isn_wire_t *wire, isn_wire_span_t span, void *to);

#endif
