// Every kernel in one translation unit: one module, one image per architecture.
// SPDX-License-Identifier: Apache-2.0
#include "chains.cu"
#include "channels_last.cu"
#include "implicit_gemm.cu"
#include "layers.cu"
#include "pointwise.cu"
#include "rows.cu"
#include "streams.cu"
#include "tensor_chains.cu"
