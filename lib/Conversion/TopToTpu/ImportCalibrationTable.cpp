//===- ImportCalibrationTable.cpp - Ranges from a text table --------------===//
// Reads a calibration table and sets the calibrated type of every tensor.
// Source of the text format: facts that users of the vendor's tool know.
#include "tpu_mlir/Conversion/TopToTpu/Passes.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Support/NameText.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Iterators.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cmath>

using namespace mlir;

namespace tpu_mlir {
#define GEN_PASS_DEF_IMPORTCALIBRATIONTABLE
#include "tpu_mlir/Conversion/TopToTpu/Passes.h.inc"

namespace {

struct Row {
  double threshold, min, max;
};

/// Thresholds below this stand for constant zero. Source: the vendor's parser, by the interface facts.
constexpr double kSmallestThreshold = 1e-5;

constexpr StringRef kBlanks = " \t\r\v\f";

/// The number that the text of a module keeps (seven digits): a network lowers to the same numbers whether or not it was
/// written to a file in between.
double asPrinted(double value) {
  std::string text;
  llvm::raw_string_ostream(text) << value;
  return std::strtod(text.c_str(), nullptr);
}

/// The range of what a max pool reads is at least that of its result: both share one scale, and values that are rare before
/// a pool are common behind it, so clipping that is harmless there would saturate here.
void widenPooled(top::MaxPoolOp pool) {
  auto input = cast<RankedTensorType>(pool.getInput().getType()), output = cast<RankedTensorType>(pool.getOutput().getType());
  auto read = dyn_cast<quant::CalibratedQuantizedType>(input.getElementType());
  auto made = dyn_cast<quant::CalibratedQuantizedType>(output.getElementType());
  if (!read || !made)
    return;
  double low = std::min(read.getMin(), made.getMin()), high = std::max(read.getMax(), made.getMax());
  pool.getInput().setType(
      input.clone(quant::CalibratedQuantizedType::get(read.getExpressedType(), low, high)));
}

struct ImportCalibrationTablePass : impl::ImportCalibrationTableBase<ImportCalibrationTablePass> {
  using ImportCalibrationTableBase::ImportCalibrationTableBase;

  LogicalResult fail(const Twine &sentence) { return getOperation().emitError() << sentence; }

  FailureOr<llvm::StringMap<Row>> readTable() {
    if (file.empty())
      return fail("import-calibration-table needs a table; give it as file=<path>");
    auto buffer = llvm::MemoryBuffer::getFile(file);
    if (!buffer)
      return fail("calibration table '" + file + "': " + buffer.getError().message());
    llvm::StringMap<Row> rows, asWritten;
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
      if (numbers[1] > numbers[2])
        return fail("calibration table '" + file + "' line " + Twine(i + 1) + ": min " + words[1] + " is above max " +
                    words[2]);
      Row row = {std::max(std::fabs(numbers[0]), kSmallestThreshold), numbers[1], numbers[2]};
      if (auto quoted = readQuotedName(name); quoted && quoted->rest.empty()) {
        rows[quoted->name] = row;
        asWritten[name] = row;
      } else {
        rows[name] = row;
      }
    }
    // In older tables quotes were part of the name.
    for (const auto &entry : asWritten)
      rows.try_emplace(entry.getKey(), entry.getValue());
    return rows;
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (auto state = module->getAttrOfType<StringAttr>("module.state"); state && !state.getValue().starts_with("TOP_")) {
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
      for (Value v : op->getResults())
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
      auto [threshold, min, max] = row->second;
      double low = asymmetric ? min : min < 0 ? -threshold : 0, high = asymmetric ? max : threshold;
      auto f32 = Float32Type::get(&getContext());
      low = asPrinted(std::min(low, 0.0)), high = asPrinted(std::max(high, low + kSmallestThreshold));
      v.setType(type.clone(quant::CalibratedQuantizedType::get(f32, low, high)));
    }
    if (!missing.empty()) {
      (void)fail("calibration table '" + file + "' has no row for " + Twine(missing.size()) + " of " + Twine(tensors.size()) +
           " tensors, first '" + missing.front() + "'; run run_calibration.py on this .mlir");
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
