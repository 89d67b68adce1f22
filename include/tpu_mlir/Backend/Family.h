//===- Family.h - How a family of chips does the primitives -----*- C++ -*-===//
// One row for each primitive: which views of local memory its instructions
// take, what a tile may be, the instructions themselves, and their cycles. A
// row that misses a column does not build, nor does a family that misses a row.
// Beside the rows, the family's engines, and how it moves data between global
// and local memory and what that costs. Whoever schedules or emits asks here
// and knows no primitive, no engine and no encoding.
#ifndef TPU_MLIR_BACKEND_FAMILY_H
#define TPU_MLIR_BACKEND_FAMILY_H

#include "tpu_mlir/Codegen/ProgramPrice.h"
#include "tpu_mlir/Codegen/StepEmitter.h"
#include "tpu_mlir/Primitive/Primitive.h"
#include "tpu_mlir/Timing/CostModel.h"

#include <memory>

namespace tpu_mlir::backend {

using codegen::LocalMemory;
using codegen::LocalView;
using codegen::StepEmitter;

/// What a price depends on: the part of the result that a step makes.
struct StepShape {
  const Recipe &recipe;
  const Step &step;
  Region region;         ///< of the buffer that the step writes
  Dims dims;             ///< of that region
  timing::Spread result; ///< the same, over the lanes
  /// Bytes of the widest element that it streams: of the result and the sources that are no weights.
  int64_t widest() const {
    int64_t bytes = kernel::byteSize(target().dtype);
    for (int id : step.sources)
      if (id >= 0 && recipe.buffers[size_t(id)].place != Place::Weight)
        bytes = std::max<int64_t>(bytes, kernel::byteSize(recipe.buffers[size_t(id)].dtype));
    return bytes;
  }
  const Buffer &source(int index) const { return recipe.buffers[step.sources[index]]; }
  const Buffer &target() const { return recipe.buffers[step.dst]; }
};

/// What the instructions of a primitive cannot do, for those who cut results into tiles.
struct Shortcomings {
  bool hasNoBatch = false; ///< one instruction for each image
  bool joinsRows = false;  ///< sees rows and columns as one axis
};

class Row {
public:
  virtual ~Row() = default;
  virtual const Primitive &primitive() const = 0;
  virtual Shortcomings shortcomings() const = 0;
  /// Whether the instructions can take these views: their layouts, and where they start.
  virtual bool takes(const Step &step, std::span<const LocalView> views, const LocalMemory &memory) const = 0;
  /// Whether rows of source 0 must start where its layout has them, and the step moves along them, so that parts of a
  /// result need a copy of their own.
  virtual bool needsRowsInPlace(const Step &step) const = 0;
  /// The instructions, a short fixed sequence.
  virtual void emit(const Step &step, std::span<const LocalView> views, StepEmitter &to) const = 0;
  /// Whether an instruction costs what streaming the widest operand once does, whatever it computes.
  virtual bool streamsOnce() const = 0;
  /// Cycles of the sequence, without the last instruction's issue.
  virtual double cycles(const StepShape &shape, const target::Chip &chip) const = 0;
  /// Mnemonics of the instructions that it may emit, as the chip's table has them.
  virtual std::span<const std::string_view> instructions() const = 0;
};

/// What an engine is wanted for. A move is between two places in global memory.
enum class Task { Compute, Load, Store, Move };

class Family {
public:
  virtual ~Family() = default;
  /// As chip files name it.
  virtual std::string_view name() const = 0;
  virtual const Row &row(const Primitive &primitive) const = 0;
  const Row &row(const Step &step) const { return row(*step.primitive); }

  /// The engines by name. Each takes its commands in order from a queue of its own, beside the others.
  virtual std::span<const std::string_view> engines() const = 0;
  virtual int engineFor(Task task) const = 0;
  /// Encodes steps and moves; starts with an empty stream.
  virtual std::unique_ptr<StepEmitter> emitter(const codegen::Machine &machine) const = 0;

  // What moves cost. Cycles are those of the rows; each engine's own clock has been converted.
  /// Cycles from one arithmetic command to the next.
  virtual double issueCycles(const target::Chip &chip) const = 0;
  /// A command that copies so many contiguous runs, and its issue.
  virtual double copyCycles(Task task, double rows, double rowBytes, const target::Chip &chip) const = 0;
  /// A region of `dims` with elements of `item` bytes from local to global memory.
  virtual double storeCycles(const Dims &dims, int64_t item, const target::Chip &chip) const = 0;
  /// In which so many bytes pass, and which pass before the first does.
  virtual double passCycles(Task task, double bytes, const target::Chip &chip) const = 0;
  virtual double latencyCycles(const target::Chip &chip) const = 0;
  virtual codegen::ProgramPrice priceOf(const CopyProgram &program, const codegen::Machine &machine) const = 0;
  /// The chip with the slowest transfers that its data allow.
  virtual target::Chip withSlowTransfers(const target::Chip &chip) const = 0;
};

/// Whose instructions, with which numbers: what prices depend on.
struct Prices {
  const Family &family;
  const target::Chip &chip;
  double issue() const { return family.issueCycles(chip); }
  double copy(Task task, double rows, double rowBytes) const { return family.copyCycles(task, rows, rowBytes, chip); }
  double store(const Dims &dims, int64_t item) const { return family.storeCycles(dims, item, chip); }
  double pass(Task task, double bytes) const { return family.passCycles(task, bytes, chip); }
  double latency() const { return family.latencyCycles(chip); }
};

/// Those of a machine.
inline Prices pricesOf(const codegen::Machine &machine) { return {*machine.memory.family, *machine.chip}; }

/// The family of that name, which a chip's file gives. UserError where none has it.
const Family &familyFor(std::string_view name);

} // namespace tpu_mlir::backend

#endif // TPU_MLIR_BACKEND_FAMILY_H
