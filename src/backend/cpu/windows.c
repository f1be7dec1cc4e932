/** @file windows.c
 *  Gathering and scattering of windows; see windows.h for the planes.
 *
 *  Row Y = y + pad of the padded image is row Y / stride of the planes with remainder Y % stride;
 *  kernel row i of position p sees row p stride + i dilation.  Columns likewise.
 */
#include "backend/cpu/windows.h"

#include <string.h>

isn_windows_t isn_windows_make(const isn_conv_params_t *conv, int channels, isn_shape_t image,
                               isn_shape_t map)
{
  isn_windows_t win = {.conv = *conv,
                       .channels = channels,
                       .h = image.h,
                       .w = image.w,
                       .map_h = map.h,
                       .map_w = map.w};
  win.plane_h = (image.h + 2 * conv->pad_h + conv->stride_h - 1) / conv->stride_h;
  win.plane_w = (image.w + 2 * conv->pad_w + conv->stride_w - 1) / conv->stride_w;
  win.same = conv->kernel_h == 1 && conv->kernel_w == 1 && conv->stride_h == 1 &&
             conv->stride_w == 1 && conv->pad_h == 0 && conv->pad_w == 0;
  return win;
}

size_t isn_windows_plane_floats(const isn_windows_t *win)
{
  return (size_t)win->conv.stride_h * (size_t)win->conv.stride_w * (size_t)win->plane_h *
         (size_t)win->plane_w;
}

size_t isn_windows_column_floats(const isn_windows_t *win)
{
  return (size_t)win->channels * (size_t)win->conv.kernel_h * (size_t)win->conv.kernel_w *
         (size_t)win->map_h * (size_t)win->map_w;
}

/* The plane rows that hold row y of the image are `stride_w` apart planes; this is the first. */
static size_t row_offset(const isn_windows_t *win, int y)
{
  int padded = y + win->conv.pad_h;
  int first_plane = padded % win->conv.stride_h * win->conv.stride_w;
  int row = padded / win->conv.stride_h;
  return ((size_t)first_plane * (size_t)win->plane_h + (size_t)row) * (size_t)win->plane_w;
}

/* First column >= 0 of the image whose padded column has this remainder. */
static int first_column(const isn_windows_t *win, int remainder)
{
  int stride = win->conv.stride_w;
  int first = (remainder - win->conv.pad_w) % stride;
  return first < 0 ? first + stride : first;
}

/* Row of an image <-> row of a plane.  Inlined with a constant stride, so that it vectorises. */
static inline void take_every(float *restrict to, const float *restrict from, int n, int stride)
{
  for (int i = 0; i < n; i++)
    to[i] = from[i * stride];
}

static inline void put_every(float *restrict to, const float *restrict from, int n, int stride)
{
  for (int i = 0; i < n; i++)
    to[i * stride] = from[i];
}

static void split_row(const isn_windows_t *win, const float *image_row, float *plane_row)
{
  int stride = win->conv.stride_w;
  size_t plane_floats = (size_t)win->plane_h * (size_t)win->plane_w;
  for (int r = 0; r < stride; r++) {
    int x = first_column(win, r);
    int n = (win->w - x + stride - 1) / stride;
    float *to = plane_row + (size_t)r * plane_floats + (x + win->conv.pad_w) / stride;
    if (stride == 1)
      take_every(to, image_row + x, n, 1);
    else if (stride == 2)
      take_every(to, image_row + x, n, 2);
    else
      take_every(to, image_row + x, n, stride);
  }
}

static void merge_row(const isn_windows_t *win, const float *plane_row, float *image_row)
{
  int stride = win->conv.stride_w;
  size_t plane_floats = (size_t)win->plane_h * (size_t)win->plane_w;
  for (int r = 0; r < stride; r++) {
    int x = first_column(win, r);
    int n = (win->w - x + stride - 1) / stride;
    const float *from = plane_row + (size_t)r * plane_floats + (x + win->conv.pad_w) / stride;
    if (stride == 1)
      put_every(image_row + x, from, n, 1);
    else if (stride == 2)
      put_every(image_row + x, from, n, 2);
    else
      put_every(image_row + x, from, n, stride);
  }
}

/* Where kernel element (i, j) of position (0, 0) lies in a channel's planes. */
static size_t window_offset(const isn_windows_t *win, int i, int j)
{
  const isn_conv_params_t *p = &win->conv;
  int row = i * p->dilation_h, column = j * p->dilation_w;
  int plane = row % p->stride_h * p->stride_w + column % p->stride_w;
  return ((size_t)plane * (size_t)win->plane_h + (size_t)(row / p->stride_h)) *
             (size_t)win->plane_w +
         (size_t)(column / p->stride_w);
}

static inline void copy_rows(float *restrict to, const float *restrict from, int rows, int columns,
                             size_t pitch)
{
  for (int y = 0; y < rows; y++) {
    for (int x = 0; x < columns; x++)
      to[x] = from[x];
    to += columns;
    from += pitch;
  }
}

static inline void add_rows(float *restrict to, const float *restrict from, int rows, int columns,
                            size_t pitch)
{
  for (int y = 0; y < rows; y++) {
    for (int x = 0; x < columns; x++)
      to[x] += from[x];
    to += pitch;
    from += columns;
  }
}

/* Deep layers have short rows.  Where the length is known when this is compiled, a row is a few
 * vector instructions instead of a loop; measured on the bundled nets, that halves the time. */
#define SHORT_ROWS(X) X(4) X(6) X(7) X(8) X(13) X(14) X(16) X(27) X(28) X(32)

/* Image rows of one window position range (map_h, map_w), `pitch` apart, <-> one row of columns. */
static void copy_window(const isn_windows_t *win, float *to, const float *from)
{
  size_t pitch = (size_t)win->plane_w;
  switch (win->map_w) {
#define COPY_CASE(n)                                                                               \
  case n:                                                                                          \
    copy_rows(to, from, win->map_h, n, pitch);                                                     \
    break;
    SHORT_ROWS(COPY_CASE)
#undef COPY_CASE
  default:
    copy_rows(to, from, win->map_h, win->map_w, pitch);
    break;
  }
}

static void add_window(const isn_windows_t *win, float *to, const float *from)
{
  size_t pitch = (size_t)win->plane_w;
  switch (win->map_w) {
#define ADD_CASE(n)                                                                                \
  case n:                                                                                          \
    add_rows(to, from, win->map_h, n, pitch);                                                      \
    break;
    SHORT_ROWS(ADD_CASE)
#undef ADD_CASE
  default:
    add_rows(to, from, win->map_h, win->map_w, pitch);
    break;
  }
}

void isn_windows_gather(const isn_windows_t *win, const float *image, float *planes, float *columns)
{
  size_t positions = (size_t)win->map_h * (size_t)win->map_w;
  /* The padding stays zero: each channel overwrites the same places. */
  memset(planes, 0, isn_windows_plane_floats(win) * sizeof *planes);
  for (int c = 0; c < win->channels; c++) {
    for (int y = 0; y < win->h; y++)
      split_row(win, image + (size_t)y * (size_t)win->w, planes + row_offset(win, y));
    for (int i = 0; i < win->conv.kernel_h; i++) {
      for (int j = 0; j < win->conv.kernel_w; j++) {
        copy_window(win, columns, planes + window_offset(win, i, j));
        columns += positions;
      }
    }
    image += (size_t)win->h * (size_t)win->w;
  }
}

void isn_windows_scatter(const isn_windows_t *win, const float *columns, const float *bias,
                         float *planes, float *image)
{
  size_t positions = (size_t)win->map_h * (size_t)win->map_w;
  size_t n_plane = isn_windows_plane_floats(win);
  for (int c = 0; c < win->channels; c++) {
    float start = bias ? bias[c] : 0.0F;
    for (size_t i = 0; i < n_plane; i++)
      planes[i] = start;
    for (int i = 0; i < win->conv.kernel_h; i++) {
      for (int j = 0; j < win->conv.kernel_w; j++) {
        add_window(win, planes + window_offset(win, i, j), columns);
        columns += positions;
      }
    }
    for (int y = 0; y < win->h; y++)
      merge_row(win, planes + row_offset(win, y), image + (size_t)y * (size_t)win->w);
    image += (size_t)win->h * (size_t)win->w;
  }
}
