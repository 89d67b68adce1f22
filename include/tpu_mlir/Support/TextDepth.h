//===- TextDepth.h - How deep a text nests ----------------------*- C++ -*-===//
// The parsers of MLIR and JSON call themselves once a level, so a text of fifty
// thousand brackets ends the process for want of stack. This looks first, in
// one pass over the text. Decides nothing about what the text means.
#ifndef TPU_MLIR_SUPPORT_TEXTDEPTH_H
#define TPU_MLIR_SUPPORT_TEXTDEPTH_H

#include <string>
#include <string_view>

namespace tpu_mlir {

/// Levels that are read. What this project writes has under a dozen.
constexpr int kDeepestText = 256;

/// Why a JSON text is not given to a parser, as "nests deeper than ..."; empty where it may be.
std::string whyNoJson(std::string_view text);

/// The same for MLIR: brackets, chains of aliases (each a level more), long affine expressions, and bytecode.
std::string whyNoMlir(std::string_view text);

} // namespace tpu_mlir

#endif // TPU_MLIR_SUPPORT_TEXTDEPTH_H
