/* Expands a sweep: "all", numbers, ranges and class names.  Knows no windows. */
#include "run/target_sweep.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_space(const char *text)
{
  while (isspace((unsigned char)*text))
    text++;
  return text;
}

/* Digits only: strtol would take a sign, too.  @return what stands behind, NULL if there is none */
static const char *read_digits(const char *text, int *number)
{
  char *end;
  if (!isdigit((unsigned char)*text))
    return NULL;
  long value = strtol(text, &end, 10);
  *number = value > INT_MAX ? INT_MAX : (int)value;
  return skip_space(end);
}

bool isn_sweep_numbers(const char *item, int *first, int *last)
{
  const char *end = read_digits(skip_space(item), first);
  if (!end)
    return false;
  *last = *first;
  if (*end == '-')
    end = read_digits(skip_space(end + 1), last);
  return end && *end == '\0';
}

static isn_status_t add_range(isn_target_group_t *group, int first, int last)
{
  if (first > last)
    ISN_FAIL(ISN_ERR_INPUT, "the range goes from %d down to %d, want the lower end first", first,
             last);
  ISN_TRY(isn_target_group_check(group, last));
  for (int neuron = first; neuron <= last; neuron++)
    ISN_TRY(isn_target_group_add(group, neuron, "sweep"));
  return ISN_OK;
}

static isn_status_t add_item(isn_target_group_t *group, const char *item)
{
  int first, last, neuron;
  if (strcmp(item, "all") == 0)
    return add_range(group, 0, group->n_choices - 1);
  if (isn_sweep_numbers(item, &first, &last))
    return add_range(group, first, last);
  ISN_TRY(isn_target_group_find(group, item, &neuron));
  return isn_target_group_add(group, neuron, "sweep");
}

isn_status_t isn_target_sweep_expand(isn_target_group_t *group)
{
  for (int i = 0; i < group->options->n_sweep; i++) {
    isn_status_t status = add_item(group, group->options->sweep[i]);
    if (status != ISN_OK) {
      isn_error_prefix("sweep \"%s\"", group->options->sweep[i]);
      return status;
    }
  }
  return ISN_OK;
}
