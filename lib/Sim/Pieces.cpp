//===- Pieces.cpp - Reading the pieces of a tensor ------------------------===//
// Rows of w are moved at once where they are contiguous.

#include "tpu_mlir/Sim/Pieces.h"
#include "tpu_mlir/Sim/Layout.h"
#include "tpu_mlir/Support/Error.h"

#include <algorithm>
#include <cstring>

namespace tpu_mlir::sim {

namespace {

enum Axis { N, C, D, H, W };

Axes denseStrides(const Axes &dims) {
  Axes s;
  s[W] = 1;
  for (int a = W; a > N; --a)
    s[a - 1] = s[a] * dims[a];
  return s;
}

/// Calls f(index) for the first element of every row of w.
template <typename F> void forRows(const Axes &size, F f) {
  Axes i{};
  for (i[N] = 0; i[N] < size[N]; ++i[N])
    for (i[C] = 0; i[C] < size[C]; ++i[C])
      for (i[D] = 0; i[D] < size[D]; ++i[D])
        for (i[H] = 0; i[H] < size[H]; ++i[H])
          f(i);
}

ElementPlace placeWith(const Axes &strides, int64_t item, const TensorPiece &p, const Axes &i, const Memory &memory) {
  int64_t inner = i[N] * strides[N] + i[D] * strides[D] + i[H] * strides[H] + i[W] * strides[W];
  if (!p.isLocal())
    return {false, 0, p.address + uint64_t((inner + i[C] * strides[C]) * item)};
  int64_t at = p.lane + i[C], lanes = memory.lanes();
  return {true, at % lanes, uint64_t(p.offset + (inner + at / lanes * strides[C]) * item)};
}

std::string text(const Axes &i) {
  std::string out = "(";
  for (int a : {N, C, D, H, W})
    out += (a ? ", " : "") + std::to_string(i[a]);
  return out + ")";
}

/// UserError unless the piece's last element, and so every one, is in memory.
void checkPiece(const TensorEntry &t, const TensorPiece &p, const Axes &strides, const Memory &memory) {
  double last = 0;
  for (int a : {N, D, H, W})
    last += double(p.size[a] - 1) * double(strides[a]);
  int64_t groups = p.isLocal() ? (p.lane + p.size[C] - 1) / memory.lanes() : p.size[C] - 1;
  last += double(groups) * double(strides[C]);
  double item = double(kernel::byteSize(t.dtype)), end = double(p.offset) + (last + 1) * item;
  if (p.isLocal() ? p.lane >= memory.lanes() || end > double(memory.laneBytes()) : last > 1e12)
    throw UserError("tensor '" + t.name + "' of its tensor table has a piece that leaves " +
                    (p.isLocal() ? "local" : "global") + " memory");
}

} // namespace

Axes stridesOf(const TensorEntry &tensor, const TensorPiece &p, const Memory &memory) {
  if (p.layout == PieceLayout::Dense)
    return denseStrides(p.whole);
  if (p.layout == PieceLayout::Strided)
    return p.strides;
  Dims dims{p.size[N] * p.size[D], p.size[C], p.size[H], p.size[W]};
  Strides s = p.layout == PieceLayout::Aligned ? alignedStrides(dims, tensor.dtype, p.lane, memory)
                                               : compactStrides(dims, p.lane, memory);
  return {s.n * p.size[D], s.c, s.n, s.h, s.w};
}

ElementPlace placeOf(const TensorEntry &tensor, const TensorPiece &piece, const Axes &index, const Memory &memory) {
  return placeWith(stridesOf(tensor, piece, memory), kernel::byteSize(tensor.dtype), piece, index, memory);
}

int64_t elementOf(const TensorPiece &piece, const Axes &index) {
  Axes strides = denseStrides(piece.whole);
  int64_t at = 0;
  for (int a : {N, C, D, H, W})
    at += (piece.begin[a] + index[a]) * strides[a];
  return at;
}

std::vector<uint8_t> readPiece(const TensorEntry &tensor, const TensorPiece &p, const Memory &memory) {
  Axes strides = stridesOf(tensor, p, memory);
  checkPiece(tensor, p, strides, memory);
  int64_t item = kernel::byteSize(tensor.dtype), row = p.size[W];
  std::vector<uint8_t> out(size_t(p.count() * item));
  uint8_t *to = out.data();
  // One check of a linear region serves all rows.
  const uint8_t *linear = nullptr;
  if (!p.isLocal()) {
    Axes last;
    for (int a : {N, C, D, H, W})
      last[a] = p.size[a] - 1;
    uint64_t end = placeWith(strides, item, p, last, memory).address + uint64_t(item);
    try {
      linear = memory.read(p.address, end - p.address);
    } catch (const UserError &error) {
      throw UserError("tensor '" + tensor.name + "' of its tensor table: " + error.what());
    }
  }
  forRows(p.size, [&](const Axes &i) {
    ElementPlace place = placeWith(strides, item, p, i, memory);
    const uint8_t *from = p.isLocal() ? memory.lane(place.lane) + place.address : linear + (place.address - p.address);
    if (strides[W] == 1)
      std::memcpy(to, from, size_t(row * item));
    else
      for (int64_t x = 0; x < row; ++x)
        std::memcpy(to + x * item, from + x * strides[W] * item, size_t(item));
    to += row * item;
  });
  return out;
}

void GatheredTensor::add(const TensorPiece &p, const std::vector<uint8_t> &values) {
  int64_t item = kernel::byteSize(entry->dtype), row = p.size[W];
  if (bytes.empty()) {
    bytes.resize(size_t(entry->bytes()));
    known.resize(size_t(entry->count()));
  }
  const uint8_t *from = values.data();
  forRows(p.size, [&](const Axes &first) {
    int64_t element = elementOf(p, first);
    uint8_t *to = bytes.data() + element * item, *seen = known.data() + element;
    for (int64_t x = 0; x < row; ++x)
      if (seen[x] && std::memcmp(to + x * item, from + x * item, size_t(item)) != 0) {
        Axes at = first;
        at[W] = x;
        for (int a : {N, C, D, H, W})
          at[a] += p.begin[a];
        throw UserError("tensor '" + entry->name + "': the piece that is complete after " +
                        bmodel::text(p.after, p.after.group > 0) + " has another value at (n, c, d, h, w) = " +
                        text(at) + " than an earlier piece; 'bmodel-tool compare' finds the wrong one");
      }
    std::memcpy(to, from, size_t(row * item));
    std::fill_n(seen, row, uint8_t(1));
    from += row * item;
  });
  ++added;
}

TensorValue GatheredTensor::take() {
  if (std::find(known.begin(), known.end(), 0) == known.end())
    known.clear();
  return {entry->name, entry->dtype, entry->shape, entry->scale, entry->zeroPoint, std::move(bytes), std::move(known)};
}

} // namespace tpu_mlir::sim
