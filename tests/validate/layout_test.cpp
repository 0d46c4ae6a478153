// Each other layout from a few rows written here: recognised by its columns, and read into what was run.
// SPDX-License-Identifier: Apache-2.0
#include "validate/layout.h"

#include <doctest/doctest.h>

#include "tests/validate/layout_rows.h"
#include "tests/validate/scratch.h"

using namespace roofcast;
using namespace roofcast::test;
using doctest::Approx;

TEST_CASE("lambda: the steady rate where there is one, inverted into a time") {
  const Read r = read(
      "device,gpus,workload,precision,per_gpu_batch,global_batch,seq_len,image_size,throughput,throughput_"
      "unit,steady_throughput,suite\n"
      "v100,1,resnet50,amp_fp16,256,256,,224x224,640,images/"
      "s,512,v1\nv100,2,bert_large_squad,fp32,8,16,384,,32,sequences/s,,v0\n"
      "v100,1,ncf,fp32,100,100,,,1000,samples/s,,v1\nv100,1,gnmt,amp_fp16,8,8,,,400,tokens_src_plus_tgt/"
      "s,,v1\n"
      "v100,1,transformerxl_base,fp32,4,4,192,,1536,tokens_tgt/s,,v1\n"
      "v100,1,waveglow,fp32,2,2,,,32000,audio_samples/s,,v1\nv100,1,tacotron2,fp32,4,4,,,1132,mel_frames/"
      "s,,v1\n"
      "v100,1,ssd,fp32,4,4,,,8,parsecs/s,,v1\n");
  CHECK(r.layout == "lambda/training");
  CHECK(r.rows[0].kind == "resnet50/amp_fp16");
  CHECK(r.rows[0].measured->value == Approx(0.5));  // 256 / 512
  CHECK(job(r.rows[0]).workload.image_size == 224);
  CHECK_FALSE(job(r.rows[0]).stack.channels_last);
  CHECK(r.rows[1].measured->value == Approx(0.5));  // 16 / 32, over both GPUs
  CHECK(job(r.rows[1]).workload.batch == 8);
  CHECK(job(r.rows[1]).workload.task == Task::squad);
  CHECK(job(r.rows[0]).stack.name == "ngc-22+loop");
  CHECK(job(r.rows[1]).stack.name == "ngc-20+loop");
  CHECK_FALSE(job(r.rows[1]).stack.fused_optimizer);  // FP32 runs use the plain BertAdam
  CHECK(r.rows[2].measured->value == Approx(0.1));
  CHECK(r.rows[3].measured->value == Approx(1));  // 8 pairs of 25 words on either side
  CHECK(job(r.rows[3]).workload.sequence_length == 25);
  CHECK(job(r.rows[3]).precision == Precision::fp16);
  CHECK(r.rows[4].measured->value == Approx(0.5));  // 4 segments of 192
  CHECK(job(r.rows[4]).workload.name == "transformerxl_base");
  CHECK(r.rows[5].measured->value == Approx(0.5));  // 2 segments of 8,000 samples
  CHECK(r.rows[6].measured->value == Approx(2));    // 4 clips of 566 frames
  CHECK_FALSE(r.rows[7].measured);                  // of a unit that says nothing of samples
}

TEST_CASE("nvidia training: per micro-batch, the optimizer spread over the accumulation") {
  const Read r = read(
      "device,gpus,nodes,model,task,framework,precision,per_gpu_batch,grad_accum_steps,seq_len,image_size,"
      "xla,throughput,ms_per_micro_batch\n"
      "v100,1,1,bert_large,pretraining,tensorflow1,amp_fp16,16,4096,128,,yes,100,120\n"
      "v100,4,1,resnet50_v1.5,imagenet_training,mxnet,amp_fp16,128,1,,224x224,no,4096,\n");
  CHECK(r.layout == "nvidia_dle/training");
  CHECK(r.rows[0].measured->value == Approx(0.12));
  CHECK(job(r.rows[0]).passes_per_update == 4096);
  CHECK(job(r.rows[0]).workload.task == Task::pretraining);
  CHECK(job(r.rows[0]).stack.fuses_pointwise);
  CHECK(r.rows[1].measured->value == Approx(0.125));  // 128 × 4 / 4096
  CHECK(job(r.rows[1]).workload.name == "resnet50");
  CHECK(job(r.rows[1]).stack.channels_last);
}

TEST_CASE("nvidia inference: latency, else batch over throughput") {
  const Read r = read(
      "device,gpus,model,task,framework,precision,batch,seq_len,image_size,xla,throughput,latency_ms\n"
      "t4,1,bert_base,squad_v1.1_inference,tensorflow1,fp32,8,128,,yes,100,90\nt4,1,resnet50_v1.5,imagenet_"
      "inference,pytorch,amp_fp16,64,,224x224,no,1280,\n");
  CHECK(r.layout == "nvidia_dle/inference");
  CHECK(r.rows[0].measured->value == Approx(0.09));
  CHECK(r.rows[1].measured->value == Approx(0.05));
  CHECK(job(r.rows[1]).workload.mode == Mode::inference);
}

TEST_CASE("deepbench gemm: column-major operands trade places") {
  // C[m,n] = A[m,k] B[k,n] column-major is C^T[n,m] = B^T A^T row-major. By hand: a column-major 2×3 A without
  // transposition lies in memory as a row-major 3×2 matrix, which is A^T, the right factor as it is needed.
  const Read r = read(
      "device,suite,precision,m,n,k,a_trans,b_trans,time_ms,padded\nv100,train,fp16_mixed,1760,16,704,N,N,0."
      "2,\n"
      "v100,train,fp32,5,6,7,T,N,0.2,\nm40,inference,int8,5,6,7,N,T,0.2,1\np100,train,fp16_storage_fp32_math,"
      "5,6,7,N,N,0.2,\n");
  CHECK(r.layout == "deepbench/gemm");
  CHECK(r.rows[0].kind == "fp16_mixed");
  CHECK(std::get<Gemm>(kernel(r.rows[0]).op) == Gemm{1, 16, 1760, 704, false, false, false});
  CHECK(std::get<Precision>(kernel(r.rows[0]).numerics) == Precision::amp_fp16);
  CHECK(kernel(r.rows[0]).timing == Timing::back_to_back);
  CHECK(std::get<Gemm>(kernel(r.rows[1]).op) == Gemm{1, 6, 5, 7, false, true, false});
  CHECK(std::get<Gemm>(kernel(r.rows[2]).op) == Gemm{1, 6, 8, 7, true, false, false});  // 5 padded to 8
  CHECK(std::get<Numerics>(kernel(r.rows[3]).numerics) ==
        Numerics{NumberFormat::fp16, NumberFormat::fp32, NumberFormat::fp32, Path::cuda_core});
}

TEST_CASE("deepbench conv: three passes, int8 and tensor cores take padded channels") {
  const Read r = read(
      "device,precision,pass,n,c,h,w,k,r,s,pad_h,pad_w,stride_h,stride_w,time_ms,padded,software\n"
      "v100,fp32,bwd_data,16,64,56,56,128,3,3,1,1,2,2,0.5,,cuda 10.1.243; cudnn 7.6.2.24\n"
      "v100,fp16_mixed,fwd,16,3,224,224,64,7,7,3,3,2,2,0.5,,\n"
      "titan-xp,int8,fwd,16,3,7,7,64,1,1,0,0,1,1,0.5,1,cuda 8; cudnn 5; driver 367.48\n");
  CHECK(r.layout == "deepbench/conv");
  CHECK(r.rows[0].kind == "fp32/bwd_data");
  CHECK(std::get<Conv2d>(kernel(r.rows[0]).op).pass == Pass::backward_data);
  CHECK(std::get<Conv2d>(kernel(r.rows[1]).op).c == 8);
  CHECK(std::get<Conv2d>(kernel(r.rows[2]).op).c == 4);
  CHECK(std::get<Conv2d>(kernel(r.rows[2]).op).h == 8);
  CHECK(kernel(r.rows[0]).libraries == 2019);
  CHECK(kernel(r.rows[1]).libraries == kCurrentLibraries);
  CHECK(kernel(r.rows[2]).libraries == 2016);
}

TEST_CASE("deepbench cells are layers of products and gates") {
  const Read rnn = read(
      "device,precision,cell,pass,hidden,batch,timesteps,time_ms,software\n"
      "m40,fp32,lstm,fwd,1760,16,50,7.6,cuda 7.5.18; cudnn 5; driver 352.99\n"
      "m40,fp32,vanilla,bwd_data_or_all,1760,16,50,7.6,\n");
  CHECK(rnn.layout == "deepbench/rnn");
  CHECK(rnn.rows[0].kind == "lstm/fwd");
  const auto& run = std::get<JobCase>(rnn.rows[0].subject);
  CHECK(run.workload.name == "lstm:1760x16x50,pass=forward");
  CHECK(run.precision == Precision::fp32_strict);
  CHECK(run.stack.libraries == 2015);  // CUDA 7.5
  CHECK(std::get<JobCase>(rnn.rows[1].subject).stack.libraries == kCurrentLibraries);
  CHECK(std::get<JobCase>(rnn.rows[1].subject).workload.name == "rnn:1760x16x50,pass=backward");
}

TEST_CASE("deepbench collectives and sparse products are read but not modelled") {
  const Read ring = read("device,precision,gpus,elements,bytes,time_ms\nm40,fp32,4,100,400,0.1\n");
  CHECK(ring.layout == "deepbench/allreduce");
  CHECK(reason(ring.rows[0]) == "collectives are not modelled yet");
  const Read sparse = read(
      "device,precision,m,n,k,a_trans,b_trans,sparsity,sparse_time_ms,dense_time_ms\nm40,fp32,8,1,8,N,N,0.95,"
      "0.03,0.2\n");
  CHECK(sparse.layout == "deepbench/sparse_gemm");
  CHECK(reason(sparse.rows[0]) == "unstructured sparsity is not modelled");
}

TEST_CASE("seed boards: value and unit become a time") {
  const Read r = read(
      "device,workload,model,phase,precision,batch,seq_len_or_resolution,framework,value,unit,conditions,"
      "source,confidence\n"
      "p4000,gemm_fp32,matmul,kernel,fp32,1,M=N=K=1000,PyTorch,2,TFLOPS,,,medium\n"
      "p4000,gemm_peak,torch.matmul,kernel,fp32,1,best size,PyTorch,5,TFLOPS,,,medium\n"
      "p4000,image_classification,resnet18,infer,fp32,64,224x224,PyTorch,1280,img/s,,,medium\n"
      "gtx-1080,image_classification_torch7,vgg-16,train,fp32,16,224x224,Torch7,100,ms,,,high\n"
      "t4,cifar10_resnet50_train,\"resnet50 (CIFAR stem 3x3, 10 classes, "
      "23.5M)\",train,fp16-amp,auto,32x32,PyTorch SGD,512,img/s,,,medium\n"
      "t4,imagenet_shape_train,vit_s,train,fp32,128 (derived),224x224,PyTorch "
      "torch.compile,256,img/s,,,medium\n"
      "t4,isaac_ros,x,infer,fp16 (TensorRT default),1,,,30,FPS,,,medium\n"
      "t4,isaac_ros,x,infer,mixed,1,,,30,FPS,,,medium\n"
      "t4,object_detection_trt,YOLOv3(darknet53),infer,fp32,1,608x608,TensorRT 7,20,FPS,,,high\n"
      "t4,vision_transformer,clip-vit-base-patch32,infer,fp16,1,224 (native),,100,FPS,,,medium\n");
  CHECK(r.layout == "seed_gpus");
  CHECK(r.rows[0].measured->value == Approx(0.001));  // 2 × 1000³ / 2e12
  CHECK(std::get<Gemm>(kernel(r.rows[0]).op).k == 1000);
  CHECK(std::get<SweepCase>(r.rows[1].subject).sizes.back().m == 10240);
  CHECK(r.rows[1].measured->value == Approx(2.0 * 10240 * 10240 * 10240 / 5e12));
  CHECK(r.rows[2].measured->value == Approx(0.05));
  CHECK(job(r.rows[3]).optimizer == Optimizer::none);
  CHECK(job(r.rows[4]).workload.stem == Stem::cifar);
  CHECK(job(r.rows[4]).workload.batch == 256);  // not stated: as most rows of the benchmark
  CHECK(r.rows[4].measured->value == Approx(0.5));
  CHECK(job(r.rows[4]).precision == Precision::amp_fp16);
  CHECK(job(r.rows[5]).precision == Precision::tf32);
  CHECK(job(r.rows[5]).workload.batch == 128);
  CHECK(job(r.rows[5]).stack.fuses_pointwise);
  CHECK(job(r.rows[6]).precision == Precision::fp16);
  CHECK(reason(r.rows[7]) == "precision 'mixed' is not modelled");
  CHECK(job(r.rows[8]).workload.name == "yolov3");
  CHECK(job(r.rows[8]).workload.image_size == 608);
  CHECK(job(r.rows[8]).stack.fuses_products);
  CHECK(job(r.rows[9]).workload.name == "clip-vit-b-32-image");
  CHECK(job(r.rows[9]).workload.image_size == 224);
}

TEST_CASE("timm: layout and compilation choose the stack") {
  const Read r = read(
      "device,file,phase,precision,layout,framework,dynamo,model,image_size,batch,samples_per_sec,step_ms\n"
      "rtx-3090,f,infer,amp,nhwc,PyTorch,no,resnet50,224,256,1000,256\nrtx-3090,f,train,amp,nchw,PyTorch,yes,"
      "resnet50,224,64,100,640\n");
  CHECK(r.layout == "timm");
  CHECK(r.rows[0].kind == "infer");
  CHECK(job(r.rows[0]).stack.channels_last);
  CHECK_FALSE(job(r.rows[0]).stack.fuses_pointwise);
  CHECK(job(r.rows[1]).stack.fuses_pointwise);
  CHECK(job(r.rows[1]).workload.mode == Mode::training);
}

TEST_CASE("the project's own table names task, mode and stack") {
  const std::string header =
      "device,workload,task,mode,precision,batch,image_size,seq_len,stack,value,unit,source\n";
  const Read r =
      read(header +
           "t4,resnet50,,training,amp_fp16,128,224,,pytorch-nhwc,256,samples/s,somewhere\n"
           "t4,bert-large,pretraining,forward-backward,fp32_strict,8,,512,eager,841,ms,somewhere\n");
  CHECK(r.layout == "published");
  CHECK(r.rows[0].kind == "resnet50/training/amp_fp16");
  CHECK(r.rows[0].measured->value == Approx(0.5));
  CHECK(job(r.rows[0]).stack.channels_last);
  CHECK(job(r.rows[1]).optimizer == Optimizer::none);
  CHECK(job(r.rows[1]).accumulates_gradients);
  const auto refused = [&](const std::string& row) { return refusal([&] { read(header + row); }); };
  CHECK(refused("t4,resnet50,,training,fp32,8,,,warp,1,ms,s\n") == "t.csv:2:32: stack: unknown stack 'warp'");
  CHECK(refused("t4,resnet50,,training,fp32,8,,,eager,1,hours,s\n") ==
        "t.csv:2:40: unit: 'hours' is neither ms nor samples/s");
  CHECK(refused("t4,resnet50,,training,fp32,8,,,eager,1,ms,\n") ==
        "t.csv:2:43: source: is empty: every figure needs its source");
}

TEST_CASE(
    "of the hardware's achieved figures, products of a stated size, streams and tokens a second are read") {
  const Read r = read(
      "gpu,quantity,value,unit,conditions,source\n"
      "h100-sxm5,GEMM BF16,500,TFLOPS,\"square 1000, 0.004 ms\",aiconfigurator gemm\n"
      "a100-sxm4-80gb,GEMM FP16,100,TFLOPS,\"M=64 N=12288 K=1024, 0.19 ms\",LLMCompass\n"
      "rtx-5090,GEMM BF16 PyTorch,230,TFLOPS,\"8192 cubed, 600 W\",a blog\n"
      "titan-v,linear 4096 FP16,77,TFLOPS,PyTorch 1.0,a gist\n"
      "rtx-4060-ti-16gb,GEMM FP16 FP16-accumulate,70,TFLOPS,square 2048; Ti,a table\n"
      "l4,max achievable matmul (MAMF) BF16,91,TFLOPS,best shape 1024x6016x1792,a search\n"
      "b200,GEMM FP8 (incl. activation quantisation in the framework),2000,TFLOPS,square "
      "8192,aiconfigurator\n"
      "rtx-5090,GEMM BF16 cuBLAS,203,TFLOPS,\"square N=4096, 400 W cap\",a readme\n"
      "l40,memory bandwidth read,844,GB/s,two blocks per SM,gpu-benches\n"
      "t4,GEMM FP32,4,TFLOPS,no shape,a list\n"
      "a40,memory bandwidth triad,663,GB/s,best over block sizes,gpu-benches\n"
      "rtx-3060-12gb,memory bandwidth vector add,300,GB/s,\"2.000 MiB read + 1.000 MiB written, GPU time "
      "17.3 us (11.2 us back to back)\",nvbench\n"
      "rtx-3090,LLM decode effective bandwidth,747,GB/s,derived: LLaMA-3 8B F16 50.0 tok/s x 16.07 "
      "GB,README.md\n"
      "rtx-3060-12gb,LLM decode effective bandwidth,303,GB/s,derived: llama 8B Q5_K,search excerpt: "
      "output\n"
      "rtx-3060-12gb,memory bandwidth vector add,300,GB/s,\"2.000 MiB read + 1.000 MiB written, GPU time "
      "17.3 us (0.000 us back to back)\",nvbench\n"
      "rtx-3090,LLM decode effective bandwidth,747,GB/s,derived: LLaMA-3 8B F16 0.00 tok/s,README.md\n");
  CHECK(r.layout == "hardware/measured");
  CHECK(r.rows[0].measured->value == Approx(4e-6));
  CHECK(kernel(r.rows[0]).timing == Timing::recorded);
  CHECK(std::get<Gemm>(kernel(r.rows[1]).op) == Gemm{.m = 64, .n = 12288, .k = 1024});
  CHECK(kernel(r.rows[1]).timing == Timing::isolated_call);
  CHECK(std::get<Gemm>(kernel(r.rows[2]).op).k == 8192);
  CHECK(std::get<Gemm>(kernel(r.rows[3]).op).n == 4096);
  CHECK(std::get<Numerics>(kernel(r.rows[4]).numerics).accumulate == NumberFormat::fp16);
  CHECK(reason(r.rows[5]) == "the best of a search");
  CHECK(reason(r.rows[6]) == "the time includes quantisation kernels");
  CHECK(reason(r.rows[7]) == "ran under another power limit");
  CHECK(reason(r.rows[8]) == "not the rate of a kernel or network that is modelled");
  CHECK(reason(r.rows[9]) == "no size is stated");
  CHECK(std::get<Pointwise>(kernel(r.rows[10]).op).reads == 2);
  CHECK(r.rows[10].measured->value == Approx(3 / 663.0));
  CHECK(std::get<Pointwise>(kernel(r.rows[11]).op).elements == 1 << 18);
  CHECK(kernel(r.rows[10]).rate);
  CHECK(r.rows[11].measured->value == Approx(11.2e-6));
  CHECK_FALSE(kernel(r.rows[11]).rate);
  CHECK(job(r.rows[12]).workload.context == 512);
  CHECK(r.rows[12].measured->value == Approx(0.02));
  CHECK(reason(r.rows[13]) == "how it was measured is not published");
  CHECK(kernel(r.rows[14]).rate);  // no time is zero
  CHECK(reason(r.rows[15]) == "no tokens a second are stated");
}

TEST_CASE("files of facts are recognised and hold no times") {
  CHECK(layout_of("slug,name,architecture,sm_count,boost_clock_mhz") == "hardware/gpus");
  CHECK(layout_of("family,path,input_type,accumulate_type,dense_ops_per_clk_per_sm") ==
        "hardware/throughput");
  CHECK(layout_of("slug,path,input_type,accumulate_type,published_dense") == "hardware/published_peaks");
  CHECK(layout_of("gpu,quantity,value,unit,conditions,source") == "hardware/measured");
  CHECK(layout_of("alias,slug") == "hardware/aliases");
  CHECK(layout_of("model,mode,seq_len,batch,option,phase,op,gemm_batch,m,n,k,rows,cols,bytes,count") ==
        "neusight/graphs");
}

TEST_CASE("columns may come in any order and others may stand beside them") {
  CHECK(layout_of("latency_ms,k,n,m,batch,device,op,comment") == "neusight/gemm");
}

TEST_CASE("a header that is almost a layout is told what it lacks") {
  const CsvHeader near({"op", "device", "batch", "m", "n", "k", "time"}, "t.csv");
  CHECK(recognise(near) == nullptr);
  CHECK(nearest_layout(near) ==
        "the nearest layout is neusight/gemm, which also needs the column latency_ms");
  CHECK(nearest_layout(CsvHeader({"x", "y"}, "t.csv")) == "its columns are none of a known layout");
}

TEST_CASE("rows that cannot be true are refused") {
  const auto gemm = [](const std::string& row) {
    return refusal([&] { read("op,device,batch,m,n,k,latency_ms\n" + row + "\n"); });
  };
  CHECK(gemm("bmm,v100,1,2,3,4,0") == "t.csv:2:18: latency_ms: '0' is not above 0");
  CHECK(gemm("bmm,v100,0,2,3,4,1") == "t.csv:2:10: batch: '0' is outside 1 to 2147483647");
  CHECK(gemm("bmm,v100,1,two,3,4,1") == "t.csv:2:12: m: 'two' is not a whole number");
  CHECK(gemm("bmm,v100,2000000000,2000000000,2000000000,4,1") ==
        "t.csv:2: the shape asks for 6.4e+28 operations; is a size mistyped?");
  const auto conv = [](const std::string& row) {
    return refusal([&] {
      read("device,batch,in_channels,out_channels,kernel,input_size,stride,padding,latency_ms\n" + row +
           "\n");
    });
  };
  CHECK(conv("v100,1,3,8,7,4,1,0,1") == "t.csv:2: the filter is larger than the padded input");
  CHECK(conv("v100,1,3,8,3,4,0,0,1") == "t.csv:2:16: stride: '0' is outside 1 to 2147483647");
}
