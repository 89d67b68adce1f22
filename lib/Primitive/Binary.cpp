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
    // Little endian: the low bytes are the value in any narrower format.
    const uint32_t bits = kernel::bitsIn(with.constantType, with.constant);
    const kernel::ConstTensor one(with.constantType, {1, 1, 1, 1}, &bits);
    kernel::binary(with.op, host.result(), with.isConstantFirst ? one : host.source(0),
                   with.isConstantFirst ? host.source(0) : one, with.shift, host.roundings().shifts);
  }
};

struct BitwisePrimitive final : Row {
  BitwisePrimitive() : Row("bitwise", Evidence::Stated, {Role::Elements, Role::Elements}) {}
  bool computes(DType result, std::span<const DType> sources) const override {
    return isInteger(result) && std::all_of(sources.begin(), sources.end(), [&](DType t) { return t == result; });
  }
  Reach reach(const Step &) const override { return Reach::Same; }
  bool movesChannels(const Step &) const override { return false; }
  int64_t macs(const Recipe &, const Step &) const override { return 0; }
  void describe(const Step &, std::vector<int64_t> &) const override {}
  void run(const Step &step, HostStep &host) const override {
    const auto &with = attributesOf<BitwiseAttributes>(step);
    if (step.has(1))
      return kernel::bitwise(with.op, host.result(), host.source(0), host.source(1));
    kernel::bitwise(with.op, host.result(), host.source(0), {host.result().dtype, {1, 1, 1, 1}, &with.constant});
  }
};

struct ShiftPrimitive final : Row {
  ShiftPrimitive() : Row("shift", Evidence::Stated, {Role::Elements}) {}
  bool computes(DType result, std::span<const DType> sources) const override {
    return isInteger(result) && sources[0] == result;
  }
  Reach reach(const Step &) const override { return Reach::Same; }
  bool movesChannels(const Step &) const override { return false; }
  int64_t macs(const Recipe &, const Step &) const override { return 0; }
  void describe(const Step &, std::vector<int64_t> &) const override {}
  void run(const Step &step, HostStep &host) const override {
    const auto places = int8_t(attributesOf<ShiftAttributes>(step).places);
    kernel::shiftEach(kernel::ShiftOp::Arithmetic, host.result(), host.source(0), {DType::I8, {1, 1, 1, 1}, &places},
                      Round::Floor);
  }
};

} // namespace

const Primitive &binary() { return only<BinaryPrimitive>(); }

Step binary(kernel::BinaryOp op, int dst, int a, int b, int shift) {
  BinaryAttributes with;
  with.op = op, with.shift = shift;
  return makeStep(binary(), dst, {a, b}, with);
}

Step binary(kernel::BinaryOp op, int dst, int a, Constant b, int shift) {
  BinaryAttributes with;
  with.op = op, with.shift = shift, with.constant = b.value, with.constantType = b.type;
  return makeStep(binary(), dst, {a}, with);
}

Step binary(kernel::BinaryOp op, int dst, Constant a, int b) {
  BinaryAttributes with;
  with.op = op, with.constant = a.value, with.constantType = a.type, with.isConstantFirst = true;
  return makeStep(binary(), dst, {b}, with);
}

const Primitive &bitwise() { return only<BitwisePrimitive>(); }
Step bitwise(kernel::BitOp op, int dst, int a, int b) {
  return makeStep(bitwise(), dst, {a, b}, BitwiseAttributes{op, 0});
}
Step bitwise(kernel::BitOp op, int dst, int a, uint32_t bits) {
  return makeStep(bitwise(), dst, {a}, BitwiseAttributes{op, bits});
}

const Primitive &shift() { return only<ShiftPrimitive>(); }
Step shift(int dst, int a, int places) { return makeStep(shift(), dst, {a}, ShiftAttributes{places}); }

} // namespace tpu_mlir::primitive
