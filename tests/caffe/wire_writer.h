/** @file wire_writer.h
 *  Writing protobuf's wire format by hand, for tests: also what no library would write.
 */
#ifndef INVSET_TESTS_WIRE_WRITER_H
#define INVSET_TESTS_WIRE_WRITER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIRE_ROOM = 1 << 18 };

/** A message while it is written. */
typedef struct {
  size_t n;
  unsigned char bytes[WIRE_ROOM];
} wire_writer_t;

static inline void wire_raw(wire_writer_t *to, const void *bytes, size_t n)
{
  if (n > WIRE_ROOM - to->n) {
    fprintf(stderr, "wire_writer: no room for %zu bytes\n", n);
    exit(1);
  }
  memcpy(to->bytes + to->n, bytes, n);
  to->n += n;
}

static inline void wire_varint(wire_writer_t *to, uint64_t value)
{
  do {
    unsigned char byte = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    wire_raw(to, &byte, 1);
    value >>= 7;
  } while (value > 0);
}

static inline void wire_key(wire_writer_t *to, unsigned number, unsigned type)
{
  wire_varint(to, (uint64_t)number << 3 | type);
}

static inline void wire_int(wire_writer_t *to, unsigned number, int64_t value)
{
  wire_key(to, number, 0);
  wire_varint(to, (uint64_t)value);
}

static inline void wire_bytes(wire_writer_t *to, unsigned number, const void *bytes, size_t n)
{
  wire_key(to, number, 2);
  wire_varint(to, n);
  wire_raw(to, bytes, n);
}

static inline void wire_text(wire_writer_t *to, unsigned number, const char *text)
{
  wire_bytes(to, number, text, strlen(text));
}

static inline void wire_message(wire_writer_t *to, unsigned number, const wire_writer_t *message)
{
  wire_bytes(to, number, message->bytes, message->n);
}

/** Numbers in one run, or one by one. */
static inline void wire_packed(wire_writer_t *to, unsigned number, const float *data, size_t n)
{
  wire_bytes(to, number, data, n * sizeof *data);
}

static inline void wire_single(wire_writer_t *to, unsigned number, const float *data, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    wire_key(to, number, 5);
    wire_raw(to, &data[i], sizeof *data);
  }
}

/** A BlobShape as field `number`. */
static inline void wire_shape(wire_writer_t *to, unsigned number, int n_axes, const int64_t *dims)
{
  static wire_writer_t shape;
  shape.n = 0;
  for (int a = 0; a < n_axes; a++)
    wire_int(&shape, 1, dims[a]);
  wire_message(to, number, &shape);
}

#endif
