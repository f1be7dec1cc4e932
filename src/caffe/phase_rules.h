/** @file phase_rules.h
 *  Whether a layer of a definition belongs to the net that is built from it.  Private to the room.
 */
#ifndef INVSET_CAFFE_PHASE_RULES_H
#define INVSET_CAFFE_PHASE_RULES_H

#include <stdbool.h>

#include "prototxt.h"

/** Apply a layer's include and exclude rules to our state: phase TEST, level 0, no stages.
 *  @return ISN_ERR_INPUT naming file and line: both kinds of rules, an unknown field */
ISN_MUST_USE isn_status_t isn_caffe_is_included(const isn_prototxt_t *layer, bool *included);

#endif
