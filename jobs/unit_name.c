/** @file unit_name.c
 *  "BLOB[i]" and "BLOB[c,y,x]".  A blob's name may itself contain brackets, so the last pair
 * counts.
 */
#include "unit_name.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads "7]" or "12,3,4]"; the text must end there. */
static bool read_indices(const char *text, isn_unit_name_t *unit)
{
  unit->n_indices = 0;
  while (unit->n_indices < 3) {
    char *end;
    long value = strtol(text, &end, 10);
    if (end == text || value < 0 || value > (1 << 30))
      return false;
    unit->indices[unit->n_indices++] = (int)value;
    if (*end == ']')
      return end[1] == '\0' && unit->n_indices != 2;
    if (*end != ',')
      return false;
    text = end + 1;
  }
  return false;
}

isn_status_t isn_unit_name_read(const char *text, isn_unit_name_t *unit)
{
  const char *bracket = strrchr(text, '[');
  if (!bracket || bracket == text || !read_indices(bracket + 1, unit))
    ISN_FAIL(ISN_ERR_INPUT, "'%s' names no unit; wanted BLOB[i] or BLOB[c,y,x], indices from 0",
             text);
  size_t length = (size_t)(bracket - text);
  if (length >= sizeof unit->blob)
    ISN_FAIL(ISN_ERR_INPUT, "the blob name in '%s' is longer than %d letters", text,
             ISN_UNIT_BLOB_BYTES - 1);
  memcpy(unit->blob, text, length);
  unit->blob[length] = '\0';
  return ISN_OK;
}

isn_status_t isn_unit_name_offset(const isn_unit_name_t *unit, isn_shape_t shape, size_t *offset)
{
  int y = unit->n_indices == 3 ? unit->indices[1] : 0;
  int x = unit->n_indices == 3 ? unit->indices[2] : 0;
  if (unit->n_indices == 1 && (shape.h != 1 || shape.w != 1))
    ISN_FAIL(ISN_ERR_INPUT, "blob '%s' is %d x %d x %d: name the unit as %s[c,y,x]", unit->blob,
             shape.c, shape.h, shape.w, unit->blob);
  if (unit->indices[0] >= shape.c || y >= shape.h || x >= shape.w)
    ISN_FAIL(ISN_ERR_INPUT,
             "blob '%s' is %d x %d x %d: there is no unit [%d,%d,%d] (indices count from 0)",
             unit->blob, shape.c, shape.h, shape.w, unit->indices[0], y, x);
  *offset = ((size_t)unit->indices[0] * (size_t)shape.h + (size_t)y) * (size_t)shape.w + (size_t)x;
  return ISN_OK;
}

static bool has_name(int n, char *const *names, const char *wanted)
{
  for (int i = 0; i < n; i++)
    if (strcmp(names[i], wanted) == 0)
      return true;
  return false;
}

isn_status_t isn_unit_maker(const isn_net_spec_t *spec, const char *blob, int *n_layers)
{
  for (int l = spec->n_layers - 1; l >= 0; l--) {
    const isn_layer_spec_t *layer = &spec->layers[l];
    if (has_name(layer->n_tops, layer->tops, blob) &&
        !has_name(layer->n_bottoms, layer->bottoms, blob)) {
      *n_layers = l + 1;
      return ISN_OK;
    }
  }
  ISN_FAIL(ISN_ERR_INPUT, "%s: no layer makes blob '%s'", spec->origin, blob);
}
