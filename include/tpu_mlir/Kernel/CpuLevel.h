//===- CpuLevel.h - Which vector instructions kernels may use ---*- C++ -*-===//
// Every level gives the same bits; a higher one is only faster. Tests lower the
// level to show that.
#ifndef TPU_MLIR_KERNEL_CPULEVEL_H
#define TPU_MLIR_KERNEL_CPULEVEL_H

namespace tpu_mlir::kernel {

/// Instruction sets of the host that kernels were compiled for, in rising order. The last one has VBMI too.
enum class CpuLevel { Portable = 0, Avx2 = 1, Avx512 = 2, Avx512Vnni = 3 };

/// Highest level that this machine has.
CpuLevel machineCpuLevel();

/// While alive, kernels called from this thread stay at or below `highest`.
class CpuLevelLimit {
public:
  explicit CpuLevelLimit(CpuLevel highest);
  ~CpuLevelLimit();
  CpuLevelLimit(const CpuLevelLimit &) = delete;
  CpuLevelLimit &operator=(const CpuLevelLimit &) = delete;

private:
  CpuLevel previous;
};

} // namespace tpu_mlir::kernel

#endif // TPU_MLIR_KERNEL_CPULEVEL_H
