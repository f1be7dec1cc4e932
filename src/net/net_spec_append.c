/** @file net_spec_append.c
 *  Joining two nets into one: names get a prefix, the second net's input is tied to a blob of the
 *  first.  All new names are made before anything is moved, so a failure changes nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"
#include "invset/memory.h"
#include "invset/net_spec.h"
#include "spec_layers.h"

/** Make prefix/name; no slash is put in if the prefix is empty or ends with one. */
static isn_status_t join(char **out, const char *prefix, const char *name)
{
  size_t n = strlen(prefix), size = n + 1 + strlen(name) + 1;
  const char *between = n > 0 && prefix[n - 1] != '/' ? "/" : "";
  ISN_TRY(isn_alloc(out, size, "name of a layer"));
  snprintf(*out, size, "%s%s%s", prefix, between, name);
  return ISN_OK;
}

/** New names of one layer.  `input_is_free`: no layer has worked on the input in place yet.  Such a
 *  layer's top becomes a blob of its own, so that the first net's blob keeps its value for others
 *  that are appended to it. */
static isn_status_t rename_layer(const isn_net_spec_t *from, const isn_layer_spec_t *old,
                                 const char *prefix, const char *bottom, bool *input_is_free,
                                 isn_layer_spec_t *renamed)
{
  ISN_TRY(join(&renamed->name, prefix, old->name));
  for (; renamed->n_bottoms < old->n_bottoms; renamed->n_bottoms++) {
    const char *name = old->bottoms[renamed->n_bottoms];
    char **to = &renamed->bottoms[renamed->n_bottoms];
    if (*input_is_free && strcmp(name, from->input) == 0)
      ISN_TRY(isn_alloc_string(to, bottom));
    else
      ISN_TRY(join(to, prefix, name));
  }
  for (; renamed->n_tops < old->n_tops; renamed->n_tops++) {
    ISN_TRY(join(&renamed->tops[renamed->n_tops], prefix, old->tops[renamed->n_tops]));
    if (strcmp(old->tops[renamed->n_tops], from->input) == 0)
      *input_is_free = false;
  }
  return ISN_OK;
}

static isn_status_t check_joint(const isn_net_spec_t *to, const isn_net_spec_t *from,
                                const char *bottom)
{
  isn_shape_t have, want = from->input_shape;
  ISN_TRY(isn_net_spec_blob_shape(to, bottom, &have));
  if (have.c != want.c || have.h != want.h || have.w != want.w)
    ISN_FAIL(ISN_ERR_INPUT,
             "blob '%s' of %s is (%d, %d, %d), but the input '%s' of %s wants "
             "(%d, %d, %d)",
             bottom, to->origin, have.c, have.h, have.w, from->input, from->origin, want.c, want.h,
             want.w);
  return ISN_OK;
}

/** Let the renamed layers take over what the old ones own besides names. */
static void move_layers(isn_net_spec_t *to, isn_net_spec_t *from, isn_layer_spec_t *renamed)
{
  for (int i = 0; i < from->n_layers; i++) {
    isn_layer_spec_t *old = &from->layers[i];
    renamed[i].params = old->params;
    renamed[i].n_weights = old->n_weights;
    memcpy(renamed[i].weights, old->weights, sizeof old->weights);
    memset(old->weights, 0, sizeof old->weights);
    isn_layer_spec_clear(old);
    to->layers[to->n_layers++] = renamed[i];
  }
  from->n_layers = 0;
}

isn_status_t isn_net_spec_append(isn_net_spec_t *to, isn_net_spec_t *from, const char *prefix,
                                 const char *bottom)
{
  isn_status_t status = ISN_OK;
  isn_layer_spec_t *renamed = NULL;
  bool input_is_free = true;
  int n = from->n_layers;
  ISN_TRY(check_joint(to, from, bottom));
  ISN_TRY(isn_alloc(&renamed, n, "layers of a net"));
  for (int i = 0; i < n; i++) {
    ISN_TRY_GOTO(rename_layer(from, &from->layers[i], prefix, bottom, &input_is_free, &renamed[i]),
                 done);
    ISN_TRY_GOTO(isn_net_spec_check_name(to, renamed[i].name), done);
  }
  ISN_TRY_GOTO(isn_net_spec_reserve(to, n), done);
  move_layers(to, from, renamed);
done:
  for (int i = 0; status != ISN_OK && i < n; i++)
    isn_layer_spec_clear(&renamed[i]);
  free(renamed);
  return status;
}
