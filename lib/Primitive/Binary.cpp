//===- Binary.cpp - Arithmetic of two operands ----------------------------===//
// The row and its arithmetic, which is a kernel's. How a family of chips does
// it is the family's row.
#include "tpu_mlir/Primitive/Binary.h"
#include "Row.h"

namespace tpu_mlir::primitive {

namespace {

struct BinaryPrimitive final : Row {
  BinaryPrimitive() : Row("binary", Evidence::Verified, {Role::Elements, Role::Elements}) {}
  bool computes(DType result, std::span<const DType> sources) const override {
    // Integers of any width and sign meet; floats meet their own kind.
    return std::all_of(sources.begin(), sources.end(),
                       [&](DType t) { return kernel::isFloat(result) ? t == result : isInteger(t); });
  }
  Reach reach(const Step &) const override { return Reach::Same; }
  bool movesChannels(const Step &) const override { return false; }
  int64_t macs(const Recipe &, const Step &) const override { return 0; }
  void describe(const Step &step, std::vector<int64_t> &numbers) const override {
    numbers.push_back(int64_t(attributesOf<BinaryAttributes>(step).op));
  }
  void run(const Step &step, HostStep &host) const override {
    const auto &with = attributesOf<BinaryAttributes>(step);
    if (step.has(1))
      return kernel::binary(with.op, host.result(), host.source(0), host.source(1), with.shift,
                            host.roundings().shifts);
    const float asFloat = float(with.constant);
    const int32_t asInt = int32_t(with.constant);
    // Little endian: the low bytes of asInt are the value in any narrower format.
    const kernel::ConstTensor one(with.constantType, {1, 1, 1, 1},
                                  kernel::isFloat(with.constantType) ? static_cast<const void *>(&asFloat) : &asInt);
    kernel::binary(with.op, host.result(), host.source(0), one, with.shift, host.roundings().shifts);
  }
};

} // namespace

const Primitive &binary() { return only<BinaryPrimitive>(); }

Step binary(kernel::BinaryOp op, int dst, int a, int b, int shift) {
  BinaryAttributes with;
  with.op = op, with.shift = shift;
  return makeStep(binary(), dst, {a, b, -1}, with);
}

Step binary(kernel::BinaryOp op, int dst, int a, Constant b, int shift) {
  BinaryAttributes with;
  with.op = op, with.shift = shift, with.constant = b.value, with.constantType = b.type;
  return makeStep(binary(), dst, {a, -1, -1}, with);
}

} // namespace tpu_mlir::primitive
