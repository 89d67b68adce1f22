//===- Text.h - Commands as text --------------------------------*- C++ -*-===//
// The one-line text form of a command, both ways. Text keeps every bit: what is
// not printed is at the table's default.
//
//   tiu 9 dep 4 SCONV conv.normal opd1_sign=1 res0_prec=int32 ...
//   gdma 1 dep 0 DMATensor dma.tensor.broadcast src_start_addr=0x1007c5000 ...
//
// Two fields that hold one number print as one (PairInfo); enumerated fields
// print their value's name, addresses print as hexadecimal. A command without
// ids prints "-" for them.
#ifndef TPU_MLIR_ISA_TEXT_H
#define TPU_MLIR_ISA_TEXT_H

#include "tpu_mlir/Isa/Command.h"

namespace tpu_mlir::isa {

/// One line, without its end.
std::string toText(const Table &table, const Command &command);

/// The inverse; UserError in one sentence for anything else. Values need only fit their fields: legality is not asked.
Command fromText(const Table &table, std::string_view line);

} // namespace tpu_mlir::isa

#endif // TPU_MLIR_ISA_TEXT_H
