// Row-major C[m,n] = A·B is column-major Cᵀ = Bᵀ·Aᵀ: operands change places, and nothing is transposed.
// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/blas.h"

#include <cublasLt.h>
#include <cublas_v2.h>
#include <fmt/format.h>

#include <array>

namespace roofcast::harness {
namespace {

#define ROOFCAST_BLAS_FUNCTIONS(X) X(cublasCreate) X(cublasDestroy) X(cublasSetStream) X(cublasGetVersion)
#define ROOFCAST_BLASLT_FUNCTIONS(X) \
  X(cublasLtCreate)                  \
  X(cublasLtDestroy)                 \
  X(cublasLtMatmul)                  \
  X(cublasLtMatmulDescCreate)        \
  X(cublasLtMatmulDescDestroy)       \
  X(cublasLtMatmulDescSetAttribute)  \
  X(cublasLtMatrixLayoutCreate)      \
  X(cublasLtMatrixLayoutDestroy)     \
  X(cublasLtMatmulPreferenceCreate)  \
  X(cublasLtMatmulPreferenceDestroy) X(cublasLtMatmulPreferenceSetAttribute) X(cublasLtMatmulAlgoGetHeuristic)

struct BlasTable {
  ROOFCAST_BLAS_FUNCTIONS(ROOFCAST_DECLARE)
  // Overloaded for C++, so that their types have to be spelled.
  cublasStatus_t (*gemm)(cublasHandle_t, cublasOperation_t, cublasOperation_t, int, int, int, const void*,
                         const void*, cudaDataType_t, int, const void*, cudaDataType_t, int, const void*,
                         void*, cudaDataType_t, int, cublasComputeType_t, cublasGemmAlgo_t) = nullptr;
  cublasStatus_t (*batched)(cublasHandle_t, cublasOperation_t, cublasOperation_t, int, int, int, const void*,
                            const void*, cudaDataType_t, int, long long, const void*, cudaDataType_t, int,
                            long long, const void*, void*, cudaDataType_t, int, long long, int,
                            cublasComputeType_t, cublasGemmAlgo_t) = nullptr;
};
struct BlasLtTable {
  ROOFCAST_BLASLT_FUNCTIONS(ROOFCAST_DECLARE)
};

constexpr std::size_t kWorkspace = std::size_t{32} << 20;

void check(cublasStatus_t status, const char* call) {
  if (status == CUBLAS_STATUS_NOT_SUPPORTED || status == CUBLAS_STATUS_ARCH_MISMATCH)
    throw Unsupported(fmt::format("{}: cuBLAS has no kernel for it", call));
  if (status != CUBLAS_STATUS_SUCCESS)
    throw CudaError(fmt::format("{}: status {}", call, static_cast<int>(status)));
}

struct Types {
  cudaDataType_t operand, result;
  cublasComputeType_t compute;
};
Types types_of(const Numerics& n) {
  const bool half_sum = n.accumulate == NumberFormat::fp16;
  switch (n.storage) {
    case NumberFormat::fp32:
    case NumberFormat::tf32:
      return {CUDA_R_32F, CUDA_R_32F,
              n.math == NumberFormat::tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F};
    case NumberFormat::fp16:
      return {CUDA_R_16F, CUDA_R_16F, half_sum ? CUBLAS_COMPUTE_16F : CUBLAS_COMPUTE_32F};
    case NumberFormat::bf16: return {CUDA_R_16BF, CUDA_R_16BF, CUBLAS_COMPUTE_32F};
    case NumberFormat::int8: return {CUDA_R_8I, CUDA_R_32I, CUBLAS_COMPUTE_32I};
    case NumberFormat::fp64: return {CUDA_R_64F, CUDA_R_64F, CUBLAS_COMPUTE_64F};
    default: throw Unsupported(fmt::format("no product of {} through cuBLAS", name(n.storage)));
  }
}

double size_of(cudaDataType_t type) {
  switch (type) {
    case CUDA_R_64F: return 8;
    case CUDA_R_32F:
    case CUDA_R_32I: return 4;
    case CUDA_R_16F:
    case CUDA_R_16BF: return 2;
    default: return 1;
  }
}

/// 1 in the type the sum is scaled in.
struct Scalars {
  float f1 = 1, f0 = 0;
  double d1 = 1, d0 = 0;
  std::int32_t i1 = 1, i0 = 0;
  std::uint16_t h1 = 0x3c00, h0 = 0;  // FP16
  std::pair<const void*, const void*> of(cublasComputeType_t compute) const {
    switch (compute) {
      case CUBLAS_COMPUTE_16F: return {&h1, &h0};
      case CUBLAS_COMPUTE_32I: return {&i1, &i0};
      case CUBLAS_COMPUTE_64F: return {&d1, &d0};
      default: return {&f1, &f0};
    }
  }
};

// NOLINTNEXTLINE(performance-no-int-to-ptr): the driver has device addresses as integers
void* pointer(CUdeviceptr p) { return reinterpret_cast<void*>(p); }

}  // namespace

struct Blas::State {
  const Driver& driver;
  Library library;
  BlasTable blas;
  BlasLtTable lt;
  cublasHandle_t handle = nullptr;
  cublasLtHandle_t lt_handle = nullptr;
  std::string version;

  State(const Driver& d, const Library& l) : driver(d), library(l) {}
};

Blas::Blas(std::unique_ptr<State> state) : state_(std::move(state)) {}
Blas::~Blas() {
  if (state_->handle != nullptr) state_->blas.cublasDestroy(state_->handle);
  if (state_->lt_handle != nullptr) state_->lt.cublasLtDestroy(state_->lt_handle);
}
const std::string& Blas::version() const { return state_->version; }

tl::expected<std::unique_ptr<Blas>, std::string> Blas::open(const Driver& driver) {
  const auto found = Library::open({fmt::format("libcublas.so.{}", CUBLAS_VER_MAJOR)});
  if (!found) return tl::unexpected(found.error());
  auto state = std::make_unique<State>(driver, *found);
  std::string missing;
  {
    const Library& library = *found;
    BlasTable& table = state->blas;
    ROOFCAST_BLAS_FUNCTIONS(ROOFCAST_LOAD)
    load(library, "cublasGemmEx", table.gemm, missing);
    load(library, "cublasGemmStridedBatchedEx", table.batched, missing);
  }
  if (!missing.empty()) return tl::unexpected(fmt::format("{} lacks {}", found->name(), missing));
  if (state->blas.cublasCreate(&state->handle) != CUBLAS_STATUS_SUCCESS)
    return tl::unexpected(std::string("cublasCreate failed"));
  int version = 0;
  state->blas.cublasGetVersion(state->handle, &version);
  state->version = fmt::format("cuBLAS {}.{}", version / 10000, version / 100 % 100);
  state->blas.cublasSetStream(state->handle, driver.stream);
  if (const auto lt = Library::open({fmt::format("libcublasLt.so.{}", CUBLAS_VER_MAJOR)})) {
    const Library& library = *lt;
    BlasLtTable& table = state->lt;
    ROOFCAST_BLASLT_FUNCTIONS(ROOFCAST_LOAD)
    if (!missing.empty() || table.cublasLtCreate(&state->lt_handle) != CUBLAS_STATUS_SUCCESS)
      state->lt_handle = nullptr;  // FP8 alone needs it
  }
  return std::unique_ptr<Blas>(new Blas(std::move(state)));
}

namespace {

struct Matrices {
  CUdeviceptr a, b, c;
};
Matrices matrices(Arena& arena, const Gemm& g, double operand, double result) {
  const auto count = [&](std::int64_t x, std::int64_t y) {
    return static_cast<double>(g.batch) * static_cast<double>(x) * static_cast<double>(y);
  };
  return {arena.take(operand * count(g.m, g.k)), arena.take(operand * count(g.k, g.n)),
          arena.take(result * count(g.m, g.n))};
}

int dimension(std::int64_t v) {
  if (v > 2147483647) throw Unsupported("a dimension beyond 2^31");
  return static_cast<int>(v);
}

}  // namespace

#if CUDA_VERSION >= 11080
namespace {

/// Descriptors of one FP8 product; they live as long as its launches.
struct Fp8Product {
  const BlasLtTable& lt;
  cublasLtMatmulDesc_t operation = nullptr;
  cublasLtMatrixLayout_t a = nullptr, b = nullptr, c = nullptr;
  cublasLtMatmulHeuristicResult_t chosen{};

  Fp8Product(const BlasLtTable& table, cublasLtHandle_t handle, const Gemm& g) : lt(table) {
    check(lt.cublasLtMatmulDescCreate(&operation, CUBLAS_COMPUTE_32F, CUDA_R_32F),
          "cublasLtMatmulDescCreate");
    const cublasOperation_t transposed = CUBLAS_OP_T;
    check(lt.cublasLtMatmulDescSetAttribute(operation, CUBLASLT_MATMUL_DESC_TRANSA, &transposed,
                                            sizeof transposed),
          "cublasLtMatmulDescSetAttribute");
    const auto m = static_cast<std::uint64_t>(g.m), n = static_cast<std::uint64_t>(g.n),
               k = static_cast<std::uint64_t>(g.k);
    check(lt.cublasLtMatrixLayoutCreate(&a, CUDA_R_8F_E4M3, k, n, g.k), "cublasLtMatrixLayoutCreate");
    check(lt.cublasLtMatrixLayoutCreate(&b, CUDA_R_8F_E4M3, k, m, g.k), "cublasLtMatrixLayoutCreate");
    check(lt.cublasLtMatrixLayoutCreate(&c, CUDA_R_16BF, n, m, g.n), "cublasLtMatrixLayoutCreate");
    cublasLtMatmulPreference_t preference = nullptr;
    check(lt.cublasLtMatmulPreferenceCreate(&preference), "cublasLtMatmulPreferenceCreate");
    std::size_t workspace = kWorkspace;
    lt.cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspace,
                                            sizeof workspace);
    int results = 0;
    const cublasStatus_t status =
        lt.cublasLtMatmulAlgoGetHeuristic(handle, operation, a, b, c, c, preference, 1, &chosen, &results);
    lt.cublasLtMatmulPreferenceDestroy(preference);
    check(status, "cublasLtMatmulAlgoGetHeuristic");
    if (results == 0) throw Unsupported("cuBLASLt has no FP8 kernel for this shape");
  }
  ~Fp8Product() {
    if (operation != nullptr) lt.cublasLtMatmulDescDestroy(operation);
    for (const cublasLtMatrixLayout_t layout : {a, b, c}) {
      if (layout != nullptr) lt.cublasLtMatrixLayoutDestroy(layout);
    }
  }
  Fp8Product(const Fp8Product&) = delete;
  Fp8Product& operator=(const Fp8Product&) = delete;
};

}  // namespace
#endif

Launcher Blas::product(Arena& arena, const Gemm& g, const Numerics& n) const {
  const State& s = *state_;
  if (n.storage == NumberFormat::fp8) {
#if CUDA_VERSION >= 11080
    if (s.lt_handle == nullptr) throw Unsupported("FP8 needs cuBLASLt");
    if (g.batch != 1 || g.a_transposed || !g.b_transposed)
      throw Unsupported("cuBLASLt multiplies FP8 with both operands along the reduction, unbatched, alone");
    const auto product = std::make_shared<Fp8Product>(s.lt, s.lt_handle, g);
    const Matrices x = matrices(arena, g, 1, 2);
    const CUdeviceptr workspace = arena.take(kWorkspace);
    return {[&s, product, x, workspace] {
              const float one = 1, zero = 0;
              check(s.lt.cublasLtMatmul(s.lt_handle, product->operation, &one, pointer(x.b), product->a,
                                        pointer(x.a), product->b, &zero, pointer(x.c), product->c,
                                        pointer(x.c), product->c, &product->chosen.algo, pointer(workspace),
                                        kWorkspace, s.driver.stream),
                    "cublasLtMatmul");
            },
            s.version + " Lt"};
#else
    throw Unsupported("FP8 needs CUDA 11.8");
#endif
  }
  const Types t = types_of(n);
  const Matrices x = matrices(arena, g, size_of(t.operand), size_of(t.result));
  const cublasOperation_t op_b = g.b_transposed ? CUBLAS_OP_T : CUBLAS_OP_N,
                          op_a = g.a_transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
  const int m = dimension(g.m), cols = dimension(g.n), k = dimension(g.k), batch = dimension(g.batch);
  const int ldb = g.b_transposed ? k : cols, lda = g.a_transposed ? m : k;
  return {[&s, t, x, op_a, op_b, m, cols, k, batch, lda, ldb] {
            const Scalars scalars;
            const auto [one, zero] = scalars.of(t.compute);
            if (batch == 1) {
              check(s.blas.gemm(s.handle, op_b, op_a, cols, m, k, one, pointer(x.b), t.operand, ldb,
                                pointer(x.a), t.operand, lda, zero, pointer(x.c), t.result, cols, t.compute,
                                CUBLAS_GEMM_DEFAULT),
                    "cublasGemmEx");
            } else {
              using Stride = long long;
              check(s.blas.batched(s.handle, op_b, op_a, cols, m, k, one, pointer(x.b), t.operand, ldb,
                                   static_cast<Stride>(k) * cols, pointer(x.a), t.operand, lda,
                                   static_cast<Stride>(m) * k, zero, pointer(x.c), t.result, cols,
                                   static_cast<Stride>(m) * cols, batch, t.compute, CUBLAS_GEMM_DEFAULT),
                    "cublasGemmStridedBatchedEx");
            }
          },
          s.version};
}

}  // namespace roofcast::harness
