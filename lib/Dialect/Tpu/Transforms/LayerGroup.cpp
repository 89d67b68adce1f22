//===- LayerGroup.cpp - Which ops run together ----------------------------===//
// Level 1 gives every op the largest tile of its own. Above, the scheduler
// groups ops so that values stay in local memory. Either choice is noted in
// `ginfo`, where a user may change it.
#include "GroupFile.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Tpu/IR/CheckLowered.h"
#include "tpu_mlir/Dialect/Tpu/IR/TpuDialect.h"
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h"
#include "tpu_mlir/Ops/TargetOf.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Files.h"
#include "tpu_mlir/Support/Outputs.h"

using namespace mlir;

namespace tpu_mlir::tpu {
#define GEN_PASS_DEF_LAYERGROUP
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h.inc"

namespace {

struct LayerGroupPass : impl::LayerGroupBase<LayerGroupPass> {
  using LayerGroupBase::LayerGroupBase;

  /// The largest tile of an op that runs by itself.
  LogicalResult tileAlone(Operation *op, const codegen::LocalMemory &memory) {
    auto formed = dyn_cast<FormInterface>(op);
    if (!formed) // the host runs it
      return success();
    Form form = formed.form();
    auto *recipe = std::get_if<Recipe>(&form);
    if (!recipe)
      return success();
    try {
      codegen::TilePlan plan = codegen::chooseTile(*recipe, memory);
      op->setAttr("ginfo",
                  TileAttr::get(&getContext(), plan.tile.n, plan.tile.c, plan.tile.h, plan.tile.w, plan.buffers));
      return success();
    } catch (const UserError &e) {
      return op->emitOpError() << "'" << top::nameOf(op) << "' " << e.what();
    }
  }

  LogicalResult group(func::FuncOp function, codegen::Machine &machine) {
    FunctionNetwork f = networkOf(function, machine);
    const target::Chip &chip = targetOf(function);
    schedule::Schedule found;
    if (useGroups.empty()) {
      found = schedule::findSchedule(f.network, machine.memory, chip, int(opt));
    } else {
      std::vector<uint8_t> text = readFile(useGroups);
      found = parseGroups({reinterpret_cast<const char *>(text.data()), text.size()}, useGroups, f, machine.memory);
      machine.memory.scratchBanks = found.scratchBanks;
      schedule::Built built =
          schedule::buildTimeline(found.network, found.plan, machine.memory, schedule::rowLimitOf(machine.memory));
      schedule::Pace pace = schedule::paceOf(found.network, built.timeline, backend::pricesOf(machine));
      int failed = built.problem.empty() ? schedule::placeBuffers(built.timeline, pace) : -1;
      if (failed >= 0)
        built.problem = "does not fit local memory", built.problemNode = built.timeline.works[failed].node;
      if (!built.problem.empty())
        throw UserError("group file '" + useGroups + "': '" + found.network.nodes[built.problemNode].name + "' " +
                        built.problem + "; use more slices, store more, or leave the op alone");
      found.cycles =
          schedule::estimateCycles(found.network, built.timeline, found.plan, pace, backend::pricesOf(machine));
    }
    machine.memory.scratchBanks = found.scratchBanks;
    if (!dumpGroups.empty())
      writeFileAtomically(dumpGroups, printGroups(f, found, machine.memory, chip));
    auto i64 = IntegerType::get(&getContext(), 64);
    getOperation()->setAttr("module.scratch_banks", IntegerAttr::get(i64, found.scratchBanks));
    bool ok = true;
    for (auto [id, group] : llvm::enumerate(found.plan.groups))
      for (int n = group.first; n <= group.last; ++n) {
        const schedule::Node &node = found.network.nodes[n];
        if (group.alone) {
          ok &= succeeded(tileAlone(f.ops[node.id], machine.memory));
          continue;
        }
        auto set = [&](int op, bool isStored, bool joins) {
          f.ops[op]->setAttr("ginfo", GroupAttr::get(&getContext(), id, group.nSlices, group.hSlices, group.wSlices,
                                                     group.keepsWeights, isStored, joins));
        };
        bool isStored = found.plan.isStored[node.result];
        if (node.parts.empty())
          set(node.id, isStored, false);
        for (auto [i, part] : llvm::enumerate(node.parts))
          set(part.id, isStored, i > 0);
      }
    return success(ok);
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto fail = [&](const Twine &sentence) {
      module.emitError() << sentence;
      signalPassFailure();
    };
    if (opt < 1 || opt > 3)
      return fail("layer-group opt=" + Twine(opt.getValue()) + " does not exist; 1 makes every op a group of one, 2 " +
                  "groups, 3 searches longer");
    if (failed(checkLowered(module, "layer-group")))
      return signalPassFailure();
    codegen::Machine machine;
    try {
      checkOutputs({{"dump-groups", dumpGroups, ".json"}}, {{"use-groups", useGroups, ""}});
      machine = codegen::machineOf(targetOf(module), lmemBytes);
    } catch (const UserError &e) {
      return fail(e.what());
    }
    bool ok = true;
    if (opt == 1)
      module.walk([&](FormInterface op) { ok &= succeeded(tileAlone(op, machine.memory)); });
    try {
      for (auto function : module.getOps<func::FuncOp>())
        if (opt > 1)
          ok &= succeeded(group(function, machine));
    } catch (const UserError &e) {
      return fail(e.what());
    }
    module->setAttr("module.lmem_bytes", IntegerAttr::get(IntegerType::get(&getContext(), 64), machine.memory.bytes));
    if (!ok)
      signalPassFailure();
  }
};

} // namespace
} // namespace tpu_mlir::tpu
