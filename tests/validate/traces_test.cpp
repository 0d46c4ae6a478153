// Traces of other profilers: small ones, made by hand after real ones.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>

#include "hwdb/hwdb.h"
#include "tests/validate/scratch.h"
#include "validate/harness/op_text.h"
#include "validate/score.h"
#include "validate/traces/kineto.h"
#include "validate/traces/traced_op.h"

using namespace roofcast;
using roofcast::test::refusal;
using roofcast::test::Scratch;

namespace {

// An addmm of two kernels (external id), a ReLU linked by its runtime call alone, a kernel of nobody, one without a time.
constexpr const char* kTrace = R"({
"deviceProperties": [{"id": 0, "name": "Tesla T4", "totalGlobalMem": 15842934784}],
"traceEvents": [
{"ph": "X", "cat": "cpu_op", "name": "aten::addmm", "pid": 1, "tid": 1, "ts": 100, "dur": 50,
 "args": {"External id": 7, "Input Dims": [[1024], [512, 768], [768, 1024], [], []],
          "Input type": ["float", "float", "float", "Scalar", "Scalar"]}},
{"ph": "X", "cat": "cuda_runtime", "name": "cudaLaunchKernel", "pid": 1, "tid": 1, "ts": 110, "dur": 5, "args": {"correlation": 11}},
{"ph": "X", "cat": "kernel", "name": "volta_sgemm_128x64_nn", "pid": 0, "tid": 7, "ts": 130, "dur": 180.5,
 "args": {"External id": 7, "correlation": 11}},
{"ph": "X", "cat": "kernel", "name": "splitKreduce_kernel", "pid": 0, "tid": 7, "ts": 320, "dur": 19.5,
 "args": {"External id": 7, "correlation": 12}},
{"ph": "X", "cat": "cpu_op", "name": "aten::relu", "pid": 1, "tid": 1, "ts": 200, "dur": 60,
 "args": {"External id": 8, "Input Dims": [[512, 1024]], "Input type": ["float"]}},
{"ph": "X", "cat": "cpu_op", "name": "aten::clamp_min", "pid": 1, "tid": 1, "ts": 205, "dur": 40,
 "args": {"External id": 9, "Input Dims": [[512, 1024], []], "Input type": ["float", "Scalar"]}},
{"ph": "X", "cat": "cuda_runtime", "name": "cudaLaunchKernel", "pid": 1, "tid": 1, "ts": 210, "dur": 5, "args": {"correlation": 13}},
{"ph": "X", "cat": "kernel", "name": "vectorized_elementwise_kernel<4, clamp>", "pid": 0, "tid": 7, "ts": 350, "dur": 22,
 "args": {"correlation": 13}},
{"ph": "X", "cat": "kernel", "name": "mystery", "pid": 0, "tid": 7, "ts": 400, "dur": 3, "args": {"correlation": 99}},
{"ph": "X", "cat": "kernel", "name": "lost", "pid": 0, "tid": 7, "ts": 410, "dur": 0, "args": {"correlation": 98}},
{"ph": "M", "name": "process_name", "pid": 1, "args": {"name": "python"}}
]})";

TracedOp op(const char* name, std::vector<std::vector<std::int64_t>> shapes, const char* type,
            const char* kernel) {
  TracedOp o;
  o.name = name;
  o.shapes = std::move(shapes);
  o.types.assign(o.shapes.size(), type);
  o.kernel = kernel;
  return o;
}

std::string text(const tl::expected<MatchedOp, std::string>& m) {
  return m ? op_text(m->op) + " " + numerics_text(m->numerics) : "no: " + m.error();
}

Report scored(const std::vector<std::string>& paths, std::vector<ScoredRow>& rows) {
  const Hwdb base = Hwdb::embedded();
  const BoardLookup boards = [&](const std::string& device) -> std::optional<Gpu> {
    return base.resolve(device).gpu;
  };
  return score(paths, {}, boards, model_predictor(embedded_calibration()), profiles(),
               [&](const ScoredRow& r) { rows.push_back(r); });
}

}  // namespace

TEST_CASE("kernels of a PyTorch trace belong to the operator that launched them") {
  const KinetoTrace t = parse_kineto(kTrace, "t.json");
  CHECK(t.device == "Tesla T4");
  CHECK(t.without_time == 1);
  REQUIRE(t.ops.size() == 3);
  CHECK(t.ops[0].name == "aten::addmm");
  CHECK(t.ops[0].time.value == doctest::Approx(200e-6));
  CHECK(t.ops[0].kernels == 2);
  CHECK(t.ops[0].kernel == "volta_sgemm_128x64_nn");
  CHECK(t.ops[1].name == "aten::clamp_min");  // the innermost around the call
  CHECK(t.ops[2].name.empty());
}

TEST_CASE("a trace is scored like any measurement") {
  const Scratch scratch;
  std::vector<ScoredRow> rows;
  scored({scratch.write("trace.json", kTrace)}, rows);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].kind == "gemm/fp32");
  CHECK(rows[0].measured->value == doctest::Approx(200e-6));
  REQUIRE(rows[0].predicted);
  CHECK(std::abs(rows[0].error()) < 0.6);  // 0.8 GFLOP in 200 µs is 4 TFLOP/s: a T4's rate
  CHECK(rows[1].kind == "pointwise/fp32");
  CHECK(rows[2].skipped == "no operator is linked to this kernel");
}

TEST_CASE("operators of PyTorch are ops of the model") {
  CHECK(text(match(op("aten::mm", {{64, 32}, {32, 16}}, "float", "sgemm"))) ==
        "gemm:m=64,n=16,k=32 fp32/fp32/fp32/cuda_core");
  CHECK(text(match(op("aten::mm", {{64, 32}, {32, 16}}, "float", "cutlass_80_tensorop_s1688gemm"))) ==
        "gemm:m=64,n=16,k=32 fp32/tf32/fp32/tensor_core");
  CHECK(text(match(op("aten::bmm", {{12, 128, 64}, {12, 64, 128}}, "c10::Half", "ampere_fp16_s16816gemm"))) ==
        "gemm:batch=12,m=128,n=128,k=64 fp16/fp16/fp32/tensor_core");
  CHECK(text(match(op("aten::_softmax", {{8, 12, 128, 128}}, "float", "softmax_warp_forward"))) ==
        "rowwise:rows=12288,cols=128 fp32/fp32/fp32/cuda_core");
  CHECK(text(match(op("aten::add", {{8, 64}, {8, 64}, {}}, "c10::Half", "x"))) ==
        "pointwise:elements=512,reads=2 fp16/fp32/fp32/cuda_core");
  TracedOp conv = op("aten::convolution", {{8, 64, 56, 56}, {128, 64, 3, 3}}, "float", "implicit_gemm");
  CHECK(text(match(conv)).rfind("no: stride and padding are not recorded", 0) == 0);
  conv.values = {"", "", "", "[2, 2]", "[1, 1]", "[1, 1]", "False", "[0, 0]", "1"};
  CHECK(
      text(match(conv)) ==
      "conv:n=8,c=64,h=56,w=56,k=128,r=3,s=3,pad_h=1,pad_w=1,stride_h=2,stride_w=2 fp32/fp32/fp32/cuda_core");
  CHECK(text(match(op("aten::nonzero", {{8}}, "float", "x"))) ==
        "no: the operator aten::nonzero is not matched to an op");
  CHECK(text(match(op("aten::mm", {}, "float", "x"))) ==
        "no: input types are not recorded: profile with record_shapes=True");
}

TEST_CASE("what is no trace is refused") {
  CHECK(refusal([] { parse_kineto("{", "t.json"); }) == "t.json: not JSON");
  CHECK(refusal([] { parse_kineto("[1]", "t.json"); }) == "t.json: no traceEvents: not a Chrome trace");
  CHECK(refusal([] { parse_kineto(R"({"traceEvents": []})", "t.json"); }) ==
        "t.json: no kernel events: was the trace recorded with ProfilerActivity.CUDA?");
  CHECK(refusal([] {
          parse_kineto(
              R"({"traceEvents": [{"ph": "X", "cat": "kernel", "name": "k", "ts": 1, "dur": "long"}]})",
              "t.json");
        }) == "t.json: 'dur' of an event is not a number");
}

TEST_CASE("exports of Nsight are scored where a kernel's launch tells its size") {
  const Scratch scratch;
  const std::string systems =
      scratch.write("nsys.csv",
                    "Start (ns),Duration (ns),CorrId,GrdX,GrdY,GrdZ,BlkX,BlkY,BlkZ,Device,Ctx,Strm,Name\n"
                    "1,400000,10,65536,1,1,128,1,1,Tesla T4 (0),1,7,\"void "
                    "at::native::vectorized_elementwise_kernel<(int)4, "
                    "at::native::CUDAFunctor_add<float>>\"\n"
                    "2,150000,11,8,8,1,256,1,1,Tesla T4 (0),1,7,volta_sgemm_128x64_nn\n"
                    "3,9000,12,,,,,,,Tesla T4 (0),1,7,[CUDA memcpy Host-to-Device]\n");
  std::vector<ScoredRow> rows;
  scored({systems}, rows);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].kind == "pointwise");
  // 65,536 blocks of 128 threads of 4 elements: 33.5 M, read twice and written once, 403 MB.
  REQUIRE(rows[0].predicted);
  CHECK(rows[0].predicted->value > 403e6 / 320e9);
  CHECK(rows[1].kind == "gemm");
  CHECK(rows[1].skipped.rfind("shapes are not in this export", 0) == 0);
  CHECK(rows[2].skipped == "a copy or fill outside kernels");

  const std::string compute =
      scratch.write("ncu.csv",
                    "\"ID\",\"Kernel Name\",\"Block Size\",\"Grid Size\",\"Device\",\"Metric Name\",\"Metric "
                    "Unit\",\"Metric Value\"\n"
                    "\"0\",\"vectorized_elementwise_kernel<4, relu<c10::Half>>\",\"(128, 1, 1)\",\"(65536, "
                    "1, 1)\",\"Tesla T4\","
                    "\"gpu__time_duration.sum\",\"us\",\"420.5\"\n"
                    "\"0\",\"vectorized_elementwise_kernel<4, relu<c10::Half>>\",\"(128, 1, 1)\",\"(65536, "
                    "1, 1)\",\"Tesla T4\","
                    "\"dram__bytes.sum\",\"Mbyte\",\"134\"\n");
  rows.clear();
  scored({compute}, rows);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].measured->value == doctest::Approx(420.5e-6));
  CHECK(rows[0].predicted);
  CHECK(rows[1].skipped == "another metric than the time");

  // As Nsight Compute 2024 writes them: the device by number, digits in groups.
  const auto grouped = [&](const char* value) {
    return scratch.write("ncu2.csv",
                         std::string("\"ID\",\"Kernel Name\",\"Block Size\",\"Grid Size\",\"Device\",") +
                             "\"Section Name\",\"Metric Name\",\"Metric Unit\",\"Metric Value\"\n" +
                             "\"0\",\"vectorized_elementwise_kernel\",\"(128, 1, 1)\",\"(16384, 1, 1)\"," +
                             "\"Tesla T4\",\"Speed Of Light\",\"Duration\",\"nsecond\",\"" + value + "\"\n");
  };
  rows.clear();
  scored({grouped("152,304")}, rows);
  CHECK(rows.at(0).measured->value == doctest::Approx(152.304e-6));
  CHECK(refusal([&] { scored({grouped("n/a")}, rows); }).find("'n/a' is not a time above 0") !=
        std::string::npos);
}

TEST_CASE("kernels are classed by their names") {
  CHECK(class_of_kernel("ampere_sgemm_128x128_nn") == "gemm");
  CHECK(class_of_kernel("sm80_xmma_fprop_implicit_gemm_f16") == "conv");
  CHECK(class_of_kernel("void cudnn::bn_fw_tr_1C11_kernel_NCHW") == "batch_norm");
  CHECK(class_of_kernel("flash_fwd_kernel") == "attention");
  CHECK(class_of_kernel("whatever") == "other");
}
