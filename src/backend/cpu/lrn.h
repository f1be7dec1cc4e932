/** @file lrn.h
 *  What LRN across channels and within one share.
 */
#ifndef INVSET_LRN_H
#define INVSET_LRN_H

#include "backend/cpu/cpu.h"

extern const isn_cpu_kernel_t isn_lrn_within_channel;

/** p = s^-beta for n numbers. */
void isn_lrn_inverse_power(float beta, const float *restrict s, int n, float *restrict p);

#endif
