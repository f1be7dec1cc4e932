/** @file libraries.h
 *  cuBLAS and cuDNN, loaded when the backend is opened.  Linked as usual they would cost every
 * start of the program, on machines without a GPU too, 0.2 s and 170 MB, and it would not start at
 * all where they are not installed.  Call their functions as isn_lib.NAME().
 */
#ifndef INVSET_CUDA_LIBRARIES_H
#define INVSET_CUDA_LIBRARIES_H

#include <cublas_v2.h>
#include <cudnn.h>

#include "invset/status.h"

#define ISN_CUBLAS_FUNCTIONS(X)                                                                    \
  X(cublasCreate_v2)                                                                               \
  X(cublasDestroy_v2)                                                                              \
  X(cublasSetStream_v2)                                                                            \
  X(cublasSetWorkspace_v2)                                                                         \
  X(cublasSetMathMode)                                                                             \
  X(cublasGemmEx)                                                                                  \
  X(cublasGetStatusString)

#define ISN_CUDNN_FUNCTIONS(X)                                                                     \
  X(cudnnGetVersion)                                                                               \
  X(cudnnGetErrorString)                                                                           \
  X(cudnnGetLastErrorString)                                                                       \
  X(cudnnCreate)                                                                                   \
  X(cudnnDestroy)                                                                                  \
  X(cudnnSetStream)                                                                                \
  X(cudnnCreateTensorDescriptor)                                                                   \
  X(cudnnDestroyTensorDescriptor)                                                                  \
  X(cudnnSetTensor4dDescriptor)                                                                    \
  X(cudnnSetTensor4dDescriptorEx)                                                                  \
  X(cudnnCreateFilterDescriptor)                                                                   \
  X(cudnnDestroyFilterDescriptor)                                                                  \
  X(cudnnSetFilter4dDescriptor)                                                                    \
  X(cudnnCreateConvolutionDescriptor)                                                              \
  X(cudnnDestroyConvolutionDescriptor)                                                             \
  X(cudnnSetConvolution2dDescriptor)                                                               \
  X(cudnnSetConvolutionGroupCount)                                                                 \
  X(cudnnSetConvolutionMathType)                                                                   \
  X(cudnnGetConvolutionForwardAlgorithm_v7)                                                        \
  X(cudnnFindConvolutionForwardAlgorithmEx)                                                        \
  X(cudnnGetConvolutionForwardWorkspaceSize)                                                       \
  X(cudnnConvolutionForward)                                                                       \
  X(cudnnGetConvolutionBackwardDataAlgorithm_v7)                                                   \
  X(cudnnFindConvolutionBackwardDataAlgorithmEx)                                                   \
  X(cudnnGetConvolutionBackwardDataWorkspaceSize)                                                  \
  X(cudnnConvolutionBackwardData)

typedef struct {
#define ISN_FIELD(name) __typeof__(name) *name;
  ISN_CUBLAS_FUNCTIONS(ISN_FIELD)
  ISN_CUDNN_FUNCTIONS(ISN_FIELD)
#undef ISN_FIELD
} isn_cuda_libraries_t;

/** Set by isn_cuda_load_libraries(); the libraries stay until the program ends. */
extern isn_cuda_libraries_t isn_lib;

/** Load both libraries, from where the system looks for libraries, else from where they were when
 *  the program was built.  Does nothing the second time.
 *  @return ISN_ERR_INPUT: not here, or without a function that is needed; with the loader's words
 */
ISN_MUST_USE isn_status_t isn_cuda_load_libraries(void);

#endif
