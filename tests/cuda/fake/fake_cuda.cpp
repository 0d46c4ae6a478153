// A Quadro P4000 that is not there: libcuda, CUPTI, NVML and cuBLAS in one library, loaded in place of the real ones. It
// launches nothing; it keeps a clock, and answers with the activity records a GPU would have left.
//   FAKE_CUDA_GPU=t4   a Tesla T4 instead
//   FAKE_CUDA_LOSE=N   every N-th kernel's record comes without a time
//   FAKE_CUPTI_ERROR=N what enabling the activity records returns
//   FAKE_CUDA_SLOW_HOST=1 the GPU has passed each event by the time the host asks
// SPDX-License-Identifier: Apache-2.0
#include <cublas_v2.h>
#include <cuda.h>
#include <cupti.h>

#include <cstdlib>
#include <cstring>

#include "tests/cuda/fake/machine.h"

using namespace fake;

namespace {

using Kernel = ROOFCAST_CUPTI_KERNEL;

void copy_text(char* to, int size, const char* text) {
  std::strncpy(to, text, static_cast<std::size_t>(size) - 1);
  to[size - 1] = '\0';
}

}  // namespace

namespace fake {

Machine& machine() {
  static Machine m;
  return m;
}

int environment(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? 0 : std::atoi(text);
}

const Board& board() {
  static const Board p4000{"Quadro P4000", 6, 1, 14, 2 << 20, 1480000, 3802000, 8508145664u};
  static const Board t4{"Tesla T4", 7, 5, 40, 4 << 20, 1590000, 5001000, 15828320256u};
  const char* asked = std::getenv("FAKE_CUDA_GPU");
  return asked != nullptr && std::string(asked) == "t4" ? t4 : p4000;
}

void launch(const std::string& name, std::uint64_t nanoseconds) {
  Machine& m = machine();
  if (m.capturing) {
    m.captured += nanoseconds + 500;
    return;
  }
  if (m.around_launch) m.around_launch(true, nanoseconds);
  if (m.recording)
    m.launches.push_back({name, m.now, m.now + nanoseconds, ++m.correlation,
                          m.marks.empty() ? 0 : m.marks.back(), !m.marks.empty()});
  m.now += nanoseconds + 1000;
  if (m.around_launch) m.around_launch(false, nanoseconds);
}

}  // namespace fake

extern "C" {

CUresult cuInit(unsigned) { return CUDA_SUCCESS; }
CUresult cuDriverGetVersion(int* v) { return *v = 12090, CUDA_SUCCESS; }
CUresult cuDeviceGetCount(int* n) {
  return *n = environment("FAKE_CUDA_NO_DEVICE") != 0 ? 0 : 1, CUDA_SUCCESS;
}
CUresult cuDeviceGet(CUdevice* d, int) { return *d = 0, CUDA_SUCCESS; }
CUresult cuDeviceGetName(char* name, int size, CUdevice) {
  return copy_text(name, size, board().name), CUDA_SUCCESS;
}
CUresult cuDeviceGetAttribute(int* v, CUdevice_attribute a, CUdevice) {
  switch (a) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *v = board().major; break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *v = board().minor; break;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: *v = board().sms; break;
    case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE: *v = board().l2; break;
    case CU_DEVICE_ATTRIBUTE_CLOCK_RATE: *v = board().clock_khz; break;
    case CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE: *v = board().memory_clock_khz; break;
    default: return CUDA_ERROR_INVALID_VALUE;
  }
  return CUDA_SUCCESS;
}
CUresult cuDeviceTotalMem(std::size_t* bytes, CUdevice) { return *bytes = board().memory, CUDA_SUCCESS; }
CUresult cuDeviceGetUuid(CUuuid* id, CUdevice) { return std::memset(id, 0x42, sizeof *id), CUDA_SUCCESS; }
CUresult cuDeviceGetPCIBusId(char* text, int size, CUdevice) {
  return copy_text(text, size, "0000:65:00.0"), CUDA_SUCCESS;
}
CUresult cuDevicePrimaryCtxRetain(CUcontext* c, CUdevice) {
  return *c = reinterpret_cast<CUcontext>(1), CUDA_SUCCESS;
}
CUresult cuDevicePrimaryCtxRelease(CUdevice) { return CUDA_SUCCESS; }
CUresult cuCtxSetCurrent(CUcontext) { return CUDA_SUCCESS; }
CUresult cuModuleLoadData(CUmodule* m, const void* image) {
  std::uint32_t magic = 0;
  std::memcpy(&magic, image, sizeof magic);
  *m = reinterpret_cast<CUmodule>(1);
  return magic == 0xBA55ED50u ? CUDA_SUCCESS : CUDA_ERROR_INVALID_IMAGE;  // of a fat binary
}
CUresult cuModuleUnload(CUmodule) { return CUDA_SUCCESS; }
CUresult cuModuleGetFunction(CUfunction* f, CUmodule, const char* name) {
  if (std::strncmp(name, "roofcast_", 9) != 0) return CUDA_ERROR_NOT_FOUND;
  *f = reinterpret_cast<CUfunction>(&machine().names.emplace_back(name));
  return CUDA_SUCCESS;
}
CUresult cuLaunchKernel(CUfunction f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                        unsigned bz, unsigned, CUstream, void**, void**) {
  if (gx == 0 || gy == 0 || gy > 65535 || gz > 65535 || bx * by * bz > 1024) return CUDA_ERROR_INVALID_VALUE;
  launch(*reinterpret_cast<std::string*>(f), 5000 + 10ull * gx * gy);
  return CUDA_SUCCESS;
}
CUresult cuMemAlloc(CUdeviceptr* p, std::size_t bytes) {
  *p = machine().allocated;
  machine().allocated += (bytes + 511) / 512 * 512;
  return CUDA_SUCCESS;
}
CUresult cuMemFree(CUdeviceptr) { return CUDA_SUCCESS; }
CUresult cuMemGetInfo(std::size_t* free, std::size_t* total) {
  return *free = board().memory - 508145664u, *total = board().memory, CUDA_SUCCESS;
}
CUresult cuMemAllocHost(void** p, std::size_t bytes) { return *p = std::malloc(bytes), CUDA_SUCCESS; }
CUresult cuMemFreeHost(void* p) { return std::free(p), CUDA_SUCCESS; }
CUresult cuMemcpyHtoD(CUdeviceptr, const void*, std::size_t) { return CUDA_SUCCESS; }
CUresult cuMemcpyDtoH(void*, CUdeviceptr, std::size_t) { return CUDA_SUCCESS; }
CUresult cuMemcpyHtoDAsync(CUdeviceptr, const void*, std::size_t, CUstream) { return CUDA_SUCCESS; }
CUresult cuMemcpyDtoHAsync(void*, CUdeviceptr, std::size_t, CUstream) { return CUDA_SUCCESS; }
CUresult cuMemsetD32Async(CUdeviceptr, unsigned, std::size_t, CUstream) { return CUDA_SUCCESS; }
CUresult cuStreamCreate(CUstream* s, unsigned) { return *s = reinterpret_cast<CUstream>(2), CUDA_SUCCESS; }
CUresult cuStreamDestroy(CUstream) { return CUDA_SUCCESS; }
CUresult cuStreamSynchronize(CUstream) { return CUDA_SUCCESS; }
CUresult cuEventCreate(CUevent* e, unsigned) {
  machine().events.push_back(0);
  *e = reinterpret_cast<CUevent>(machine().events.size());
  return CUDA_SUCCESS;
}
CUresult cuEventDestroy(CUevent) { return CUDA_SUCCESS; }
CUresult cuEventRecord(CUevent e, CUstream) {
  machine().events[reinterpret_cast<std::size_t>(e) - 1] = machine().now;
  return CUDA_SUCCESS;
}
CUresult cuEventQuery(CUevent) {
  return environment("FAKE_CUDA_SLOW_HOST") != 0 ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}
CUresult cuEventSynchronize(CUevent) { return CUDA_SUCCESS; }
CUresult cuEventElapsedTime(float* ms, CUevent a, CUevent b) {
  const auto at = [](CUevent e) { return machine().events[reinterpret_cast<std::size_t>(e) - 1]; };
  *ms = static_cast<float>(at(b) - at(a)) * 1e-6f;
  return CUDA_SUCCESS;
}
CUresult cuStreamBeginCapture(CUstream, CUstreamCaptureMode) {
  machine().capturing = true;
  machine().captured = 0;
  return CUDA_SUCCESS;
}
CUresult cuStreamEndCapture(CUstream, CUgraph* g) {
  machine().capturing = false;
  *g = reinterpret_cast<CUgraph>(3);
  return CUDA_SUCCESS;
}
CUresult cuGraphInstantiateWithFlags(CUgraphExec* e, CUgraph, unsigned long long) {
  return *e = reinterpret_cast<CUgraphExec>(4), CUDA_SUCCESS;
}
CUresult cuGraphLaunch(CUgraphExec, CUstream) { return machine().now += machine().captured, CUDA_SUCCESS; }
CUresult cuGraphDestroy(CUgraph) { return CUDA_SUCCESS; }
CUresult cuGraphExecDestroy(CUgraphExec) { return CUDA_SUCCESS; }
CUresult cuGetErrorName(CUresult, const char** text) { return *text = "CUDA_ERROR_FAKE", CUDA_SUCCESS; }
CUresult cuGetErrorString(CUresult, const char** text) { return *text = "as scripted", CUDA_SUCCESS; }

CUptiResult cuptiGetVersion(std::uint32_t* v) { return *v = CUPTI_API_VERSION, CUPTI_SUCCESS; }
CUptiResult cuptiActivityRegisterCallbacks(CUpti_BuffersCallbackRequestFunc r,
                                           CUpti_BuffersCallbackCompleteFunc c) {
  machine().request = r;
  machine().complete = c;
  return CUPTI_SUCCESS;
}
CUptiResult cuptiActivityEnable(CUpti_ActivityKind) {
  machine().recording = true;
  return static_cast<CUptiResult>(environment("FAKE_CUPTI_ERROR"));
}
CUptiResult cuptiActivityDisable(CUpti_ActivityKind) { return machine().recording = false, CUPTI_SUCCESS; }
CUptiResult cuptiActivityPushExternalCorrelationId(CUpti_ExternalCorrelationKind, std::uint64_t id) {
  machine().marks.push_back(id);
  return CUPTI_SUCCESS;
}
CUptiResult cuptiActivityPopExternalCorrelationId(CUpti_ExternalCorrelationKind, std::uint64_t* id) {
  *id = machine().marks.back();
  machine().marks.pop_back();
  return CUPTI_SUCCESS;
}
CUptiResult cuptiActivityFlushAll(std::uint32_t) {
  Machine& m = machine();
  const int lose = environment("FAKE_CUDA_LOSE");
  std::uint8_t* buffer = nullptr;
  std::size_t size = 0, used = 0, records = 0;
  const auto hand_over = [&] {
    if (buffer != nullptr) m.complete(nullptr, 0, buffer, size, used);
    buffer = nullptr;
    used = 0;
  };
  const auto append = [&](const auto& record) {
    if (buffer != nullptr && used + sizeof record > size) hand_over();
    if (buffer == nullptr) m.request(&buffer, &size, &records);
    std::memcpy(buffer + used, &record, sizeof record);
    used += sizeof record;
  };
  for (const Launch& l : m.launches) {
    if (l.marked) {
      CUpti_ActivityExternalCorrelation e{};
      e.kind = CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION;
      e.externalKind = CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0;
      e.externalId = l.mark;
      e.correlationId = l.correlation;
      append(e);
    }
    Kernel k{};
    k.kind = CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL;
    const bool lost = lose > 0 && l.correlation % static_cast<unsigned>(lose) == 0;
    k.start = lost ? 0 : l.start;
    k.end = lost ? 0 : l.end;
    k.correlationId = l.correlation;
    m.names.push_back(l.name);
    k.name = m.names.back().c_str();
    append(k);
  }
  hand_over();
  m.launches.clear();
  return CUPTI_SUCCESS;
}
CUptiResult cuptiActivityGetNextRecord(std::uint8_t* buffer, std::size_t valid, CUpti_Activity** record) {
  auto* at = buffer;
  if (*record != nullptr) {
    const std::size_t size = (*record)->kind == CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION
                                 ? sizeof(CUpti_ActivityExternalCorrelation)
                                 : sizeof(Kernel);
    at = reinterpret_cast<std::uint8_t*>(*record) + size;
  }
  if (at >= buffer + valid) return CUPTI_ERROR_MAX_LIMIT_REACHED;
  *record = reinterpret_cast<CUpti_Activity*>(at);
  return CUPTI_SUCCESS;
}
CUptiResult cuptiActivityGetNumDroppedRecords(CUcontext, std::uint32_t, std::size_t* n) {
  return *n = 0, CUPTI_SUCCESS;
}

int nvmlInit_v2() { return 0; }
int nvmlShutdown() { return 0; }
int nvmlDeviceGetHandleByPciBusId_v2(const char* address, void** device) {
  *device = reinterpret_cast<void*>(5);
  return std::strcmp(address, "0000:65:00.0") == 0 ? 0 : 6;
}
int nvmlDeviceGetClockInfo(void*, int, unsigned* mhz) { return *mhz = 1455, 0; }
int nvmlDeviceGetPowerUsage(void*, unsigned* mw) { return *mw = 87500, 0; }
int nvmlDeviceGetTemperature(void*, int, unsigned* c) { return *c = 61, 0; }
int nvmlDeviceGetCurrentClocksThrottleReasons(void*, unsigned long long* r) { return *r = 4, 0; }
int nvmlDeviceGetPowerManagementLimit(void*, unsigned* mw) { return *mw = 105000, 0; }
int nvmlDeviceGetMaxPcieLinkGeneration(void*, unsigned* g) { return *g = 3, 0; }
int nvmlDeviceGetMaxPcieLinkWidth(void*, unsigned* lanes) { return *lanes = 16, 0; }
int nvmlSystemGetDriverVersion(char* text, unsigned size) {
  return copy_text(text, static_cast<int>(size), "580.65.06"), 0;
}
int nvmlSystemGetNVMLVersion(char* text, unsigned size) {
  return copy_text(text, static_cast<int>(size), "12.580"), 0;
}

cublasStatus_t cublasCreate(cublasHandle_t* h) {
  return *h = reinterpret_cast<cublasHandle_t>(6), CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasDestroy(cublasHandle_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasSetStream(cublasHandle_t, cudaStream_t) { return CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasGetVersion(cublasHandle_t, int* v) { return *v = 120900, CUBLAS_STATUS_SUCCESS; }
cublasStatus_t cublasGemmEx(cublasHandle_t, cublasOperation_t ta, cublasOperation_t tb, int m, int n, int k,
                            const void*, const void*, cudaDataType, int lda, const void*, cudaDataType,
                            int ldb, const void*, void*, cudaDataType, int ldc, cublasComputeType_t,
                            cublasGemmAlgo_t) {
  // As cuBLAS refuses leading dimensions.
  if (lda < (ta == CUBLAS_OP_N ? m : k) || ldb < (tb == CUBLAS_OP_N ? k : n) || ldc < m)
    return CUBLAS_STATUS_INVALID_VALUE;
  const double seconds = 2.0 * m * n * k / 4e12;
  launch("fake_sgemm_128x64", 3000 + static_cast<std::uint64_t>(seconds * 1e9));
  launch("fake_splitK_reduce", 1000);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasGemmStridedBatchedEx(cublasHandle_t, cublasOperation_t, cublasOperation_t, int m, int n,
                                          int k, const void*, const void*, cudaDataType, int, long long,
                                          const void*, cudaDataType, int, long long, const void*, void*,
                                          cudaDataType, int, long long, int batch, cublasComputeType_t,
                                          cublasGemmAlgo_t) {
  launch("fake_sgemm_batched", 3000 + static_cast<std::uint64_t>(2.0 * m * n * k * batch / 3e12 * 1e9));
  return CUBLAS_STATUS_SUCCESS;
}

}  // extern "C"
