//===- Addresses.cpp - Whether a module's addresses can be ----------------===//
// Addresses stand in the text of a module, where a user may change them. What
// address-assign promised is checked again here before instructions rely on it.
#include "Addresses.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"
#include "tpu_mlir/Interfaces/OpInterfaces.h"
#include "tpu_mlir/Schedule/Regions.h"

using namespace mlir;

namespace tpu_mlir::tpu {

namespace {

/// Bytes [begin, end) of global memory.
struct Span {
  int64_t begin = 0, end = 0;
  bool holds(int64_t address, int64_t bytes) const {
    return address >= begin && address <= end && bytes <= end - address;
  }
  bool overlaps(const Span &other) const { return begin < other.end && other.begin < end; }
};

FailureOr<Span> regionOf(ModuleOp module, StringRef address, StringRef size, const target::Chip &chip) {
  auto begin = module->getAttrOfType<IntegerAttr>(address), bytes = module->getAttrOfType<IntegerAttr>(size);
  if (!begin || !bytes)
    return module.emitError() << "a module with addresses has the attributes '" << address << "' and '" << size
                              << "'; run address-assign";
  Span memory{int64_t(chip.global.ddrBase), int64_t(1) << chip.global.addressBits};
  if (bytes.getInt() < 0 || !memory.holds(begin.getInt(), bytes.getInt()))
    return module.emitError() << "'" << address << "' " << begin.getInt() << " and '" << size << "' " << bytes.getInt()
                              << " lie outside the memory that " << chip.identity.name << " addresses";
  return Span{begin.getInt(), begin.getInt() + bytes.getInt()};
}

InFlightDiagnostic misplaced(Operation *op, StringRef what, int64_t address, int64_t bytes, const Span &region) {
  return op->emitOpError() << what << " '" << top::nameOf(op) << "' of " << bytes << " bytes at " << address
                           << " lies outside the module's " << region.begin << " to " << region.end
                           << "; run address-assign";
}

} // namespace

LogicalResult checkAddresses(ModuleOp module, const ReadSchedule &r, const schedule::CoefficientMap &map,
                             const target::Chip &chip) {
  FailureOr<Span> coefficients = regionOf(module, "module.coeff_addr", "module.coeff_size", chip);
  FailureOr<Span> tensors = regionOf(module, "module.neuron_addr", "module.neuron_size", chip);
  if (failed(coefficients) || failed(tensors))
    return failure();
  if (coefficients->overlaps(*tensors))
    return module.emitError() << "weights and tensors overlap in memory; run address-assign";
  if (coefficients->end - coefficients->begin < int64_t(map.bytes))
    return module.emitError() << "'module.coeff_size' is " << coefficients->end - coefficients->begin
                              << " but the weights take " << map.bytes << " bytes; run address-assign";
  if (coefficients->end - coefficients->begin > int64_t(map.bytes) + int64_t(chip.global.regionAlign))
    return module.emitError() << "'module.coeff_size' is " << coefficients->end - coefficients->begin
                              << ", far more than the " << map.bytes << " bytes of the weights; run address-assign";
  // What may be stored need not be: not where only its own group reads it.
  std::vector<char> isInside(r.network.values.size(), 0);
  for (const schedule::Group &g : r.plan.groups)
    for (int n = g.first; n <= g.last && !g.alone; ++n) {
      int result = r.network.nodes[n].result;
      isInside[result] = !schedule::leavesGroup(r.network, result, g.first, g.last);
    }
  for (auto [i, v] : llvm::enumerate(r.network.values)) {
    Operation *op = r.function.values[i].getDefiningOp();
    int root = r.network.root(i);
    int64_t address = v.address;
    if (v.isWeight) {
      auto at = map.plain.find(i);
      if (at != map.plain.end() && uint64_t(address) != at->second)
        return misplaced(op, "weight", address, v.bytes(), *coefficients);
    } else if (v.viewOf >= 0) {
      if (address && uint64_t(address) != r.network.values[root].address)
        return op->emitOpError() << "'" << v.name << "' is a view but not at its operand's address "
                                 << r.network.values[root].address << ", got " << address << "; run address-assign";
    } else if (((r.plan.isStored[i] && !isInside[i]) || v.isInput || v.isOutput) &&
               !tensors->holds(address, v.bytes())) {
      return misplaced(op, "tensor", address, v.bytes(), *tensors);
    }
  }
  return success();
}

} // namespace tpu_mlir::tpu
