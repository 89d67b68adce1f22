//===- Family.cpp - The family's rows, engines and prices of moves --------===//
// Puts the rows into the order of the table of primitives, which is asserted.
// What a row does, and how moves are encoded, is said in their own files.
#include "CommandEmitter.h"
#include "MovePlan.h"
#include "Row.h"
#include "tpu_mlir/Timing/Uncertain.h"

namespace tpu_mlir::backend {

namespace tiu_gdma {
namespace {

timing::Copy directionOf(Task task) {
  switch (task) {
  case Task::Load:
    return timing::Copy::Load;
  case Task::Store:
    return timing::Copy::Store;
  default:
    return timing::Copy::Move;
  }
}

struct TiuGdmaFamily final : Family {
  std::string_view name() const override { return "tiu_gdma"; }
  const Row &row(const Primitive &primitive) const override {
    const Row &found = *rows[size_t(numberOf(primitive))];
    assert(&found.primitive() == &primitive && "rows stand in the order of the table");
    return found;
  }
  std::span<const std::string_view> engines() const override { return kEngines; }
  int engineFor(Task task) const override { return int(task == Task::Compute ? isa::Engine::TIU : isa::Engine::GDMA); }
  std::unique_ptr<StepEmitter> emitter(const codegen::Machine &machine) const override {
    return std::make_unique<CommandEmitter>(machine);
  }

  double issueCycles(const target::Chip &chip) const override { return chip.time.issueCycles; }
  double copyCycles(Task task, double rows, double rowBytes, const target::Chip &chip) const override {
    return (timing::copyCycles(chip, directionOf(task), rows, rowBytes) + chip.time.gdmaIssueCycles) *
           timing::gdmaToTiu(chip);
  }
  double storeCycles(const Dims &d, int64_t item, const target::Chip &chip) const override {
    const double rows = copyCycles(Task::Store, double(d.n * d.c), double(d.h * d.w * item), chip);
    if (d.h * d.w != 1 || d.c < kFewRows)
      return rows;
    // Whichever is cheaper: the rows one by one, or a transposition into one lane and then one row.
    const timing::Spread row{double(d.n), 1, 1, double(d.c)};
    return std::min(rows, timing::transposeCycles(chip, row, double(item)) +
                              copyCycles(Task::Store, double(d.n), double(d.c * item), chip));
  }
  double passCycles(Task task, double bytes, const target::Chip &chip) const override {
    return bytes / timing::copyRate(chip, directionOf(task)) * timing::gdmaToTiu(chip);
  }
  double latencyCycles(const target::Chip &chip) const override { return chip.time.gdmaLatencyCycles; }
  codegen::ProgramPrice priceOf(const CopyProgram &program, const codegen::Machine &machine) const override {
    return tiu_gdma::priceOf(program, machine);
  }
  target::Chip withSlowTransfers(const target::Chip &chip) const override { return timing::withSlowTransfers(chip); }

  const std::vector<const Row *> rows = {
#define PRIMITIVE(Name, function) &function##Row(),
#include "tpu_mlir/Primitive/Primitives.def"
  };
};

} // namespace
} // namespace tiu_gdma

const Family &familyTiuGdma();
const Family &familyTiuGdma() {
  static const tiu_gdma::TiuGdmaFamily family;
  return family;
}

} // namespace tpu_mlir::backend
