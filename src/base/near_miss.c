/** @file near_miss.c
 *  Edit distance, and the candidates with the smallest.  Knows nothing of what the names are of.
 */
#include "invset/near_miss.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static int smaller(int a, int b)
{
  return a < b ? a : b;
}

static int same_letter(char a, char b)
{
  return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Edits that turn a into b, a swap of neighbours counting as one (optimal string alignment):
 *   d(i, j) = min( d(i-1, j) + 1,  d(i, j-1) + 1,  d(i-1, j-1) + [a_i != b_j],
 *                  d(i-2, j-2) + 1  if a_i a_{i-1} = b_{j-1} b_j ).
 * Three rows of d are kept, row i in rows[i % 3].  Both lengths are at most ISN_NEAR_BYTES. */
static int edit_distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
  int rows[3][ISN_NEAR_BYTES + 1];
  for (size_t j = 0; j <= n_b; j++)
    rows[0][j] = (int)j;
  for (size_t i = 1; i <= n_a; i++) {
    int *row = rows[i % 3];
    const int *above = rows[(i - 1) % 3];
    row[0] = (int)i;
    for (size_t j = 1; j <= n_b; j++) {
      int replaced = above[j - 1] + !same_letter(a[i - 1], b[j - 1]);
      row[j] = smaller(replaced, smaller(above[j], row[j - 1]) + 1);
      if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]))
        row[j] = smaller(row[j], rows[(i - 2) % 3][j - 2] + 1);
    }
  }
  return rows[n_a % 3][n_b];
}

void isn_near_begin(isn_near_misses_t *near, const char *wanted)
{
  size_t third = strlen(wanted) / 3;
  near->wanted = wanted;
  near->limit = third > 1 ? (int)third : 1;
  near->n = 0;
}

static void remove_at(isn_near_misses_t *near, int place)
{
  for (int i = place; i + 1 < near->n; i++)
    near->misses[i] = near->misses[i + 1];
  near->n--;
}

void isn_near_offer(isn_near_misses_t *near, const char *text, size_t length, int index)
{
  size_t n_wanted = strlen(near->wanted);
  if (n_wanted > ISN_NEAR_BYTES || length > ISN_NEAR_BYTES)
    return;
  int distance = edit_distance(near->wanted, n_wanted, text, length);
  if (distance > near->limit)
    return;
  for (int i = 0; i < near->n; i++) {
    if (near->misses[i].index != index)
      continue;
    if (near->misses[i].distance <= distance)
      return;
    remove_at(near, i);
    break;
  }

  int place = near->n;
  while (place > 0 && near->misses[place - 1].distance > distance)
    place--;
  if (place == ISN_NEAR_MISSES)
    return;
  if (near->n < ISN_NEAR_MISSES)
    near->n++;
  for (int i = near->n - 1; i > place; i--)
    near->misses[i] = near->misses[i - 1];
  near->misses[place] = (isn_near_miss_t){distance, index, text, length};
}

void isn_near_list(const isn_near_misses_t *near, char *out, size_t bytes)
{
  size_t used = 0;
  out[0] = '\0';
  for (int i = 0; i < near->n && used < bytes; i++) {
    const isn_near_miss_t *miss = &near->misses[i];
    int written = snprintf(out + used, bytes - used, "%s'%.*s' (index %d)", i > 0 ? ", " : "",
                           (int)miss->length, miss->text, miss->index);
    used += written > 0 ? (size_t)written : 0;
  }
}
