/** @file stub.c
 *  The backend "cuda" of a program that was built without it: says so.
 */
#include "backend/backend_impl.h"

static isn_status_t open_stub(isn_backend_t *backend, int local_rank)
{
  (void)local_rank;
  ISN_FAIL(ISN_ERR_INPUT,
           "backend '%s' is not compiled in; use \"cpu\" or \"auto\", or build where CUDA is",
           backend->ops->name);
}

/* Never opened, so nothing else is ever called. */
const isn_backend_ops_t isn_backend_cuda_ops = {.name = "cuda", .open = open_stub};
