/** @file main.c
 *  `invset`: finds the verb, runs it, prints its error once and turns its status into the exit
 * code. Knows nothing of what a verb does.
 */
#include <stdio.h>
#include <string.h>

#include "invset/log.h"
#include "verbs.h"

enum { EXIT_USAGE = 2 };

static void print_help(FILE *stream)
{
  int n;
  const isn_verb_t *verbs = isn_verbs(&n);
  fprintf(stream, "invset samples the inverse set of a neuron: the realistic images that excite it "
                  "to a chosen level.\n\nusage: invset VERB [OPTIONS] FILE...\n\nverbs:\n");
  for (int i = 0; i < n; i++)
    fprintf(stream, "  %-10s %s\n", verbs[i].name, verbs[i].summary);
  fprintf(stream, "\n`invset VERB --help` shows a verb's options; `invset --version` the version.\n"
                  "exit codes: 0 done, 1 failed, 2 bad usage or input, 75 stopped early and can be "
                  "continued\n");
}

static int fail_unknown(const char *name)
{
  const isn_verb_t *nearest = isn_verbs_nearest(name);
  fprintf(stderr, "invset: there is no verb '%s'", name);
  if (nearest)
    fprintf(stderr, "; did you mean '%s'?", nearest->name);
  fprintf(stderr, " (`invset --help` lists the verbs)\n");
  return EXIT_USAGE;
}

/* Results are on standard output; a full disk or a closed pipe there is a failure too. */
static isn_status_t flush_results(void)
{
  if (fflush(stdout) != 0 || ferror(stdout))
    ISN_FAIL(ISN_ERR_IO, "writing to standard output failed");
  return ISN_OK;
}

static int run_verb(const isn_verb_t *verb, int argc, char **argv)
{
  char fields[160];
  isn_status_t status = verb->run(argc, argv);
  if (status == ISN_OK)
    status = flush_results();
  else
    (void)fflush(stdout); /* the verb's own error is the one to report */
  int exit_code = isn_status_exit_code(status);
  if (status != ISN_OK)
    isn_verbs_print_error(verb->name);
  snprintf(fields, sizeof fields, "\"verb\": \"%s\", \"exit_code\": %d, \"status\": \"%s\"",
           verb->name, exit_code, isn_status_text(status));
  isn_log_event("end", fields);
  isn_log_close();
  return exit_code;
}

/* What stands before any verb: `invset`, --help, --version. */
static int run_without_verb(int argc, char **argv)
{
  if (argc < 2) {
    print_help(stderr);
    return EXIT_USAGE;
  }
  if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
    print_help(stdout);
  else if (!strcmp(argv[1], "--version"))
    printf("invset %s (revision %s)\n", ISN_VERSION, ISN_GIT_REVISION);
  else
    return fail_unknown(argv[1]);
  if (flush_results() != ISN_OK) {
    fprintf(stderr, "invset: %s\n", isn_error_message());
    return isn_status_exit_code(ISN_ERR_IO);
  }
  return 0;
}

int main(int argc, char **argv)
{
  const isn_verb_t *verb = argc < 2 ? NULL : isn_verbs_find(argv[1]);
  return verb ? run_verb(verb, argc - 1, argv + 1) : run_without_verb(argc, argv);
}
