/** @file target_table.h
 *  Windows of neurons from a CSV file: rows of neuron, low, high.  Local.
 *
 *  A neuron is the name of a class, in quotes if it holds commas, or a number from 0.  A first row
 *  whose second and third field are no numbers is a header.  Empty lines do not count.
 */
#ifndef INVSET_RUN_TARGET_TABLE_H
#define INVSET_RUN_TARGET_TABLE_H

#include "run/target_group.h"

typedef struct {
  int neuron;      /**< number in the blob of the group that the table is for */
  float window[2]; /**< low < high, activation */
  int line;        /**< of the file */
} isn_target_row_t;

typedef struct {
  int n;
  isn_target_row_t *rows; /**< (n) in the order of the file, owned */
  int *row_of;            /**< (n_choices of the group) row of a neuron, -1 if it has none, owned */
} isn_target_table_t;

/** Read the table of a group.
 *  @param[in]  group its blob is known, its neurons need not be
 *  @param[out] table isn_target_table_clear(), also after an error
 *  @return ISN_ERR_INPUT with file and line: not three fields, no number, not finite, low not below
 *          high, unknown class, number beyond the blob, a neuron twice; no rows */
ISN_MUST_USE isn_status_t isn_target_table_read(const isn_target_group_t *group,
                                                isn_target_table_t *table);
void isn_target_table_clear(isn_target_table_t *table); /**< Safe on zeros. */

#endif
