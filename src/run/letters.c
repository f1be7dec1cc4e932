/* Packing and unpacking of letters and orders; see letters.h.  A message is its head, then the
 * arrays that this kind has, one after the other; their sizes follow from the head and from the
 * layout, which all ranks share. */
#include "letters.h"

#include <stdlib.h>
#include <string.h>

#include "invset/memory.h"

enum { TAG_LETTER = 1, TAG_ORDER = 2, MAX_PARTS = 12 };

typedef struct {
  void *data;
  size_t bytes;
} part_t;

/* The arrays of a message, in order. */
typedef struct {
  int n;
  part_t parts[MAX_PARTS];
} parts_t;

static void add(parts_t *parts, void *data, size_t bytes)
{
  parts->parts[parts->n++] = (part_t){data, bytes};
}

static size_t count_bytes(const parts_t *parts)
{
  size_t bytes = 0;
  for (int p = 0; p < parts->n; p++)
    bytes += parts->parts[p].bytes;
  return bytes;
}

static void add_moments(parts_t *parts, isn_moments_t *moments)
{
  if (moments->size == 0)
    return;
  add(parts, &moments->m, sizeof moments->m);
  add(parts, moments->sum, (size_t)moments->size * sizeof *moments->sum);
  add(parts, &moments->sum_squares, sizeof moments->sum_squares);
}

static void add_block(parts_t *parts, const isn_run_layout_t *layout, const isn_run_block_t *block)
{
  size_t n = (size_t)block->n;
  size_t pixels = (size_t)layout->channels * (size_t)layout->height * (size_t)layout->width;
  add(parts, block->code, n * (size_t)layout->code_size * sizeof *block->code);
  add(parts, block->encoding, n * (size_t)layout->encoding_size * sizeof *block->encoding);
  add(parts, block->activation, n * (size_t)layout->max_neurons * sizeof *block->activation);
  add(parts, block->image, n * pixels);
  add(parts, block->status, n);
  add(parts, block->steps, n * sizeof *block->steps);
  add(parts, block->chain, n * sizeof *block->chain);
  add(parts, block->chain_block, n * sizeof *block->chain_block);
  add(parts, block->restarts, n * sizeof *block->restarts);
}

static void add_reach(parts_t *parts, const isn_run_layout_t *layout, isn_run_reach_t *reach)
{
  size_t n = (size_t)reach->n;
  add(parts, reach->activation, n * (size_t)layout->probe_starts * sizeof *reach->activation);
  add(parts, reach->code, n * (size_t)layout->code_size * sizeof *reach->code);
  add(parts, &reach->steps, sizeof reach->steps);
}

static isn_status_t post(const run_t *run, int to, int tag, const parts_t *parts)
{
  unsigned char *message = NULL;
  size_t bytes = count_bytes(parts), at = 0;
  ISN_TRY(isn_alloc(&message, bytes, "message"));
  for (int p = 0; p < parts->n; p++) {
    memcpy(message + at, parts->parts[p].data, parts->parts[p].bytes);
    at += parts->parts[p].bytes;
  }
  isn_status_t status = isn_comm_post(run->comm, to, tag, message, bytes);
  free(message);
  return status;
}

/* @param[out] message caller's, free(); NULL if none has come */
static isn_status_t fetch(const run_t *run, int tag, isn_comm_mail_t *mail, unsigned char **message)
{
  *message = NULL;
  ISN_TRY(isn_comm_poll(run->comm, tag, mail));
  if (!mail->waiting)
    return ISN_OK;
  ISN_TRY(isn_alloc(message, mail->n_bytes, "message"));
  isn_status_t status = isn_comm_receive(run->comm, tag, mail, *message);
  if (status == ISN_OK)
    return ISN_OK;
  free(*message);
  *message = NULL;
  return status;
}

/* Fill the parts from a message, which has exactly their bytes. */
static isn_status_t unpack(const parts_t *parts, const isn_comm_mail_t *mail,
                           const unsigned char *message)
{
  size_t at = 0;
  if (count_bytes(parts) != mail->n_bytes)
    ISN_FAIL(ISN_ERR_MPI, "a message of rank %d has %zu bytes, wanted %zu", mail->from,
             mail->n_bytes, count_bytes(parts));
  for (int p = 0; p < parts->n; p++) {
    memcpy(parts->parts[p].data, message + at, parts->parts[p].bytes);
    at += parts->parts[p].bytes;
  }
  return ISN_OK;
}

/* ---- letters ------------------------------------------------------------------------------- */

typedef struct {
  int32_t kind, n, n_skipped, go_on, made_size, fixed_size;
  piece_t piece;
  double seconds;
} letter_head_t;

static void list_letter(const run_t *run, letter_head_t *head, letter_t *letter, parts_t *parts)
{
  *parts = (parts_t){0};
  add(parts, head, sizeof *head);
  if (letter->kind == LETTER_REACH)
    add_reach(parts, &run->layout, &letter->reach);
  if (letter->kind == LETTER_SEEDS)
    add_block(parts, &run->layout, &letter->block);
  add_moments(parts, &letter->made);
  add_moments(parts, &letter->fixed);
}

isn_status_t letter_send(const run_t *run, const letter_t *letter)
{
  letter_t copy = *letter;
  parts_t parts;
  letter_head_t head = {.kind = (int32_t)letter->kind,
                        .n = letter->n,
                        .n_skipped = letter->n_skipped,
                        .go_on = letter->go_on,
                        .made_size = letter->made.size,
                        .fixed_size = letter->fixed.size,
                        .piece = letter->piece,
                        .seconds = letter->seconds};
  list_letter(run, &head, &copy, &parts);
  return post(run, 0, TAG_LETTER, &parts);
}

static isn_status_t alloc_letter(const run_t *run, const letter_head_t *head, letter_t *letter)
{
  const isn_run_layout_t *layout = &run->layout;
  if (letter->kind == LETTER_REACH)
    return isn_run_reach_alloc(layout, run->targets.targets[head->piece.target].n_neurons,
                               &letter->reach);
  if (letter->kind == LETTER_SEEDS)
    return isn_run_block_alloc(layout, isn_run_block_count(layout, 0), &letter->block);
  if (head->made_size > 0)
    ISN_TRY(isn_moments_alloc(head->made_size, &letter->made));
  if (head->fixed_size > 0)
    ISN_TRY(isn_moments_alloc(head->fixed_size, &letter->fixed));
  return ISN_OK;
}

isn_status_t letter_receive(const run_t *run, letter_t *letter, bool *came)
{
  isn_comm_mail_t mail;
  unsigned char *message;
  letter_head_t head;
  parts_t parts;
  isn_status_t status;
  *letter = (letter_t){0};
  ISN_TRY(fetch(run, TAG_LETTER, &mail, &message));
  *came = message != NULL;
  if (!message)
    return ISN_OK;
  memcpy(&head, message, sizeof head); /* every letter has one */
  *letter = (letter_t){.kind = (letter_kind_t)head.kind,
                       .from = mail.from,
                       .n = head.n,
                       .n_skipped = head.n_skipped,
                       .piece = head.piece,
                       .seconds = head.seconds,
                       .go_on = head.go_on != 0};
  ISN_TRY_GOTO(alloc_letter(run, &head, letter), done);
  list_letter(run, &head, letter, &parts);
  ISN_TRY_GOTO(unpack(&parts, &mail, message), done);
done:
  free(message);
  if (status != ISN_OK)
    letter_free(letter);
  return status;
}

void letter_free(letter_t *letter)
{
  isn_run_reach_free(&letter->reach);
  isn_run_block_free(&letter->block);
  isn_moments_free(&letter->made);
  isn_moments_free(&letter->fixed);
}

/* ---- orders -------------------------------------------------------------------------------- */

typedef struct {
  int32_t over, recall, n_reach, fixed_size, made_size, padding;
  piece_t piece;
} order_head_t;

static void list_order(order_head_t *head, order_t *order, parts_t *parts)
{
  *parts = (parts_t){0};
  add(parts, head, sizeof *head);
  if (head->n_reach > 0)
    add(parts, order->reach, (size_t)head->n_reach * sizeof *order->reach);
  add_moments(parts, &order->fixed);
  add_moments(parts, &order->made);
}

isn_status_t order_send(const run_t *run, int to, const order_t *order)
{
  order_t copy = *order;
  parts_t parts;
  order_head_t head = {.over = order->over,
                       .recall = order->recall,
                       .fixed_size = order->fixed.size,
                       .made_size = order->made.size,
                       .piece = order->piece};
  if (order->reach)
    head.n_reach = run->targets.targets[order->piece.target].n_neurons;
  list_order(&head, &copy, &parts);
  return post(run, to, TAG_ORDER, &parts);
}

isn_status_t order_receive(const run_t *run, order_t *order, bool *came)
{
  isn_comm_mail_t mail;
  unsigned char *message;
  order_head_t head;
  parts_t parts;
  isn_status_t status;
  *order = (order_t){0};
  ISN_TRY(fetch(run, TAG_ORDER, &mail, &message));
  *came = message != NULL;
  if (!message)
    return ISN_OK;
  memcpy(&head, message, sizeof head);
  order->over = head.over != 0;
  order->recall = head.recall != 0;
  order->piece = head.piece;
  if (head.n_reach > 0)
    ISN_TRY_GOTO(isn_alloc(&order->reach, head.n_reach, "reach of a target"), done);
  if (head.fixed_size > 0)
    ISN_TRY_GOTO(isn_moments_alloc(head.fixed_size, &order->fixed), done);
  if (head.made_size > 0)
    ISN_TRY_GOTO(isn_moments_alloc(head.made_size, &order->made), done);
  list_order(&head, order, &parts);
  ISN_TRY_GOTO(unpack(&parts, &mail, message), done);
done:
  free(message);
  if (status != ISN_OK)
    order_free(order);
  return status;
}

void order_free(order_t *order)
{
  free(order->reach);
  order->reach = NULL;
  isn_moments_free(&order->fixed);
  isn_moments_free(&order->made);
}
