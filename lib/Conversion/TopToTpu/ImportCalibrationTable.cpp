//===- ImportCalibrationTable.cpp - Ranges from a text table --------------===//
// Reads a calibration table and sets the calibrated type of every tensor.
// Source of the text format: facts that users of the vendor's tool know.
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Iterators.h"
#include "tpu_mlir/Conversion/TopToTpu/Passes.h"
#include "tpu_mlir/Dialect/Top/IR/ElementTypes.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Support/NameText.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MemoryBuffer.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace mlir;

namespace tpu_mlir {
#define GEN_PASS_DEF_IMPORTCALIBRATIONTABLE
#include "tpu_mlir/Conversion/TopToTpu/Passes.h.inc"

namespace {

/// Smaller magnitudes give no scale.
constexpr double kSmallestThreshold = 1e-27;

struct Row {
  double threshold, min, max;
  size_t line;
  bool isZero() const { return threshold == 0 && min == 0 && max == 0; }
  bool hasRangeOf(const Row &other) const {
    return threshold == other.threshold && min == other.min && max == other.max;
  }
};

constexpr StringRef kBlanks = " \t\r\v\f";

/// The number that the text of a module keeps (seven digits): a network lowers to the same numbers whether or not it
/// was written to a file in between.
double asPrinted(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << value;
  return std::strtod(text.c_str(), nullptr);
}

/// The range of what a max pool reads is at least that of its result: both share one scale, and values that are rare
/// before a pool are common behind it, so clipping that is harmless there would saturate here.
void widenPooled(top::MaxPoolOp pool) {
  auto widen = [&](Value v) {
    auto input = cast<RankedTensorType>(v.getType()), output = cast<RankedTensorType>(pool.getOutput().getType());
    auto read = dyn_cast<quant::CalibratedQuantizedType>(input.getElementType());
    auto made = dyn_cast<quant::CalibratedQuantizedType>(output.getElementType());
    if (!read || !made)
      return;
    double low = std::min(read.getMin(), made.getMin()), high = std::max(read.getMax(), made.getMax());
    v.setType(input.clone(quant::CalibratedQuantizedType::get(read.getExpressedType(), low, high)));
  };
  widen(pool.getInput());
  // A pad in between has no scale of its own.
  if (auto pad = pool.getInput().getDefiningOp<top::PadOp>())
    widen(pad.getInput());
}

/// Why three numbers of a row give no range, as the tail of a sentence; empty where they do.
std::string whyNoRange(ArrayRef<StringRef> words, const Row &row) {
  if (row.threshold < 0)
    return ("threshold " + words[0] + " is negative").str();
  if (row.min > row.max)
    return ("min " + words[1] + " is above max " + words[2]).str();
  if (row.threshold < kSmallestThreshold && !row.isZero())
    return ("threshold " + words[0] + " gives no scale to the range [" + words[1] + ", " + words[2] +
            "] (the least is 1e-27); give the row the largest magnitude that the tensor may have, or '0 0 0' where it "
            "may count as zero")
        .str();
  // Seven decimals, as tables were written once, have lost such numbers.
  if (row.threshold > 0 && row.threshold < 1e-6 && words[0].starts_with("0.") && words[0].size() == 9)
    return ("threshold " + words[0] + " has one digit left; calibrate again for a table that keeps more").str();
  return "";
}

/// The first row that names no tensor of the network, as a part of a sentence; empty where there is none.
std::string foreignRow(const llvm::StringMap<Row> &rows, ArrayRef<Value> tensors) {
  llvm::StringSet<> known;
  for (Value v : tensors)
    known.insert(top::nameOf(v));
  const llvm::StringMapEntry<Row> *first = nullptr;
  for (const auto &entry : rows)
    // A quoted name stands there twice.
    if (!known.contains(entry.first()) && !entry.first().starts_with("\"") &&
        (!first || entry.second.line < first->second.line))
      first = &entry;
  if (!first)
    return "";
  return (", and its line " + Twine(first->second.line) + " names '" + first->first() +
          "', which this network does not have")
      .str();
}

struct ImportCalibrationTablePass : impl::ImportCalibrationTableBase<ImportCalibrationTablePass> {
  using ImportCalibrationTableBase::ImportCalibrationTableBase;

  LogicalResult fail(const Twine &sentence) { return getOperation().emitError() << sentence; }

  /// Gives tensors that were zero in every sample the least threshold of all others. Any scale holds zero, and this one
  /// is never coarser than that of what is computed with it, whatever the unit of the network's numbers.
  void scaleZeros(llvm::StringMap<Row> &rows) {
    double least = std::numeric_limits<double>::infinity();
    for (const auto &entry : rows)
      if (!entry.second.isZero())
        least = std::min(least, entry.second.threshold);
    if (!std::isfinite(least))
      least = 1;
    size_t count = 0;
    const llvm::StringMapEntry<Row> *first = nullptr;
    for (auto &entry : rows) {
      if (!entry.second.isZero())
        continue;
      ++count;
      if (!first || entry.second.line < first->second.line)
        first = &entry;
      entry.second = {least, 0, least, entry.second.line};
    }
    if (first)
      getOperation().emitWarning() << "calibration table '" << file << "' line " << first->second.line << ": tensor '"
                                   << first->first() << "' has the range 0 0 0"
                                   << (count > 1 ? " (first of " + std::to_string(count) + " such rows)" : "")
                                   << ": it was zero in every sample, and what it is beyond " << first->second.threshold
                                   << " will be lost";
  }

  FailureOr<llvm::StringMap<Row>> readTable() {
    if (file.empty())
      return fail("import-calibration-table needs a table; give it as file=<path>");
    auto buffer = llvm::MemoryBuffer::getFile(file);
    if (!buffer)
      return fail("calibration table '" + file + "': " + buffer.getError().message());
    llvm::StringMap<Row> rows;
    llvm::StringMap<std::string> asWritten;
    SmallVector<StringRef> lines;
    (*buffer)->getBuffer().split(lines, '\n');
    for (auto [i, raw] : llvm::enumerate(lines)) {
      StringRef line = raw.trim(kBlanks);
      // Sections behind a marker hold other rows (int4 thresholds, weight scales).
      if (line.starts_with("#int4_th") || line.starts_with("#weight_scale"))
        break;
      if (line.empty() || line.starts_with("#"))
        continue;
      // A name that is no plain word is in quotes. In older tables it stands as it is: numbers are read from the end.
      StringRef words[3], name = line;
      double numbers[3];
      bool ok = true;
      for (int k = 2; k >= 0; --k) {
        size_t blank = name.find_last_of(kBlanks);
        words[k] = name.substr(blank + 1);
        name = blank == StringRef::npos ? "" : name.take_front(blank).rtrim(kBlanks);
        ok = ok && !words[k].getAsDouble(numbers[k]) && std::isfinite(numbers[k]);
      }
      if (!ok || name.empty())
        return fail("calibration table '" + file + "' line " + Twine(i + 1) +
                    ": expected 'name threshold min max', found '" + line.take_front(80) + "'");
      Row row = {numbers[0], numbers[1], numbers[2], i + 1};
      if (std::string why = whyNoRange(words, row); !why.empty())
        return fail("calibration table '" + file + "' line " + Twine(i + 1) + ": tensor '" + name + "': " + why);
      auto quoted = readQuotedName(name);
      const bool isQuoted = quoted && quoted->rest.empty();
      std::string meant = isQuoted ? std::string(quoted->name) : name.str();
      if (auto [known, isNew] = rows.try_emplace(meant, row); !isNew && !known->second.hasRangeOf(row))
        return fail("calibration table '" + file + "' line " + Twine(i + 1) + ": tensor '" + name +
                    "' has another range in line " + Twine(known->second.line));
      if (isQuoted)
        asWritten[name] = meant;
    }
    scaleZeros(rows);
    // In older tables quotes were part of the name.
    for (const auto &entry : asWritten)
      rows.try_emplace(entry.getKey(), rows.lookup(entry.getValue()));
    return rows;
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (auto state = module->getAttrOfType<StringAttr>("module.state");
        state && !state.getValue().starts_with("TOP_")) {
      (void)fail("import-calibration-table needs a Top module; this one's module.state is '" + state.getValue() + "'");
      return signalPassFailure();
    }
    FailureOr<llvm::StringMap<Row>> rows = readTable();
    if (failed(rows))
      return signalPassFailure();
    SmallVector<Value> tensors;
    module.walk([&](Operation *op) {
      if (isa<top::WeightOp, top::NoneOp, ModuleOp, func::FuncOp>(op))
        return;
      // Integers and booleans are exact as they are.
      for (Value v : op->getResults())
        if (!isa<RankedTensorType>(v.getType()) || top::elementOf(v) == host::Element::F32)
          tensors.push_back(v);
    });
    SmallVector<StringRef> missing;
    for (Value v : tensors) {
      auto type = dyn_cast<RankedTensorType>(v.getType());
      if (!type) {
        (void)fail("tensor '" + top::nameOf(v) + "' has no shape; run shape-infer first");
        return signalPassFailure();
      }
      auto row = rows->find(top::nameOf(v));
      if (row == rows->end()) {
        missing.push_back(top::nameOf(v));
        continue;
      }
      auto [threshold, min, max, line] = row->second;
      // What a method of calibration cuts off, it cuts off both ends.
      double low = asymmetric ? std::max(min, -threshold)
                   : min < 0  ? -threshold
                              : 0,
             high = asymmetric ? std::min(max, threshold) : threshold;
      auto f32 = Float32Type::get(&getContext());
      low = asPrinted(std::min(low, 0.0)), high = asPrinted(std::max(high, 0.0));
      if (high <= low) {
        (void)fail("calibration table '" + file + "' line " + Twine(line) + ": tensor '" + row->first() +
                   "' has a range that gives no scale");
        return signalPassFailure();
      }
      v.setType(type.clone(quant::CalibratedQuantizedType::get(f32, low, high)));
    }
    if (!missing.empty()) {
      (void)fail("calibration table '" + file + "' has no row for " + Twine(missing.size()) + " of " +
                 Twine(tensors.size()) + " tensors, first '" + missing.front() + "'" + foreignRow(*rows, tensors) +
                 "; run run_calibration.py on this .mlir");
      return signalPassFailure();
    }
    module.walk<WalkOrder::PostOrder, ReverseIterator>([](top::MaxPoolOp pool) { widenPooled(pool); });
    for (auto function : module.getOps<func::FuncOp>()) {
      if (function.isDeclaration())
        continue;
      auto results = function.getBody().front().getTerminator()->getOperandTypes();
      function.setFunctionType(FunctionType::get(&getContext(), function.getArgumentTypes(), results));
    }
    module->setAttr("module.state", StringAttr::get(&getContext(), "TOP_CALIBRATED"));
  }
};

} // namespace
} // namespace tpu_mlir
