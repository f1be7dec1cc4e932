/* What the files of the engine share; see invset/engine.h. */
#ifndef ISN_RUN_ENGINE_INTERNAL_H
#define ISN_RUN_ENGINE_INTERNAL_H

#include "invset/engine.h"
#include "invset/picture.h"

enum { MAX_BLOB_NAME = 256 };

/* One blob of the net, and its host copies. */
typedef struct {
  int index;    /* in the net's list of blobs */
  size_t count; /* numbers of one sample */
  float *value; /* (batch, count); the net's own on a host backend, else owned */
  float *seed;  /* (batch, count), owned */
} port_t;

struct isn_engine {
  isn_backend_t *backend;      /* borrowed */
  isn_vectors_t *vectors;      /* owned: the engine's own queue */
  isn_net_spec_t *chain;       /* owned: generator, crop, picture, classifier, encoder */
  isn_net_t *net;              /* owned */
  isn_picture_format_t format; /* its mean is in backend memory: the Picture layer's weights, or */
  float *mean;                 /* a copy of them, owned */
  isn_precision_t precision;
  int batch, n_blobs, picture; /* picture: its index in the list of blobs */
  int n_names;
  char (*names)[MAX_BLOB_NAME]; /* (n_names) the nets' list of blobs, the picture last; owned */
  isn_shape_t picture_shape;
  size_t code_size;
  port_t *blobs;                 /* (n_blobs), owned */
  port_t encoding;               /* may be the same blob of the net as one of blobs */
  float *codes, *code_gradients; /* (batch, D); the net's own on a host backend, else owned */
  int *seeds;                    /* (n_blobs + 1) blobs of the net, of a backward pass; owned */
  unsigned char *is_finite;      /* (n_blobs + 1, batch) whether a blob's row is; owned */
  /* In other precisions than FP32, what confirms rows; owned, else NULL: */
  isn_net_t *strict;                 /* the same blobs and the picture, forward only */
  unsigned char *images, *has_image; /* (batch, stored picture), (batch) of confirmed rows */
};

/* The arrays on the host: engine_host.c. */
ISN_MUST_USE isn_status_t engine_open_arrays(isn_engine_t *engine);
void engine_close_arrays(isn_engine_t *engine);

/* Bytes of these on a host backend, of one sample. */
size_t engine_array_bytes(const isn_engine_t *engine);

#endif
