/** @file jpeg_end.c
 *  Walks through the segments of a JPEG file to its end marker.  The decoder takes a file that is
 *  cut short for a whole one and fills the rest with grey, so it has to be looked at beforehand.
 *
 *  A file is SOI (FF D8), then segments FF kind length(2, with itself) data, and EOI (FF D9). After
 *  an SOS segment (FF DA) stand entropy-coded bytes, in which FF is followed by 00 or by a restart
 *  marker (D0 to D7); any other FF kind ends them.
 */
#include "pictures/jpeg_end.h"

enum { MARK = 0xFF, SOI = 0xD8, EOI = 0xD9, SOS = 0xDA, RESTART_FIRST = 0xD0, RESTART_LAST = 0xD7 };

bool isn_jpeg_is(const unsigned char *bytes, size_t n)
{
  return n >= 3 && bytes[0] == MARK && bytes[1] == SOI && bytes[2] == MARK;
}

static bool is_data(unsigned char after_mark)
{
  return after_mark == 0 || (after_mark >= RESTART_FIRST && after_mark <= RESTART_LAST);
}

bool isn_jpeg_is_whole(const unsigned char *bytes, size_t n)
{
  size_t at = 2;
  while (at + 1 < n) {
    if (bytes[at] != MARK || bytes[at + 1] == MARK || is_data(bytes[at + 1])) {
      at++; /* entropy-coded bytes, or padding before a marker */
      continue;
    }
    if (bytes[at + 1] == EOI)
      return true;
    if (at + 3 >= n)
      return false;
    at += 2 + ((size_t)bytes[at + 2] << 8) + bytes[at + 3];
  }
  return false;
}
