/** @file memory.h
 *  Host memory: allocation that reports what it was for.  All functions are local.
 */
#ifndef INVSET_MEMORY_H
#define INVSET_MEMORY_H

#include "invset/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Allocate count elements of element_bytes each, set to zero, 64-byte aligned (for the kernels).
 *  @param[out] out    address of the pointer to set; caller's, give back with free();
 *                     NULL if count is 0
 *  @param[in]  what   words for the message ("weights of layer 'fc6'")
 *  @return ISN_ERR_MEMORY naming what and the bytes; also if the product overflows */
ISN_MUST_USE isn_status_t isn_alloc_bytes(void **out, size_t count, size_t element_bytes,
                                          const char *what);

/** isn_alloc_bytes for a typed pointer: `float *x; ISN_TRY(isn_alloc(&x, n, "x"));` */
#define isn_alloc(pointer, count, what)                                                            \
  isn_alloc_bytes((void **)(pointer), (size_t)(count), sizeof **(pointer), (what))

/** Copy a string.  @param[out] out caller's, free() @return ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_alloc_string(char **out, const char *text);

/** How much host memory may still be taken here: what the machine has available, or less where the
 *  control group of this process (a Slurm job, a container) has a limit.  Other processes may take
 *  it meanwhile.  @param[out] bytes  @return ISN_ERR_MEMORY: the machine does not tell */
ISN_MUST_USE isn_status_t isn_memory_free(size_t *bytes);

#ifdef __cplusplus
}
#endif
#endif
