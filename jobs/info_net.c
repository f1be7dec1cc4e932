/** @file info_net.c
 *  Shows a net definition as a table of layers, and checks weights against it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "info.h"
#include "invset/files.h"
#include "invset/memory.h"
#include "net_files.h"
#include "net_table.h"

enum { SHAPE_BYTES = 40 };

/* Scale a big number to its prefix: 60.97 M, 1.45 G.
 * @param[in] least  a prefix is used from this share of its unit on */
static double scale(double value, double least, const char **prefix)
{
  static const struct {
    double unit;
    const char *prefix;
  } steps[] = {{1e9, "G"}, {1e6, "M"}, {1e3, "k"}};
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    if (value >= least * steps[i].unit) {
      *prefix = steps[i].prefix;
      return value / steps[i].unit;
    }
  }
  *prefix = "";
  return value;
}

static int widest(int width, const char *text)
{
  int length = (int)strlen(text);
  return length > width ? length : width;
}

static void print_layers(const isn_net_spec_t *spec, const isn_net_row_t *rows)
{
  int name_width = (int)strlen("layer"), top_width = (int)strlen("top");
  for (int l = 0; l < spec->n_layers; l++) {
    name_width = widest(name_width, spec->layers[l].name);
    top_width = widest(top_width, spec->layers[l].tops[0]);
  }
  printf("%-*s  %-13s  %-*s  %-13s  %10s  %9s\n", name_width, "layer", "type", top_width, "top",
         "shape", "parameters", "MMAC");
  for (int l = 0; l < spec->n_layers; l++) {
    const isn_layer_spec_t *layer = &spec->layers[l];
    char shape[SHAPE_BYTES];
    isn_net_shape_text(rows[l].top, shape, sizeof shape);
    printf("%-*s  %-13s  %-*s  %-13s  %10lld  %9.3f\n", name_width, layer->name,
           isn_layer_kind_name(layer->params.kind), top_width, layer->tops[0], shape,
           (long long)rows[l].n_parameters, rows[l].macs / 1e6);
  }
}

static void print_total(const isn_net_row_t *total)
{
  const char *prefix;
  double value = scale((double)total->n_parameters, 1.0, &prefix);
  printf("\ntotal: %.4g %s%sparameters (%lld)", value, prefix, prefix[0] ? " " : "",
         (long long)total->n_parameters);
  value = scale(total->macs, 0.1, &prefix);
  printf(", %.4g %sMAC", value, prefix);
  value = scale(2.0 * total->macs, 0.1, &prefix);
  printf(", %.4g %sFLOP forward for one sample\n", value, prefix);
}

static void print_net(const isn_net_spec_t *spec, const isn_net_row_t *rows)
{
  char shape[SHAPE_BYTES];
  isn_net_shape_text(spec->input_shape, shape, sizeof shape);
  printf("net '%s' (%s)\ninput '%s' %s\n\n", spec->name, spec->origin, spec->input, shape);
  print_layers(spec, rows);
}

static isn_status_t print_weights(const isn_net_spec_t *spec, const char *weights, int n_unused)
{
  char sha256[ISN_SHA256_TEXT];
  int n_blobs = 0;
  ISN_TRY(isn_file_sha256(weights, sha256));
  for (int l = 0; l < spec->n_layers; l++)
    n_blobs += spec->layers[l].n_weights;
  printf("weights: %s fits, %d blobs, all numbers finite", weights, n_blobs);
  if (n_unused > 0)
    printf("; %d of its layers are not in the net", n_unused);
  printf("\nsha256 %s\n", sha256);
  return ISN_OK;
}

isn_status_t isn_info_net(const char *path, const char *shape, const char *weights)
{
  isn_status_t status = ISN_OK;
  isn_net_spec_t *spec = NULL;
  isn_net_row_t *rows = NULL, total;
  int n_unused = 0;
  ISN_TRY(isn_net_files_read(path, shape, weights, &n_unused, &spec));
  ISN_TRY_GOTO(isn_alloc(&rows, spec->n_layers, "a table of layers"), done);
  ISN_TRY_GOTO(isn_net_table(spec, rows, &total), done);
  print_net(spec, rows);
  print_total(&total);
  if (weights)
    ISN_TRY_GOTO(print_weights(spec, weights, n_unused), done);
done:
  free(rows);
  isn_net_spec_destroy(spec);
  return status;
}
