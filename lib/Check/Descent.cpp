//===- Descent.cpp - Of which elements a command makes which --------------===//
// Element-wise commands make element i of element i, copies keep elements, and
// a window's row is made of rows at its stride. So intermediates keep the
// numbers of the tensor that they come from, and a piece that the file names can
// be held against them.

#include "Values.h"

namespace tpu_mlir::safety {

using isa::Field;

namespace {
/// Windows upon windows without a tensor between them go on no longer than this.
constexpr int64_t kLongestStride = 1 << 20;

bool sameShape(const Grid &a, const Grid &b) { return a.n == b.n && a.c == b.c && a.h == b.h && a.w == b.w; }
} // namespace

void Values::descend(Value &value) {
  const std::string_view family = command->info->family;
  const uint32_t kind = uint32_t(command->get(command->info->kindField));
  // Whatever becomes of their order, copies are still elements of the tensor.
  const bool isCopy = family == "TRANS" || engineOf(mark) == 1 || (family == "AR" && kind == isa::kArithCopy);
  value.from.isWeight = readsWeights;
  value.from.isForeign = isCopy && operands.empty();
  if (isCopy && operands.size() == 1) {
    const Value &source = all[operands[0].first];
    value.from.tensor = source.tensor >= 0 ? source.tensor : source.from.tensor;
    value.from.isComputed = source.tensor < 0 && source.from.isComputed;
    value.from.isWeight |= source.from.isWeight;
  }
  const bool isArithmetic = family == "AR" && kind != isa::kArithEuIdxGen && kind != isa::kArithNpuIdxGen;
  const bool byElements = isArithmetic || family == "RQ" || family == "LIN" || family == "CMP" || family == "SFU" ||
                          family == "SG" || (family == "TRANS" && kind == isa::kTsbcLCopy);
  const bool broadcasts = family == "DMATensor" && kind == isa::kDmaTensorBroadcast;
  const bool copies = family == "DMATensor" && kind == isa::kDmaTensor && command->get(Field::nchw_copy);
  // A copy to other lanes is still the tensor, whatever part of it stands where.
  if (family == "TRANS" && kind == isa::kTsbcLCopy && operands.size() == 1)
    value.tensor = all[operands[0].first].tensor;
  for (const Operand &operand : operands) {
    if (!operand.source || operand.isComplained)
      continue;
    const int tensor = all[operand.source].tensor;
    if (operand.isBroken && engineOf(mark) == 1 && tensor >= 0) {
      value.from.tensor = tensor; // in whatever order
      if (isLoad && claims.isInput(tensor))
        value.tensor = tensor;
    }
    if (operand.isBroken)
      continue;
    if ((family == "CONV" || family == "PORD") && operand.access.operand == "opd0")
      return descendByWindow(value, operand);
    if (broadcasts)
      return descendByBroadcast(value, operand);
    if (copies)
      return descendByCopy(value, operand);
    if (family == "TRANS" && (kind == isa::kTsbcCwTs || kind == isa::kTsbcWcTs))
      return descendByTransposition(value, operand);
    if (byElements && sameShape(operand.access.grid, value.grid))
      return descendByElements(value, operand);
  }
}

void Values::descendByElements(Value &value, const Operand &operand) {
  const Value &source = all[operand.source];
  if (!isPlain(value.grid) || !isPlain(operand.access.grid) ||
      (value.grid.h > 1 && value.grid.stepH / value.grid.item != operand.access.grid.stepH / operand.access.grid.item))
    return;
  if (operand.phase)
    return;
  value.numbers = source.numbers;
  value.numbers.first = operand.at;
  value.from = source.from;
  if (source.tensor >= 0)
    value.from.tensor = source.tensor;
  const std::string_view family = command->info->family;
  if (family != "TRANS" && (family != "AR" || command->get(command->info->kindField) != isa::kArithCopy))
    value.from.isComputed = true;
}

void Values::descendByWindow(Value &value, const Operand &operand) {
  const Value &source = all[operand.source];
  const int64_t width = source.numbers.width;
  if (width <= 0 || source.numbers.column != 1 || operand.phase || command->get(Field::opd0_y_ins0) ||
      command->get(Field::opd0_up_pad) > 64)
    return;
  const int64_t inPlane = source.numbers.plane > 0 ? operand.at % source.numbers.plane : operand.at;
  const Descent &before = source.from;
  const int64_t stride = before.isWindow ? before.stride : 1;
  if (stride > kLongestStride)
    return;
  value.from.tensor = source.tensor >= 0 ? source.tensor : before.tensor;
  value.from.isComputed = value.from.isWindow = true, value.from.isWeight = false;
  value.from.row =
      (before.isWindow ? before.row : 0) + stride * (inPlane / width - int64_t(command->get(Field::opd0_up_pad)));
  value.from.column = inPlane % width;
  value.from.stride = stride * int64_t(command->get(Field::res_op_y_str));
  const Grid &grid = value.grid;
  value.numbers = {isPlain(grid) && (grid.h == 1 || grid.stepH == grid.w * grid.item),
                   0,
                   int64_t(grid.c * grid.h * grid.w),
                   int64_t(grid.h * grid.w),
                   int64_t(grid.w),
                   1,
                   int64_t(grid.w)};
}

/// A copy between memories. In linear memory the steps between elements are those of the addresses.
void Values::descendByCopy(Value &value, const Operand &operand) {
  const Value &source = all[operand.source];
  const Grid &from = operand.access.grid;
  if (!sameShape(from, value.grid) || !isPlain(from) || !isPlain(value.grid) || operand.phase)
    return;
  Numbering numbers = source.numbers;
  numbers.first = operand.at;
  const int64_t item = int64_t(from.item), step = int64_t(from.stepH) / item;
  if (operand.access.space == Space::Linear) {
    numbers.image = int64_t(from.stepN) / item, numbers.plane = int64_t(from.stepC) / item, numbers.width = step;
  } else if (from.h > 1 && !numbers.isLinear()) {
    if (step % numbers.row)
      return;
    numbers.width *= step / numbers.row;
  } else if (from.h > 1) {
    numbers.width = step;
  }
  numbers.row = from.h == 1 ? 0 : int64_t(value.grid.stepH / value.grid.item);
  if (numbers.column != 1 && from.h > 1)
    return;
  value.numbers = numbers;
  value.from = source.from;
  if (source.tensor >= 0)
    value.from.tensor = source.tensor;
  // The file names copies of what layers computed; of the inputs it need not.
  if (isLoad && source.tensor >= 0 && claims.isInput(source.tensor))
    value.tensor = source.tensor;
}

/// Channels and columns change places. Rows are followed where there is one.
void Values::descendByTransposition(Value &value, const Operand &operand) {
  const Value &source = all[operand.source];
  if (source.from.isWindow || value.grid.h != 1 || !isPlain(value.grid))
    return;
  const Numbering &from = source.numbers;
  value.numbers = {true, operand.at, from.image, from.column, from.plane, from.plane, 0};
}

/// Every lane has the same elements; of which channel they are is not followed.
void Values::descendByBroadcast(Value &value, const Operand &operand) {
  const Value &source = all[operand.source];
  const Grid &from = operand.access.grid;
  if (source.tensor < 0 || claims.hasViews(source.tensor) || source.numbers.plane <= 0 || from.n != 1 || from.c != 1 ||
      !isPlain(from) || !isPlain(value.grid))
    return;
  const int64_t item = int64_t(from.item), width = from.h > 1 ? int64_t(from.stepH) / item : source.numbers.width;
  value.numbers = {
      true, operand.at % source.numbers.plane, 0, 0, width, 1, from.h > 1 ? int64_t(value.grid.stepH) / item : 0};
  value.from.tensor = source.tensor;
}

/// What is wrong with bytes that are to be the claimed piece by the tensor that they are copied from: what is loaded
/// must be that tensor, and what is stored must be what its layer completed in local memory, where it did. Empty where
/// nothing is.
std::string Values::wrongTensor(const Claim &claim, const Value &value, bool isLocal) {
  if (engineOf(mark) != 1 || engineOf(value.writer) != 1 || value.tensor >= 0 || value.from.isForeign ||
      (!isLocal && !claims.isMadeLocally(claim.tensor)))
    return "";
  const Descent &from = value.from;
  const int tensor = from.isComputed ? -1 : from.tensor;
  if (tensor >= 0 && hostOf(tensor).first == hostOf(claim.tensor).first)
    return "";
  return tensor < 0 ? " out of what is no tensor, by " : " out of " + claims.quotedTensor(tensor) + ", by ";
}

/// What is wrong with a value whose element `number` is to be element `claimed` of the piece; empty where nothing is.
std::string Values::wrongElement(const Claim &claim, const Value &value, int64_t claimed, int64_t number) {
  const Descent &from = value.from;
  if (from.tensor < 0 || value.tensor >= 0)
    return "";
  if (!from.isWindow) {
    const auto [host, apart] = hostOf(from.tensor);
    const auto [claimedHost, claimedApart] = hostOf(claim.tensor);
    const bool isInOrder = claims.readsOf(value.layer, from.tensor) == bmodel::Reads::InOrder;
    // A layer may also copy what stands in its result already.
    const bool isCopied = from.tensor != claim.tensor && value.layer == claims.layerOfTensor(claim.tensor);
    const bool mustAgree = (host == claimedHost && !isCopied) || (isInOrder && value.numbers.sameSteps(claim.numbers));
    if (host == claimedHost && !isCopied)
      number += apart, claimed += claimedApart;
    return !mustAgree || claimed == number
               ? ""
               : " out of elements at other places of tensor '" + claims.tensorName(from.tensor) + "', by ";
  }
  if (value.numbers.width != claim.numbers.width || claim.numbers.plane <= 0 || value.numbers.plane <= 0)
    return "";
  const int64_t row = from.row + from.stride * (number % value.numbers.plane / value.numbers.width);
  const int64_t offset = row - from.stride * (claimed % claim.numbers.plane / claim.numbers.width);
  const auto [it, isNew] = windows.try_emplace({claim.tensor, from.tensor, from.stride}, offset, from.column);
  return isNew || it->second == std::pair(offset, from.column)
             ? ""
             : " out of other rows of tensor '" + claims.tensorName(from.tensor) + "' than its other pieces, by ";
}

} // namespace tpu_mlir::safety
