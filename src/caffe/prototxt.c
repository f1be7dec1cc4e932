/* Parser of the protobuf text format (grammar in prototxt.h).  Knows no field names. */
#include "prototxt.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "invset/memory.h"
#include "prototxt_lex.h"

enum { MAX_DEPTH = 32 /**< Caffe's own messages nest five deep */ };

typedef struct {
  isn_lexer_t lexer;
  isn_token_t token; /**< looked at, not yet taken */
  int depth;
} parser_t;

static isn_status_t take(parser_t *parser)
{
  return isn_lexer_next(&parser->lexer, &parser->token);
}

static bool at_sign(const parser_t *parser, char sign)
{
  return parser->token.kind == ISN_TOKEN_SIGN && *parser->token.start == sign;
}

static isn_status_t unexpected(const parser_t *parser, const char *wanted)
{
  const isn_token_t *t = &parser->token;
  if (t->kind == ISN_TOKEN_END)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: the file ends here; wanted %s", parser->lexer.origin, t->line,
             wanted);
  ISN_FAIL(ISN_ERR_INPUT, "%s:%d: found '%.*s'; wanted %s", parser->lexer.origin, t->line,
           (int)(t->length > 40 ? 40 : t->length), t->start, wanted);
}

/** Append a new field to a message. */
static isn_status_t add_field(isn_prototxt_t *message, const char *name, size_t name_length,
                              int line, isn_prototxt_t **out)
{
  isn_prototxt_t *field = NULL;
  ISN_TRY(isn_alloc(&field, 1, "field of a net definition"));
  field->origin = message->origin;
  field->line = line;
  if (message->last)
    message->last->next = field;
  else
    message->first = field;
  message->last = field;
  ISN_TRY(isn_alloc(&field->name, name_length + 1, "name of a field"));
  memcpy(field->name, name, name_length);
  *out = field;
  return ISN_OK;
}

/** One string, or several side by side, which are joined. */
static isn_status_t parse_string(parser_t *parser, isn_prototxt_t *field)
{
  size_t length = 0;
  field->kind = ISN_PROTOTXT_STRING;
  while (parser->token.kind == ISN_TOKEN_STRING) {
    char *longer = NULL;
    size_t used;
    ISN_TRY(isn_alloc(&longer, length + parser->token.length + 1, "string of a net definition"));
    if (length > 0)
      memcpy(longer, field->text, length);
    free(field->text);
    field->text = longer;
    ISN_TRY(isn_lexer_unescape(&parser->lexer, &parser->token, longer + length, &used));
    length += used;
    longer[length] = '\0';
    ISN_TRY(take(parser));
  }
  return ISN_OK;
}

static isn_status_t parse_scalar(parser_t *parser, isn_prototxt_t *field)
{
  size_t sign = at_sign(parser, '-') ? 1 : 0;
  field->kind = ISN_PROTOTXT_SCALAR;
  if (sign)
    ISN_TRY(take(parser));
  if (parser->token.kind != ISN_TOKEN_NUMBER && parser->token.kind != ISN_TOKEN_WORD)
    return unexpected(parser, "a value: a number, a word, a string or '{'");
  ISN_TRY(isn_alloc(&field->text, sign + parser->token.length + 1, "value of a field"));
  field->text[0] = '-';
  memcpy(field->text + sign, parser->token.start, parser->token.length);
  return take(parser);
}

static isn_status_t parse_fields(parser_t *parser, isn_prototxt_t *message, char close);

static isn_status_t parse_block(parser_t *parser, isn_prototxt_t *field)
{
  char close = at_sign(parser, '{') ? '}' : '>';
  field->kind = ISN_PROTOTXT_MESSAGE;
  if (++parser->depth > MAX_DEPTH)
    ISN_FAIL(ISN_ERR_INPUT, "%s:%d: messages nest deeper than %d", parser->lexer.origin,
             parser->token.line, MAX_DEPTH);
  ISN_TRY(take(parser));
  ISN_TRY(parse_fields(parser, field, close));
  parser->depth--;
  return take(parser);
}

static isn_status_t parse_value(parser_t *parser, isn_prototxt_t *field)
{
  if (at_sign(parser, '{') || at_sign(parser, '<'))
    return parse_block(parser, field);
  if (parser->token.kind == ISN_TOKEN_STRING)
    return parse_string(parser, field);
  return parse_scalar(parser, field);
}

/** [value, value ...]: as many fields of the same name. */
static isn_status_t parse_list(parser_t *parser, isn_prototxt_t *message, const isn_token_t *name)
{
  ISN_TRY(take(parser));
  while (!at_sign(parser, ']')) {
    isn_prototxt_t *field;
    ISN_TRY(add_field(message, name->start, name->length, parser->token.line, &field));
    ISN_TRY(parse_value(parser, field));
    if (at_sign(parser, ','))
      ISN_TRY(take(parser));
    else if (!at_sign(parser, ']'))
      return unexpected(parser, "',' or ']'");
  }
  return take(parser);
}

static isn_status_t parse_field(parser_t *parser, isn_prototxt_t *message)
{
  const isn_token_t name = parser->token;
  isn_prototxt_t *field;
  if (name.kind != ISN_TOKEN_WORD)
    return unexpected(parser, "the name of a field");
  ISN_TRY(take(parser));
  bool colon = at_sign(parser, ':');
  if (colon)
    ISN_TRY(take(parser));
  else if (!at_sign(parser, '{') && !at_sign(parser, '<'))
    return unexpected(parser, "':' or '{' after the name of a field");
  if (colon && at_sign(parser, '['))
    return parse_list(parser, message, &name);
  ISN_TRY(add_field(message, name.start, name.length, name.line, &field));
  return parse_value(parser, field);
}

/** Fields up to the closing sign, which is left to the caller; '\0': up to the end of the file. */
static isn_status_t parse_fields(parser_t *parser, isn_prototxt_t *message, char close)
{
  while (close ? !at_sign(parser, close) : parser->token.kind != ISN_TOKEN_END) {
    if (close && parser->token.kind == ISN_TOKEN_END)
      ISN_FAIL(ISN_ERR_INPUT, "%s:%d: the file ends, but '%s', begun on line %d, lacks its '%c'",
               parser->lexer.origin, parser->token.line, message->name, message->line, close);
    ISN_TRY(parse_field(parser, message));
    if (at_sign(parser, ',') || at_sign(parser, ';'))
      ISN_TRY(take(parser));
  }
  return ISN_OK;
}

isn_status_t isn_prototxt_parse(const char *text, const char *origin, isn_prototxt_t **out)
{
  isn_status_t status = ISN_OK;
  isn_prototxt_t *root = NULL;
  char *origin_copy = NULL;
  parser_t parser = {.lexer = {.at = text, .origin = origin, .line = 1}};
  ISN_TRY(isn_alloc_string(&origin_copy, origin));
  ISN_TRY_GOTO(isn_alloc(&root, 1, "net definition"), done);
  root->kind = ISN_PROTOTXT_MESSAGE;
  root->line = 1;
  root->origin = origin_copy;
  origin_copy = NULL;
  ISN_TRY_GOTO(take(&parser), done);
  ISN_TRY_GOTO(parse_fields(&parser, root, '\0'), done);
  *out = root;
done:
  free(origin_copy);
  if (status != ISN_OK)
    isn_prototxt_destroy(root);
  return status;
}

/** Free a list of fields with all that is in them; as deep as the parser goes. */
static void destroy_fields(isn_prototxt_t *field)
{
  while (field) {
    isn_prototxt_t *next = field->next;
    destroy_fields(field->first);
    free(field->name);
    free(field->text);
    free(field);
    field = next;
  }
}

void isn_prototxt_destroy(isn_prototxt_t *root)
{
  if (!root)
    return;
  free((char *)root->origin);
  destroy_fields(root);
}
