/** @file run_options.h
 *  What a run is told: models, targets, sampling, output.  The config room fills it from a file
 *  (units, bounds and defaults of every field stand in src/config/keys.c); a program may fill it by
 *  hand.  All local.
 */
#ifndef INVSET_RUN_OPTIONS_H
#define INVSET_RUN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "invset/backend.h"
#include "invset/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A list of numbers: a scalar is a list of one. */
typedef struct {
  int n;
  double *values; /**< (n), owned */
} isn_numbers_t;

/** A list of texts: a single one is a list of one. */
typedef struct {
  int n;
  char **values; /**< (n), each owned */
} isn_strings_t;

/** A neuron as the user named it: a class name, or an index from 0 (then name is NULL). */
typedef struct {
  char *name; /**< owned */
  int index;
} isn_neuron_name_t;

/** Which unit of a channel of a convolution blob a neuron is. */
typedef enum {
  ISN_POSITION_NONE =
      0,           /**< neurons are units of the blob, counted through channels, rows, columns */
  ISN_POSITION_AT, /**< neurons are channels; the unit at a row and column */
  ISN_POSITION_MAX /**< neurons are channels; the largest of all its units */
} isn_position_kind_t;

typedef struct {
  isn_position_kind_t kind;
  int y, x; /**< of ISN_POSITION_AT, from 0 */
} isn_position_t;

/** What a group of `targets`, or a condition of one, says its window by. */
typedef enum {
  ISN_WINDOW_FIXED, /**< `window`: activations */
  ISN_WINDOW_REACH, /**< `reach`: shares of the largest activation that the generator can produce */
  ISN_WINDOW_BELOW, /**< `below`: activations up to a number */
  ISN_WINDOW_ABOVE, /**< `above`: activations from a number on */
  ISN_WINDOW_PROBABILITY, /**< `probability`: of the softmax over all units of the blob */
  ISN_WINDOW_TABLE        /**< `table`: a CSV file of neuron, low, high */
} isn_window_kind_t;

/** One group of the list `targets`: one target, or with `sweep` one for each of many neurons.  Also
 *  one condition of its list `and`, which has neurons, no sweep, no table and no conditions. */
typedef struct isn_target_options {
  int n_neurons;              /**< 0: the group has a sweep, or takes its neurons from the table */
  isn_neuron_name_t *neurons; /**< (n_neurons) of one target, owned */
  int n_sweep;                /**< 0: no sweep */
  char *
      *sweep; /**< (n_sweep) "all", "7", "0-99" (both ends count, from 0) or a class name, owned */
  char *blob; /**< blob of the classifier, default "fc8" */
  isn_position_t position;
  isn_window_kind_t window_kind;
  double window[2];      /**< low < high, for every neuron; of ISN_WINDOW_FIXED */
  double reach[2];       /**< low < high, of ISN_WINDOW_REACH */
  double below, above;   /**< of ISN_WINDOW_BELOW and ISN_WINDOW_ABOVE, else NaN */
  double probability[2]; /**< 0 <= low < high <= 1, of ISN_WINDOW_PROBABILITY */
  char *table;           /**< path of ISN_WINDOW_TABLE, else NULL, owned */
  int n_conditions;
  struct isn_target_options *conditions; /**< (n_conditions) `and`: each target of the group must
                                              satisfy them too, owned */
  int line;                              /**< of the config file, for messages */
} isn_target_options_t;

typedef struct {
  char *net;                 /**< .prototxt; NULL: the definition that the .caffemodel carries */
  char *weights;             /**< .caffemodel or .caffemodel.h5; NULL: no layer has weights */
  isn_numbers_t input_shape; /**< (C, H, W), or one number; n = 0: as the definition says */
} isn_model_files_t;

typedef enum { ISN_RULE_NEWTON, ISN_RULE_CLASSIC } isn_rule_t;

/** How samples are made: by this program's own method, or by one that it is compared with. */
typedef enum {
  ISN_METHOD_INVSET,
  ISN_METHOD_PPGN,
  ISN_METHOD_DGN_AM,
  ISN_METHOD_ASCENT,
  ISN_METHOD_MCMC
} isn_method_t;

/** Settings of activation maximisation; steps are mean absolute changes of a coordinate. */
typedef struct {
  int iterations;
  double start;           /**< deviation of the random codes it starts from, in code ranges */
  double step, last_step; /**< of the first and behind the last iteration, in code ranges */
  double decay;           /**< share of the way to start_mean that each iteration goes back */
} isn_maximise_options_t;

/** Where the encoder is from.  ISN_ENCODER_CLASSIFIER: a layer of the classifier. */
typedef enum { ISN_ENCODER_OWN = 0, ISN_ENCODER_CLASSIFIER = 1 } isn_encoder_source_t;

/** Numbers, or the name of a file that holds them. */
typedef struct {
  isn_numbers_t numbers; /**< n = 0 if a file is named */
  char *file;            /**< or NULL, owned */
} isn_numbers_or_file_t;

/** Order of a net's three channels.  ISN_CHANNELS_BGR is Caffe's. */
typedef enum { ISN_CHANNELS_BGR = 0, ISN_CHANNELS_RGB = 1 } isn_channel_order_t;

typedef struct {
  char *path; /**< of the config file, owned */

  struct {
    isn_model_files_t classifier, generator, encoder;
    isn_numbers_or_file_t mean;   /**< models.classifier.mean: grey levels 0..255, in the net's
                                       channel order; numbers, or a mean file */
    isn_channel_order_t channels; /**< models.classifier.channels */
    double scale;                 /**< models.classifier.scale */
    char *labels;                 /**< models.classifier.labels, or NULL */
    isn_encoder_source_t encoder_shared; /**< models.encoder.shared; then encoder.net and .weights
                                              are NULL and encoder_blob is not */
    char *encoder_blob;                  /**< models.encoder.blob; NULL: the encoder's last blob */
  } models;

  int n_target_groups;
  isn_target_options_t *target_groups; /**< (n_target_groups), owned */

  struct {
    int samples;      /**< n of each target */
    int block;        /**< K */
    int chains;       /**< chains of each target, besides the seed block */
    int chain_length; /**< blocks after which a chain starts again from fresh codes */
    int64_t seed;
    isn_numbers_or_file_t code_min, code_max;
    double start_mean, start_deviation; /**< of the random codes: normal, cut to the bounds */
    isn_method_t method;
    isn_rule_t rule; /**< of ISN_METHOD_INVSET */
    /* lengths of steps are in typical lengths of a random code, start_deviation * sqrt(code size)
     */
    double step;         /**< spread step that begins a block of a chain */
    double newton_cap;   /**< longest Newton step */
    double aim;          /**< Newton steps aim this share of the window's width or more inside */
    double kick;         /**< random part of a start that is recombined from accepted samples */
    double classic_step; /**< step of the classic rule */
    double classic_rho;  /**< penalty of the classic rule, 1 / activation */
    int refresh; /**< blocks of each chain after which all samples of a target join its fixed set;
                      0: the seeds alone are fixed */
    int probe_starts;  /**< gradient ascents by which the reach of a neuron is found */
    int probe_steps;   /**< steps of each */
    double probe_step; /**< length of its first step, in typical lengths; falls to 0 */
    char *start_from; /**< codes in place of random ones: a PNG or JPEG file, whose encoding is one,
                           or "FILE.h5:/DATASET"; NULL: random, owned */
    char *keep, *mask;  /**< PNG or JPEG: where the mask is white every sample keeps the pixels of
                           the  first; both or none (NULL), owned */
    int starts;         /**< codes in the pool of starts; 0: chosen from the number of samples */
    double start_share; /**< share of the pool, nearest to the window, that starts are drawn from */
    int patience;       /**< steps without progress after which a start is given up */
    int max_steps;      /**< steps after which a start is given up in any case */
    int max_starts;     /**< starts of one sample before it counts as not reached */
    struct {
      double start;            /**< deviation of the random codes it starts from, in code ranges */
      double step;             /**< mean absolute change of a coordinate, in code ranges */
      double eps1, eps2, eps3; /**< of the way to E(G(h)), of the condition, of noise */
      int keep;                /**< iterations from one kept sample of a chain to the next */
      int reset_every;         /**< iterations after which it starts from another code */
    } ppgn;
    isn_maximise_options_t dgn_am, ascent;
    struct {
      double step;        /**< deviation of a proposal's noise, in start_deviation */
      double temperature; /**< of the penalty on being out of the window, in window widths */
      int keep;
    } mcmc;
  } sampling;

  struct {
    char *backend; /**< "auto", "cpu", "cuda" */
    int batch;     /**< most samples evaluated together by a rank; 0: chosen from the memory that is
                      free */
    isn_precision_t precision; /**< of the search; what is accepted is decided in fp32 */
    int slice[2]; /**< {i, n}: only the i-th (from 1) of n nearly equal parts of the targets; {0,
                     0}:  all.  The part's samples are those of the whole run. */
  } run;

  struct {
    char *file; /**< of a slice ".slice-i-of-n" is put before its ".h5" */
    bool encodings;
  } output;

  struct {
    isn_strings_t images; /**< IDX files, folders, PNG and JPEG files, as isn_picture_set_open()
                             takes them; n = 0: no data set */
    int most;             /**< most pictures that are stored of each target; 0: all */
  } dataset;              /**< for isn_run_dataset() alone: samples do not depend on it */

  char *text; /**< the file as read, then a comment line "#! --set ..." for each override, owned */
  char *settings; /**< canonical "key = value" lines, sorted, of all keys that the results depend on
                       (not run.* but run.slice, output.file, nor paths of models; code bounds and
                     means from a file stand there with the file's SHA-256), owned */
} isn_run_options_t;

/** Read an item of a sweep as numbers: "7" is 7 to 7, "0-99" is 0 to 99; white space may
 *  stand around them, and numbers beyond an int are its largest.  Local.
 *  @return false: it is something else, "all" or the name of a class */
bool isn_sweep_numbers(const char *item, int *first, int *last);

/** Where ":/DATASET" begins in a start_from.  Local.  @return NULL: it names a picture */
const char *isn_start_dataset(const char *start_from);

/** Bounds of every coordinate of a code.
 *  @param[in]  bounds  code_min or code_max
 *  @param[in]  key     its name, for messages
 *  @param[out] values  (code_size)
 *  @return ISN_ERR_INPUT: neither one number nor code_size of them; the file's errors */
ISN_MUST_USE isn_status_t isn_code_bounds_expand(const isn_numbers_or_file_t *bounds,
                                                 const char *key, int code_size, float *values);

#ifdef __cplusplus
}
#endif
#endif
