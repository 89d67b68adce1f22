//===- Moves.cpp - Elements to other places in local memory ---------------===//
// They keep their bits, whatever the number format.
#include "tpu_mlir/Primitive/Moves.h"
#include "Row.h"

#include <cstring>

namespace tpu_mlir::primitive {
using kernel::ConstTensor;
using kernel::Tensor;

namespace {

struct MovePrimitive : Row {
  MovePrimitive(std::string_view name, Evidence mark) : Row(name, mark, {Role::Elements}) {}
  bool computes(DType result, std::span<const DType> sources) const final { return sources[0] == result; }
  int64_t macs(const Recipe &, const Step &) const final { return 0; }
};

template <typename T> const uint8_t *at(const T &t, int64_t elements) {
  return static_cast<const uint8_t *>(t.data) + elements * kernel::byteSize(t.dtype);
}

struct CopyPrimitive final : MovePrimitive {
  CopyPrimitive() : MovePrimitive("copy", Evidence::Verified) {}
  Reach reach(const Step &) const override { return Reach::Shifted; }
  bool movesChannels(const Step &step) const override {
    const auto &with = attributesOf<CopyAttributes>(step);
    return with.channels > 0 && with.repeatH == 1 && with.repeatW == 1;
  }
  void describe(const Step &step, std::vector<int64_t> &numbers) const override {
    const auto &with = attributesOf<CopyAttributes>(step);
    numbers.insert(numbers.end(), {with.fromChannel, with.toChannel, with.channels, with.repeatH, with.repeatW,
                                   with.stepH, with.stepW});
  }
  void run(const Step &step, HostStep &host) const override {
    const auto &with = attributesOf<CopyAttributes>(step);
    const Tensor out = host.result();
    const ConstTensor a = host.source(0);
    const Region whole = wholeOf(out.dims);
    int64_t item = kernel::byteSize(out.dtype), first[4];
    for (int axis : {0, 2, 3})
      first[axis] = needOf(host.buffer(0), axis, whole).range.begin;
    for (int64_t n = 0; n < out.dims.n; ++n)
      for (int64_t c = 0; c < with.channels; ++c)
        for (int64_t h = 0; h < out.dims.h; ++h) {
          const int64_t row = first[2] + h / with.repeatH * with.stepH;
          const uint8_t *from =
              at(a, (((first[0] + n) * a.dims.c + with.fromChannel + c) * a.dims.h + row) * a.dims.w + first[3]);
          auto *to =
              const_cast<uint8_t *>(at(out, ((n * out.dims.c + with.toChannel + c) * out.dims.h + h) * out.dims.w));
          if (with.repeatW == 1 && with.stepW == 1)
            std::memcpy(to, from, out.dims.w * item);
          else
            for (int64_t w = 0; w < out.dims.w; ++w)
              std::memcpy(to + w * item, from + w / with.repeatW * with.stepW * item, item);
        }
  }
};

/// The result's elements in order, over `dims` with `strides` in the source.
void permuteElements(const Tensor &out, const ConstTensor &a, const std::vector<int64_t> &dims,
                     const std::vector<int64_t> &strides) {
  const int64_t item = kernel::byteSize(out.dtype);
  std::vector<int64_t> index(dims.size(), 0);
  for (int64_t i = 0; i < out.dims.count(); ++i) {
    int64_t from = 0;
    for (size_t d = 0; d < dims.size(); ++d)
      from += index[d] * strides[d];
    std::memcpy(const_cast<uint8_t *>(at(out, i)), at(a, from), item);
    for (size_t d = dims.size(); d-- > 0 && ++index[d] == dims[d];)
      index[d] = 0;
  }
}

struct TransposePrimitive final : MovePrimitive {
  TransposePrimitive() : MovePrimitive("transpose", Evidence::Stated) {}
  Reach reach(const Step &) const override { return Reach::Axes; }
  bool movesChannels(const Step &) const override { return false; }
  void describe(const Step &, std::vector<int64_t> &) const override {}
  void run(const Step &, HostStep &host) const override {
    const ConstTensor a = host.source(0);
    permuteElements(host.result(), a, {a.dims.n, a.dims.w, a.dims.c}, {a.dims.c * a.dims.w, 1, a.dims.w});
  }
};

struct HeadsPrimitive final : MovePrimitive {
  HeadsPrimitive() : MovePrimitive("heads", Evidence::Verified) {}
  Reach reach(const Step &) const override { return Reach::Axes; }
  bool movesChannels(const Step &) const override { return false; }
  void describe(const Step &, std::vector<int64_t> &) const override {}
  void run(const Step &, HostStep &host) const override {
    // The narrow side is [b, heads, c, w] of the wide side's [b, c, heads, w].
    const Tensor out = host.result();
    const ConstTensor a = host.source(0);
    const bool splits = a.dims.w > out.dims.w;
    const Dims &wide = splits ? a.dims : out.dims, &narrow = splits ? out.dims : a.dims;
    const int64_t heads = wide.w / narrow.w, w = narrow.w, c = narrow.c;
    if (splits)
      return permuteElements(out, a, {wide.n, heads, c, w}, {c * heads * w, w, heads * w, 1});
    permuteElements(out, a, {wide.n, c, heads, w}, {c * heads * w, w, c * w, 1});
  }
};

struct InsertPrimitive final : MovePrimitive {
  InsertPrimitive() : MovePrimitive("insert", Evidence::Verified) {}
  Reach reach(const Step &) const override { return Reach::Shifted; }
  bool movesChannels(const Step &) const override { return false; }
  void describe(const Step &, std::vector<int64_t> &) const override {}
  void run(const Step &, HostStep &host) const override {
    const Tensor out = host.result();
    const ConstTensor a = host.source(0);
    const int64_t top = host.buffer(0).map[2].pad, left = host.buffer(0).map[3].pad;
    const int64_t item = kernel::byteSize(out.dtype);
    for (int64_t i = 0; i < a.dims.n * a.dims.c; ++i)
      for (int64_t h = 0; h < a.dims.h; ++h)
        std::memcpy(const_cast<uint8_t *>(at(out, (i * out.dims.h + top + h) * out.dims.w + left)),
                    at(a, (i * a.dims.h + h) * a.dims.w), a.dims.w * item);
  }
};

} // namespace

const Primitive &copy() { return only<CopyPrimitive>(); }
Step copy(int dst, int a, const CopyAttributes &attributes) { return makeStep(copy(), dst, {a}, attributes); }

const Primitive &transpose() { return only<TransposePrimitive>(); }
Step transpose(int dst, int a) { return makeStep(transpose(), dst, {a}); }

const Primitive &heads() { return only<HeadsPrimitive>(); }
Step heads(int dst, int a) { return makeStep(heads(), dst, {a}); }

const Primitive &insert() { return only<InsertPrimitive>(); }
Step insert(int dst, int a) { return makeStep(insert(), dst, {a}); }

} // namespace tpu_mlir::primitive
