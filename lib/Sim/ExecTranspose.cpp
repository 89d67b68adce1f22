//===- ExecTranspose.cpp - Transposition, lane copy and broadcast ---------===//
// Moves between lanes, and from static memory into lanes. Elements are moved as
// bits. Source: shared ISA notes, isa.md §5 (lane copy, lane broadcast and
// distribution verified by use, the others stated).

#include "Exec.h"

namespace tpu_mlir::sim {
namespace {

void exchangeChannels(Exec &e, const LocalTensor &result) {
  Dims in{result.dims.n, e.get(Field::opd0_c), result.dims.h, e.get(Field::opd0_w)};
  if (in.c != result.dims.w || in.w != result.dims.c)
    throw UserError("the transposition's source has c " + std::to_string(in.c) + " and w " + std::to_string(in.w) +
                    " but its result has c " + std::to_string(result.dims.c) + " and w " +
                    std::to_string(result.dims.w));
  LocalTensor source = e.aligned("opd0", Field::opd0_addr, result.dtype, in);
  if (e.kind == isa::kTsbcCwTs)
    e.requireLane("opd0", source, 0, " (transposition from c to w)");
  else
    e.requireLane("res0", result, 0, " (transposition from w to c)");
  Tensor from = e.load("opd0", source), to = e.blank(result.dtype, result.dims);
  kernel::exchangeChannels(to, from);
  e.store("res0", result, to);
}

/// Elements at a static address, which is absolute.
const uint8_t *staticSource(Exec &e, int64_t bytes) {
  try {
    return e.memory.read(uint64_t(e.get(Field::opd0_addr)), uint64_t(bytes));
  } catch (const UserError &error) {
    throw UserError(std::string("'opd0' ") + error.what());
  }
}

} // namespace

void executeTranspose(Exec &e) {
  DType dtype = e.format(Field::res0_prec, false);
  Dims d = e.resultDims();
  int64_t size = kernel::byteSize(dtype), last = e.memory.lanes();
  LocalTensor result = e.kind == isa::kTsbcSDistribute ? e.compact("res0", Field::res0_addr, dtype, {1, d.c, 1, 1})
                                                       : e.aligned("res0", Field::res0_addr, dtype, d);
  bool broadcasts = e.kind == isa::kTsbcLBc || e.kind == isa::kTsbcSBc;
  if (broadcasts && result.start.lane + d.c > last)
    throw UserError("broadcasts to " + std::to_string(d.c) + " lanes from lane " + std::to_string(result.start.lane) +
                    ", beyond the last of " + std::to_string(last));
  switch (e.kind) {
  case isa::kTsbcCwTs:
  case isa::kTsbcWcTs:
    return exchangeChannels(e, result);
  case isa::kTsbcLCopy: {
    LocalTensor source = e.aligned("opd0", Field::opd0_addr, dtype, d);
    return e.move("opd0", source, "res0", result) ? void() : e.store("res0", result, e.load("opd0", source));
  }
  case isa::kTsbcLBc: {
    Tensor one = e.load("opd0", e.aligned("opd0", Field::opd0_addr, dtype, {d.n, 1, d.h, d.w}));
    Tensor all = e.blank(dtype, d);
    kernel::broadcastChannel(all, one);
    return e.store("res0", result, all);
  }
  case isa::kTsbcSBc: {
    if (d.n != 1 || d.h != 1)
      throw UserError("a broadcast from static memory must have n and h 1, found " + std::to_string(d.n) + " and " +
                      std::to_string(d.h));
    const uint8_t *source = staticSource(e, d.w * size);
    Tensor all = e.blank(dtype, d);
    kernel::broadcastChannel(all, {dtype, {1, 1, 1, d.w}, source});
    return e.store("res0", result, all);
  }
  case isa::kTsbcSDistribute: {
    if (d.n != 1 || d.h != 1 || d.w != 1)
      throw UserError("a distribution from static memory must have n, h and w 1");
    e.requireLane("res0", result, 0, " (distribution)");
    return e.store("res0", result, {dtype, result.dims, staticSource(e, d.c * size)});
  }
  default:
    e.notBuilt("this transposition");
  }
}

} // namespace tpu_mlir::sim
