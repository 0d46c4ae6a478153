// Single kernels by name: "gemm:1000x1000x1000".
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "model/graph/graph.h"

namespace roofcast {

/// True for a name with a colon: what stands before it is a kind of kernel.
bool is_bare_kernel(std::string_view name);

/// The op a name stands for. Sizes are whole numbers from 1 to 2147483647 joined by 'x'.
///   gemm:MxNxK               C[M,N] = A[M,K] · B[K,N]
///   bgemm:BxMxNxK            B of them
///   conv:NxCxHxW,KxRxS       then any of ,stride=2 ,pad=1 ,dilation=1 (or 2x1: height × width) ,groups=32
///                            ,pass=forward|backward_data|backward_filter
///   softmax:RxC layernorm:RxC rmsnorm:RxC     R rows of C
///   relu:N add:RxC gelu:N ...                 elementwise, see pointwise_names()
///   batchnorm:NxCxS          N images of C channels and S pixels, in training
///   embedding:TxWxV          T rows of width W from a table of V
///   attention:BxHxLxD        fused, B sequences of length L, H heads of D
///   copy:N transpose:N       a copy; one that changes the layout
/// Throws std::invalid_argument that says what was expected.
Op parse_bare_kernel(std::string_view name);

/// A graph of that one op; or of a recurrent layer, which is several:
///   rnn:HxBxT gru:HxBxT lstm:HxBxT   H units, B sequences of T steps, then perhaps
///                            ,pass=forward|backward_data|backward_filter|backward
Graph bare_kernel_graph(std::string_view name);

/// "gemm:MxNxK, bgemm:..., ...": for messages.
std::string bare_kernel_grammar();

}  // namespace roofcast
