/* Packing and unpacking of letters; see letters.h.  A letter is one message: its head, then the
 * arrays of the block one after the other; sizes follow from the layout, which all ranks share. */
#include "letters.h"

#include <stdlib.h>
#include <string.h>

#include "invset/memory.h"

enum { LETTER_TAG = 1, FAREWELL = -1, N_PARTS = 9 };

typedef struct {
  int32_t target; /* or FAREWELL, then nothing follows that counts */
  int32_t padding;
  double seconds;
} head_t;

typedef struct {
  void *data;
  size_t bytes;
} part_t;

/* Lists the arrays of a block; returns the bytes of its letter. */
static size_t list_parts(const isn_run_layout_t *layout, const isn_run_block_t *block,
                         part_t parts[N_PARTS])
{
  size_t n = (size_t)block->n, bytes = sizeof(head_t);
  size_t pixels = (size_t)layout->channels * (size_t)layout->height * (size_t)layout->width;
  const part_t list[N_PARTS] = {
      {block->code, n * (size_t)layout->code_size * sizeof *block->code},
      {block->encoding, n * (size_t)layout->encoding_size * sizeof *block->encoding},
      {block->activation, n * (size_t)layout->max_neurons * sizeof *block->activation},
      {block->image, n * pixels},
      {block->status, n},
      {block->steps, n * sizeof *block->steps},
      {block->chain, n * sizeof *block->chain},
      {block->chain_block, n * sizeof *block->chain_block},
      {block->restarts, n * sizeof *block->restarts}};
  memcpy(parts, list, sizeof list);
  for (int p = 0; p < N_PARTS; p++)
    bytes += parts[p].bytes;
  return bytes;
}

/* Send a head and, unless it is a farewell, the parts.  All letters have the same length, so that
 * the receiver need not ask. */
static isn_status_t send_letter(const run_t *run, const head_t *head, const part_t *parts,
                                size_t bytes)
{
  unsigned char *letter = NULL;
  ISN_TRY(isn_alloc(&letter, bytes, "letter to rank 0"));
  memcpy(letter, head, sizeof *head);
  size_t at = sizeof *head;
  for (int p = 0; parts && p < N_PARTS; p++) {
    memcpy(letter + at, parts[p].data, parts[p].bytes);
    at += parts[p].bytes;
  }
  isn_status_t status = isn_comm_send(run->comm, 0, LETTER_TAG, letter, bytes);
  free(letter);
  return status;
}

isn_status_t letter_send_seeds(const run_t *run, const chain_t *chain)
{
  part_t parts[N_PARTS];
  size_t bytes = list_parts(&run->layout, &chain->out, parts);
  head_t head = {.target = chain->target, .seconds = run_clock() - chain->began};
  return send_letter(run, &head, parts, bytes);
}

/* A block with the size of every target's first block. */
static isn_status_t alloc_seed_block(const run_t *run, isn_run_block_t *block)
{
  return isn_run_block_alloc(&run->layout, isn_run_block_count(&run->layout, 0), block);
}

isn_status_t letter_send_farewell(const run_t *run)
{
  part_t parts[N_PARTS];
  isn_run_block_t block = {0};
  ISN_TRY(alloc_seed_block(run, &block));
  size_t bytes = list_parts(&run->layout, &block, parts);
  isn_run_block_free(&block);
  head_t head = {.target = FAREWELL};
  return send_letter(run, &head, NULL, bytes);
}

isn_status_t letter_receive(const run_t *run, letter_t *letter)
{
  unsigned char *text = NULL;
  part_t parts[N_PARTS];
  head_t head;
  isn_status_t status;
  int from = 0;
  *letter = (letter_t){0};
  ISN_TRY(isn_comm_poll(run->comm, LETTER_TAG, &letter->came, &from));
  if (!letter->came)
    return ISN_OK;
  ISN_TRY(alloc_seed_block(run, &letter->block));
  size_t bytes = list_parts(&run->layout, &letter->block, parts), at = sizeof head;
  ISN_TRY_GOTO(isn_alloc(&text, bytes, "letter to rank 0"), done);
  ISN_TRY_GOTO(isn_comm_receive(run->comm, from, LETTER_TAG, text, bytes), done);
  memcpy(&head, text, sizeof head);
  letter->target = head.target;
  letter->seconds = head.seconds;
  letter->farewell = head.target == FAREWELL;
  for (int p = 0; p < N_PARTS; p++) {
    memcpy(parts[p].data, text + at, parts[p].bytes);
    at += parts[p].bytes;
  }
done:
  free(text);
  if (status != ISN_OK || letter->farewell)
    isn_run_block_free(&letter->block);
  return status;
}
