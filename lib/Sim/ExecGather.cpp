//===- ExecGather.cpp - Gather and scatter within a lane ------------------===//
// R[n, c, 0, j] = A[0, c, 0, B[n, c, 0, j]] and its inverse. With a table of
// 256 entries and 8-bit indices the gather is a lookup. The "hzd" kinds are the
// same arithmetic; they tolerate operands in one bank.
// Source: shared ISA notes, isa.md §5 (both verified by use; skipping and
// filling stated; what an index past the table does without fill is unknown).

#include "Exec.h"

#include <optional>

namespace tpu_mlir::sim {
namespace {

/// Whether no index can be outside the table or mean anything else.
bool isLookup(const LocalTensor &table, DType index, const kernel::IndexRule &rule) {
  return !rule.skips && table.dims.w >= (int64_t(1) << kernel::bitWidth(index)) && index == DType::U8;
}

/// An index that names nothing is the stream's mistake: what the chip does then is unknown.
void requireFound(std::optional<int64_t> missing, int64_t entries, const char *what) {
  if (missing)
    throw UserError("index " + std::to_string(*missing) + " is outside the " + std::to_string(entries) + what);
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

  // The largest index number means "skip" where the command says so.
  const kernel::IndexRule rule{e.flag(Field::opd3_const), kernel::rangeOf(indexType).high, e.flag(Field::opd2_const),
                               uint32_t(e.get(Field::opd2_addr))};
  if (gathers && isLookup(source, indexType, rule)) {
    Tensor to = e.target("res0", result), index = e.view("opd1", indexPlace, result),
           tables = e.view("opd0", source, result);
    kernel::lookupRows(to, index, tables);
    return e.finish("res0", result, to);
  }
  Tensor index = e.load("opd1", indexPlace), from = e.load("opd0", source);
  if (gathers) {
    // Skipped places keep what they hold.
    Tensor to = rule.skips ? e.load("res0", result) : e.blank(dtype, out);
    requireFound(kernel::gatherRows(to, from, index, rule), sourceDims.w, " entries of 'opd0'");
    return e.store("res0", result, to);
  }
  if (sourceDims.w != indexDims.w)
    throw UserError("a scatter has " + std::to_string(sourceDims.w) + " values and " + std::to_string(indexDims.w) +
                    " indices per row");
  Tensor to = e.load("res0", result);
  requireFound(kernel::scatterRows(to, from, index, rule), out.w, " elements of 'res0'");
  e.store("res0", result, to);
}

} // namespace tpu_mlir::sim
