/** @file convolution.c
 *  Convolution and Deconvolution on CUDA.  Both have an image and a map, and each is the other's
 *  gradient (cpu/conv.c has the formulas): image to map is cuDNN's forward, map to image its
 *  backward data, with weights (map channels, image channels / group, kernel_h, kernel_w) for both.
 *  The bias, and a ReLU that follows, are one pass over the result, or none.
 */
#include <stdio.h>

#include "backend/cuda/convolution_forms.h"
#include "backend/cuda/cuda.h"
#include "backend/cuda/rows.h"
#include "invset/log.h"

/* A convolution, its data, and the workspace of its layer. */
typedef struct {
  isn_cuda_convolution_t convolution;
  isn_cuda_convolution_data_t data;
  float *workspace;
} job_t;

static isn_status_t run_as(isn_cuda_t *cuda, const job_t *job, isn_cuda_form_t form, bool *done)
{
  return isn_cuda_form_run(cuda, &job->convolution, &job->data, form, job->workspace, done);
}

enum { N_TIMED = 3 };

/* Between two events; the first call chooses algorithms.
 * @param[out] ms of N_TIMED calls */
static isn_status_t time_calls(isn_cuda_t *cuda, const job_t *job, isn_cuda_form_t form,
                               cudaEvent_t begin, cudaEvent_t end, bool *done, float *ms)
{
  ISN_TRY(run_as(cuda, job, form, done));
  if (!*done)
    return ISN_OK;
  ISN_TRY_CUDA(cudaEventRecord(begin, cuda->stream));
  for (int i = 0; *done && i < N_TIMED; i++)
    ISN_TRY(run_as(cuda, job, form, done));
  ISN_TRY_CUDA(cudaEventRecord(end, cuda->stream));
  ISN_TRY_CUDA(cudaEventSynchronize(end));
  ISN_TRY_CUDA(cudaEventElapsedTime(ms, begin, end));
  return ISN_OK;
}

/* @param[out] done false: cuDNN has nothing for this form, and ms is not set */
static isn_status_t time_form(isn_cuda_t *cuda, const job_t *job, isn_cuda_form_t form, bool *done,
                              float *ms)
{
  cudaEvent_t begin, end;
  ISN_TRY_CUDA(cudaEventCreate(&begin));
  cudaError_t error = cudaEventCreate(&end);
  if (error != cudaSuccess)
    cudaEventDestroy(begin);
  ISN_TRY_CUDA(error);
  isn_status_t status = time_calls(cuda, job, form, begin, end, done, ms);
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  return status;
}

/* Worth a trial; the others are for want of these. */
static bool is_candidate(const isn_cuda_convolution_t *convolution, isn_cuda_form_t form)
{
  bool last = form == ISN_CUDA_FORM_PLAIN ||
              (form == ISN_CUDA_FORM_UNPACKED && convolution->layout != ISN_CUDA_FLOATS);
  return !last && isn_cuda_form_fits(convolution, form);
}

/* What was measured, in words. */
typedef struct {
  char text[256];
  size_t n;
} report_t;

static void report_form(report_t *report, isn_cuda_form_t form, bool done, float ms)
{
  size_t room = sizeof report->text - report->n;
  char time[32] = "refused";
  if (done)
    snprintf(time, sizeof time, "%.3f ms", (double)ms);
  int n = snprintf(report->text + report->n, room, "%s%s %s", report->n > 0 ? ", " : "",
                   isn_cuda_form_name(form), time);
  report->n += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

static void say_forms(const job_t *job, const report_t *report)
{
  const isn_cuda_convolution_t *c = &job->convolution;
  const isn_conv_params_t *p = &c->params;
  isn_log_verbose("convolution %dx%d, stride %dx%d, %d groups, %s, images %dx%dx%d, maps %dx%dx%d, "
                  "%d samples: %s",
                  p->kernel_h, p->kernel_w, p->stride_h, p->stride_w, p->group,
                  c->to_map ? "to map" : "to image", c->image.c, c->image.h, c->image.w, c->map.c,
                  c->map.h, c->map.w, job->data.n, report->text);
}

/* As an algorithm is chosen: by what is faster here, once.  Not in fp32, whose choices are the same
 * in each run. */
static isn_status_t choose_form(isn_cuda_t *cuda, const job_t *job, isn_cuda_form_t *form)
{
  report_t report = {0};
  float ms = 0.0F, best = 0.0F;
  bool any = false;
  *form = ISN_CUDA_FORM_DIRECT;
  if (cuda->precision == ISN_PRECISION_FP32)
    return ISN_OK;
  for (int f = ISN_CUDA_FORM_DIRECT; f < ISN_CUDA_N_FORMS; f++) {
    bool done = false;
    if (!is_candidate(&job->convolution, (isn_cuda_form_t)f))
      continue;
    ISN_TRY(time_form(cuda, job, (isn_cuda_form_t)f, &done, &ms));
    report_form(&report, (isn_cuda_form_t)f, done, ms / N_TIMED);
    if (done && (!any || ms < best)) {
      *form = (isn_cuda_form_t)f;
      best = ms;
      any = true;
    }
  }
  say_forms(job, &report);
  return ISN_OK;
}

/* What a form that cuDNN refuses is replaced by. */
static isn_cuda_form_t resort_of(const isn_cuda_convolution_t *convolution, isn_cuda_form_t form)
{
  bool may_unpack =
      form != ISN_CUDA_FORM_UNPACKED && isn_cuda_form_fits(convolution, ISN_CUDA_FORM_UNPACKED);
  return may_unpack ? ISN_CUDA_FORM_UNPACKED : ISN_CUDA_FORM_PLAIN;
}

static isn_status_t convolve(isn_cuda_t *cuda, const job_t *job)
{
  const isn_cuda_convolution_t *convolution = &job->convolution;
  isn_cuda_form_t form = isn_cuda_known_form(cuda, convolution, job->data.n);
  bool done = false;
  if (form == ISN_CUDA_FORM_UNKNOWN) {
    ISN_TRY(choose_form(cuda, job, &form));
    ISN_TRY(isn_cuda_remember_form(cuda, convolution, job->data.n, form));
  }
  for (;;) {
    ISN_TRY(run_as(cuda, job, form, &done));
    if (done)
      return ISN_OK;
    form = resort_of(convolution, form);
    ISN_TRY(isn_cuda_remember_form(cuda, convolution, job->data.n, form));
  }
}

/* The image of a Deconvolution is its top. */
static isn_cuda_convolution_t make_convolution(const isn_cuda_t *cuda, const isn_layer_call_t *call,
                                               bool to_map)
{
  isn_shape_t bottom = call->bottoms[0].shape, top = call->tops[0].shape;
  bool transposed = call->params->kind == ISN_LAYER_DECONVOLUTION;
  return (isn_cuda_convolution_t){.params = call->params->conv,
                                  .image = transposed ? top : bottom,
                                  .map = transposed ? bottom : top,
                                  .to_map = to_map,
                                  .layout = isn_cuda_layout(cuda)};
}

/* For the form that takes most, either way. */
static void needs(const isn_cuda_t *cuda, const isn_layer_call_t *call, isn_layer_needs_t *needs)
{
  size_t most = 0;
  for (int to_map = 0; to_map < 2; to_map++) {
    isn_cuda_convolution_t convolution = make_convolution(cuda, call, to_map == 1);
    for (int f = ISN_CUDA_FORM_DIRECT; f < ISN_CUDA_N_FORMS; f++) {
      bool fits = isn_cuda_form_fits(&convolution, (isn_cuda_form_t)f);
      size_t bytes = fits ? isn_cuda_form_bytes(&convolution, (isn_cuda_form_t)f) : 0;
      most = bytes > most ? bytes : most;
    }
  }
  needs->fuses_relu = true;
  needs->workspace_floats = (most + sizeof(float) - 1) / sizeof(float);
}

static isn_status_t forward(isn_cuda_t *cuda, const isn_layer_call_t *call, int n)
{
  bool transposed = call->params->kind == ISN_LAYER_DECONVOLUTION;
  float *bottom = call->bottoms[0].data, *top = call->tops[0].data;
  job_t job = {make_convolution(cuda, call, !transposed),
               {.n = n,
                .weights = call->weights[0],
                .image = transposed ? top : bottom,
                .map = transposed ? bottom : top,
                .bias = call->params->conv.has_bias ? call->weights[1] : NULL,
                .slope = call->fused ? call->fused->relu.negative_slope : 1.0F},
               call->workspace};
  return convolve(cuda, &job);
}

static isn_status_t backward(isn_cuda_t *cuda, const isn_layer_call_t *call, isn_rows_t rows)
{
  bool transposed = call->params->kind == ISN_LAYER_DECONVOLUTION;
  isn_cuda_layout_t layout = isn_cuda_layout(cuda);
  isn_cuda_stretch_t stretch;
  for (int at = 0; isn_cuda_next_stretch(rows, isn_cuda_takes_all(cuda, rows), &at, &stretch);) {
    float *bottom = isn_cuda_sample(layout, call->grad_bottoms[0], stretch.first);
    float *top = isn_cuda_sample(layout, call->grad_tops[0], stretch.first);
    job_t job = {make_convolution(cuda, call, transposed),
                 {.n = stretch.n,
                  .weights = call->weights[0],
                  .image = transposed ? top : bottom,
                  .map = transposed ? bottom : top,
                  .slope = 1.0F},
                 call->workspace};
    ISN_TRY(convolve(cuda, &job));
  }
  return ISN_OK;
}

const isn_cuda_kernel_t isn_cuda_layer_convolution = {needs, forward, backward,
                                                      isn_cuda_always_packs};
