//===- Elements.cpp - Casts and tables, element by element ----------------===//
// The rows and their arithmetic, which is kernels'. How a family of chips does
// it is the family's row.
#include "tpu_mlir/Primitive/Elements.h"
#include "Row.h"

namespace tpu_mlir::primitive {

using kernel::Tensor;

namespace {

struct CastPrimitive final : Row {
  CastPrimitive() : Row("cast", Evidence::Verified, {Role::Elements}) {}
  bool computes(DType result, std::span<const DType> sources) const override {
    return result != sources[0] && (kernel::isFloat(result) || kernel::isFloat(sources[0]));
  }
  Reach reach(const Step &) const override { return Reach::Same; }
  bool movesChannels(const Step &) const override { return false; }
  int64_t macs(const Recipe &, const Step &) const override { return 0; }
  void describe(const Step &, std::vector<int64_t> &) const override {}
  void run(const Step &step, HostStep &host) const override {
    const auto &with = attributesOf<CastAttributes>(step);
    kernel::cast(host.result(), host.source(0), with.round.value_or(host.roundings().casts));
  }
};

struct SelectPrimitive final : Row {
  SelectPrimitive()
      : Row("select", Evidence::Stated, {Role::Elements, Role::Elements, Role::Elements, Role::Elements}) {}
  bool computes(DType, std::span<const DType> sources) const override {
    return !sources.empty() && std::all_of(sources.begin(), sources.end(), [&](DType t) {
      return kernel::byteSize(t) == kernel::byteSize(sources[0]);
    });
  }
  Reach reach(const Step &) const override { return Reach::Same; }
  bool movesChannels(const Step &) const override { return false; }
  int64_t macs(const Recipe &, const Step &) const override { return 0; }
  void describe(const Step &, std::vector<int64_t> &) const override {}
  void run(const Step &step, HostStep &host) const override {
    const auto &with = attributesOf<SelectAttributes>(step);
    const Tensor out = host.result();
    auto source = [&](int i) {
      const DType type = i < 2 ? host.source(step.has(0) ? 0 : 1).dtype : out.dtype;
      return step.has(i) ? host.source(i) : kernel::ConstTensor(type, {1, 1, 1, 1}, &with.constants[size_t(i)]);
    };
    kernel::select(with.holds, out, source(0), source(1), source(2), source(3));
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
Step cast(int dst, int a, std::optional<Round> round) { return makeStep(cast(), dst, {a}, CastAttributes{round}); }

const Primitive &select() { return only<SelectPrimitive>(); }
Step select(int dst, Step::Sources sources, const SelectAttributes &attributes) {
  assert((sources[0] >= 0 || sources[1] >= 0) && "two constants compare the same everywhere");
  return makeStep(select(), dst, {sources[0], sources[1], sources[2], sources[3]}, attributes);
}

const Primitive &lookup() { return only<LookupPrimitive>(); }
Step lookup(int dst, int a, int table) { return makeStep(lookup(), dst, {a, table}); }

} // namespace tpu_mlir::primitive
