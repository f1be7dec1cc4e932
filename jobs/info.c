/** @file info.c
 *  `invset info`: tells a run file from a net definition by its first bytes, and shows it.
 */
#include "info.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "invset/files.h"
#include "options.h"
#include "verbs.h"

static const char *const ABOUT =
    "Show a run file: its targets with accepted samples and costs, its models; with -v also its\n"
    "config.  Works during a run.\n"
    "Or show a net definition (.prototxt): layers with shapes, parameters and "
    "multiply-accumulates\n"
    "(MAC; one is two FLOPs) of one sample forward; with WEIGHTS (.caffemodel, .caffemodel.h5)\n"
    "also check that these fit.  A .caffemodel may stand for the definition that it carries.\n";

static isn_status_t is_hdf5(const char *path, bool *is)
{
  static const char signature[] = "\211HDF\r\n\032\n";
  char bytes[sizeof signature - 1];
  ISN_TRY(isn_file_check(path, "info"));
  FILE *file = fopen(path, "rb");
  if (!file)
    ISN_FAIL(ISN_ERR_INPUT, "cannot read '%s': %s", path, strerror(errno));
  size_t n = fread(bytes, 1, sizeof bytes, file);
  fclose(file); /* opened for reading: no data can be lost */
  *is = n == sizeof bytes && memcmp(bytes, signature, sizeof bytes) == 0;
  return ISN_OK;
}

isn_status_t verb_info(int argc, char **argv)
{
  bool is_run = false;
  isn_command_t command;
  const char *shape = NULL;
  const isn_option_t options[] = {
      {.name = "shape",
       .value = "C,H,W",
       .meaning = "shape of the input, for a .caffemodel that does not say",
       .text = &shape}};
  const isn_usage_t usage = {"info", "FILE [WEIGHTS]", ABOUT, 1, 2, 1, options};
  ISN_TRY(isn_options_parse(&usage, argc, argv, &command));
  if (command.help)
    return ISN_OK;
  ISN_TRY(isn_options_apply(&command, true));
  const char *path = command.operands[0];
  const char *weights = command.n_operands > 1 ? command.operands[1] : NULL;
  ISN_TRY(is_hdf5(path, &is_run));
  if (is_run && weights)
    ISN_FAIL(ISN_ERR_INPUT,
             "'%s' is an HDF5 file, wanted a net definition (.prototxt) before the weights '%s'",
             path, weights);
  return is_run ? isn_info_run(path, command.level == ISN_LOG_VERBOSE)
                : isn_info_net(path, shape, weights);
}
