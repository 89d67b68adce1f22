//===- Elements.cpp - Casts and tables, element by element ----------------===//
// The rows and their arithmetic, which is kernels'. How a family of chips does
// it is the family's row.
#include "tpu_mlir/Primitive/Elements.h"
#include "Row.h"

namespace tpu_mlir::primitive {

namespace {

struct CastPrimitive final : Row {
  CastPrimitive() : Row("cast", Evidence::Verified, {Role::Elements}) {}
  bool computes(DType result, std::span<const DType> sources) const override {
    return kernel::isFloat(result) != kernel::isFloat(sources[0]);
  }
  Reach reach(const Step &) const override { return Reach::Same; }
  bool movesChannels(const Step &) const override { return false; }
  int64_t macs(const Recipe &, const Step &) const override { return 0; }
  void describe(const Step &, std::vector<int64_t> &) const override {}
  void run(const Step &, HostStep &host) const override {
    kernel::cast(host.result(), host.source(0), host.roundings().casts);
  }
};

struct LookupPrimitive final : Row {
  LookupPrimitive() : Row("lookup", Evidence::Stated, {Role::Elements, Role::Table}) {}
  bool computes(DType result, std::span<const DType> sources) const override {
    return isByte(result) && isByte(sources[0]) && sources.size() == 2 && isByte(sources[1]);
  }
  Reach reach(const Step &) const override { return Reach::Same; }
  bool movesChannels(const Step &) const override { return false; }
  int64_t macs(const Recipe &, const Step &) const override { return 0; }
  void describe(const Step &, std::vector<int64_t> &) const override {}
  void run(const Step &, HostStep &host) const override {
    kernel::lookup(host.result(), host.source(0), host.source(1).data);
  }
};

struct AbsolutePrimitive final : Row {
  AbsolutePrimitive() : Row("absolute", Evidence::Stated, {Role::Elements}) {}
  bool computes(DType result, std::span<const DType> sources) const override {
    return kernel::isFloat(result) ? sources[0] == result : isInteger(sources[0]);
  }
  Reach reach(const Step &) const override { return Reach::Same; }
  bool movesChannels(const Step &) const override { return false; }
  int64_t macs(const Recipe &, const Step &) const override { return 0; }
  void describe(const Step &, std::vector<int64_t> &) const override {}
  void run(const Step &, HostStep &host) const override { kernel::absolute(host.result(), host.source(0)); }
};

} // namespace

const Primitive &absolute() { return only<AbsolutePrimitive>(); }

const Primitive &cast() { return only<CastPrimitive>(); }
Step cast(int dst, int a) { return makeStep(cast(), dst, {a, -1, -1}); }

const Primitive &lookup() { return only<LookupPrimitive>(); }
Step lookup(int dst, int a, int table) { return makeStep(lookup(), dst, {a, table, -1}); }

} // namespace tpu_mlir::primitive
