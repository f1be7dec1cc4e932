/** @file test_config_bad_files.c
 *  Every file of tests/config/bad is refused, with its own name and the words of its first line:
 *      # want: <part of the message>
 */
#include <dirent.h>
#include <stdlib.h>

#include "config/config_files.h"
#include "harness.h"
#include "invset/config.h"

#define BAD CONFIG_TESTS "/bad"

/* The rest of the first line behind "# want: ".  @return 0, or 1 if there is none */
static int read_want(const char *path, char *want, size_t bytes)
{
  static const char before[] = "# want: ";
  char line[512];
  FILE *file = fopen(path, "r");
  if (!file)
    return 1;
  int failed = !fgets(line, sizeof line, file) || strncmp(line, before, sizeof before - 1) != 0;
  fclose(file);
  if (failed)
    return 1;
  line[strcspn(line, "\n")] = '\0';
  snprintf(want, bytes, "%s", line + sizeof before - 1);
  return want[0] == '\0';
}

static void test_file(const char *name)
{
  char path[512], want[512];
  isn_run_options_t *config = NULL;
  snprintf(path, sizeof path, "%s/%s", BAD, name);
  int lacks_want = read_want(path, want, sizeof want);
  TEST_CHECK_MSG(!lacks_want, "%s has no line '# want:'", name);
  if (lacks_want)
    return;
  isn_status_t status = isn_config_read(path, 0, NULL, &config);
  TEST_CHECK_MSG(status == ISN_ERR_INPUT, "%s: %s", name, isn_status_text(status));
  if (status == ISN_OK) {
    isn_config_destroy(config);
    return;
  }
  const char *message = isn_error_message();
  TEST_CHECK_MSG(strstr(message, want), "%s\n  got:    %s\n  wanted: %s", name, message, want);
  TEST_CHECK_MSG(strncmp(message, path, strlen(path)) == 0, "%s: the message names no file: %s",
                 name, message);
}

int main(void)
{
  int n = 0;
  DIR *folder = opendir(BAD);
  TEST_CHECK(folder != NULL);
  if (!folder)
    return 1;
  for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
    const char *dot = strrchr(entry->d_name, '.');
    if (!dot || strcmp(dot, ".cfg") != 0)
      continue;
    test_file(entry->d_name);
    n++;
  }
  closedir(folder);
  TEST_CHECK_MSG(n >= 90, "found only %d files in %s", n, BAD);
  TEST_END();
}
