// One function per layout that binds its columns and returns the reader of its rows.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "validate/layout.h"

namespace roofcast {

RowReader read_neusight_gemm(const CsvHeader& header, const Profiles& profiles);
RowReader read_neusight_conv(const CsvHeader& header, const Profiles& profiles);
RowReader read_neusight_tensor_ops(const CsvHeader& header, const Profiles& profiles);
RowReader read_neusight_end_to_end(const CsvHeader& header, const Profiles& profiles);
RowReader read_neusight_per_layer(const CsvHeader& header, const Profiles& profiles);
RowReader read_neusight_e2e_ops(const CsvHeader& header, const Profiles& profiles);
RowReader read_lambda_training(const CsvHeader& header, const Profiles& profiles);
RowReader read_nvidia_dle_training(const CsvHeader& header, const Profiles& profiles);
RowReader read_nvidia_dle_inference(const CsvHeader& header, const Profiles& profiles);
RowReader read_deepbench_gemm(const CsvHeader& header, const Profiles& profiles);
RowReader read_deepbench_conv(const CsvHeader& header, const Profiles& profiles);
RowReader read_deepbench_rnn(const CsvHeader& header, const Profiles& profiles);
RowReader read_deepbench_allreduce(const CsvHeader& header, const Profiles& profiles);
RowReader read_deepbench_sparse_gemm(const CsvHeader& header, const Profiles& profiles);
RowReader read_seed_gpus(const CsvHeader& header, const Profiles& profiles);
RowReader read_timm(const CsvHeader& header, const Profiles& profiles);
RowReader read_harness(const CsvHeader& header, const Profiles& profiles);
RowReader read_nsight_systems(const CsvHeader& header, const Profiles& profiles);
RowReader read_nsight_compute(const CsvHeader& header, const Profiles& profiles);
RowReader read_hardware_measured(const CsvHeader& header, const Profiles& profiles);
RowReader read_published(const CsvHeader& header, const Profiles& profiles);

}  // namespace roofcast
