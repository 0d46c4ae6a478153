// SPDX-License-Identifier: Apache-2.0
#include "validate/harness/cuda/cupti.h"

#include <cupti.h>
#include <fmt/format.h>

namespace roofcast::harness {
namespace {

struct VersionTable {
  ROOFCAST_DECLARE(cuptiGetVersion)
};

}  // namespace

tl::expected<CuptiLibrary, std::string> open_cupti() {
  // Older CUPTIs number themselves 14 to 26 for CUDA 11 and 12; their library is named after the toolkit, that of CUDA 11
  // after its minor version too.
  constexpr int kMajor = CUPTI_API_VERSION / 10000;
  const auto found =
      Library::open({"libcupti.so." ROOFCAST_TEXT(ROOFCAST_CUDA_MAJOR),
                     "libcupti.so." ROOFCAST_TEXT(ROOFCAST_CUDA_MAJOR) "." ROOFCAST_TEXT(ROOFCAST_CUDA_MINOR),
                     "libcupti.so"});
  if (!found) return tl::unexpected(found.error());
  const Library& library = *found;
  VersionTable table;
  std::string missing;
  ROOFCAST_LOAD(cuptiGetVersion)
  if (!missing.empty()) return tl::unexpected(fmt::format("{} lacks {}", library.name(), missing));
  std::uint32_t version = 0;
  table.cuptiGetVersion(&version);
  if (static_cast<int>(version) / 10000 != kMajor)
    return tl::unexpected(fmt::format("{} has API version {}, this was built with {}", library.name(),
                                      version, CUPTI_API_VERSION));
  return CuptiLibrary{library, fmt::format("{} (API {})", library.name(), version)};
}

std::string explain_cupti(int code) {
  switch (code) {
    case 8: return "out of memory";
    case 15: return "not initialised: no driver, or libnvperf_host.so is missing beside CUPTI";
    case 26: return "the profiling hardware is busy: another profiler runs";
    case 35:
      return "no permission to read GPU counters (ERR_NVGPUCTRPERM): run as root or with CAP_SYS_ADMIN, or "
             "put "
             "'options nvidia NVreg_RestrictProfilingToAdminUsers=0' into /etc/modprobe.d/nvidia.conf, "
             "update "
             "the initramfs and reboot; in a container add --cap-add=SYS_ADMIN";
    case 38: return "this CUPTI dropped the event and metric API: it ends with CUDA 12";
    case 39: return "another profiler is attached (Nsight, cuda-gdb)";
    case 33:
    case 40: return "a virtual GPU without profiling: its administrator can allow it";
    case 41: return "confidential computing is on";
    case 42: return "a mining card, which cannot be profiled";
    case 43: return "MIG is on for this device";
    case 44: return "SLI is on, which cannot be profiled";
    case 45: return "WSL without profiling: allow it in the Windows control panel of NVIDIA";
    case 46: return "this CUPTI knows no counters of the chip";
    default: return fmt::format("CUPTI error {}", code);
  }
}

void check_cupti(int code, const char* call) {
  if (code != 0) throw CounterError(fmt::format("{}: {}", call, explain_cupti(code)));
}

}  // namespace roofcast::harness
