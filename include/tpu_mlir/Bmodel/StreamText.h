//===- StreamText.h - The streams of a bmodel as text -----------*- C++ -*-===//
// Disassembly of all command groups of a container and the way back. Equal
// groups (the container lists each one twice) appear once:
//
//   group net 0 stage 0 group 0 = net 0 stage 0 subnet 0 group 0
//   tiu 1 dep 0 ...
//   gdma 1 dep 0 ...
//
// Lines that begin with # are comments; where layers are known, one stands in
// front of the first command of each.
#ifndef TPU_MLIR_BMODEL_STREAMTEXT_H
#define TPU_MLIR_BMODEL_STREAMTEXT_H

#include "tpu_mlir/Bmodel/Bmodel.h"
#include "tpu_mlir/Isa/Command.h"

#include <functional>

namespace tpu_mlir::bmodel {

/// What a command belongs to, for a comment: a layer's name, or nothing. `group` counts within the stage.
using LayerNames = std::function<std::string(const GroupRef &ref, uint32_t group, const isa::Command &command)>;

/// Text of every stream; UserError where one does not decode. Without `layers` there are no comments.
std::string disassemble(const Model &model, const isa::Table &table, const LayerNames &layers = {});

/// The container with the groups that the text names replaced; counts and padded sizes follow the text.
/// UserError that begins with `name` and the line number.
Model assemble(Model container, const isa::Table &table, std::string_view text, const std::string &name, size_t padTo);

} // namespace tpu_mlir::bmodel

#endif // TPU_MLIR_BMODEL_STREAMTEXT_H
