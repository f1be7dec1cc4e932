/** @file spec_layers.h
 *  Handling of a spec's array of layers, shared by the files that add to it.  Private to the room.
 */
#ifndef INVSET_NET_SPEC_LAYERS_H
#define INVSET_NET_SPEC_LAYERS_H

#include "invset/net_spec.h"

/** Free what a layer owns. */
void isn_layer_spec_clear(isn_layer_spec_t *layer);

/** Make room for n_more layers; addresses of layers change. */
ISN_MUST_USE isn_status_t isn_net_spec_reserve(isn_net_spec_t *spec, int n_more);

/** @return ISN_ERR_INPUT if a layer has this name */
ISN_MUST_USE isn_status_t isn_net_spec_check_name(const isn_net_spec_t *spec, const char *name);

#endif
