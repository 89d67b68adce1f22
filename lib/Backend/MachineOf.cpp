//===- MachineOf.cpp - What code generation asks of a chip ----------------===//
// Copies numbers from the chip's data file, and refuses a part of local memory
// that is no number of whole banks.
#include "tpu_mlir/Backend/MachineOf.h"
#include "tpu_mlir/Backend/Family.h"
#include "tpu_mlir/Support/Error.h"

namespace tpu_mlir::codegen {

Machine machineOf(const target::Chip &chip, int64_t laneBytes) {
  int64_t bank = chip.local.laneBytes / chip.local.banks;
  if (laneBytes < 0 || laneBytes > chip.local.laneBytes || laneBytes % bank != 0)
    throw UserError("local memory of " + std::to_string(laneBytes) + " bytes per lane is not a multiple of the " +
                    std::to_string(bank) + "-byte bank up to " + std::to_string(chip.local.laneBytes));
  Machine m;
  m.memory = {chip.local.lanes,   laneBytes ? laneBytes : chip.local.laneBytes, bank, chip.local.alignBytes,
              chip.limits.maxDim, &backend::familyFor(chip.identity.family)};
  m.idLimit = uint32_t(chip.limits.commandIds);
  m.roundings = {kernel::roundNamed(chip.quant.requantRound), kernel::roundNamed(chip.quant.floatRound)};
  m.chip = &chip;
  return m;
}

} // namespace tpu_mlir::codegen
