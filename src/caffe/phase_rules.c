/** @file phase_rules.c
 *  Caffe's NetStateRule for the one state that invset builds nets in.
 */
#include "phase_rules.h"

#include <limits.h>

/** A rule is met if all that it asks for holds. */
static isn_status_t is_met(const isn_prototxt_t *rule, bool *met)
{
  static const char *const fields[] = {"phase", "min_level", "max_level",
                                       "stage", "not_stage", NULL};
  static const char *const phases[] = {"TRAIN", "TEST"};
  enum { TEST = 1 };
  int phase = TEST, min_level = 0, max_level = 0;
  if (rule->kind != ISN_PROTOTXT_MESSAGE)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: '%s' is '%s'; wanted a message: %s { phase: TEST }",
             rule->origin, rule->line, rule->name, rule->text, rule->name);
  ISN_TRY(isn_prototxt_check_fields(rule, fields));
  ISN_TRY(isn_prototxt_get_enum(rule, "phase", 2, phases, &phase));
  ISN_TRY(isn_prototxt_get_int(rule, "min_level", INT_MIN, INT_MAX, &min_level));
  ISN_TRY(isn_prototxt_get_int(rule, "max_level", INT_MIN, INT_MAX, &max_level));
  *met = phase == TEST && min_level <= 0 && max_level >= 0 && !isn_prototxt_first(rule, "stage");
  return ISN_OK;
}

static isn_status_t any_met(const isn_prototxt_t *layer, const char *name, bool *any)
{
  *any = false;
  for (const isn_prototxt_t *r = isn_prototxt_first(layer, name); r; r = isn_prototxt_next(r)) {
    bool met = false;
    ISN_TRY(is_met(r, &met));
    *any = *any || met;
  }
  return ISN_OK;
}

isn_status_t isn_caffe_is_included(const isn_prototxt_t *layer, bool *included)
{
  const isn_prototxt_t *include = isn_prototxt_first(layer, "include");
  const isn_prototxt_t *exclude = isn_prototxt_first(layer, "exclude");
  bool excluded;
  if (include && exclude)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s:%d: the layer has include and exclude rules; only one kind may be "
             "given",
             exclude->origin, exclude->line);
  if (include)
    return any_met(layer, "include", included);
  ISN_TRY(any_met(layer, "exclude", &excluded));
  *included = !excluded;
  return ISN_OK;
}
