// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/dnn.h"

#include <cudnn.h>
#include <fmt/format.h>

#include <array>
#include <memory>
#include <type_traits>

namespace roofcast::harness {
namespace {

#define ROOFCAST_DNN_FUNCTIONS(X)                  \
  X(cudnnCreate)                                   \
  X(cudnnDestroy)                                  \
  X(cudnnSetStream)                                \
  X(cudnnGetVersion)                               \
  X(cudnnCreateTensorDescriptor)                   \
  X(cudnnDestroyTensorDescriptor)                  \
  X(cudnnSetTensor4dDescriptor)                    \
  X(cudnnCreateFilterDescriptor)                   \
  X(cudnnDestroyFilterDescriptor)                  \
  X(cudnnSetFilter4dDescriptor)                    \
  X(cudnnCreateConvolutionDescriptor)              \
  X(cudnnDestroyConvolutionDescriptor)             \
  X(cudnnSetConvolution2dDescriptor)               \
  X(cudnnSetConvolutionGroupCount)                 \
  X(cudnnSetConvolutionMathType)                   \
  X(cudnnGetConvolutionForwardAlgorithm_v7)        \
  X(cudnnGetConvolutionBackwardDataAlgorithm_v7)   \
  X(cudnnGetConvolutionBackwardFilterAlgorithm_v7) \
  X(cudnnConvolutionForward) X(cudnnConvolutionBackwardData) X(cudnnConvolutionBackwardFilter)

struct DnnTable {
  ROOFCAST_DNN_FUNCTIONS(ROOFCAST_DECLARE)
};

constexpr std::size_t kMostWorkspace = std::size_t{1} << 30;

void check(cudnnStatus_t status, const char* call) {
  if (status == CUDNN_STATUS_NOT_SUPPORTED)
    throw Unsupported(fmt::format("{}: cuDNN has no kernel for it", call));
  if (status != CUDNN_STATUS_SUCCESS)
    throw CudaError(fmt::format("{}: cuDNN status {}", call, static_cast<int>(status)));
}

int whole(std::int64_t v) {
  if (v > 2147483647) throw Unsupported("a size beyond 2^31");
  return static_cast<int>(v);
}

/// A descriptor of cuDNN that is destroyed whatever follows.
template <class Descriptor>
using Owned = std::unique_ptr<std::remove_pointer_t<Descriptor>, cudnnStatus_t (*)(Descriptor)>;

template <class Descriptor>
Owned<Descriptor> make(cudnnStatus_t (*create)(Descriptor*), cudnnStatus_t (*destroy)(Descriptor),
                       const char* call) {
  Descriptor made = nullptr;
  check(create(&made), call);
  return {made, destroy};
}

/// The four descriptors of a convolution. Throws Unsupported where cuDNN takes none of its sizes.
class Descriptors {
 public:
  Descriptors(const DnnTable& table, const OpCase& c)
      : dnn(table),
        x_(make(dnn.cudnnCreateTensorDescriptor, dnn.cudnnDestroyTensorDescriptor,
                "cudnnCreateTensorDescriptor")),
        y_(make(dnn.cudnnCreateTensorDescriptor, dnn.cudnnDestroyTensorDescriptor,
                "cudnnCreateTensorDescriptor")),
        f_(make(dnn.cudnnCreateFilterDescriptor, dnn.cudnnDestroyFilterDescriptor,
                "cudnnCreateFilterDescriptor")),
        conv_(make(dnn.cudnnCreateConvolutionDescriptor, dnn.cudnnDestroyConvolutionDescriptor,
                   "cudnnCreateConvolutionDescriptor")) {
    const auto& o = std::get<Conv2d>(c.op);
    const bool half = c.numerics.storage == NumberFormat::fp16;
    if (!half && c.numerics.storage != NumberFormat::fp32 && c.numerics.storage != NumberFormat::tf32)
      throw Unsupported(fmt::format("the harness convolves {} in no library", name(c.numerics.storage)));
    const cudnnDataType_t type = half ? CUDNN_DATA_HALF : CUDNN_DATA_FLOAT;
    const cudnnTensorFormat_t format = c.channels_last ? CUDNN_TENSOR_NHWC : CUDNN_TENSOR_NCHW;
    check(dnn.cudnnSetTensor4dDescriptor(x(), format, type, whole(o.n), whole(o.c), whole(o.h), whole(o.w)),
          "cudnnSetTensor4dDescriptor");
    check(dnn.cudnnSetTensor4dDescriptor(y(), format, type, whole(o.n), whole(o.k), whole(o.out_h()),
                                         whole(o.out_w())),
          "cudnnSetTensor4dDescriptor");
    check(dnn.cudnnSetFilter4dDescriptor(f(), type, format, whole(o.k), whole(o.c / o.groups), whole(o.r),
                                         whole(o.s)),
          "cudnnSetFilter4dDescriptor");
    check(dnn.cudnnSetConvolution2dDescriptor(conv(), whole(o.pad_h), whole(o.pad_w), whole(o.stride_h),
                                              whole(o.stride_w), whole(o.dilation_h), whole(o.dilation_w),
                                              CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
          "cudnnSetConvolution2dDescriptor");
    check(dnn.cudnnSetConvolutionGroupCount(conv(), whole(o.groups)), "cudnnSetConvolutionGroupCount");
    // FMA keeps FP32 in FP32; the default lets it run as TF32.
    const cudnnMathType_t math = c.numerics.math == NumberFormat::tf32  ? CUDNN_DEFAULT_MATH
                                 : c.numerics.path == Path::tensor_core ? CUDNN_TENSOR_OP_MATH
                                                                        : CUDNN_FMA_MATH;
    check(dnn.cudnnSetConvolutionMathType(conv(), math), "cudnnSetConvolutionMathType");
  }
  cudnnTensorDescriptor_t x() const { return x_.get(); }
  cudnnTensorDescriptor_t y() const { return y_.get(); }
  cudnnFilterDescriptor_t f() const { return f_.get(); }
  cudnnConvolutionDescriptor_t conv() const { return conv_.get(); }

  const DnnTable& dnn;

 private:
  Owned<cudnnTensorDescriptor_t> x_, y_;
  Owned<cudnnFilterDescriptor_t> f_;
  Owned<cudnnConvolutionDescriptor_t> conv_;
};

constexpr int kRanked = 10;  // algorithms asked for, the best first

/// The first algorithm of cuDNN's ranking whose workspace is affordable; the convolution then computes as it was ranked.
/// `rank` fills a list and its length.
template <class Performance, class Rank>
Performance choose(const Descriptors& d, const char* call, const Rank& rank) {
  std::array<Performance, kRanked> ranking{};
  int count = 0;
  check(rank(&count, ranking.data()), call);
  for (int i = 0; i < count; ++i) {
    const Performance& p = ranking[static_cast<std::size_t>(i)];
    if (p.status != CUDNN_STATUS_SUCCESS || p.memory > kMostWorkspace) continue;
    check(d.dnn.cudnnSetConvolutionMathType(d.conv(), p.mathType), "cudnnSetConvolutionMathType");
    return p;
  }
  throw Unsupported("cuDNN has no algorithm for this convolution");
}

// NOLINTNEXTLINE(performance-no-int-to-ptr): the driver has device addresses as integers
void* pointer(CUdeviceptr p) { return reinterpret_cast<void*>(p); }

}  // namespace

struct Dnn::State {
  const Driver& driver;
  DnnTable dnn;
  cudnnHandle_t handle = nullptr;
  std::string version;
  explicit State(const Driver& d) : driver(d) {}
};

Dnn::Dnn(std::unique_ptr<State> state) : state_(std::move(state)) {}
Dnn::~Dnn() {
  if (state_->handle != nullptr) state_->dnn.cudnnDestroy(state_->handle);
}
const std::string& Dnn::version() const { return state_->version; }

tl::expected<std::unique_ptr<Dnn>, std::string> Dnn::open(const Driver& driver) {
  const auto found = Library::open({fmt::format("libcudnn.so.{}", CUDNN_MAJOR)});
  if (!found) return tl::unexpected(found.error());
  const Library& library = *found;
  auto state = std::make_unique<State>(driver);
  DnnTable& table = state->dnn;
  std::string missing;
  ROOFCAST_DNN_FUNCTIONS(ROOFCAST_LOAD)
  if (!missing.empty()) return tl::unexpected(fmt::format("{} lacks {}", library.name(), missing));
  if (const cudnnStatus_t status = table.cudnnCreate(&state->handle); status != CUDNN_STATUS_SUCCESS)
    return tl::unexpected(fmt::format("cudnnCreate: status {}", static_cast<int>(status)));
  table.cudnnSetStream(state->handle, driver.stream);
  const std::size_t version = table.cudnnGetVersion();
  const std::size_t thousand = version >= 90000 ? 10000 : 1000;
  state->version = fmt::format("cuDNN {}.{}", version / thousand, version % thousand / 100);
  return std::unique_ptr<Dnn>(new Dnn(std::move(state)));
}

Launcher Dnn::convolution(Arena& arena, const OpCase& c) const {
  const State& s = *state_;
  const auto& o = std::get<Conv2d>(c.op);
  const auto d = std::make_shared<Descriptors>(s.dnn, c);
  const double size = c.numerics.storage == NumberFormat::fp16 ? 2 : 4;
  const auto tensor = [&](auto... sizes) { return arena.take(size * (static_cast<double>(sizes) * ...)); };
  const CUdeviceptr x = tensor(o.n, o.c, o.h, o.w), f = tensor(o.k, o.c / o.groups, o.r, o.s),
                    y = tensor(o.n, o.k, o.out_h(), o.out_w());
  const auto scratch = [&](std::size_t bytes) { return arena.take(static_cast<double>(bytes)); };
  if (o.pass == Pass::forward) {
    const auto chosen = choose<cudnnConvolutionFwdAlgoPerf_t>(
        *d, "cudnnGetConvolutionForwardAlgorithm_v7", [&](int* count, auto* list) {
          return s.dnn.cudnnGetConvolutionForwardAlgorithm_v7(s.handle, d->x(), d->f(), d->conv(), d->y(),
                                                              kRanked, count, list);
        });
    return {[&s, d, x, f, y, chosen, w = scratch(chosen.memory)] {
              const float one = 1, zero = 0;
              check(s.dnn.cudnnConvolutionForward(s.handle, &one, d->x(), pointer(x), d->f(), pointer(f),
                                                  d->conv(), chosen.algo, pointer(w), chosen.memory, &zero,
                                                  d->y(), pointer(y)),
                    "cudnnConvolutionForward");
            },
            s.version};
  }
  if (o.pass == Pass::backward_data) {
    const auto chosen = choose<cudnnConvolutionBwdDataAlgoPerf_t>(
        *d, "cudnnGetConvolutionBackwardDataAlgorithm_v7", [&](int* count, auto* list) {
          return s.dnn.cudnnGetConvolutionBackwardDataAlgorithm_v7(s.handle, d->f(), d->y(), d->conv(),
                                                                   d->x(), kRanked, count, list);
        });
    return {[&s, d, x, f, y, chosen, w = scratch(chosen.memory)] {
              const float one = 1, zero = 0;
              check(s.dnn.cudnnConvolutionBackwardData(s.handle, &one, d->f(), pointer(f), d->y(), pointer(y),
                                                       d->conv(), chosen.algo, pointer(w), chosen.memory,
                                                       &zero, d->x(), pointer(x)),
                    "cudnnConvolutionBackwardData");
            },
            s.version};
  }
  const auto chosen = choose<cudnnConvolutionBwdFilterAlgoPerf_t>(
      *d, "cudnnGetConvolutionBackwardFilterAlgorithm_v7", [&](int* count, auto* list) {
        return s.dnn.cudnnGetConvolutionBackwardFilterAlgorithm_v7(s.handle, d->x(), d->y(), d->conv(),
                                                                   d->f(), kRanked, count, list);
      });
  return {[&s, d, x, f, y, chosen, w = scratch(chosen.memory)] {
            const float one = 1, zero = 0;
            check(s.dnn.cudnnConvolutionBackwardFilter(s.handle, &one, d->x(), pointer(x), d->y(), pointer(y),
                                                       d->conv(), chosen.algo, pointer(w), chosen.memory,
                                                       &zero, d->f(), pointer(f)),
                  "cudnnConvolutionBackwardFilter");
          },
          s.version};
}

}  // namespace roofcast::harness
