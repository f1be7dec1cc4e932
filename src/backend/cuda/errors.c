/** @file errors.c
 *  Failures of CUDA, cuBLAS and cuDNN as errors of ours, in the words of these libraries.
 */
#include <string.h>

#include "backend/cuda/cuda.h"

/* Calls are long, and may go over several lines: the function's name is enough. */
static const char *name_of(const char *call)
{
  const char prefix[] = "isn_lib.";
  return strncmp(call, prefix, sizeof prefix - 1) == 0 ? call + sizeof prefix - 1 : call;
}

static int name_length(const char *call)
{
  return (int)strcspn(name_of(call), "( ");
}

static const char *file_name(const char *file)
{
  const char *slash = strrchr(file, '/');
  return slash ? slash + 1 : file;
}

isn_status_t isn_cuda_fail(cudaError_t error, const char *call, const char *file, int line)
{
  (void)cudaGetLastError(); /* else the next launch reports it again */
  return isn_error_set(ISN_ERR_BACKEND, file, line, "CUDA: %s (%s) from %.*s at %s:%d",
                       cudaGetErrorString(error), cudaGetErrorName(error), name_length(call),
                       name_of(call), file_name(file), line);
}

isn_status_t isn_cuda_fail_blas(cublasStatus_t error, const char *call, const char *file, int line)
{
  return isn_error_set(ISN_ERR_BACKEND, file, line, "cuBLAS: %s from %.*s at %s:%d",
                       isn_lib.cublasGetStatusString(error), name_length(call), name_of(call),
                       file_name(file), line);
}

isn_status_t isn_cuda_fail_dnn(cudnnStatus_t error, const char *call, const char *file, int line)
{
  char last[256] = "";
  isn_lib.cudnnGetLastErrorString(last, sizeof last);
  return isn_error_set(ISN_ERR_BACKEND, file, line, "cuDNN: %s%s%s from %.*s at %s:%d",
                       isn_lib.cudnnGetErrorString(error), last[0] ? ": " : "", last,
                       name_length(call), name_of(call), file_name(file), line);
}
