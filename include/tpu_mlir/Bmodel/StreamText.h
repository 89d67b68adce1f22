//===- StreamText.h - The streams of a bmodel as text -----------*- C++ -*-===//
// Disassembly of all command groups of a container and the way back. Equal
// groups (the container lists each one twice) appear once:
//
//   group net 0 stage 0 group 0 = net 0 stage 0 subnet 0 group 0
//   tiu 1 dep 0 ...
//   gdma 1 dep 0 ...
//
// Lines that begin with # are comments.
#ifndef TPU_MLIR_BMODEL_STREAMTEXT_H
#define TPU_MLIR_BMODEL_STREAMTEXT_H

#include "tpu_mlir/Bmodel/Bmodel.h"
#include "tpu_mlir/Isa/Table.h"

namespace tpu_mlir::bmodel {

/// Text of every stream; UserError where one does not decode.
std::string disassemble(const Model &model, const isa::Table &table);

/// The container with the groups that the text names replaced; counts and padded sizes follow the text.
/// UserError that begins with `name` and the line number.
Model assemble(Model container, const isa::Table &table, std::string_view text, const std::string &name, size_t padTo);

} // namespace tpu_mlir::bmodel

#endif // TPU_MLIR_BMODEL_STREAMTEXT_H
