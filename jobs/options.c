/** @file options.c
 *  Command lines from a table: getopt_long's own tables are made from it, and the help.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  MAX_OPTIONS = 24,
  KEY_FIRST = 256 /* above all letters */,
  KEY_LOG = 1000,
  HELP_COLUMN = 26
};

isn_status_t isn_options_number(const char *what, const char *text, int min, int max, int *number)
{
  char *end;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (end == text || *end != '\0')
    ISN_FAIL(ISN_ERR_INPUT, "%s: '%s' is no whole number (wanted %d to %d)", what, text, min, max);
  if (errno == ERANGE || value < min || value > max)
    ISN_FAIL(ISN_ERR_INPUT, "%s: %s is out of bounds (wanted %d to %d)", what, text, min, max);
  *number = (int)value;
  return ISN_OK;
}

static isn_status_t take(const isn_option_t *option, const char *value)
{
  char what[64];
  snprintf(what, sizeof what, "--%s", option->name);
  if (option->flag)
    *option->flag = true;
  else if (option->number)
    return isn_options_number(what, value, option->min, option->max, option->number);
  else if (option->text)
    *option->text = value;
  else {
    if (option->list->n == ISN_OPTION_LIST_MAX)
      ISN_FAIL(ISN_ERR_INPUT, "%s is given more than %d times", what, ISN_OPTION_LIST_MAX);
    option->list->values[option->list->n++] = value;
  }
  return ISN_OK;
}

/* Print one option; the lines of its meaning start in one column. */
static void print_option(const char *left, const char *meaning)
{
  printf("  %-*s", HELP_COLUMN - 2, left);
  if (strlen(left) > HELP_COLUMN - 4)
    printf("\n%*s", HELP_COLUMN, "");
  for (const char *c = meaning; *c; c++) {
    putchar(*c);
    if (*c == '\n')
      printf("%*s", HELP_COLUMN, "");
  }
  putchar('\n');
}

static void print_help(const isn_usage_t *usage)
{
  printf("usage: invset %s [OPTIONS] %s\n\n%s\noptions:\n", usage->verb, usage->operands,
         usage->about);
  for (int i = 0; i < usage->n_options; i++) {
    const isn_option_t *option = &usage->options[i];
    char left[96];
    snprintf(left, sizeof left, "--%s%s%s", option->name, option->value ? " " : "",
             option->value ? option->value : "");
    print_option(left, option->meaning);
  }
  print_option("-q, --quiet", "say errors only");
  print_option("-v, --verbose", "say more");
  print_option("--log FILE", "also append all messages to FILE, as JSON lines");
  print_option("-h, --help", "show this text");
}

/* getopt_long's table: the verb's own options, then the common ones, then a row of zeros. */
static void fill_getopt_table(const isn_usage_t *usage, struct option table[MAX_OPTIONS + 5])
{
  static const struct option common[] = {{"quiet", no_argument, NULL, 'q'},
                                         {"verbose", no_argument, NULL, 'v'},
                                         {"help", no_argument, NULL, 'h'},
                                         {"log", required_argument, NULL, KEY_LOG},
                                         {NULL, 0, NULL, 0}};
  for (int i = 0; i < usage->n_options; i++) {
    table[i].name = usage->options[i].name;
    table[i].has_arg = usage->options[i].value ? required_argument : no_argument;
    table[i].flag = NULL;
    table[i].val = KEY_FIRST + i;
  }
  memcpy(table + usage->n_options, common, sizeof common);
}

/* What getopt_long did not like.  A letter it does not know is in optopt; of a long option, optopt
 * is 0 if the name is unknown, else its key, and the text is in argv[optind - 1]. */
static isn_status_t fail_option(const isn_usage_t *usage, int answer, char **argv)
{
  bool is_letter = optopt > 0 && optopt < KEY_FIRST && !strchr("qvh", optopt);
  if (answer == ':')
    ISN_FAIL(ISN_ERR_INPUT, "option '%s' wants a value; see `invset %s --help`", argv[optind - 1],
             usage->verb);
  if (is_letter)
    ISN_FAIL(ISN_ERR_INPUT, "there is no option '-%c'; see `invset %s --help`", optopt,
             usage->verb);
  ISN_FAIL(ISN_ERR_INPUT, "option '%s' %s; see `invset %s --help`", argv[optind - 1],
           optopt ? "takes no value" : "is unknown or short for several", usage->verb);
}

static isn_status_t take_key(const isn_usage_t *usage, int key, char **argv, isn_command_t *command)
{
  switch (key) {
  case 'q':
    command->level = ISN_LOG_QUIET;
    return ISN_OK;
  case 'v':
    command->level = ISN_LOG_VERBOSE;
    return ISN_OK;
  case 'h':
    command->help = true;
    return ISN_OK;
  case KEY_LOG:
    command->log = optarg;
    return ISN_OK;
  case ':':
  case '?':
    return fail_option(usage, key, argv);
  default:
    return take(&usage->options[key - KEY_FIRST], optarg);
  }
}

isn_status_t isn_options_parse(const isn_usage_t *usage, int argc, char **argv,
                               isn_command_t *command)
{
  struct option table[MAX_OPTIONS + 5];
  if (usage->n_options > MAX_OPTIONS)
    ISN_FAIL(ISN_ERR_ARG, "verb %s has %d options, there is room for %d", usage->verb,
             usage->n_options, MAX_OPTIONS);
  fill_getopt_table(usage, table);
  *command = (isn_command_t){.level = ISN_LOG_NORMAL};
  opterr = 0; /* the messages are ours */
  optind = 0; /* glibc: start anew, whatever was parsed before */
  int key;
  while ((key = getopt_long(argc, argv, ":qvh", table, NULL)) != -1)
    ISN_TRY(take_key(usage, key, argv, command));
  if (command->help) {
    print_help(usage);
    return ISN_OK;
  }
  command->n_operands = argc - optind;
  command->operands = argv + optind;
  if (command->n_operands < usage->min_operands || command->n_operands > usage->max_operands)
    ISN_FAIL(ISN_ERR_INPUT, "got %d file names, wanted %s; see `invset %s --help`",
             command->n_operands, usage->operands, usage->verb);
  return ISN_OK;
}

isn_status_t isn_options_apply(const isn_command_t *command, bool speaker)
{
  isn_log_setup(command->level, speaker);
  return command->log ? isn_log_open_json(command->log) : ISN_OK;
}
