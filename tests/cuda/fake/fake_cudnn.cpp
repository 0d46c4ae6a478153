// cuDNN on the GPU that is not there: it checks shapes as the real one does and ranks three algorithms, of which the first
// wants too much workspace and the second is none for the shape. Products take 4 TFLOP/s.
//   FAKE_CUDNN=1                   there is a cuDNN
//   FAKE_CUDNN_MOST_DESCRIPTORS=2  that makes no third descriptor
// SPDX-License-Identifier: Apache-2.0
#include "tests/cuda/fake/machine.h"
#if __has_include(<cudnn.h>)
#include <cudnn.h>

using namespace fake;

struct cudnnTensorStruct {
  cudnnTensorFormat_t format;
  cudnnDataType_t type;
  int n, c, h, w;
};
struct cudnnFilterStruct {
  cudnnTensorFormat_t format;
  cudnnDataType_t type;
  int k, c, r, s;
};
struct cudnnConvolutionStruct {
  int pad_h, pad_w, stride_h, stride_w, dilation_h, dilation_w, groups = 1;
  cudnnMathType_t math = CUDNN_DEFAULT_MATH;
};

namespace {

int descriptors = 0;  // that exist

template <class Struct>
cudnnStatus_t create(Struct** made) {
  if (descriptors == environment("FAKE_CUDNN_MOST_DESCRIPTORS") && descriptors > 0)
    return CUDNN_STATUS_ALLOC_FAILED;
  ++descriptors;
  return *made = new Struct{}, CUDNN_STATUS_SUCCESS;
}
template <class Struct>
cudnnStatus_t destroy(Struct* made) {
  --descriptors;
  delete made;
  return CUDNN_STATUS_SUCCESS;
}

int out_size(int in, int pad, int dilation, int filter, int stride) {
  return (in + 2 * pad - dilation * (filter - 1) - 1) / stride + 1;
}

cudnnStatus_t convolve(const char* pass, cudnnTensorDescriptor_t x, cudnnFilterDescriptor_t f,
                       cudnnConvolutionDescriptor_t conv, cudnnTensorDescriptor_t y, std::size_t workspace) {
  const bool fits = x->c == f->c * conv->groups && y->c == f->k && x->n == y->n &&
                    y->h == out_size(x->h, conv->pad_h, conv->dilation_h, f->r, conv->stride_h) &&
                    y->w == out_size(x->w, conv->pad_w, conv->dilation_w, f->s, conv->stride_w);
  if (!fits || workspace > (std::size_t{1} << 30) || x->type != f->type || x->format != f->format)
    return CUDNN_STATUS_BAD_PARAM;
  const double flops = 2.0 * y->n * y->c * y->h * y->w * f->c * f->r * f->s;
  const char* layout = x->format == CUDNN_TENSOR_NHWC ? "_nhwc" : "_nchw";
  launch(std::string("fake_cudnn_") + pass + layout, 3000 + static_cast<std::uint64_t>(flops / 4e12 * 1e9));
  return CUDNN_STATUS_SUCCESS;
}

template <class Performance, class Algorithm>
cudnnStatus_t rank(int asked, int* count, Performance* ranking, Algorithm algorithm) {
  if (asked < 3) return CUDNN_STATUS_BAD_PARAM;
  for (*count = 0; *count < 3; ++*count) {
    Performance& p = ranking[*count];
    p = Performance{};
    p.algo = algorithm;
    p.status = *count == 1 ? CUDNN_STATUS_NOT_SUPPORTED : CUDNN_STATUS_SUCCESS;
    p.memory = *count == 0 ? std::size_t{8} << 30 : std::size_t{1} << 20;
  }
  return CUDNN_STATUS_SUCCESS;
}

}  // namespace

extern "C" {

int fake_cudnn_descriptors() { return descriptors; }

cudnnStatus_t cudnnCreate(cudnnHandle_t* h) {
  *h = reinterpret_cast<cudnnHandle_t>(8);
  return environment("FAKE_CUDNN") != 0 ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_INITIALIZED;
}
cudnnStatus_t cudnnDestroy(cudnnHandle_t) { return CUDNN_STATUS_SUCCESS; }
cudnnStatus_t cudnnSetStream(cudnnHandle_t, cudaStream_t) { return CUDNN_STATUS_SUCCESS; }
std::size_t cudnnGetVersion() { return CUDNN_VERSION; }

cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t* d) { return create(d); }
cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t d) { return destroy(d); }
cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t d, cudnnTensorFormat_t format,
                                         cudnnDataType_t type, int n, int c, int h, int w) {
  return *d = {format, type, n, c, h, w}, CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t* d) { return create(d); }
cudnnStatus_t cudnnDestroyFilterDescriptor(cudnnFilterDescriptor_t d) { return destroy(d); }
cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t d, cudnnDataType_t type,
                                         cudnnTensorFormat_t format, int k, int c, int r, int s) {
  return *d = {format, type, k, c, r, s}, CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t* d) { return create(d); }
cudnnStatus_t cudnnDestroyConvolutionDescriptor(cudnnConvolutionDescriptor_t d) { return destroy(d); }
cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t d, int pad_h, int pad_w,
                                              int stride_h, int stride_w, int dilation_h, int dilation_w,
                                              cudnnConvolutionMode_t, cudnnDataType_t) {
  return *d = {pad_h, pad_w, stride_h, stride_w, dilation_h, dilation_w}, CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetConvolutionGroupCount(cudnnConvolutionDescriptor_t d, int groups) {
  return d->groups = groups, CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t d, cudnnMathType_t math) {
  return d->math = math, CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionForwardAlgorithm_v7(cudnnHandle_t, const cudnnTensorDescriptor_t,
                                                     const cudnnFilterDescriptor_t,
                                                     const cudnnConvolutionDescriptor_t,
                                                     const cudnnTensorDescriptor_t, const int asked,
                                                     int* count, cudnnConvolutionFwdAlgoPerf_t* ranking) {
  return rank(asked, count, ranking, CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM);
}
cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm_v7(cudnnHandle_t, const cudnnFilterDescriptor_t,
                                                          const cudnnTensorDescriptor_t,
                                                          const cudnnConvolutionDescriptor_t,
                                                          const cudnnTensorDescriptor_t, const int asked,
                                                          int* count,
                                                          cudnnConvolutionBwdDataAlgoPerf_t* ranking) {
  return rank(asked, count, ranking, CUDNN_CONVOLUTION_BWD_DATA_ALGO_1);
}
cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithm_v7(cudnnHandle_t, const cudnnTensorDescriptor_t,
                                                            const cudnnTensorDescriptor_t,
                                                            const cudnnConvolutionDescriptor_t,
                                                            const cudnnFilterDescriptor_t, const int asked,
                                                            int* count,
                                                            cudnnConvolutionBwdFilterAlgoPerf_t* ranking) {
  return rank(asked, count, ranking, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1);
}

cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t, const void*, const cudnnTensorDescriptor_t x,
                                      const void*, const cudnnFilterDescriptor_t f, const void*,
                                      const cudnnConvolutionDescriptor_t conv, cudnnConvolutionFwdAlgo_t,
                                      void*, std::size_t workspace, const void*,
                                      const cudnnTensorDescriptor_t y, void*) {
  return convolve("forward", x, f, conv, y, workspace);
}
cudnnStatus_t cudnnConvolutionBackwardData(cudnnHandle_t, const void*, const cudnnFilterDescriptor_t f,
                                           const void*, const cudnnTensorDescriptor_t y, const void*,
                                           const cudnnConvolutionDescriptor_t conv,
                                           cudnnConvolutionBwdDataAlgo_t, void*, std::size_t workspace,
                                           const void*, const cudnnTensorDescriptor_t x, void*) {
  return convolve("backward_data", x, f, conv, y, workspace);
}
cudnnStatus_t cudnnConvolutionBackwardFilter(cudnnHandle_t, const void*, const cudnnTensorDescriptor_t x,
                                             const void*, const cudnnTensorDescriptor_t y, const void*,
                                             const cudnnConvolutionDescriptor_t conv,
                                             cudnnConvolutionBwdFilterAlgo_t, void*, std::size_t workspace,
                                             const void*, const cudnnFilterDescriptor_t f, void*) {
  return convolve("backward_filter", x, f, conv, y, workspace);
}

}  // extern "C"
#endif
