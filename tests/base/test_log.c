/** @file test_log.c
 *  Who speaks, what reaches standard error and the JSON file, and the status line of a terminal.
 */
#define _XOPEN_SOURCE 700 /* pseudo-terminals */

#include "invset/log.h"

#include <fcntl.h>

#include "base/scratch.h"
#include "harness.h"

/* Messages go to standard error, which is put aside while they are made. */
static int saved_stderr = -1;

static void catch_stderr(int to)
{
  fflush(stderr);
  saved_stderr = dup(STDERR_FILENO);
  dup2(to, STDERR_FILENO);
}

static void release_stderr(void)
{
  fflush(stderr);
  dup2(saved_stderr, STDERR_FILENO);
  close(saved_stderr);
}

static void say_everything(void)
{
  isn_log_info("info %d", 1);
  isn_log_verbose("detail %d", 2);
  isn_log_warning("careful %d", 3);
  isn_log_error("broken %d", 4);
  isn_log_status_line("never drawn in a file");
  isn_log_event("progress", "\"blocks\": 12, \"rate\": 3.5");
}

static void read_back(const char *path, char *text, size_t bytes)
{
  FILE *file = fopen(path, "r");
  size_t n = file ? fread(text, 1, bytes - 1, file) : 0;
  text[n] = '\0';
  if (file)
    fclose(file);
}

static void check_lines(scratch_t *scratch, isn_log_level_t level, bool speaker, const char *wanted)
{
  char text[1000];
  const char *path = scratch_write(scratch, "stderr", "", 0);
  int file = open(path, O_WRONLY);
  isn_log_setup(level, speaker);
  catch_stderr(file);
  say_everything();
  release_stderr();
  close(file);
  read_back(path, text, sizeof text);
  TEST_CHECK_MSG(strcmp(text, wanted) == 0, "level %d, speaker %d:\n%s", level, speaker, text);
}

static void test_levels(scratch_t *scratch)
{
  static const char error[] = "invset: error: broken 4\n";
  check_lines(scratch, ISN_LOG_QUIET, true, error);
  check_lines(scratch, ISN_LOG_NORMAL, true,
              "info 1\ninvset: warning: careful 3\ninvset: error: broken 4\n");
  check_lines(scratch, ISN_LOG_VERBOSE, true,
              "info 1\ndetail 2\ninvset: warning: careful 3\ninvset: error: broken 4\n");
  check_lines(scratch, ISN_LOG_VERBOSE, false, error);
}

static void test_json(scratch_t *scratch)
{
  char path[128], text[2000];
  snprintf(path, sizeof path, "%s", scratch_path(scratch, "json"));
  isn_log_setup(ISN_LOG_QUIET, true);
  TEST_ERROR(isn_log_open_json("/no/such/folder/log"), ISN_ERR_INPUT, "/no/such/folder/log");
  TEST_OK(isn_log_open_json(path));
  isn_log_info("a \"quoted\" \\ back\tslash\x01");
  isn_log_event("progress", "\"blocks\": 12, \"rate\": 3.5");
  isn_log_event("done", "");
  isn_log_close();
  isn_log_info("after the end");
  read_back(path, text, sizeof text);
  TEST_CHECK(strncmp(text, "{\"time\": \"20", 12) == 0);
  TEST_CHECK(strstr(text, "Z\", \"level\": \"info\", "
                          "\"message\": \"a \\\"quoted\\\" \\\\ back\\u0009slash\\u0001\"}\n"));
  TEST_CHECK(strstr(text, "\"event\": \"progress\", \"blocks\": 12, \"rate\": 3.5}\n"));
  TEST_CHECK(strstr(text, "\"event\": \"done\"}\n"));
  TEST_CHECK(!strstr(text, "after the end"));

  /* A rank that does not speak leaves the file alone. */
  unlink(path);
  isn_log_setup(ISN_LOG_NORMAL, false);
  TEST_OK(isn_log_open_json(path));
  isn_log_info("silent");
  isn_log_close();
  TEST_CHECK(access(path, F_OK) != 0);
}

/* A full disk is reported once, and the run goes on. */
static void test_json_full(scratch_t *scratch)
{
  char text[1000];
  const char *path = scratch_write(scratch, "stderr", "", 0);
  int file = open(path, O_WRONLY);
  isn_log_setup(ISN_LOG_QUIET, true);
  TEST_OK(isn_log_open_json("/dev/full"));
  catch_stderr(file);
  isn_log_info("one");
  isn_log_info("two");
  release_stderr();
  close(file);
  read_back(path, text, sizeof text);
  TEST_CHECK_MSG(strcmp(text, "invset: warning: writing the log '/dev/full' failed (No space left "
                              "on device); it ends here\n") == 0,
                 "%s", text);
}

/* Read until `n` bytes are there: a terminal hands them over in pieces. */
static void read_terminal(int master, char *text, size_t n)
{
  size_t length = 0;
  while (length < n) {
    ssize_t more = read(master, text + length, n - length);
    if (more <= 0)
      break;
    length += (size_t)more;
  }
  text[length] = '\0';
}

static void test_terminal(void)
{
  int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
    perror("test_log: no pseudo-terminal; that part is left out");
    return;
  }
  int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  char text[500];
  bool is_terminal;
  isn_log_setup(ISN_LOG_NORMAL, true);
  catch_stderr(slave);
  is_terminal = isn_log_is_terminal();
  isn_log_status_line("%d %%", 50);
  isn_log_status_line("%090d", 7);
  isn_log_info("done");
  release_stderr();
  /* Cut to the 79 columns of a terminal without a size; the terminal writes \n as \r\n. */
  char wanted[500];
  snprintf(wanted, sizeof wanted, "\r\033[K50 %%\r\033[K%079d\r\ndone\r\n", 0);
  read_terminal(master, text, strlen(wanted));
  close(slave);
  close(master);
  TEST_CHECK(is_terminal);
  TEST_CHECK_MSG(strcmp(text, wanted) == 0, "%s", text);
}

int main(void)
{
  scratch_t scratch;
  if (!scratch_open(&scratch))
    return 1;
  test_levels(&scratch);
  test_json(&scratch);
  test_json_full(&scratch);
  test_terminal();
  scratch_close(&scratch, (const char *const[]){"stderr", "json", NULL});
  TEST_END();
}
