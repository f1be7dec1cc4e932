/** @file test_main.c
 *  The program's outside: help, version, unknown verbs, exit codes, options that all verbs share.
 */
#include "base/scratch.h"
#include "program.h"

static program_t program;

static void test_help(void)
{
  program_run(&program, "--help");
  PROGRAM_CHECK(&program, 0, "exit codes: 0 done, 1 failed, 2 bad usage or input, 75");
  PROGRAM_CHECK(&program, 0, "  montage ");
  PROGRAM_CHECK(&program, 0, "  join ");
  PROGRAM_CHECK(&program, 0, "  info ");
  PROGRAM_CHECK(&program, 0, "  forward ");
  program_run(&program, "--version");
  PROGRAM_CHECK(&program, 0, "invset 0.1.0 (revision ");
  program_run(&program, "montage --help");
  PROGRAM_CHECK(&program, 0, "usage: invset montage [OPTIONS] RUN.h5 OUT.png");
  PROGRAM_CHECK(&program, 0, "--columns N");
  PROGRAM_CHECK(&program, 0, "-q, --quiet");
  program_run(&program, "info -h");
  PROGRAM_CHECK(&program, 0, "usage: invset info [OPTIONS] FILE [WEIGHTS]");
  program_run(&program, "forward --help");
  PROGRAM_CHECK(&program, 0, "--grad UNIT");
}

static void test_verbs(void)
{
  program_run(&program, "%s", "");
  PROGRAM_CHECK(&program, 2, "usage: invset VERB");
  program_run(&program, "montagne x y");
  PROGRAM_CHECK(&program, 2, "there is no verb 'montagne'; did you mean 'montage'?");
  program_run(&program, "ifno x");
  PROGRAM_CHECK(&program, 2, "did you mean 'info'?");
  program_run(&program, "xyzzy");
  PROGRAM_CHECK(&program, 2, "there is no verb 'xyzzy' (`invset --help`");
}

static void test_options(void)
{
  program_run(&program, "info");
  PROGRAM_CHECK(&program, 2, "invset info: got 0 file names, wanted FILE [WEIGHTS]");
  program_run(&program, "info a b c");
  PROGRAM_CHECK(&program, 2, "got 3 file names");
  program_run(&program, "info --colums=3 a");
  PROGRAM_CHECK(&program, 2, "option '--colums=3' is unknown");
  program_run(&program, "info -z a");
  PROGRAM_CHECK(&program, 2, "there is no option '-z'");
  program_run(&program, "info a --log");
  PROGRAM_CHECK(&program, 2, "option '--log' wants a value");
  program_run(&program, "info a --quiet=1");
  PROGRAM_CHECK(&program, 2, "option '--quiet=1' takes no value");
  program_run(&program, "montage --columns 0 a b");
  PROGRAM_CHECK(&program, 2, "--columns: 0 is out of bounds (wanted 1 to 1000)");
  program_run(&program, "montage --columns 3x a b");
  PROGRAM_CHECK(&program, 2, "--columns: '3x' is no whole number");
  program_run(&program, "montage --columns 99999999999999999999 a b");
  PROGRAM_CHECK(&program, 2, "is out of bounds");
}

/* An error is said once, with the verb's name; results that cannot be written are an error. */
static void test_errors(const char *log)
{
  program_run(&program, "info --log '%s' /no/such/file", log);
  PROGRAM_CHECK(&program, 2, "invset info: ");
  TEST_CHECK_MSG(program_count(&program, "/no/such/file") == 1, "%s", program.output);
  program_run(&program, "info --help >/dev/full");
  PROGRAM_CHECK(&program, 1, "writing to standard output failed");
  program_run(&program, "--version >/dev/full");
  PROGRAM_CHECK(&program, 1, "writing to standard output failed");
  program_run(&program, "info --log /no/such/folder/log x");
  PROGRAM_CHECK(&program, 2, "/no/such/folder/log");
}

/* The JSON log of a verb ends with how it ended. */
static void test_log(const char *log)
{
  char line[1024] = "";
  FILE *file = fopen(log, "r");
  TEST_CHECK(file != NULL);
  if (!file)
    return;
  TEST_CHECK(fgets(line, sizeof line, file) != NULL);
  TEST_CHECK_MSG(strstr(line, "\"event\": \"end\", \"verb\": \"info\", \"exit_code\": 2") != NULL,
                 "%s", line);
  fclose(file);
}

int main(void)
{
  static const char *const files[] = {"log.jsonl", NULL};
  scratch_t scratch;
  char log[128];
  if (!scratch_open(&scratch))
    return 1;
  snprintf(log, sizeof log, "%s", scratch_path(&scratch, "log.jsonl"));
  test_help();
  test_verbs();
  test_options();
  test_errors(log);
  test_log(log);
  scratch_close(&scratch, files);
  TEST_END();
}
