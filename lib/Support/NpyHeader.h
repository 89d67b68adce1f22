//===- NpyHeader.h - The header of one .npy member --------------*- C++ -*-===//
// Parsing and printing the header dictionary of numpy's array format. Private
// to the npz reader and writer.
// Source: numpy.lib.format documentation, versions 1.0 to 3.0.
#ifndef TPU_MLIR_LIB_SUPPORT_NPYHEADER_H
#define TPU_MLIR_LIB_SUPPORT_NPYHEADER_H

#include "tpu_mlir/Support/Npz.h"

namespace tpu_mlir {

struct NpyHeader {
  NpyType type = NpyType::F32;
  bool fortranOrder = false;
  std::vector<int64_t> shape;
  size_t dataOffset = 0;
};

/// Empty on success, else why not, as the end of a sentence whose subject is the member.
std::string parseNpyHeader(std::span<const uint8_t> npy, NpyHeader &header);

/// Header bytes, padded so that the data begins at a multiple of 64.
std::string makeNpyHeader(NpyType type, std::span<const int64_t> shape);

/// Copies column-major data to row-major.
void reorderFortran(const uint8_t *from, uint8_t *to, const std::vector<int64_t> &shape, size_t elementBytes);

} // namespace tpu_mlir

#endif // TPU_MLIR_LIB_SUPPORT_NPYHEADER_H
