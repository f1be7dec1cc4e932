/** @file harness.h
 *  The few macros that our C tests are written in.  A failed check prints where and what, and the
 *  test goes on; main returns the number of failures through TEST_END.
 */
#ifndef INVSET_TESTS_HARNESS_H
#define INVSET_TESTS_HARNESS_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "invset/status.h"

static int test_failures = 0;
static int test_checks = 0;

#define TEST_CHECK(condition)                                                                      \
  do {                                                                                             \
    test_checks++;                                                                                 \
    if (!(condition)) {                                                                            \
      test_failures++;                                                                             \
      fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                      \
    }                                                                                              \
  } while (0)

/** As TEST_CHECK, with words that show the numbers. */
#define TEST_CHECK_MSG(condition, ...)                                                             \
  do {                                                                                             \
    test_checks++;                                                                                 \
    if (!(condition)) {                                                                            \
      test_failures++;                                                                             \
      fprintf(stderr, "%s:%d: failed: %s: ", __FILE__, __LINE__, #condition);                      \
      fprintf(stderr, __VA_ARGS__);                                                                \
      fputc('\n', stderr);                                                                         \
    }                                                                                              \
  } while (0)

/** The call must return ISN_OK. */
#define TEST_OK(call)                                                                              \
  do {                                                                                             \
    test_checks++;                                                                                 \
    isn_status_t test_status_ = (call);                                                            \
    if (test_status_ != ISN_OK) {                                                                  \
      test_failures++;                                                                             \
      fprintf(stderr, "%s:%d: %s: %s (%s, %s)\n", __FILE__, __LINE__, #call,                       \
              isn_status_text(test_status_), isn_error_message(), isn_error_place());              \
    }                                                                                              \
  } while (0)

/** As TEST_OK, and the test program ends if it fails. */
#define TEST_REQUIRE(call)                                                                         \
  do {                                                                                             \
    int test_before_ = test_failures;                                                              \
    TEST_OK(call);                                                                                 \
    if (test_failures != test_before_)                                                             \
      return 1;                                                                                    \
  } while (0)

/** The call must return this code, and its message must contain the text. */
#define TEST_ERROR(call, code, text)                                                               \
  do {                                                                                             \
    test_checks++;                                                                                 \
    isn_status_t test_status_ = (call);                                                            \
    if (test_status_ != (code) || !strstr(isn_error_message(), (text))) {                          \
      test_failures++;                                                                             \
      fprintf(stderr, "%s:%d: %s: got '%s' and \"%s\", wanted '%s' and \"%s\"\n", __FILE__,        \
              __LINE__, #call, isn_status_text(test_status_),                                      \
              test_status_ == ISN_OK ? "" : isn_error_message(), isn_status_text(code), (text));   \
    }                                                                                              \
  } while (0)

/** ||a - b|| / ||b|| over n numbers. */
#define TEST_NORM_DIFFERENCE(a, b, n, result)                                                      \
  do {                                                                                             \
    double test_num_ = 0.0, test_den_ = 0.0;                                                       \
    for (size_t test_i_ = 0; test_i_ < (size_t)(n); test_i_++) {                                   \
      double test_d_ = (double)(a)[test_i_] - (double)(b)[test_i_];                                \
      test_num_ += test_d_ * test_d_;                                                              \
      test_den_ += (double)(b)[test_i_] * (double)(b)[test_i_];                                    \
    }                                                                                              \
    (result) = sqrt(test_num_ / (test_den_ > 0.0 ? test_den_ : 1.0));                              \
  } while (0)

#define TEST_END()                                                                                 \
  do {                                                                                             \
    printf("%d checks, %d failed\n", test_checks, test_failures);                                  \
    return test_failures > 0 || test_checks == 0;                                                  \
  } while (0)

#endif
