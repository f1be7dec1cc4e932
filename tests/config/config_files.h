/** @file config_files.h
 *  For the tests of the config room: where their files are, and how to write one.
 */
#ifndef INVSET_TESTS_CONFIG_FILES_H
#define INVSET_TESTS_CONFIG_FILES_H

#include <stdio.h>

#define CONFIG_TESTS ISN_SOURCE_DIR "/tests/config"
#define GOOD_CONFIG CONFIG_TESTS "/good.cfg"

/** Write a text file.  @return 0, or 1 if that failed */
static inline int write_text(const char *path, const char *text)
{
  FILE *file = fopen(path, "w");
  if (!file)
    return 1;
  int failed = fputs(text, file) < 0;
  return fclose(file) != 0 || failed;
}

#endif
