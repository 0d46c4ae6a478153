// Traces of other profilers: small ones, made by hand after real ones.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>

#include "hwdb/hwdb.h"
#include "tests/validate/scratch.h"
#include "validate/harness/op_text.h"
#include "validate/score.h"
#include "validate/traces/kineto.h"
#include "validate/traces/nvtx.h"
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
  const Report report = scored({scratch.write("trace.json", kTrace)}, rows);
  CHECK(report.read.files.at(0).layout == "pytorch/trace");
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
  CHECK(text(match(op("aten::mul", {{64}, {8, 1}}, "float", "x"))) ==
        "pointwise:elements=512,reads=0 fp32/fp32/fp32/cuda_core");
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

namespace {

/// nsys stats --report nvtx_kern_sum --format csv, made by hand after NVIDIA's documentation.
std::string nvtx_report(const std::string& rows) {
  return "NVTX Range,Style,PID,TID,NVTX Inst,Kern Inst,Total Time (ns),Avg (ns),Med (ns),Min (ns),Max (ns),"
         "StdDev (ns),Kernel Name\n" +
         rows;
}
std::string nvtx_row(const std::string& range, int instances, int total_ns, const std::string& kernel,
                     int kernels = 0) {
  return "\"" + range + "\",PushPop,100,100," + std::to_string(instances) + "," +
         std::to_string(kernels == 0 ? instances : kernels) + "," + std::to_string(total_ns) +
         ",1,1,1,1,0,\"" + kernel + "\"\n";
}

/// Scored as on a Tesla T4, which the report does not say.
std::vector<ScoredRow> scored_nvtx(const std::string& rows) {
  const Scratch scratch;
  const BoardLookup t4 = [](const std::string&) { return Hwdb::embedded().resolve("tesla-t4").gpu; };
  std::vector<ScoredRow> list;
  score({scratch.write("nvtx.csv", nvtx_report(rows))}, {}, t4, model_predictor(embedded_calibration()),
        profiles(), [&](const ScoredRow& r) { list.push_back(r); });
  return list;
}

std::string skipped_nvtx(const std::string& range, const std::string& kernel) {
  return scored_nvtx(nvtx_row(range, 1, 1000, kernel)).at(0).skipped;
}

constexpr const char* kAddmm =
    ":aten::addmm, seq = 13, op_id = 42, sizes = [[1024], [512, 768], [768, 1024], [], []], input_op_ids = "
    "[(7, 0)]";

}  // namespace

TEST_CASE("ranges of PyTorch name operator and sizes") {
  using Shapes = std::vector<std::vector<std::int64_t>>;
  const TracedOp addmm = parse_nvtx_range(kAddmm);
  CHECK(addmm.name == "aten::addmm");
  CHECK(addmm.shapes == Shapes{{1024}, {512, 768}, {768, 1024}, {}, {}});
  CHECK(parse_nvtx_range("aten::relu, sizes = [[2,3]]").shapes == Shapes{{2, 3}});
  CHECK(parse_nvtx_range("aten::mm, seq = 3").shapes.empty());
  for (const char* sizes :
       {"[[2, 3", "[[2, 3]", "[[2, x]]", "[[0, 3]]", "[[-2]]", "[2]", "", "[[2000000, 2000000]]"})
    CHECK(parse_nvtx_range(std::string("aten::mm, sizes = ") + sizes).shapes.empty());
}

TEST_CASE("products under NVTX ranges are predicted once, with the kernels of their operator") {
  const std::vector<ScoredRow> rows =
      scored_nvtx(nvtx_row("step 1", 1, 200500, "volta_sgemm_128x64_nn") +
                  nvtx_row(":aten::linear, op_id = 41, sizes = [[512, 768], [1024, 768], [1024]]", 1, 180500,
                           "volta_sgemm_128x64_nn") +
                  nvtx_row(kAddmm, 1, 19500, "void splitKreduce_kernel<32, 16, int, float, float>") +
                  nvtx_row(kAddmm, 1, 180500, "volta_sgemm_128x64_nn") +
                  nvtx_row(kAddmm, 1, 3000, "elementwise_kernel<128, 4, direct_copy_kernel_cuda>"));
  REQUIRE(rows.size() == 5);
  CHECK(rows[0].skipped == "the range is no operator of PyTorch's");
  CHECK(rows[1].skipped == "the operator aten::linear is not matched to an op, or calls others");
  CHECK(rows[2].skipped == "summed with the longest kernel of its operator");
  CHECK(rows[3].kind == "gemm/fp32");
  CHECK(rows[3].line == 5);
  CHECK(rows[3].measured->value == doctest::Approx(200e-6));
  REQUIRE(rows[3].predicted);
  CHECK(std::abs(rows[3].error()) < 0.6);  // 0.8 GFLOP in 200 µs is 4 TFLOP/s: a T4's rate
  CHECK(rows[4].skipped == "another kernel in the range of a product");
}

TEST_CASE("a range of several instances is the mean of one, where it is told which kernels ran in it") {
  const char* mm = "aten::mm, sizes = [[512, 512], [512, 512]]";
  const auto one = scored_nvtx(nvtx_row(mm, 4, 800000, "turing_fp16_s1688gemm_fp16_128x128") +
                               nvtx_row(mm, 4, 40000, "splitKreduce_kernel"));
  CHECK(one.at(0).measured->value == doctest::Approx(210e-6));
  CHECK(one.at(0).kind == "gemm/fp16 tensor");
  const auto two = scored_nvtx(nvtx_row(mm, 3, 600000, "volta_sgemm_128x64_nn") +
                               nvtx_row(mm, 1, 150000, "volta_sgemm_64x64_nn"));
  CHECK(two.at(0).skipped == "which of the range's kernels ran in which of its instances is not told");
  CHECK(two.at(1).skipped == two.at(0).skipped);
}

TEST_CASE("the type of an operator is its kernel's, or the row says that none is told") {
  CHECK(type_of_kernel("volta_sgemm_128x64_nn") == "float");
  CHECK(type_of_kernel("volta_fp16_sgemm_fp16_64x64_nn") == "c10::Half");
  CHECK(type_of_kernel("volta_s884gemm_fp16_128x128_ldg8_f2f_nn") == "c10::Half");
  CHECK(type_of_kernel("ampere_bf16_s16816gemm_bf16_128x64_ldg8_f2f_stages_64x3_tn") == "c10::BFloat16");
  CHECK(type_of_kernel("sm80_xmma_gemm_f32f32_tf32f32_f32_nn_n_tilesize128x128x16") == "float");
  CHECK(type_of_kernel("cutlass_80_tensorop_s1688gemm_128x128_16x4_nn_align4") == "float");
  CHECK(type_of_kernel("void gemv2T_kernel_val<int, int, __half, __half, __half, float>") == "c10::Half");
  CHECK(type_of_kernel("vectorized_elementwise_kernel<4, CUDAFunctor_add<float>>") == "float");
  CHECK(type_of_kernel("nvjet_hsh_128x256_64x4_1x2_h_bz_coopA_NNT") == "c10::Half");
  for (const char* other :
       {"volta_dgemm_64x64_nn", "ampere_i16832gemm_int8", "gemv2N_kernel<int, float2>", "nvjet_xyz"})
    CHECK_FALSE(type_of_kernel(other));
  CHECK(on_tensor_cores("sm80_xmma_gemm_f16f16_f16f32_f32_tn_n_tilesize128x128x32"));
  CHECK_FALSE(on_tensor_cores("sm80_xmma_gemm_f32f32_f32f32_f32_tn_n_tilesize64x64x8_stage3_ffma_kernel"));
  CHECK(skipped_nvtx("aten::mm, sizes = [[8, 8], [8, 8]]", "a_gemm") ==
        "the kernel's name does not tell the type: the PyTorch profiler records it");
}

TEST_CASE(
    "under NVTX ranges elementwise operators are predicted where sizes and type are told, others say why "
    "not") {
  const auto add = scored_nvtx(nvtx_row(":aten::add, op_id = 9, sizes = [[4096], [8192, 4096], []]", 2,
                                        5000000, "vectorized_elementwise_kernel<4, CUDAFunctor_add<float>>"));
  REQUIRE(add.at(0).predicted);
  CHECK(add.at(0).predicted->value >
        8192 * 4096 * 8 / 320e9);  // the larger input is read, the result written
  const char* elementwise = "vectorized_elementwise_kernel<4, relu<float>>";
  CHECK(skipped_nvtx("aten::relu, sizes = [[64]]", elementwise) ==
        "the operator aten::relu is not matched to an op, or calls others");
  CHECK(skipped_nvtx("aten::mul, sizes = [[64], []]", elementwise) ==
        "with a scalar the operator may call itself");
  CHECK(skipped_nvtx("aten::add, seq = 1", elementwise) ==
        "no sizes to read in the range's name: emit_nvtx(record_shapes=True)");
  CHECK(skipped_nvtx("aten::cudnn_convolution, sizes = [[8, 3, 9, 9], [8, 3, 3, 3]]", "implicit_sgemm") ==
        "stride and padding are not in a range's name");
  CHECK(skipped_nvtx("aten::mm, sizes = [[8, 8], [8, 8]]", elementwise) ==
        "another kernel in the range of a product");
  CHECK(skipped_nvtx("AddmmBackward0, op_id = 5, sizes = [[8, 8]]", "sgemm") ==
        "the range is no operator of PyTorch's");
}

TEST_CASE("an NVTX report names the line of what cannot be read, and its columns stand in any order") {
  const std::string row = nvtx_row("aten::mm, sizes = [[64, 64], [64, 64]]", 1, 5000, "sgemm");
  CHECK(refusal([&] { scored_nvtx(row + "\n" + nvtx_row("x", 1, 0, "k")); }).find("nvtx.csv:4:") !=
        std::string::npos);
  CHECK(scored_nvtx(nvtx_row("two\nlines", 1, 5, "k") + "\n" + row).at(1).line == 5);
  CHECK(refusal([] { scored_nvtx(nvtx_row("x", 0, 5, "k")); }).find("NVTX Inst: ") != std::string::npos);
  const Scratch scratch;
  const std::string file = scratch.write("n.csv",
                                         "Kernel Name,Total Time (ns),Kern Inst,NVTX Inst,NVTX Range\n"
                                         "sgemm,5000,1,1,\"aten::mm, sizes = [[64, 64], [64, 64]]\"\n");
  std::vector<ScoredRow> rows;
  const BoardLookup none = [](const std::string&) { return std::nullopt; };
  const Report report = score({file}, {}, none, model_predictor(embedded_calibration()), profiles(),
                              [&](const ScoredRow& r) { rows.push_back(r); });
  CHECK(report.read.files.at(0).layout == "nsight/nvtx");
  CHECK(rows.at(0).skipped == "unknown GPU: unnamed");
}

TEST_CASE("kernels are classed by their names") {
  CHECK(class_of_kernel("ampere_sgemm_128x128_nn") == "gemm");
  CHECK(class_of_kernel("sm80_xmma_fprop_implicit_gemm_f16") == "conv");
  CHECK(class_of_kernel("void cudnn::bn_fw_tr_1C11_kernel_NCHW") == "batch_norm");
  CHECK(class_of_kernel("flash_fwd_kernel") == "attention");
  CHECK(class_of_kernel("whatever") == "other");
}
