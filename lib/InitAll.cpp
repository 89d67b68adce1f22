//===- InitAll.cpp - Every dialect and pass of the project ----------------===//
// Lists them, once. A file of lib/Ops that lowers an op has its line here.
#include "tpu_mlir/InitAll.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"
#include "tpu_mlir/Conversion/TopToTpu/Passes.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Dialect/Top/Transforms/Passes.h"
#include "tpu_mlir/Dialect/Tpu/IR/TpuDialect.h"
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h"
#include "tpu_mlir/Ops/Lowerings.h"

#include <mutex>

namespace tpu_mlir {

void registerAllDialects(mlir::DialectRegistry &registry) {
  registry.insert<mlir::func::FuncDialect, mlir::quant::QuantDialect, top::TopDialect, top::ModuleDialect,
                  tpu::TpuDialect>();
  registerAddLowering(registry);
  registerArgLowering(registry);
  registerCastLowering(registry);
  registerCompareLowering(registry);
  registerConcatLowering(registry);
  registerConvLowering(registry);
  registerConv3DLowering(registry);
  registerDeconvLowering(registry);
  registerCumSumLowering(registry);
  registerDivLowering(registry);
  registerExtremesLowering(registry);
  registerGatherLowering(registry);
  registerInterpLowering(registry);
  registerMatMulLowering(registry);
  registerMulLowering(registry);
  registerNormLowering(registry);
  registerPadLowering(registry);
  registerPermuteLowering(registry);
  registerPoolLowering(registry);
  registerPool3DLowering(registry);
  registerPReluLowering(registry);
  registerRecurrentLowering(registry);
  registerReduceLowering(registry);
  registerReshapeLowering(registry);
  registerScaleLowering(registry);
  registerSliceLowering(registry);
  registerSoftmaxLowering(registry);
  registerTakeLowering(registry);
  registerUnaryLowering(registry);
  registerUpsampleLowering(registry);
  registerWhereLowering(registry);
}

void registerAllPasses() {
  static std::once_flag once;
  std::call_once(once, [] {
    top::registerTopPasses();
    registerConversionPasses();
    tpu::registerTpuPasses();
    mlir::registerCanonicalizerPass();
    mlir::registerCSEPass();
  });
}

} // namespace tpu_mlir
