/** @file wire_print.c
 *  protobuf-c's structs in protobuf's text format, by their descriptors.  Knows no particular
 *  message.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "wire_message.h"

/** A text in quotes; what is not plain ASCII as octal escapes. */
static void print_string(const char *text, FILE *to)
{
  fputc('"', to);
  for (const unsigned char *s = (const unsigned char *)text; *s; s++) {
    if (isprint(*s) && *s < 0x80 && *s != '"' && *s != '\\')
      fputc(*s, to);
    else
      fprintf(to, "\\%03o", (unsigned)*s);
  }
  fputc('"', to);
}

/** The shortest decimal that means this float: 0.0001, not 9.99999975e-05. */
static void print_float(float value, FILE *to)
{
  char text[32];
  for (int digits = 6; digits <= 9; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, (double)value);
    if (strtof(text, NULL) == value)
      break;
  }
  fputs(text, to);
}

/** An enum's value as a word; as a number if it is none that the descriptor knows. */
static void print_enum(const ProtobufCEnumDescriptor *descriptor, int value, FILE *to)
{
  const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(descriptor, value);
  if (known)
    fputs(known->name, to);
  else
    fprintf(to, "%d", value);
}

/** One value; only the types that caffe_weights.proto uses. */
static void print_value(const ProtobufCFieldDescriptor *field, const void *value, FILE *to)
{
  size_t length = strlen(field->name);
  if (field->name[length - 1] == '_') /* see Exponential in caffe_weights.proto */
    length--;
  fwrite(field->name, 1, length, to);
  fputs(field->type == PROTOBUF_C_TYPE_MESSAGE ? " {\n" : ": ", to);
  switch (field->type) {
  case PROTOBUF_C_TYPE_MESSAGE:
    isn_wire_print(*(ProtobufCMessage *const *)value, to);
    fputc('}', to);
    break;
  case PROTOBUF_C_TYPE_STRING:
    print_string(*(char *const *)value, to);
    break;
  case PROTOBUF_C_TYPE_FLOAT:
    print_float(*(const float *)value, to);
    break;
  case PROTOBUF_C_TYPE_BOOL:
    fputs(*(const protobuf_c_boolean *)value ? "true" : "false", to);
    break;
  case PROTOBUF_C_TYPE_ENUM:
    print_enum(field->descriptor, *(const int *)value, to);
    break;
  case PROTOBUF_C_TYPE_INT32:
    fprintf(to, "%" PRId32, *(const int32_t *)value);
    break;
  case PROTOBUF_C_TYPE_UINT32:
    fprintf(to, "%" PRIu32, *(const uint32_t *)value);
    break;
  case PROTOBUF_C_TYPE_INT64:
    fprintf(to, "%" PRId64, *(const int64_t *)value);
    break;
  default:
    fputs("an_unprintable_type", to);
    break;
  }
  fputc('\n', to);
}

static size_t size_of(const ProtobufCFieldDescriptor *field)
{
  switch (field->type) {
  case PROTOBUF_C_TYPE_INT64:
    return sizeof(int64_t);
  case PROTOBUF_C_TYPE_STRING:
  case PROTOBUF_C_TYPE_MESSAGE:
    return sizeof(void *);
  default: /* the other types of caffe_weights.proto that are repeated */
    return sizeof(int32_t);
  }
}

/** Whether an optional field is there. */
static bool is_set(const ProtobufCFieldDescriptor *field, const char *message)
{
  if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE)
    return *(void *const *)(const void *)(message + field->offset) != NULL;
  return *(const protobuf_c_boolean *)(const void *)(message + field->quantifier_offset) != 0;
}

void isn_wire_print(const ProtobufCMessage *message, FILE *to)
{
  const char *base = (const char *)message;
  for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
    const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
      if (is_set(field, base))
        print_value(field, base + field->offset, to);
      continue;
    }
    size_t n = *(const size_t *)(const void *)(base + field->quantifier_offset);
    const char *values = *(char *const *)(const void *)(base + field->offset);
    for (size_t k = 0; k < n; k++)
      print_value(field, values + k * size_of(field), to);
  }
}
