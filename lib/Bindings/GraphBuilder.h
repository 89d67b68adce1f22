//===- GraphBuilder.h - Building a Top module op by op ----------*- C++ -*-===//
// What a front end needs: inputs, weights, ops by their registered names. Every
// op is verified and its shape inferred when it is added, so that a mistake is
// reported where it was made. Failures are MlirErrors; nothing here knows Python.
#ifndef TPU_MLIR_LIB_BINDINGS_GRAPHBUILDER_H
#define TPU_MLIR_LIB_BINDINGS_GRAPHBUILDER_H

#include "Session.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringSet.h"

namespace tpu_mlir {

/// "; did you mean 'x'?" for the nearest of `known`, or an empty string.
std::string didYouMean(llvm::StringRef word, llvm::ArrayRef<llvm::StringRef> known);

class GraphBuilder {
public:
  explicit GraphBuilder(const std::string &name);

  mlir::MLIRContext *context() { return &session.context; }
  mlir::Value input(const std::string &name, mlir::Type elementType, llvm::ArrayRef<int64_t> shape,
                    llvm::ArrayRef<mlir::NamedAttribute> attributes);
  /// A constant of `elementType` with the given bytes, row-major.
  mlir::Value weight(const std::string &name, mlir::Type elementType, std::vector<uint8_t> bytes,
                     llvm::ArrayRef<int64_t> shape);
  /// A constant of fp32 elements that stay in the file `path`, from byte `offset` on.
  mlir::Value weightInFile(const std::string &name, const std::string &path, size_t offset,
                           llvm::ArrayRef<int64_t> shape);
  mlir::Value none();
  /// An op whose results are called `resultNames`, with elements of `elementTypes`; of those of the first operand where
  /// none are given and the op only moves values, and of floats otherwise.
  mlir::ResultRange op(const std::string &opName, llvm::ArrayRef<mlir::Value> operands,
                       llvm::ArrayRef<mlir::NamedAttribute> attributes, llvm::ArrayRef<std::string> resultNames,
                       llvm::ArrayRef<mlir::Type> elementTypes);
  void setModuleAttribute(const std::string &name, mlir::Attribute value);
  /// Makes `results` the outputs of the network and verifies the whole. Nothing can be added afterwards.
  void finish(llvm::ArrayRef<mlir::Value> results);
  void save(const std::string &path, const std::string &weightFile);

private:
  mlir::Location take(const std::string &name);
  mlir::Value appendWeight(const std::string &name, mlir::Type elementType, llvm::ArrayRef<int64_t> shape);
  mlir::Operation *append(mlir::OperationState &state, llvm::ArrayRef<mlir::NamedAttribute> attributes);

  Session session;
  mlir::OpBuilder builder;
  mlir::func::FuncOp function;
  mlir::Value noneValue;
  llvm::StringSet<> names;
  llvm::StringMap<std::shared_ptr<const MappedFile>> files; ///< that weights lie in, by path
  bool isFinished = false;
};

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_BINDINGS_GRAPHBUILDER_H
