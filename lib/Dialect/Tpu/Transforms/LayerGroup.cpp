//===- LayerGroup.cpp - A tile for every op -------------------------------===//
// Every op is a group of one: the pass asks the tiling engine for the largest
// tile of its recipe and notes it in `ginfo`, where a user may change it.
#include "tpu_mlir/Codegen/MachineOf.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Tpu/IR/TpuDialect.h"
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h"
#include "tpu_mlir/Ops/TargetOf.h"
#include "tpu_mlir/Support/Error.h"

using namespace mlir;

namespace tpu_mlir::tpu {
#define GEN_PASS_DEF_LAYERGROUP
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h.inc"

namespace {

struct LayerGroupPass : impl::LayerGroupBase<LayerGroupPass> {
  using LayerGroupBase::LayerGroupBase;
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (opt != 1) {
      module.emitError() << "layer-group opt=" << opt.getValue()
                         << " is not built; opt=1 makes every op a group of one";
      return signalPassFailure();
    }
    if (failed(checkLowered(module, "layer-group")))
      return signalPassFailure();
    codegen::Machine machine;
    try {
      machine = codegen::machineOf(targetOf(module), lmemBytes);
    } catch (const UserError &e) {
      module.emitError() << e.what();
      return signalPassFailure();
    }
    bool ok = true;
    module.walk([&](FormInterface op) {
      Form form = op.form();
      auto *recipe = std::get_if<Recipe>(&form);
      if (!recipe)
        return;
      try {
        codegen::TilePlan plan = codegen::chooseTile(*recipe, machine.memory);
        op->setAttr("ginfo",
                    TileAttr::get(&getContext(), plan.tile.n, plan.tile.c, plan.tile.h, plan.tile.w, plan.buffers));
      } catch (const UserError &e) {
        op->emitOpError() << "'" << top::nameOf(op.getOperation()) << "' " << e.what();
        ok = false;
      }
    });
    module->setAttr("module.lmem_bytes", IntegerAttr::get(IntegerType::get(&getContext(), 64), machine.memory.bytes));
    if (!ok)
      signalPassFailure();
  }
};

} // namespace
} // namespace tpu_mlir::tpu
