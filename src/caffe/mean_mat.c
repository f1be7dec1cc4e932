/** @file mean_mat.c
 *  MATLAB 5 files (.mat).  Our own reader, because the one in libmatio takes a truncated or damaged
 *  array for a good one without a word, and brings the serial HDF5 with it.
 */
#include <stdlib.h>
#include <zlib.h>

#include "invset/log.h"
#include "invset/memory.h"
#include "mean_array.h"

/* The file:
 *      0    text, 124 bytes
 *      124  version 0x0100 (2 bytes), then "IM" (numbers are little-endian) or "MI" (big-endian)
 *      128  elements, to the end of the file
 * An element is a type (4 bytes), a size (4 bytes), contents of that size, and zeros up to the next
 * multiple of 8; or, if it has at most 4 bytes, size (2 bytes) and type (2 bytes) as one number of
 * 4 bytes, and 4 bytes that hold the contents.  An element of type 15 is a zlib stream of one
 * element.  An element of type 14 is an array, made of four elements:
 *      flags       type 6, 8 bytes: class in the lowest byte, 0x0800 if complex
 *      dimensions  type 5, 4 bytes each
 *      name        type 1
 *      numbers     of any type that holds them: MATLAB stores small whole numbers as bytes
 * The first dimension is the fastest. */
enum {
  HEAD_BYTES = 128,
  TYPE_INT8 = 1,
  TYPE_INT32 = 5,
  TYPE_UINT32 = 6,
  TYPE_ARRAY = 14,
  TYPE_ZLIB = 15,
  FIRST_CLASS_OF_NUMBERS = 6, /* double */
  LAST_CLASS_OF_NUMBERS = 15, /* unsigned 64-bit */
  COMPLEX = 0x0800,
  MAX_SIZE = 1 << 16, /* of an axis */
  MAX_NAME = 64,
  MAX_DEFLATE_RATIO = 1032, /* no zlib stream grows more */
  CHUNK_BYTES = 8192
};

/* Where bytes are taken from: memory, or a zlib stream in memory. */
typedef struct {
  const char *path;
  bool big_endian;
  const unsigned char *at;
  size_t left; /* bytes behind `at` */
  bool compressed;
  z_stream stream;
} source_t;

typedef struct {
  uint32_t type;
  size_t size, padding;
} element_t;

/* What an array is, before its numbers. */
typedef struct {
  char name[MAX_NAME];
  bool is_numbers;
  int n_axes;
  int dims[3];
  size_t count;
} array_head_t;

static isn_status_t fail_short(const source_t *source)
{
  ISN_FAIL(ISN_ERR_INPUT, "%s: ends in the middle of an array; it is truncated or damaged",
           source->path);
}

/* Take the next n bytes. */
static isn_status_t take(source_t *source, void *out, size_t n)
{
  if (!source->compressed) {
    if (n > source->left)
      return fail_short(source);
    memcpy(out, source->at, n);
    source->at += n;
    source->left -= n;
    return ISN_OK;
  }
  source->stream.next_out = out;
  source->stream.avail_out = (uInt)n;
  while (source->stream.avail_out > 0) {
    int result = inflate(&source->stream, Z_NO_FLUSH);
    if (source->stream.avail_out > 0 && result != Z_OK)
      ISN_FAIL(ISN_ERR_INPUT,
               "%s: a compressed array cannot be expanded (%s); it is truncated or "
               "damaged",
               source->path, source->stream.msg ? source->stream.msg : "it ends early");
  }
  return ISN_OK;
}

static isn_status_t skip(source_t *source, size_t n)
{
  unsigned char scratch[CHUNK_BYTES];
  while (n > 0) {
    size_t part = n < sizeof scratch ? n : sizeof scratch;
    ISN_TRY(take(source, scratch, part));
    n -= part;
  }
  return ISN_OK;
}

static isn_status_t take_word(source_t *source, uint32_t *word)
{
  unsigned char bytes[4];
  ISN_TRY(take(source, bytes, sizeof bytes));
  *word = (uint32_t)isn_mean_bits(bytes, 4, source->big_endian);
  return ISN_OK;
}

static isn_status_t take_element(source_t *source, element_t *element)
{
  uint32_t word, size;
  ISN_TRY(take_word(source, &word));
  if (word >> 16 != 0) {
    *element = (element_t){word & 0xffff, word >> 16, 0};
    if (element->size > 4)
      ISN_FAIL(ISN_ERR_INPUT, "%s: a short element of %zu bytes; the file is damaged", source->path,
               element->size);
    element->padding = 4 - element->size;
    return ISN_OK;
  }
  ISN_TRY(take_word(source, &size));
  *element = (element_t){word, size, (8 - size % 8) % 8};
  return ISN_OK;
}

static isn_status_t take_header_element(source_t *source, uint32_t type, const char *what,
                                        element_t *element)
{
  ISN_TRY(take_element(source, element));
  if (element->type != type)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: the %s of an array is an element of type %u, wanted %u; the file is damaged",
             source->path, what, (unsigned)element->type, (unsigned)type);
  return ISN_OK;
}

static isn_status_t take_dims(source_t *source, array_head_t *head)
{
  element_t element;
  ISN_TRY(take_header_element(source, TYPE_INT32, "dimensions", &element));
  size_t n = element.size / 4;
  head->count = 1;
  head->n_axes = n <= 3 ? (int)n : 0;
  for (int a = 0; a < head->n_axes; a++) {
    uint32_t size;
    ISN_TRY(take_word(source, &size));
    if (size < 1 || size > MAX_SIZE)
      head->is_numbers = false; /* empty, or no picture: not what we look for */
    head->dims[a] = (int)(size & (2 * MAX_SIZE - 1));
    head->count *= (size_t)head->dims[a];
  }
  head->is_numbers = head->is_numbers && head->n_axes >= 2;
  return skip(source, element.size - 4 * (size_t)head->n_axes + element.padding);
}

static isn_status_t take_name(source_t *source, array_head_t *head)
{
  element_t element;
  ISN_TRY(take_header_element(source, TYPE_INT8, "name", &element));
  size_t n = element.size < MAX_NAME ? element.size : MAX_NAME - 1;
  ISN_TRY(take(source, head->name, n));
  head->name[n] = '\0';
  for (size_t i = 0; i < n; i++) /* it will stand in messages */
    if (head->name[i] < ' ' || head->name[i] > '~')
      head->name[i] = '?';
  return skip(source, element.size - n + element.padding);
}

static isn_status_t take_head(source_t *source, array_head_t *head)
{
  element_t element;
  uint32_t flags;
  ISN_TRY(take_header_element(source, TYPE_UINT32, "flags", &element));
  if (element.size < 4)
    return fail_short(source);
  ISN_TRY(take_word(source, &flags));
  ISN_TRY(skip(source, element.size - 4 + element.padding));
  uint32_t class = flags & 0xff;
  head->is_numbers =
      class >= FIRST_CLASS_OF_NUMBERS && class <= LAST_CLASS_OF_NUMBERS && (flags & COMPLEX) == 0;
  ISN_TRY(take_dims(source, head));
  return take_name(source, head);
}

/* Bytes of a number of this type; 0 if it is no type of numbers. */
static int number_bytes(uint32_t type)
{
  static const int bytes[] = {
      [1] = 1, [2] = 1, [3] = 2, [4] = 2, [5] = 4, [6] = 4, [7] = 4, [9] = 8, [12] = 8, [13] = 8};
  return type < sizeof bytes / sizeof bytes[0] ? bytes[type] : 0;
}

static float number(const unsigned char *bytes, uint32_t type, bool big_endian)
{
  int n = number_bytes(type);
  if (type == 7 || type == 9)
    return isn_mean_real(bytes, n, big_endian);
  uint64_t bits = isn_mean_bits(bytes, n, big_endian);
  bool is_signed = type == 1 || type == 3 || type == 5 || type == 12;
  if (is_signed && n < 8 && bits >> (8 * n - 1)) /* carry the sign up */
    bits |= UINT64_MAX << (8 * n);
  return is_signed ? (float)(int64_t)bits : (float)bits;
}

/* Check that so many numbers can follow at all before memory is asked for. */
static isn_status_t check_size(const source_t *source, const array_head_t *head,
                               const element_t *element)
{
  size_t bytes = (size_t)number_bytes(element->type);
  if (bytes == 0)
    ISN_FAIL(ISN_ERR_INPUT, "%s: the numbers of array '%s' have the unknown type %u", source->path,
             head->name, (unsigned)element->type);
  if (element->size != head->count * bytes)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: array '%s' has %zu numbers of %zu bytes by its dimensions, but %zu bytes; the "
             "file is damaged",
             source->path, head->name, head->count, bytes, element->size);
  size_t most = source->compressed ? MAX_DEFLATE_RATIO * source->left : source->left;
  return element->size > most || element->size > ISN_MEAN_MAX_BYTES ? fail_short(source) : ISN_OK;
}

/* Whether an array is laid out (width, height, channels).  Caffe's MATLAB interface uses two names:
 * `image_mean` is (height, width, BGR), `mean_data` has been turned for Caffe and is (width,
 * height, BGR).  No size tells the two apart. */
static bool is_turned(const char *name)
{
  return strcmp(name, "mean_data") == 0;
}

static bool has_known_name(const array_head_t *head)
{
  return strcmp(head->name, "image_mean") == 0 || is_turned(head->name);
}

/* Put the numbers into the order (channels, height, width). */
static isn_status_t take_numbers(source_t *source, const array_head_t *head,
                                 isn_mean_array_t *array)
{
  element_t element;
  ISN_TRY(take_element(source, &element));
  ISN_TRY(check_size(source, head, &element));
  int bytes = number_bytes(element.type), turned = is_turned(head->name);
  size_t first = (size_t)head->dims[0], second = (size_t)head->dims[1];
  size_t width = turned ? first : second, height = turned ? second : first;
  size_t channels = head->count / (first * second);
  *array = (isn_mean_array_t){.n_axes = 3,
                              .dims = {(int64_t)channels, (int64_t)height, (int64_t)width},
                              .count = head->count};
  ISN_TRY(isn_alloc(&array->values, array->count, "mean"));
  for (size_t i = 0; i < array->count; i++) {
    unsigned char from[8];
    ISN_TRY(take(source, from, (size_t)bytes));
    size_t c = i / (first * second), slow = i / first % second, fast = i % first;
    size_t y = turned ? slow : fast, x = turned ? fast : slow;
    array->values[(c * height + y) * width + x] = number(from, element.type, source->big_endian);
  }
  return ISN_OK;
}

/* What has been found so far. */
typedef struct {
  int n;             /* arrays of numbers */
  array_head_t head; /* of the one that was kept */
  isn_mean_array_t array;
} found_t;

/* Read an array whose element has been opened.  The first is kept, or the one with a known name. */
static isn_status_t read_array(source_t *source, found_t *found)
{
  array_head_t head;
  ISN_TRY(take_head(source, &head));
  if (!head.is_numbers)
    return ISN_OK;
  found->n++;
  if (found->n > 1 && (has_known_name(&found->head) || !has_known_name(&head)))
    return ISN_OK;
  free(found->array.values);
  found->array.values = NULL;
  found->head = head;
  return take_numbers(source, &head, &found->array);
}

/* Expand the rest of a stream: only its end tells that nothing in it was damaged. */
static isn_status_t finish_stream(source_t *source)
{
  unsigned char scratch[CHUNK_BYTES];
  int result = Z_OK;
  while (result == Z_OK && source->stream.total_out <= ISN_MEAN_MAX_BYTES) {
    source->stream.next_out = scratch;
    source->stream.avail_out = sizeof scratch;
    result = inflate(&source->stream, Z_NO_FLUSH);
  }
  return result == Z_STREAM_END ? ISN_OK : fail_short(source);
}

static isn_status_t read_compressed(source_t *source, found_t *found)
{
  element_t inner;
  source->stream.next_in = (Bytef *)(uintptr_t)source->at; /* zlib does not write there */
  source->stream.avail_in = (uInt)source->left;
  if (inflateInit(&source->stream) != Z_OK)
    ISN_FAIL(ISN_ERR_MEMORY, "%s: no memory to expand it", source->path);
  source->compressed = true;
  isn_status_t status = take_element(source, &inner);
  if (status == ISN_OK && inner.type == TYPE_ARRAY)
    status = read_array(source, found);
  if (status == ISN_OK)
    status = finish_stream(source);
  inflateEnd(&source->stream);
  return status;
}

static isn_status_t read_elements(source_t *file, found_t *found)
{
  while (file->left > 0) {
    element_t element;
    ISN_TRY(take_element(file, &element));
    if (element.size > file->left)
      return fail_short(file);
    source_t inside = {
        .path = file->path, .big_endian = file->big_endian, .at = file->at, .left = element.size};
    if (element.type == TYPE_ZLIB)
      ISN_TRY(read_compressed(&inside, found));
    else if (element.type == TYPE_ARRAY)
      ISN_TRY(read_array(&inside, found));
    /* Compressed elements are not padded, and the last of a file need not be. */
    size_t padding = element.type == TYPE_ZLIB ? 0 : element.padding;
    if (padding > file->left - element.size)
      padding = file->left - element.size;
    ISN_TRY(skip(file, element.size + padding));
  }
  return ISN_OK;
}

/* The one array, and an orientation to trust. */
static isn_status_t check_choice(const char *path, const found_t *found)
{
  const array_head_t *head = &found->head;
  if (found->n == 0)
    ISN_FAIL(ISN_ERR_INPUT, "%s: has no array of real numbers with 2 or 3 axes", path);
  if (has_known_name(head))
    return ISN_OK;
  if (found->n > 1)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: has %d arrays of numbers ('%s' and others), none with one of Caffe's names: call "
             "the mean image_mean if it is (height, width, channels), mean_data if it is (width, "
             "height, channels)",
             path, found->n, head->name);
  isn_log_warning("%s: array '%s' is taken as (height, width, channels); if it is (width, height, "
                  "channels), call it mean_data",
                  path, head->name);
  return ISN_OK;
}

isn_status_t isn_mean_read_mat(isn_mean_file_t file, isn_mean_array_t *array)
{
  found_t found = {0};
  isn_status_t status;
  bool big_endian = file.bytes[126] == 'M';
  uint64_t version = isn_mean_bits(file.bytes + 124, 2, big_endian);
  if (version != 0x0100)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s: is a MATLAB file of version 0x%04x, wanted 0x0100; save it with '-v7' or '-v6'",
             file.path, (unsigned)version);
  source_t source = {.path = file.path,
                     .big_endian = big_endian,
                     .at = file.bytes + HEAD_BYTES,
                     .left = file.n_bytes - HEAD_BYTES};
  ISN_TRY_GOTO(read_elements(&source, &found), done);
  ISN_TRY_GOTO(check_choice(file.path, &found), done);
  *array = found.array;
  found.array.values = NULL;
done:
  free(found.array.values);
  return status;
}
