/** @file stub_engine.h
 *  The device of stub_engine.c.
 */
#ifndef INVSET_TESTS_STUB_ENGINE_H
#define INVSET_TESTS_STUB_ENGINE_H

#include <stdint.h>

typedef struct {
  double step_seconds;   /**< of a step (a pass forward and one back), whatever its batch */
  double sample_seconds; /**< of a step, for each sample */
  int64_t n_passes;      /**< of samples, one way, so far */
} stub_device_t;

extern stub_device_t stub_device;

#endif
