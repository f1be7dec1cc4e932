/** @file device.h
 *  Tests that run on any backend: which one, and blobs in its memory.
 */
#ifndef INVSET_TESTS_DEVICE_H
#define INVSET_TESTS_DEVICE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "invset/backend.h"

enum { TEST_SKIPPED = 77 /**< ctest's SKIP_RETURN_CODE */ };

/** The precision that the test's second argument names, fp32 without one; others end it. */
static inline isn_precision_t device_precision(int argc, char **argv)
{
  if (argc <= 2)
    return ISN_PRECISION_FP32;
  for (int p = 0; p < ISN_N_PRECISIONS; p++)
    if (strcmp(argv[2], isn_precision_name((isn_precision_t)p)) == 0)
      return (isn_precision_t)p;
  fprintf(stderr, "there is no precision '%s'\n", argv[2]);
  exit(1);
}

/** Open the backend that the test's first argument names, "cpu" without one, and have it compute in
 *  device_precision().  Where this machine or this build does not have it, the test ends as
 *  skipped. */
static inline isn_status_t device_open(int argc, char **argv, isn_backend_t **out)
{
  const char *name = argc > 1 ? argv[1] : "cpu";
  isn_status_t status = isn_backend_open(name, out);
  if (status == ISN_ERR_INPUT && strcmp(name, "cuda") == 0) {
    printf("skipped: %s\n", isn_error_message());
    exit(TEST_SKIPPED);
  }
  if (status == ISN_OK) {
    printf("%s\n", isn_backend_description(*out));
    status = isn_backend_set_precision(*out, device_precision(argc, argv));
  }
  return status;
}

/** Copies of n floats of backend memory; caller's, free().  A failure ends the test. */
static inline float *device_get(isn_backend_t *backend, const float *from, size_t n)
{
  float *host = malloc((n ? n : 1) * sizeof *host);
  if (!host || isn_backend_download(backend, host, from, n) != ISN_OK) {
    fprintf(stderr, "download: %s\n", isn_error_message());
    exit(1);
  }
  return host;
}

/** Put n floats into backend memory.  A failure ends the test. */
static inline void device_put(isn_backend_t *backend, float *to, const float *host, size_t n)
{
  if (isn_backend_upload(backend, to, host, n) != ISN_OK) {
    fprintf(stderr, "upload: %s\n", isn_error_message());
    exit(1);
  }
}

#endif
