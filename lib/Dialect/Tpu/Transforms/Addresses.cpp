//===- Addresses.cpp - Whether a module's addresses can be ----------------===//
// Addresses stand in the text of a module, where a user may change them. What
// address-assign promised is checked again here before instructions rely on it.
#include "Addresses.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"
#include "tpu_mlir/Interfaces/OpInterfaces.h"

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

LogicalResult checkAddresses(ModuleOp module, func::FuncOp function, const target::Chip &chip) {
  FailureOr<Span> coefficients = regionOf(module, "module.coeff_addr", "module.coeff_size", chip);
  FailureOr<Span> tensors = regionOf(module, "module.neuron_addr", "module.neuron_size", chip);
  if (failed(coefficients) || failed(tensors))
    return failure();
  if (coefficients->overlaps(*tensors))
    return module.emitError() << "weights and tensors overlap in memory; run address-assign";
  const top::WeightStore &store = module.getContext()->getLoadedDialect<top::TopDialect>()->weights();
  int64_t weightBytes = 0;
  for (Operation &op : function.front()) {
    if (auto weight = dyn_cast<top::WeightOp>(&op)) {
      const top::WeightArray *array = store.find(top::nameOf(&op));
      if (!array)
        return weight.emitOpError() << "'" << top::nameOf(&op) << "' is not in the weight file";
      int64_t address = weight.getAddress().value_or(-1), bytes = array->bytes, align = chip.global.regionAlign;
      if (!coefficients->holds(address, bytes))
        return misplaced(&op, "weight", address, bytes, *coefficients);
      weightBytes += (bytes + align - 1) / align * align;
    } else if (isa<top::InputOp, FormInterface>(op)) {
      Value v = op.getResult(0);
      int64_t address = addressOf(v),
              bytes = cast<ShapedType>(v.getType()).getNumElements() * kernel::byteSize(formatOf(v).dtype);
      auto form = dyn_cast<FormInterface>(&op);
      if (form && std::holds_alternative<View>(form.form())) {
        if (uint64_t(address) != addressOf(op.getOperand(0)))
          return op.emitOpError() << "'" << top::nameOf(&op) << "' is a view but not at its operand's address "
                                  << addressOf(op.getOperand(0)) << ", got " << address << "; run address-assign";
      } else if (!tensors->holds(address, bytes)) {
        return misplaced(&op, "tensor", address, bytes, *tensors);
      }
    }
  }
  if (coefficients->end - coefficients->begin > weightBytes)
    return module.emitError() << "'module.coeff_size' is " << coefficients->end - coefficients->begin
                              << " but the weights take " << weightBytes << " bytes; run address-assign";
  return success();
}

} // namespace tpu_mlir::tpu
