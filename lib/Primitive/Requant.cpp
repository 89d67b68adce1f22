//===- Requant.cpp - From sums to 8 bits ----------------------------------===//
// The row and its arithmetic, which is a kernel's. How a family of chips does
// it is the family's row.
#include "tpu_mlir/Primitive/Requant.h"
#include "Row.h"

namespace tpu_mlir::primitive {

namespace {

struct RequantPrimitive final : Row {
  RequantPrimitive() : Row("requant", Evidence::Verified, {Role::Elements, Role::Entries}) {}
  bool computes(DType result, std::span<const DType> sources) const override {
    return isInteger(result) && kernel::byteSize(result) <= 2 && isInteger(sources[0]) &&
           (sources.size() == 1 || sources[1] == DType::I32);
  }
  Reach reach(const Step &step) const override { return step.has(1) ? Reach::Channel : Reach::Same; }
  bool movesChannels(const Step &) const override { return false; }
  int64_t macs(const Recipe &, const Step &) const override { return 0; }
  void describe(const Step &, std::vector<int64_t> &) const override {}
  void run(const Step &step, HostStep &host) const override {
    const auto &with = attributesOf<RequantAttributes>(step);
    const kernel::Tensor out = host.result();
    if (step.has(1))
      return kernel::requant(out, host.source(0), static_cast<const kernel::QuantEntry *>(host.source(1).data),
                             out.dims.c, host.roundings().shifts);
    kernel::requant(out, host.source(0), &with.entry, 1, host.roundings().shifts);
  }
};

} // namespace

const Primitive &requant() { return only<RequantPrimitive>(); }

Step requant(int dst, int a, int entries) { return makeStep(requant(), dst, {a, entries}, RequantAttributes{}); }

Step requant(int dst, int a, const kernel::QuantEntry &entry) {
  RequantAttributes with;
  with.entry = entry;
  return makeStep(requant(), dst, {a}, with);
}

} // namespace tpu_mlir::primitive
