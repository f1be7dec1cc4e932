/** @file options.h
 *  The command line of a verb, read and described from one table of options.  The options that
 *  every verb has (-q, -v, --log, --help) are added here.  Knows no verb.
 */
#ifndef INVSET_JOBS_OPTIONS_H
#define INVSET_JOBS_OPTIONS_H

#include <stdbool.h>

#include "invset/log.h"
#include "invset/status.h"

enum { ISN_OPTION_LIST_MAX = 256 };

/** Values of an option that may be given several times, in the order given. */
typedef struct {
  int n;
  const char *values[ISN_OPTION_LIST_MAX]; /**< borrowed from argv */
} isn_option_list_t;

/** One long option.  Exactly one of the four places for its value is set. */
typedef struct {
  const char *name;    /**< without dashes */
  const char *value;   /**< what the help calls its value; NULL for a flag */
  const char *meaning; /**< for the help; may have several lines */
  bool *flag;
  int *number;
  int min, max; /**< bounds of *number */
  const char **text;
  isn_option_list_t *list;
} isn_option_t;

typedef struct {
  const char *verb;
  const char *operands; /**< "RUN.h5 OUT.png" */
  const char *about;    /**< what the verb does, whole lines */
  int min_operands, max_operands;
  int n_options;
  const isn_option_t *options; /**< (n_options) */
} isn_usage_t;

/** What the command line said besides the verb's own options. */
typedef struct {
  bool help; /**< --help was given, and answered on standard output: nothing is left to do */
  isn_log_level_t level;
  const char *log; /**< NULL: no JSON log; borrowed */
  int n_operands;
  char **operands; /**< (n_operands), borrowed from argv */
} isn_command_t;

/** Read a verb's command line.  Local.
 *  @param[in,out] argv  (argc), argv[0] is the verb; its order is changed
 *  @return ISN_ERR_INPUT: unknown option, missing or bad value, wrong number of operands */
ISN_MUST_USE isn_status_t isn_options_parse(const isn_usage_t *usage, int argc, char **argv,
                                            isn_command_t *command);

/** Set the log up as the command line says.  Local.
 *  @param[in] speaker whether this rank speaks; true where there is only one
 *  @return ISN_ERR_INPUT: the JSON log cannot be opened */
ISN_MUST_USE isn_status_t isn_options_apply(const isn_command_t *command, bool speaker);

/** Read a whole number, all of the text.  Local.  @param[in] what names it in the message
 *  @return ISN_ERR_INPUT: no whole number, or out of its bounds */
ISN_MUST_USE isn_status_t isn_options_number(const char *what, const char *text, int min, int max,
                                             int *number);

#endif
