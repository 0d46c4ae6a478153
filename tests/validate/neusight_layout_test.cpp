// NeuSight's layouts from a few rows written here: recognised by their columns, and read into what was run.
// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "tests/validate/layout_rows.h"

using namespace roofcast;
using namespace roofcast::test;
using doctest::Approx;

TEST_CASE("neusight gemm: bmm is a plain product, linear has a transposed weight and a bias") {
  const Read r = read(
      "op,device,batch,m,n,k,latency_ms,kernel,split\n"
      "bmm,tesla-p4,8,128,64,32,0.5,sgemm,test\nlinear,tesla-p4,1,512,1024,768,2,sgemm,test\nouter,v100,1,1,"
      "1,1,0.1,x,test\n");
  CHECK(r.layout == "neusight/gemm");
  CHECK(r.rows[0].kind == "bmm");
  CHECK(r.rows[0].measured->value == Approx(0.0005));
  CHECK(std::get<Gemm>(kernel(r.rows[0]).op) == Gemm{8, 128, 64, 32, false, false, false});
  CHECK(kernel(r.rows[0]).timing == Timing::isolated_call);
  CHECK(std::get<Precision>(kernel(r.rows[0]).numerics) == Precision::fp32_strict);
  CHECK(std::get<Gemm>(kernel(r.rows[1]).op) == Gemm{1, 512, 1024, 768, false, true, true});
  CHECK(reason(r.rows[2]) == "op 'outer' is not modelled");
}

TEST_CASE("neusight gemm: the kernel tells whether cuBLAS or cuBLASLt ran a layer") {
  const auto libraries = [](const std::string& name) {
    const Read r =
        read("op,device,batch,m,n,k,latency_ms,kernel\nlinear,tesla-p4,1,512,1024,768,2," + name + "\n");
    return kernel(r.rows.at(0)).libraries;
  };
  CHECK(libraries("sgemm_128x128x8_nt_vec") < 2022);
  CHECK(libraries("maxwell_sgemm_128x64_tn") < 2022);
  CHECK(libraries("maxwell_sgemm_64x64_tn") == kCurrentLibraries);
  CHECK(libraries("maxwell_sgemm_128x32_tn+splitKreduce") == kCurrentLibraries);
  CHECK(libraries("volta_sgemm_128x64_tn") == kCurrentLibraries);
}

TEST_CASE("neusight conv: square images and filters") {
  const Read r = read(
      "device,batch,in_channels,out_channels,kernel,input_size,stride,padding,latency_ms,algorithm\n"
      "tesla-p4,2,3,64,3,32,1,1,0.7,winograd\n");
  CHECK(r.layout == "neusight/conv");
  const auto& conv = std::get<Conv2d>(kernel(r.rows[0]).op);
  CHECK(conv.out_h() == 32);
  CHECK(conv.k == 64);
  CHECK(conv.r == 3);
}

TEST_CASE("neusight elementwise and row kernels share their columns") {
  const Read r = read(
      "op,device,rows,cols,latency_ms\nadd,tesla-p4,4,8,0.1\nrelu,tesla-p4,4,8,0.1\nsoftmax,tesla-p4,4,8,0."
      "1\nln,tesla-p4,4,8,0.1\n");
  CHECK(r.layout == "neusight/tensor_ops");
  CHECK(std::get<Pointwise>(kernel(r.rows[0]).op) == Pointwise{32, 2, 1, 1});
  CHECK(std::get<Pointwise>(kernel(r.rows[1]).op) == Pointwise{32, 1, 1, 1});
  CHECK(std::get<Rowwise>(kernel(r.rows[2]).op) == Rowwise{Rowwise::Kind::softmax, 4, 8});
  CHECK(std::get<Rowwise>(kernel(r.rows[3]).op) == Rowwise{Rowwise::Kind::layer_norm, 4, 8});
}

TEST_CASE(
    "neusight end to end: training is forward and backward into existing gradients, without an optimizer") {
  const Read r = read(
      "device,model,mode,seq_len,batch,latency_ms\ntesla-p4,bert_large,inf,512,8,100\ntesla-p4,bert_large,"
      "train,512,2,300\n");
  CHECK(r.layout == "neusight/end_to_end");
  CHECK(r.rows[0].kind == "inference");
  CHECK(job(r.rows[0]).workload.task == Task::classification);
  CHECK(job(r.rows[0]).precision == Precision::fp32_strict);
  CHECK_FALSE(job(r.rows[0]).accumulates_gradients);
  CHECK(r.rows[1].kind == "training");
  CHECK(job(r.rows[1]).workload.task == Task::pretraining);
  CHECK(job(r.rows[1]).workload.sequence_length == 512);
  CHECK(job(r.rows[1]).optimizer == Optimizer::none);
  CHECK(job(r.rows[1]).accumulates_gradients);
}

TEST_CASE("neusight per layer: one class of a run, mixed classes are not modelled") {
  const Read r = read(
      "device,model,mode,seq_len,batch,op_class,ops,latency_ms\n"
      "tesla-p4,gpt2_large,inf,1024,4,bmm,72,100\ntesla-p4,gpt2_large,inf,1024,4,misc,72,100\n");
  CHECK(r.layout == "neusight/per_layer");
  CHECK(job(r.rows[0]).part == OpClass::bmm);
  CHECK(reason(r.rows[1]) == "class 'misc' mixes unlike ops");
}

TEST_CASE("neusight nodes: forward, backward and accumulation add up") {
  const Read r = read(
      "device,model,mode,seq_len,batch,node,op,repeat,gemm_batch,m,n,k,rows,cols,fw_ms,bw_ms,acc_ms\n"
      "v100,bert_large,train,512,2,query,linear,24,1,1024,64,128,,,0.25,0.5,0.25\n"
      "v100,bert_large,inf,512,2,softmax,softmax,24,,,,,16,512,0.1,0,0\nv100,bert_large,inf,512,2,to,misc:to,"
      "1,,,,,2,512,0.1,0,0\n");
  CHECK(r.layout == "neusight/e2e_ops");
  CHECK(r.rows[0].measured->value == Approx(0.001));
  const auto& node = std::get<NodeCase>(r.rows[0].subject);
  CHECK(node.parameters == 64 * 128 + 64);
  CHECK(node.backward);
  CHECK_FALSE(std::get<NodeCase>(r.rows[1].subject).backward);
  CHECK(reason(r.rows[2]) == "views and scalars: only the host's call");
}
