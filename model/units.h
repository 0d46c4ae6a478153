// Quantities as types: thin doubles in SI units that only combine where physics lets them.
// Source: SI base units; a fused multiply-add counts as two operations everywhere.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>

namespace roofcast {

/// A value whose dimension is seconds^T · bytes^B · operations^O · joules^J · dollars^D.
/// Example: bandwidth is Quantity<-1, 1, 0, 0, 0>, so Bytes / BytesPerSecond is Seconds.
template <int T, int B, int O, int J, int D>
struct Quantity {
  double value = 0;

  constexpr Quantity() = default;
  constexpr explicit Quantity(double v) : value(v) {}

  constexpr auto operator<=>(const Quantity&) const = default;
  constexpr Quantity& operator+=(Quantity o) {
    value += o.value;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity o) {
    value -= o.value;
    return *this;
  }
  constexpr Quantity& operator*=(double k) {
    value *= k;
    return *this;
  }
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity(a.value + b.value); }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity(a.value - b.value); }
  friend constexpr Quantity operator*(Quantity a, double k) { return Quantity(a.value * k); }
  friend constexpr Quantity operator*(double k, Quantity a) { return Quantity(a.value * k); }
  friend constexpr Quantity operator/(Quantity a, double k) { return Quantity(a.value / k); }
};

/// A product or quotient in which every dimension cancels is a plain number.
template <int T, int B, int O, int J, int D>
constexpr auto make_quantity(double v) {
  if constexpr (T == 0 && B == 0 && O == 0 && J == 0 && D == 0) {
    return v;
  } else {
    return Quantity<T, B, O, J, D>(v);
  }
}

template <int T1, int B1, int O1, int J1, int D1, int T2, int B2, int O2, int J2, int D2>
constexpr auto operator*(Quantity<T1, B1, O1, J1, D1> a, Quantity<T2, B2, O2, J2, D2> b) {
  return make_quantity<T1 + T2, B1 + B2, O1 + O2, J1 + J2, D1 + D2>(a.value * b.value);
}
template <int T1, int B1, int O1, int J1, int D1, int T2, int B2, int O2, int J2, int D2>
constexpr auto operator/(Quantity<T1, B1, O1, J1, D1> a, Quantity<T2, B2, O2, J2, D2> b) {
  return make_quantity<T1 - T2, B1 - B2, O1 - O2, J1 - J2, D1 - D2>(a.value / b.value);
}
template <int T, int B, int O, int J, int D>
constexpr auto operator/(double k, Quantity<T, B, O, J, D> q) {
  return make_quantity<-T, -B, -O, -J, -D>(k / q.value);
}

using Seconds = Quantity<1, 0, 0, 0, 0>;
using Hertz = Quantity<-1, 0, 0, 0, 0>;
using Bytes = Quantity<0, 1, 0, 0, 0>;
using BytesPerSecond = Quantity<-1, 1, 0, 0, 0>;
using Flops = Quantity<0, 0, 1, 0, 0>;  // operations; integer operations (TOPS) use the same type
using FlopsPerSecond = Quantity<-1, 0, 1, 0, 0>;
using FlopsPerByte = Quantity<0, -1, 1, 0, 0>;  // arithmetic intensity, ridge point
using Joules = Quantity<0, 0, 0, 1, 0>;
using Watts = Quantity<-1, 0, 0, 1, 0>;
using JoulesPerFlop = Quantity<0, 0, -1, 1, 0>;
using JoulesPerByte = Quantity<0, -1, 0, 1, 0>;
using Dollars = Quantity<0, 0, 0, 0, 1>;
using DollarsPerJoule = Quantity<0, 0, 0, -1, 1>;
using DollarsPerSecond = Quantity<-1, 0, 0, 0, 1>;

// Conversions for the edges, where files are read and text is printed. GB is 10^9, GiB is 2^30.
constexpr Hertz megahertz(double v) { return Hertz(v * 1e6); }
constexpr Hertz gigahertz(double v) { return Hertz(v * 1e9); }
constexpr BytesPerSecond gigabytes_per_second(double v) { return BytesPerSecond(v * 1e9); }
constexpr Bytes kibibytes(double v) { return Bytes(v * 1024); }
constexpr Bytes mebibytes(double v) { return Bytes(v * 1048576); }
constexpr Bytes gibibytes(double v) { return Bytes(v * 1073741824); }
constexpr FlopsPerSecond teraflops(double v) { return FlopsPerSecond(v * 1e12); }
constexpr Seconds milliseconds(double v) { return Seconds(v * 1e-3); }
constexpr Seconds microseconds(double v) { return Seconds(v * 1e-6); }

constexpr double in_megahertz(Hertz v) { return v.value * 1e-6; }
constexpr double in_gigahertz(Hertz v) { return v.value * 1e-9; }
constexpr double in_gigabytes_per_second(BytesPerSecond v) { return v.value * 1e-9; }
constexpr double in_kibibytes(Bytes v) { return v.value / 1024; }
constexpr double in_mebibytes(Bytes v) { return v.value / 1048576; }
constexpr double in_gibibytes(Bytes v) { return v.value / 1073741824; }
constexpr double in_teraflops(FlopsPerSecond v) { return v.value * 1e-12; }
constexpr double in_milliseconds(Seconds v) { return v.value * 1e3; }
constexpr double in_microseconds(Seconds v) { return v.value * 1e6; }

}  // namespace roofcast
