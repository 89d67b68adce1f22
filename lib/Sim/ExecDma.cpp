//===- ExecDma.cpp - Copies between memories ------------------------------===//
// Each side of a copy is a strided tensor, in lanes (channels spread over lanes,
// the c stride counts groups of lanes) or linear. Whole rows move with memcpy.
// Source: shared ISA notes, isa.md §6 (tensor copy and broadcast verified,
// transposes, fill and linear copies stated).

#include "Exec.h"

#include <cstring>

namespace tpu_mlir::sim {
namespace {

/// One side of a copy.
struct Side {
  const char *name;
  uint64_t address;
  Dims dims;
  Strides strides;
};

uint64_t fullAddress(const Exec &e, Field low, Field high) {
  return uint64_t(e.get(high)) << 32 | uint64_t(e.get(low));
}

Side sourceOf(const Exec &e) {
  return {"src",
          fullAddress(e, Field::src_start_addr_l32, Field::src_start_addr_h8),
          {e.get(Field::src_nsize), e.get(Field::src_csize), e.get(Field::src_hsize), e.get(Field::src_wsize)},
          {e.get(Field::src_nstride), e.get(Field::src_cstride), e.get(Field::src_hstride), e.get(Field::src_wstride)}};
}

Side targetOf(const Exec &e) {
  return {"dst",
          fullAddress(e, Field::dst_start_addr_l32, Field::dst_start_addr_h8),
          {e.get(Field::dst_nsize), e.get(Field::dst_csize), e.get(Field::dst_hsize), e.get(Field::dst_wsize)},
          {e.get(Field::dst_nstride), e.get(Field::dst_cstride), e.get(Field::dst_hstride), e.get(Field::dst_wstride)}};
}

DType dmaFormat(const Exec &e) {
  switch (e.get(Field::src_data_format)) {
  case isa::kGdmaDataFormatInt8:
    return DType::U8;
  case isa::kGdmaDataFormatFp16:
  case isa::kGdmaDataFormatInt16:
  case isa::kGdmaDataFormatBf16:
    return DType::U16;
  case isa::kGdmaDataFormatFp32:
  case isa::kGdmaDataFormatInt32:
    return DType::U32;
  default:
    e.notBuilt("data format " + std::to_string(e.get(Field::src_data_format)));
  }
}

uint64_t laneMask(const Exec &e) {
  return uint64_t(e.get(Field::localmem_mask_h32)) << 32 | uint64_t(e.get(Field::localmem_mask_l32));
}

LocalTensor localSide(const Exec &e, const Side &s, DType dtype) {
  LocalTensor t{dtype, s.dims, e.memory.placeOfWindow(s.address), s.strides};
  checkInside(t, s.name, e.memory);
  return t;
}

/// Bytes from the first element of a linear side to the end of its last.
uint64_t spanOf(const Side &s, int64_t size) {
  const Dims &d = s.dims;
  if (d.n < 1 || d.c < 1 || d.h < 1 || d.w < 1)
    throw UserError("'" + std::string(s.name) + "' has an empty shape [" + std::to_string(d.n) + ", " +
                    std::to_string(d.c) + ", " + std::to_string(d.h) + ", " + std::to_string(d.w) + "]");
  // Sizes have 16 bits and strides 32, so this cannot overflow.
  return uint64_t((d.n - 1) * s.strides.n + (d.c - 1) * s.strides.c + (d.h - 1) * s.strides.h +
                  (d.w - 1) * s.strides.w + 1) *
         uint64_t(size);
}

/// Calls move(linear offset in elements, row of the dense buffer) for every row of w elements.
template <typename F> void forRows(const Side &s, F f) {
  int64_t row = 0;
  for (int64_t n = 0; n < s.dims.n; ++n)
    for (int64_t c = 0; c < s.dims.c; ++c)
      for (int64_t h = 0; h < s.dims.h; ++h)
        f(n * s.strides.n + c * s.strides.c + h * s.strides.h, row++);
}

void gatherLinear(const uint8_t *from, const Side &s, int64_t size, uint8_t *dense) {
  int64_t w = s.dims.w;
  forRows(s, [&](int64_t at, int64_t row) {
    if (s.strides.w == 1)
      std::memcpy(dense + row * w * size, from + at * size, size_t(w * size));
    else
      for (int64_t x = 0; x < w; ++x)
        std::memcpy(dense + (row * w + x) * size, from + (at + x * s.strides.w) * size, size_t(size));
  });
}

void scatterLinear(uint8_t *to, const Side &s, int64_t size, const uint8_t *dense) {
  int64_t w = s.dims.w;
  forRows(s, [&](int64_t at, int64_t row) {
    if (s.strides.w == 1)
      std::memcpy(to + at * size, dense + row * w * size, size_t(w * size));
    else
      for (int64_t x = 0; x < w; ++x)
        std::memcpy(to + (at + x * s.strides.w) * size, dense + (row * w + x) * size, size_t(size));
  });
}

/// The format that a reader of the values would expect; copies move bits and know no signs.
DType shownFormat(const Exec &e) {
  switch (e.get(Field::src_data_format)) {
  case isa::kGdmaDataFormatFp16:
    return DType::F16;
  case isa::kGdmaDataFormatBf16:
    return DType::BF16;
  case isa::kGdmaDataFormatInt16:
    return DType::I16;
  case isa::kGdmaDataFormatFp32:
    return DType::F32;
  case isa::kGdmaDataFormatInt32:
    return DType::I32;
  default:
    return DType::I8;
  }
}

void reportSide(const Exec &e, const Side &s, bool isWrite, const void *values) {
  bool isLocal = e.memory.isLocalWindow(s.address);
  e.report({s.name, isWrite, isLocal, shownFormat(e), s.dims, s.strides,
            isLocal ? e.memory.placeOfWindow(s.address) : LanePlace{0, 0}, isLocal ? 0 : s.address, laneMask(e)},
           values);
}

Tensor loadSide(Exec &e, const Side &s, DType dtype) {
  Tensor dense = e.blank(dtype, s.dims);
  int64_t size = kernel::byteSize(dtype);
  if (e.memory.isLocalWindow(s.address))
    gather(e.memory, localSide(e, s, dtype), dense.data);
  else
    gatherLinear(e.memory.read(s.address, spanOf(s, size)), s, size, dense.as<uint8_t>());
  reportSide(e, s, false, dense.data);
  return dense;
}

void storeSide(Exec &e, const Side &s, const Tensor &value) {
  int64_t size = kernel::byteSize(value.dtype);
  bool isLocal = e.memory.isLocalWindow(s.address);
  // What may not be written is refused in a dry run too.
  LocalTensor local = isLocal ? localSide(e, s, value.dtype) : LocalTensor{};
  uint8_t *linear = isLocal ? nullptr : e.memory.write(s.address, spanOf(s, size));
  reportSide(e, s, true, value.data);
  if (e.isDry())
    return;
  if (isLocal)
    scatter(e.memory, local, value.data, laneMask(e));
  else
    scatterLinear(linear, s, size, value.as<uint8_t>());
}

/// Whether every element of a linear side has a place of its own.
bool isApart(const Side &s) {
  int64_t extent = 1;
  for (auto [count, stride] :
       {std::pair(s.dims.w, s.strides.w), {s.dims.h, s.strides.h}, {s.dims.c, s.strides.c}, {s.dims.n, s.strides.n}}) {
    if (count > 1 && stride < extent)
      return false;
    extent += (count - 1) * stride;
  }
  return true;
}

/// Planes of a linear side; `channels` that it has.
template <typename Byte> BytePlanes<Byte> linearPlanes(Byte *base, const Side &s, int64_t channels, int64_t size) {
  return {base, {channels, 0, s.strides.c * size, 0, s.strides.n * size}, s.strides.h, s.strides.w};
}

/// Copies from side to side at once; where source has one channel and target more, to each of them. False, and nothing
/// done, where that takes a dense copy between.
bool move(Exec &e, const Side &source, const Side &target, DType dtype) {
  int64_t size = kernel::byteSize(dtype);
  bool fromLanes = e.memory.isLocalWindow(source.address), toLanes = e.memory.isLocalWindow(target.address);
  if (e.isObserved() || fromLanes == toLanes || source.dims.n != target.dims.n || source.dims.h != target.dims.h ||
      source.dims.w != target.dims.w || (source.dims.c != target.dims.c && source.dims.c != 1))
    return false;
  e.requirePossible(dtype, source.dims);
  e.requirePossible(dtype, target.dims);
  const Memory &memory = e.memory;
  if (fromLanes) {
    BytePlanes<const uint8_t> from = planesOf(memory, localSide(e, source, dtype));
    uint8_t *to = e.memory.write(target.address, spanOf(target, size));
    if (!isApart(target))
      return false;
    copyPlanes(target.dims, size, linearPlanes(to, target, target.dims.c, size), from);
    return true;
  }
  const uint8_t *linear = memory.read(source.address, spanOf(source, size));
  LocalTensor to = localSide(e, target, dtype);
  if (!hasPlacesApart(to, memory))
    return false;
  BytePlanes<const uint8_t> from = linearPlanes(linear, source, target.dims.c, size);
  if (source.dims.c == 1)
    from.at.channel = 0;
  copyPlanes(target.dims, size, planesOf(e.memory, to), from, laneMask(e));
  return true;
}

Tensor filled(Exec &e, DType dtype, const Dims &dims) {
  Tensor t = e.blank(dtype, dims);
  uint32_t value = uint32_t(e.get(Field::constant_value));
  int64_t size = kernel::byteSize(dtype);
  for (int64_t i = 0; i < dims.count(); ++i)
    std::memcpy(t.as<uint8_t>() + i * size, &value, size_t(size));
  return t;
}

/// Reorders [n, c, h, w] so that the result's dimension i is the source's dimension order[i].
Tensor permuted(Exec &e, const Tensor &in, const int (&order)[4]) {
  int64_t size = kernel::byteSize(in.dtype);
  int64_t dims[4] = {in.dims.n, in.dims.c, in.dims.h, in.dims.w},
          steps[4] = {dims[1] * dims[2] * dims[3], dims[2] * dims[3], dims[3], 1};
  Dims od{dims[order[0]], dims[order[1]], dims[order[2]], dims[order[3]]};
  Tensor out = e.blank(in.dtype, od);
  uint8_t *to = out.as<uint8_t>();
  for (int64_t a = 0; a < od.n; ++a)
    for (int64_t b = 0; b < od.c; ++b)
      for (int64_t c = 0; c < od.h; ++c)
        for (int64_t d = 0; d < od.w; ++d, to += size)
          std::memcpy(to,
                      in.as<uint8_t>() +
                          (a * steps[order[0]] + b * steps[order[1]] + c * steps[order[2]] + d * steps[order[3]]) *
                              size,
                      size_t(size));
  return out;
}

/// With nchw_copy the target has the source's shape and its size fields are ignored (verified).
void settleTargetShape(const Exec &e, Side &target, const Dims &natural) {
  if (e.flag(Field::nchw_copy))
    target.dims = natural;
  else if (target.dims.count() != natural.count())
    throw UserError("'src' has " + std::to_string(natural.count()) + " elements but 'dst' has " +
                    std::to_string(target.dims.count()));
}

void requireStrides(const Exec &e) {
  if (!e.flag(Field::stride_enable))
    e.notBuilt("a copy without stride fields (what it assumes is unknown)");
  if (e.flag(Field::decompress_enable))
    e.notBuilt("decompression");
}

void broadcast(Exec &e, Side source, Side target, DType dtype) {
  if (source.dims.c != 1)
    throw UserError("a broadcast must have one source channel, found " + std::to_string(source.dims.c));
  if (!e.memory.isLocalWindow(target.address))
    throw UserError("a broadcast must write local memory, found address " + hex(target.address));
  target.dims = {source.dims.n, target.dims.c, source.dims.h, source.dims.w};
  // Vendor streams leave the w strides 0 here (verified): neighbours are adjacent.
  source.strides.w = std::max<int64_t>(source.strides.w, 1);
  target.strides.w = std::max<int64_t>(target.strides.w, 1);
  LanePlace place = e.memory.placeOfWindow(target.address);
  if (place.lane + target.dims.c > e.memory.lanes())
    throw UserError("broadcasts to " + std::to_string(target.dims.c) + " lanes from lane " +
                    std::to_string(place.lane) + ", beyond the last of " + std::to_string(e.memory.lanes()));
  if (!e.flag(Field::fill_constant_en) && move(e, source, target, dtype))
    return;
  Tensor one = e.flag(Field::fill_constant_en) ? filled(e, dtype, source.dims) : loadSide(e, source, dtype);
  Tensor all = e.blank(dtype, target.dims);
  int64_t plane = source.dims.h * source.dims.w * kernel::byteSize(dtype);
  for (int64_t i = 0; i < target.dims.n * target.dims.c; ++i)
    std::memcpy(all.as<uint8_t>() + i * plane, one.as<uint8_t>() + i / target.dims.c * plane, size_t(plane));
  storeSide(e, target, all);
}

} // namespace

void executeDmaTensor(Exec &e) {
  requireStrides(e);
  DType dtype = dmaFormat(e);
  Side source = sourceOf(e), target = targetOf(e);
  switch (e.kind) {
  case isa::kDmaTensorBroadcast:
    return broadcast(e, source, target, dtype);
  case isa::kDmaTensor:
    settleTargetShape(e, target, source.dims);
    if (!e.flag(Field::fill_constant_en) && source.dims == target.dims && move(e, source, target, dtype))
      return;
    return storeSide(e, target,
                     e.flag(Field::fill_constant_en) ? filled(e, dtype, target.dims) : loadSide(e, source, dtype));
  case isa::kDmaTensorTranspose: {
    Tensor moved = permuted(
        e, e.flag(Field::fill_constant_en) ? filled(e, dtype, source.dims) : loadSide(e, source, dtype), {1, 0, 2, 3});
    settleTargetShape(e, target, moved.dims);
    return storeSide(e, target, moved);
  }
  default:
    e.notBuilt("this tensor copy");
  }
}

void executeDmaTranspose(Exec &e) {
  requireStrides(e);
  Side source = sourceOf(e), target = targetOf(e);
  DType dtype = dmaFormat(e);
  Tensor moved = permuted(
      e, e.flag(Field::fill_constant_en) ? filled(e, dtype, source.dims) : loadSide(e, source, dtype), {0, 3, 2, 1});
  settleTargetShape(e, target, moved.dims);
  storeSide(e, target, moved);
}

/// A run of elements: in a lane of local memory, or linear. Broadcast repeats it in consecutive lanes.
void executeDmaGeneral(Exec &e) {
  DType dtype = dmaFormat(e);
  int64_t length = e.get(Field::src_cstride), lanes = e.kind == isa::kDmaGeneralBroadcast ? e.get(Field::dst_csize) : 1;
  Side source = sourceOf(e), target = targetOf(e);
  source.dims = {1, 1, 1, length};
  source.strides = {0, 0, 0, 1};
  target.dims = {1, lanes, 1, length};
  target.strides = {0, 0, 0, 1};
  if (e.kind == isa::kDmaGeneralBroadcast)
    return broadcast(e, source, target, dtype);
  if (!e.flag(Field::fill_constant_en) && move(e, source, target, dtype))
    return;
  storeSide(e, target, e.flag(Field::fill_constant_en) ? filled(e, dtype, target.dims) : loadSide(e, source, dtype));
}

} // namespace tpu_mlir::sim
