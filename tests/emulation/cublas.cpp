/** @file cublas.cpp
 *  cuBLAS: products of matrices, by the CPU's BLAS.
 */
#include <cublas_v2.h>

#include <vector>

extern "C" {
#include <cblas.h>
}

#include "emulation/memory.h"
#include "emulation/numbers.h"
#include "emulation/stop.h"
#include "emulation/streams.h"

using namespace emulation;

struct cublasContext {
  cudaStream_t stream;
};

namespace
{

/* A matrix as BLAS has it, column by column; (rows, columns) as it lies. */
struct matrix_t {
  int rows, columns, leading;
  bool half;
  std::size_t extent() const
  {
    return (std::size_t)leading * (std::size_t)(columns - 1) + (std::size_t)rows;
  }
  void require(const void *data, const char *what) const
  {
    require_device(data, extent() * number_bytes(half), what);
  }
};

/* C = alpha op(A) op(B) + beta C, with op(A) of m x k and op(B) of k x n. */
struct product_t {
  cublasOperation_t op_a, op_b;
  int m, n, k;
  float alpha, beta;
  matrix_t a, b, c;
  bool rounds; /* factors to tf32 */
};

CBLAS_TRANSPOSE transpose(cublasOperation_t op)
{
  return op == CUBLAS_OP_N ? CblasNoTrans : CblasTrans;
}

void multiply_floats(const product_t &p, const float *a, const float *b, float *c)
{
  cblas_sgemm(CblasColMajor, transpose(p.op_a), transpose(p.op_b), p.m, p.n, p.k, p.alpha, a,
              p.a.leading, b, p.b.leading, p.beta, c, p.c.leading);
}

std::vector<float> factor(const matrix_t &matrix, const void *data, bool rounds)
{
  std::vector<float> numbers(matrix.extent());
  for (std::size_t i = 0; i < numbers.size(); i++) {
    float x = get(data, i, matrix.half);
    numbers[i] = rounds && !matrix.half ? tf32(x) : x;
  }
  return numbers;
}

void multiply(const product_t &p, const void *a, const void *b, void *c)
{
  if (!p.rounds && !p.a.half && !p.c.half) {
    multiply_floats(p, (const float *)a, (const float *)b, (float *)c);
    return;
  }
  std::vector<float> result(p.c.extent());
  if (p.beta != 0.0F) /* else C may hold anything */
    result = factor(p.c, c, false);
  multiply_floats(p, factor(p.a, a, p.rounds).data(), factor(p.b, b, p.rounds).data(),
                  result.data());
  for (int column = 0; column < p.n; column++)
    for (int row = 0; row < p.m; row++) {
      std::size_t i = (std::size_t)column * (std::size_t)p.c.leading + (std::size_t)row;
      put(c, i, p.c.half, result[i]);
    }
}

bool is_half_or_float(cudaDataType type)
{
  return type == CUDA_R_16F || type == CUDA_R_32F;
}

/* Of what cuBLAS multiplies: floats to floats, halves to halves or floats, sums always in float. */
bool is_supported(cudaDataType a, cudaDataType b, cudaDataType c, cublasComputeType_t sums)
{
  if (a != b || !is_half_or_float(a) || !is_half_or_float(c))
    return false;
  if (a == CUDA_R_16F)
    return sums == CUBLAS_COMPUTE_32F;
  return c == CUDA_R_32F && (sums == CUBLAS_COMPUTE_32F || sums == CUBLAS_COMPUTE_32F_FAST_TF32);
}

} // namespace

cublasStatus_t cublasCreate_v2(cublasHandle_t *handle)
{
  *handle = new cublasContext{nullptr};
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasDestroy_v2(cublasHandle_t handle)
{
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream)
{
  handle->stream = stream;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t, void *workspace, size_t bytes)
{
  require_device(workspace, bytes, "workspace of cuBLAS");
  return CUBLAS_STATUS_SUCCESS;
}

/* Nothing else than what the type of the sums says happens here. */
cublasStatus_t cublasSetMathMode(cublasHandle_t, cublasMath_t mode)
{
  if ((mode & 0xf) != CUBLAS_DEFAULT_MATH && (mode & 0xf) != CUBLAS_PEDANTIC_MATH)
    stop("mathematics mode %d of cuBLAS is not emulated", (int)mode);
  return CUBLAS_STATUS_SUCCESS;
}

const char *cublasGetStatusString(cublasStatus_t status)
{
  switch (status) {
  case CUBLAS_STATUS_SUCCESS:
    return "CUBLAS_STATUS_SUCCESS";
  case CUBLAS_STATUS_INVALID_VALUE:
    return "CUBLAS_STATUS_INVALID_VALUE";
  case CUBLAS_STATUS_NOT_SUPPORTED:
    return "CUBLAS_STATUS_NOT_SUPPORTED";
  default:
    return "a status that is not emulated";
  }
}

cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b,
                            int m, int n, int k, const void *alpha, const void *a,
                            cudaDataType a_type, int a_leading, const void *b, cudaDataType b_type,
                            int b_leading, const void *beta, void *c, cudaDataType c_type,
                            int c_leading, cublasComputeType_t sums, cublasGemmAlgo_t)
{
  bool a_lies = op_a == CUBLAS_OP_N, b_lies = op_b == CUBLAS_OP_N;
  product_t p = {op_a,
                 op_b,
                 m,
                 n,
                 k,
                 *(const float *)alpha,
                 *(const float *)beta,
                 {a_lies ? m : k, a_lies ? k : m, a_leading, a_type == CUDA_R_16F},
                 {b_lies ? k : n, b_lies ? n : k, b_leading, b_type == CUDA_R_16F},
                 {m, n, c_leading, c_type == CUDA_R_16F},
                 sums == CUBLAS_COMPUTE_32F_FAST_TF32};
  if (m < 1 || n < 1 || k < 1 || a_leading < p.a.rows || b_leading < p.b.rows || c_leading < m)
    return CUBLAS_STATUS_INVALID_VALUE;
  if (!is_supported(a_type, b_type, c_type, sums))
    return CUBLAS_STATUS_NOT_SUPPORTED;
  p.a.require(a, "factor A of a product");
  p.b.require(b, "factor B of a product");
  p.c.require(c, "product C");
  calls.products++;
  enqueue(handle->stream, [=] { multiply(p, a, b, c); });
  return CUBLAS_STATUS_SUCCESS;
}
