//===- ExecGather.cpp - Gather and scatter within a lane ------------------===//
// R[n, c, 0, j] = A[0, c, 0, B[n, c, 0, j]] and its inverse. With a table of
// 256 entries and 8-bit indices the gather is a lookup. The "hzd" kinds are the
// same arithmetic; they tolerate operands in one bank.
// Source: shared ISA notes, isa.md §5 (both verified by use; skipping and
// filling stated; what an index past the table does without fill is unknown).

#include "Exec.h"

#include <cstring>

namespace tpu_mlir::sim {
namespace {

struct Skip {
  bool enabled;
  int64_t index; ///< the largest index number means "skip"
};

template <typename T, typename I>
void gatherRows(Exec &e, const Tensor &table, const Tensor &index, const Tensor &out, Skip skip) {
  int64_t entries = table.dims.w, width = out.dims.w, channels = out.dims.c;
  bool fills = e.flag(Field::opd2_const);
  T fill = T(e.get(Field::opd2_addr));
  for (int64_t row = 0; row < out.dims.n * channels; ++row) {
    const T *from = table.as<T>() + row % channels * entries;
    const I *at = index.as<I>() + row * width;
    T *to = out.as<T>() + row * width;
    for (int64_t j = 0; j < width; ++j) {
      int64_t i = at[j];
      if (i < entries && !(skip.enabled && i == skip.index))
        to[j] = from[i];
      else if (fills)
        to[j] = fill;
      else if (!(skip.enabled && i == skip.index))
        throw UserError("index " + std::to_string(i) + " is outside the " + std::to_string(entries) +
                        " entries of 'opd0'");
    }
  }
}

template <typename T, typename I>
void scatterRows(const Tensor &source, const Tensor &index, const Tensor &out, Skip skip) {
  int64_t width = index.dims.w, channels = out.dims.c;
  for (int64_t row = 0; row < out.dims.n * channels; ++row)
    for (int64_t j = 0; j < width; ++j) {
      int64_t i = index.as<I>()[row * width + j];
      if (skip.enabled && i == skip.index)
        continue;
      if (i >= out.dims.w)
        throw UserError("index " + std::to_string(i) + " is outside the " + std::to_string(out.dims.w) +
                        " elements of 'res0'");
      out.as<T>()[row * out.dims.w + i] = source.as<T>()[row * width + j];
    }
}

/// Whether no index can be outside the table or mean anything else.
bool isLookup(const LocalTensor &table, DType index, const Skip &skip) {
  return !skip.enabled && table.dims.w >= (int64_t(1) << kernel::bitWidth(index)) && index == DType::U8;
}

/// Calls f<element type, index type>().
template <typename F> void withTypes(DType element, DType index, F f) {
  bool wide = kernel::byteSize(index) == 2;
  switch (kernel::byteSize(element)) {
  case 1:
    return wide ? f.template operator()<uint8_t, uint16_t>() : f.template operator()<uint8_t, uint8_t>();
  case 2:
    return wide ? f.template operator()<uint16_t, uint16_t>() : f.template operator()<uint16_t, uint8_t>();
  default:
    return wide ? f.template operator()<uint32_t, uint16_t>() : f.template operator()<uint32_t, uint8_t>();
  }
}

} // namespace

void executeGather(Exec &e) {
  bool gathers = e.kind == isa::kSgPeSGatherD1coor || e.kind == isa::kSgPeSGatherHzd;
  bool scatters = e.kind == isa::kSgPeSScatterD1coor || e.kind == isa::kSgPeSScatterHzd;
  if (!gathers && !scatters)
    e.notBuilt("this gather or scatter");
  Dims out = e.resultDims();
  if (out.h != 1)
    throw UserError("the result of a gather or scatter must have h 1, found " + std::to_string(out.h));
  DType dtype = e.format(Field::res0_prec, false), indexType = e.format(Field::opd1_prec, false);
  if (indexType != DType::U8 && indexType != DType::U16)
    e.notBuilt(std::string("an index of format ") + kernel::name(indexType));
  LocalTensor result = e.aligned("res0", Field::res0_addr, dtype, out);
  Dims indexDims{out.n, e.get(Field::opd1_c), 1, e.get(Field::opd1_w)};
  if (indexDims.c != out.c || (gathers && indexDims.w != out.w))
    throw UserError("the index has c " + std::to_string(indexDims.c) + " and w " + std::to_string(indexDims.w) +
                    " but the result has c " + std::to_string(out.c) + " and w " + std::to_string(out.w));
  LocalTensor indexPlace = e.aligned("opd1", Field::opd1_addr, indexType, indexDims);
  e.requireLane("opd1", indexPlace, result.start.lane, ", where the result starts");
  // A gather reads one table per lane for all batches, a scatter one source row per index row.
  Dims sourceDims{gathers ? 1 : out.n, out.c, 1, e.get(Field::opd0_w)};
  bool sharedTable = e.get(Field::opd0_str) == isa::kLayoutLaneShared;
  LocalTensor source = sharedTable ? e.shared("opd0", Field::opd0_addr, dtype, sourceDims)
                                   : e.aligned("opd0", Field::opd0_addr, dtype, sourceDims);
  e.requireLane("opd0", source, result.start.lane, ", where the result starts");
  if (sharedTable && source.start.offset % e.memory.alignBytes() != 0)
    throw UserError("'opd0' starts at offset " + hex(uint64_t(source.start.offset)) + ", which is not a multiple of " +
                    std::to_string(e.memory.alignBytes()));

  Skip skip{e.flag(Field::opd3_const), indexType == DType::U8 ? 0xff : 0xffff};
  if (gathers && isLookup(source, indexType, skip)) {
    Tensor to = e.target("res0", result), index = e.view("opd1", indexPlace, result),
           tables = e.view("opd0", source, result);
    kernel::lookupRows(to, index, tables);
    return e.finish("res0", result, to);
  }
  Tensor index = e.load("opd1", indexPlace), from = e.load("opd0", source);
  if (gathers) {
    // Skipped places keep what they hold.
    Tensor to = skip.enabled ? e.load("res0", result) : e.blank(dtype, out);
    withTypes(dtype, indexType, [&]<typename T, typename I>() { gatherRows<T, I>(e, from, index, to, skip); });
    return e.store("res0", result, to);
  }
  if (sourceDims.w != indexDims.w)
    throw UserError("a scatter has " + std::to_string(sourceDims.w) + " values and " + std::to_string(indexDims.w) +
                    " indices per row");
  Tensor to = e.load("res0", result);
  withTypes(dtype, indexType, [&]<typename T, typename I>() { scatterRows<T, I>(from, index, to, skip); });
  e.store("res0", result, to);
}

} // namespace tpu_mlir::sim
