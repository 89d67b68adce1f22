//===- Sha256.h - The check code of coefficients ----------------*- C++ -*-===//
// SHA-256 (FIPS 180-4) of a byte span, for the check codes in a bmodel. Not
// meant for anything that must resist an attacker.
#ifndef TPU_MLIR_BMODEL_SHA256_H
#define TPU_MLIR_BMODEL_SHA256_H

#include <array>
#include <cstdint>
#include <span>

namespace tpu_mlir::bmodel {

/// `isPlain` leaves out the machine's own instructions for it; the result is the same.
std::array<uint8_t, 32> sha256(std::span<const uint8_t> bytes, bool isPlain = false);

} // namespace tpu_mlir::bmodel

#endif // TPU_MLIR_BMODEL_SHA256_H
