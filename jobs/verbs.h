/** @file verbs.h
 *  The verbs of the program: one row of the table (verbs.c), one function and one file each.
 */
#ifndef INVSET_JOBS_VERBS_H
#define INVSET_JOBS_VERBS_H

#include "invset/status.h"

/** Do a verb.
 *  @param[in] argv (argc) what follows the program's name: argv[0] is the verb
 *  @return its status, which becomes the exit code; main prints the message of an error */
typedef isn_status_t isn_verb_fn(int argc, char **argv);

typedef struct {
  const char *name;
  const char *summary; /**< one line for `invset --help` */
  isn_verb_fn *run;
} isn_verb_t;

isn_verb_fn verb_sample, verb_plan, verb_join, verb_dataset, verb_check, verb_info, verb_forward,
    verb_montage;

/** All verbs, in the order of the help.  @param[out] n how many there are */
const isn_verb_t *isn_verbs(int *n);

/** Find a verb.  @return NULL if there is none of this name */
const isn_verb_t *isn_verbs_find(const char *name);

/** The verb whose name is nearest to a mistyped one.  @return NULL if none is near */
const isn_verb_t *isn_verbs_nearest(const char *name);

/** Leave it to another rank to print the error that this process's verb is about to return. */
void isn_verbs_stay_silent(void);

/** Print the error that a verb is about to return, unless that was done or this process is silent.
 */
void isn_verbs_print_error(const char *verb);

#endif
