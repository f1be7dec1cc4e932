/** @file program.h
 *  Run the built program as a user does, in a shell, and look at what it says.
 */
#ifndef INVSET_TESTS_PROGRAM_H
#define INVSET_TESTS_PROGRAM_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "harness.h"

typedef struct {
  int exit_code;      /**< -1: it could not be run, or was killed */
  char output[65536]; /**< standard output and standard error */
} program_t;

/** Run `invset ARGUMENTS`; the arguments may end with redirections. */
__attribute__((format(printf, 2, 3))) static inline void program_run(program_t *program,
                                                                     const char *format, ...)
{
  char arguments[4096], command[8192];
  va_list args;
  va_start(args, format);
  vsnprintf(arguments, sizeof arguments, format, args);
  va_end(args);
  snprintf(command, sizeof command, "exec 2>&1; '%s' %s", ISN_PROGRAM, arguments);
  program->exit_code = -1;
  FILE *pipe = popen(command, "r");
  size_t n = pipe ? fread(program->output, 1, sizeof program->output - 1, pipe) : 0;
  program->output[n] = '\0';
  int ended = pipe ? pclose(pipe) : -1;
  if (ended != -1 && WIFEXITED(ended))
    program->exit_code = WEXITSTATUS(ended);
}

/** It must have ended with this code and said this. */
#define PROGRAM_CHECK(program, code, text)                                                         \
  TEST_CHECK_MSG((program)->exit_code == (code) && strstr((program)->output, (text)),              \
                 "exit code %d, wanted %d; wanted \"%s\" in:\n%s", (program)->exit_code, (code),   \
                 (text), (program)->output)

/** How often a text occurs in what it said. */
static inline int program_count(const program_t *program, const char *text)
{
  int n = 0;
  for (const char *at = program->output; (at = strstr(at, text)); at += strlen(text))
    n++;
  return n;
}

#endif
