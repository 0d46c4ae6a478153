// A GPU as its datasheet describes it, in SI units. Facts only: what it achieves is the model's business.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/formats/number_format.h"
#include "model/units.h"

namespace roofcast {

/// Which units of an SM execute an operation.
enum class Path { cuda_core, tensor_core };

std::string_view name(Path path);  // "cuda_core", "tensor_core"

/// Operations per clock per SM of one path for one pair of types; a fused multiply-add is 2.
/// Example: gp10x cuda_core fp32 -> fp32 is 256 (128 lanes × 2).
struct Rate {
  Path path = Path::cuda_core;
  NumberFormat input = NumberFormat::fp32;
  NumberFormat accumulate = NumberFormat::fp32;
  double ops_per_clock_per_sm = 0;  // dense; 0 = the hardware lacks it
  double sparse_multiplier = 1;     // 2 where 2:4 structured sparsity doubles the rate
  std::string note;                 // "1/64 of FP32 ..."
  std::string source;
};

/// A statement about a commonly quoted figure, printed by `roofcast gpu NAME`.
struct Note {
  std::string topic;  // "fp16"
  std::string text;
};

/// One board or one power mode of a board.
struct Gpu {
  // Identity
  std::string slug;                // "quadro-p4000"
  std::string name;                // "Quadro P4000"
  std::string vendor;              // "NVIDIA"
  std::string architecture;        // "Pascal"
  std::string chip;                // "GP104": what leave-one-chip-out leaves out
  std::string compute_capability;  // "6.1", "gfx90a"
  std::string family;              // "gp10x": names the table of rates
  std::string foundry;             // "TSMC"
  double process_nm = 0;           // 16; 5 stands for TSMC 5/4N
  std::optional<double> die_mm2;   // 314
  std::optional<double> transistors_billion;
  int year = 0;

  // Compute
  int sm_count = 0;             // 14 (compute units on AMD)
  int fp32_lanes_per_sm = 0;    // 128
  int tensor_cores_per_sm = 0;  // 0
  std::optional<int> tensor_core_generation;
  std::optional<Hertz> base_clock;
  Hertz boost_clock;
  bool opportunistic_boost =
      false;  // GeForce, Titan and workstations: GPU Boost passes the listed clock where power allows
  std::optional<Hertz>
      application_clock;  // the driver's highest by default where it isn't boost: below (Tesla M40), above (Tesla P4)
  std::optional<Hertz>
      tensor_peak_clock;  // where the vendor quotes tensor peaks at another clock (H100: 1830 MHz)
  std::vector<Rate> rates;

  // Memory
  Bytes memory;             // as sold, GiB
  std::string memory_type;  // "GDDR5"
  int memory_bus_bits = 0;  // 256
  BytesPerSecond memory_bandwidth;
  bool inline_ecc =
      false;  // GDDR board whose ECC is on by default and kept in the DRAM itself (Tesla P4, T4, A10)
  Bytes l2;
  std::optional<Bytes> l2_per_sm_clock;  // what L2 serves an SM in a clock when all read: 47.4 on GA100
  Bytes shared_memory_per_sm;
  Bytes shared_memory_per_clock{128};  // what it serves an SM in a clock, since Maxwell; 64 on Turing
  Bytes registers_per_sm;
  int max_threads_per_sm = 0;
  std::optional<int> max_blocks_per_sm;

  // Board
  std::string pcie;                      // "3.0 x16", "integrated"
  std::optional<BytesPerSecond> nvlink;  // total of all links
  Watts tdp;
  std::optional<Dollars> launch_price;

  std::vector<std::string> sources;
  std::vector<Note> notes;

  int cuda_cores() const { return sm_count * fp32_lanes_per_sm; }
  /// True where GPU and CPU share one memory (Jetson).
  bool integrated() const { return pcie == "integrated"; }
};

}  // namespace roofcast
