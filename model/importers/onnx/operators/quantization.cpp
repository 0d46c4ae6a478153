// Numbers to integers and back. Weights that are stored as integers stay weights.
// SPDX-License-Identifier: Apache-2.0
#include "model/importers/onnx/operators.h"

namespace roofcast::onnx {
namespace {

/// The same tensor in another format; values are not needed.
Value as_type(const Value& value, DataType type) {
  Value result;
  result.type = type;
  result.dims = value.dims;
  result.node = value.node;
  result.constant = value.constant;
  result.weight = value.weight;
  result.weight_elements = value.weight_elements;
  result.permuted = value.permuted;
  result.flipped = value.flipped;
  return result;
}

/// One elementwise kernel.
Value scaled(Step& s, const Value& x, DataType type) {
  Value y = s.elementwise(x.type, x.dims, *pointwise_rule("mulu", x.elements()), {&x});
  y.type = type;
  return y;
}

/// One pass over the tensor, which engines fold into the kernel before it; its gradient passes through.
void quantize(Step& s) {
  const Value x = s.in(0);
  const DataType type = s.has(2) ? s.in(2).type : DataType::uint8;
  if (x.constant) return s.out(0, as_type(x, type));
  s.out(0, scaled(s, x, type));
}

/// Products read the integers themselves: nothing runs.
void dequantize(Step& s) { s.out(0, as_type(s.in(0), s.has(1) ? s.in(1).type : DataType::float32)); }

/// The range of the tensor, then one pass.
void dynamic_quantize(Step& s) {
  const Value x = s.in(0);
  Value range = s.make(DataType::float32, {});
  if (!x.constant && x.elements() > 0) {
    Node node;
    node.name = s.label() + ".range";
    node.op = Reduction{x.elements(), 1};
    node.output_elements = 1;
    node.saves_input = false;
    range.node = s.add(std::move(node), {&x});
  }
  if (x.constant) {
    s.out(0, as_type(x, DataType::uint8));
  } else {
    s.out(0, scaled(s, x, DataType::uint8));
  }
  s.out(1, range);
  range.type = DataType::uint8;
  s.out(2, std::move(range));
}

}  // namespace

void add_quantization(Operators& table) {
  table["QuantizeLinear"] = quantize;
  table["DequantizeLinear"] = dequantize;
  table["DynamicQuantizeLinear"] = dynamic_quantize;
}

}  // namespace roofcast::onnx
