//===- FileHeader.h - The 64 bytes in front of a bmodel ---------*- C++ -*-===//
// The fixed header shared by reader and writer: four little-endian words, then
// zeros. The flatbuffer follows, then the blob that Binary offsets point into.
// Source: libsophon tpu-runtime, checked on vendor-made files.
#ifndef TPU_MLIR_LIB_BMODEL_FILEHEADER_H
#define TPU_MLIR_LIB_BMODEL_FILEHEADER_H

#include <cstddef>
#include <cstdint>

namespace tpu_mlir::bmodel {

inline constexpr uint32_t kMagic = 0xFF55AAEE;
inline constexpr size_t kHeaderBytes = 64;

} // namespace tpu_mlir::bmodel

#endif // TPU_MLIR_LIB_BMODEL_FILEHEADER_H
