/** @file status.h
 *  Errors of invset: a code to branch on, and one message made where the error was found.
 *
 *  Every fallible function returns isn_status_t and sets its results on ISN_OK only.  ISN_FAIL
 *  makes an error (once, where it is found), ISN_TRY passes it up, ISN_TRY_GOTO does so through
 *  the function's one clean-up label.  The message belongs to the calling thread.
 */
#ifndef INVSET_STATUS_H
#define INVSET_STATUS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* code, exit code of a program that ends with it, text */
#define ISN_STATUS_TABLE(X)                                                                        \
  X(ISN_OK, 0, "success")                                                                          \
  X(ISN_ERR_ARG, 1, "internal error: bad argument")                                                \
  X(ISN_ERR_INPUT, 2, "bad input")           /* usage, config, model, file, or output place */     \
  X(ISN_ERR_IO, 1, "input or output failed") /* a file that was fine when the run began */         \
  X(ISN_ERR_MEMORY, 1, "out of memory")                                                            \
  X(ISN_ERR_MPI, 1, "MPI failed")                                                                  \
  X(ISN_ERR_BACKEND, 1, "compute backend failed")                                                  \
  X(ISN_ERR_NUMERIC, 1, "a number is not finite")                                                  \
  X(ISN_ERR_NONE_ACCEPTED, 1, "no sample was accepted")                                            \
  X(ISN_ERR_CHECK, 1, "a check failed")                                                            \
  X(ISN_ERR_STOPPED, 75, "stopped early, can be continued")

typedef enum {
#define ISN_STATUS_ENUM(code, exit_code, text) code,
  ISN_STATUS_TABLE(ISN_STATUS_ENUM)
#undef ISN_STATUS_ENUM
      ISN_N_STATUS
} isn_status_t;

#if defined(__GNUC__)
#define ISN_MUST_USE __attribute__((warn_unused_result))
#define ISN_PRINTF(format_arg, first_arg) __attribute__((format(printf, format_arg, first_arg)))
#else
#define ISN_MUST_USE
#define ISN_PRINTF(format_arg, first_arg)
#endif

enum { ISN_ERROR_BYTES = 2048 /**< longest error message with its final zero; longer is cut */ };

/** Name a status in a few words.  Local.  @return static text, never NULL */
const char *isn_status_text(isn_status_t status);

/** Exit code of a program that ends with this status: 0, 1, 2 or 75.  Local. */
int isn_status_exit_code(isn_status_t status);

/** Message of the last error of this thread.  Local.
 *  @return text owned by this unit, valid until the next ISN_FAIL; "" before the first */
const char *isn_error_message(void);

/** Source position of the last error ("file.c:123").  Local. */
const char *isn_error_place(void);

/** Store the message of an error; use ISN_FAIL.  Local.  @return code */
isn_status_t isn_error_set(isn_status_t code, const char *file, int line, const char *format, ...)
    ISN_PRINTF(4, 5);

/** Put words before the message of the last error, as "context: message".  Local. */
void isn_error_prefix(const char *format, ...) ISN_PRINTF(1, 2);

/* Both name the code again instead of using isn_error_set()'s result, so that compilers see that it
 * is not ISN_OK. */

/** Return from the function with a new error. */
#define ISN_FAIL(code, ...)                                                                        \
  do {                                                                                             \
    isn_error_set((code), __FILE__, __LINE__, __VA_ARGS__);                                        \
    return (code);                                                                                 \
  } while (0)

/** Set `status` to a new error and go to the clean-up label. */
#define ISN_FAIL_GOTO(code, label, ...)                                                            \
  do {                                                                                             \
    isn_error_set((code), __FILE__, __LINE__, __VA_ARGS__);                                        \
    status = (code);                                                                               \
    goto label;                                                                                    \
  } while (0)

/** Return the call's error, if it has one. */
#define ISN_TRY(call)                                                                              \
  do {                                                                                             \
    isn_status_t isn_try_status_ = (call);                                                         \
    if (isn_try_status_ != ISN_OK)                                                                 \
      return isn_try_status_;                                                                      \
  } while (0)

/** Set the local `status` to the call's result; on an error go to the clean-up label. */
#define ISN_TRY_GOTO(call, label)                                                                  \
  do {                                                                                             \
    status = (call);                                                                               \
    if (status != ISN_OK)                                                                          \
      goto label;                                                                                  \
  } while (0)

#ifdef __cplusplus
}
#endif
#endif
