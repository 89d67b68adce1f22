//===- Subnets.h - Parts of a network on the chip and on the host -*- C++ -*-===//
// Which ops of a function, in its order, belong together on the chip or on the
// host, what crosses their borders, and what a bmodel says of each part. Which
// ops the host runs is HostOps's, their order subnet-divide's.
#ifndef TPU_MLIR_LIB_DIALECT_TPU_TRANSFORMS_SUBNETS_H
#define TPU_MLIR_LIB_DIALECT_TPU_TRANSFORMS_SUBNETS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "tpu_mlir/Bmodel/Bmodel.h"

namespace tpu_mlir::tpu {

/// The bmodel's description of an input or output tensor.
bmodel::Tensor describe(mlir::Value v, int index, bool isInput);

class Subnets {
public:
  explicit Subnets(mlir::func::FuncOp function);

  size_t size() const { return parts.size(); }
  bool isHost(size_t index) const { return parts[index].isHost; }
  size_t indexOf(mlir::Operation *op) const { return numbers.lookup(op); }

  /// The subnets of a stage. `firstGroup[i]`: the first of `groups` that is not of a subnet before i; one more at the
  /// end. Fails, with a diagnostic, where an op cannot be computed on the host.
  mlir::FailureOr<bmodel::List<bmodel::SubNet>> inBmodel(const bmodel::List<bmodel::CmdGroup> &groups,
                                                         llvm::ArrayRef<uint32_t> firstGroup,
                                                         const bmodel::NetParameter &net) const;

private:
  struct Part {
    bool isHost = false;
    std::vector<mlir::Operation *> ops;
  };
  /// What a part reads that others make, and what it makes that others or the user read. Weights are its own.
  void addBorders(const Part &part, const bmodel::NetParameter &net, bmodel::SubNet &subnet) const;
  mlir::FailureOr<bmodel::CpuParam> layerOf(const Part &part) const;

  mlir::func::FuncOp function;
  std::vector<Part> parts;
  llvm::DenseMap<mlir::Operation *, size_t> numbers;
};

} // namespace tpu_mlir::tpu

#endif // TPU_MLIR_LIB_DIALECT_TPU_TRANSFORMS_SUBNETS_H
