//===- Codegen.cpp - Instructions and the bmodel --------------------------===//
// Emits every op's form at its addresses, in order, and fills the container.
// Source of the container's values: shared ISA notes, bmodel_format.md §7.
#include "Addresses.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "tpu_mlir/Bmodel/Bmodel.h"
#include "tpu_mlir/Codegen/MachineOf.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"
#include "tpu_mlir/Dialect/Tpu/IR/TpuDialect.h"
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h"
#include "tpu_mlir/Ops/TargetOf.h"
#include "tpu_mlir/Sim/TensorTable.h"
#include "tpu_mlir/Support/Error.h"

using namespace mlir;

namespace tpu_mlir::tpu {
#define GEN_PASS_DEF_CODEGEN
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h.inc"

namespace {

int64_t intAttr(ModuleOp module, StringRef name) {
  auto attr = module->getAttrOfType<IntegerAttr>(name);
  return attr ? attr.getInt() : 0;
}

/// The bmodel's description of an input or output tensor.
bmodel::Tensor describe(Value v, int index, bool isInput) {
  NumberFormat format = formatOf(v);
  bmodel::Tensor t;
  t.name = top::nameOf(v).str();
  t.dataType = uint32_t(format.dtype);
  t.deviceAddr = addressOf(v);
  t.size = cast<ShapedType>(v.getType()).getNumElements() * kernel::byteSize(format.dtype);
  t.shape.emplace_back();
  for (int64_t d : shapeOf(v))
    t.shape.back().push_back(d);
  t.memType = 1; // TPU memory
  t.scale = isInput ? 1 / format.scale : format.scale;
  t.zeroPoint = format.zeroPoint;
  t.hidden = isInput ? 1 : 2;
  t.index = index;
  return t;
}

/// Where the streams stood before an op.
class LayerMark {
public:
  explicit LayerMark(const codegen::CommandStream &stream) : stream(stream), group(stream.groupIndex()) {
    for (isa::Engine e : {isa::Engine::TIU, isa::Engine::GDMA})
      ids[int(e)] = stream.lastId(e);
  }
  /// The commands issued since.
  sim::LayerEntry layer(const std::string &name, const std::string &op) const {
    sim::LayerEntry layer{name, op, {}};
    for (uint32_t g = group; g <= stream.groupIndex(); ++g)
      for (isa::Engine e : {isa::Engine::TIU, isa::Engine::GDMA}) {
        uint32_t first = g == group ? ids[int(e)] + 1 : 1, last = stream.lastIdOf(g, e);
        if (first <= last)
          layer.commands.push_back({g, e == isa::Engine::GDMA, first, last});
      }
    return layer;
  }

private:
  const codegen::CommandStream &stream;
  uint32_t group, ids[2];
};

/// Adds a part to the tensor that it is of, where that has the same elements.
void addPart(sim::TensorEntry &entry, uint64_t address, const codegen::TensorPart &p) {
  if (p.whole.count() != entry.count() || p.dtype != entry.dtype)
    return;
  Dims begin{p.box[0].begin, p.box[1].begin, p.box[2].begin, p.box[3].begin};
  sim::CommandRef after{p.after.group, p.engine == isa::Engine::GDMA, p.after.id};
  if (p.isLocal)
    entry.addLocal(p.whole, begin, dimsOf(p.box), 0, p.offset,
                   p.layout == Layout::Compact ? sim::PieceLayout::Compact : sim::PieceLayout::Aligned, after);
  else
    entry.addGlobal(p.whole, begin, dimsOf(p.box), address, after);
}

class NetWriter {
public:
  NetWriter(ModuleOp module, func::FuncOp function, const codegen::Machine &machine)
      : module(module), function(function), emitter(machine), machine(machine) {}

  LogicalResult emitOps() {
    for (Operation &op : function.getBody().front())
      if (mlir::isa<FormInterface>(op))
        if (failed(emitOp(&op)))
          return failure();
    return success();
  }

  /// Whether no op needed a command.
  bool isEmpty() { return emitter.stream().total(isa::Engine::GDMA) == 0; }
  bmodel::Model finish(const target::Chip &chip);

private:
  LogicalResult emitOp(Operation *op);
  bmodel::CoeffMem coefficients();

  ModuleOp module;
  func::FuncOp function;
  codegen::Emitter emitter;
  const codegen::Machine &machine;
  sim::TensorTable tensors;
  llvm::DenseMap<Value, size_t> entries; ///< of `tensors`
};

LogicalResult NetWriter::emitOp(Operation *op) {
  Value result = op->getResult(0);
  SmallVector<uint64_t> operands;
  for (Value v : op->getOperands())
    operands.push_back(isPresent(v) ? addressOf(v) : 0);
  Form form = cast<FormInterface>(op).form();
  codegen::CommandStream &stream = emitter.stream();
  const LayerMark before(stream);
  try {
    if (auto *recipe = std::get_if<Recipe>(&form)) {
      auto tile = op->getAttrOfType<TileAttr>("ginfo");
      if (!tile)
        return op->emitOpError() << "'" << top::nameOf(op) << "' has no 'ginfo'; run layer-group first";
      Dims size{tile.getN(), tile.getC(), tile.getH(), tile.getW()};
      Dims out = recipe->outputDims();
      if (size.n > out.n || size.c > out.c || size.h > out.h || size.w > out.w)
        return op->emitOpError() << "'" << top::nameOf(op)
                                 << "' has a tile larger than its result in 'ginfo'; run layer-group";
      auto plan = codegen::placeBuffers(*recipe, size, tile.getBuffers(), machine.memory);
      if (!plan)
        return op->emitOpError()
               << "'" << top::nameOf(op) << "' does not fit " << machine.memory.bytes
               << " bytes of local memory per lane with the tile of its 'ginfo'; choose a smaller one";
      emitter.emitRecipe(*recipe, *plan, operands, addressOf(result));
    } else if (auto *copy = std::get_if<CopyProgram>(&form)) {
      emitter.emitCopy(*copy, operands, addressOf(result));
    }
  } catch (const UserError &e) {
    return op->emitOpError() << "'" << top::nameOf(op) << "': " << e.what();
  }
  NumberFormat format = formatOf(result);
  sim::TensorEntry entry;
  entry.name = top::nameOf(op).str();
  entry.dtype = format.dtype;
  entry.shape = shapeOf(result).vec();
  entry.scale = format.scale;
  entry.zeroPoint = format.zeroPoint;
  // A copy program ends with the copy that completes its result; a recipe completes it part by part.
  codegen::CommandStream::Position done = stream.lastIssued(isa::Engine::GDMA);
  // A view is there when its operand is, which is no later than the last copy.
  if (!std::holds_alternative<Recipe>(form))
    entry.addWhole(addressOf(result), {done.group, true, done.id});
  for (const codegen::TensorPart &part : emitter.takeParts()) {
    if (part.tensor == codegen::TensorPart::kResult)
      addPart(entry, addressOf(result), part);
    else if (auto known = entries.find(op->getOperand(part.tensor)); known != entries.end())
      addPart(tensors.tensors[known->second], 0, part);
  }
  entries[result] = tensors.tensors.size();
  tensors.tensors.push_back(entry);
  if (sim::LayerEntry layer = before.layer(entry.name, op->getName().getStringRef().str()); !layer.commands.empty())
    tensors.layers.push_back(layer);
  if (emitter.stream().isNearlyFull(8192))
    emitter.stream().closeGroup();
  return success();
}

bmodel::CoeffMem NetWriter::coefficients() {
  uint64_t base = intAttr(module, "module.coeff_addr");
  bmodel::List<bmodel::Location> locations;
  std::vector<uint8_t> bytes(intAttr(module, "module.coeff_size"));
  top::WeightStore &store = module.getContext()->getLoadedDialect<top::TopDialect>()->weights();
  for (auto weight : function.getBody().front().getOps<top::WeightOp>()) {
    StringRef name = top::nameOf(weight.getOperation());
    const top::WeightArray *array = store.find(name);
    uint64_t offset = *weight.getAddress() - base;
    std::copy_n(static_cast<const uint8_t *>(array->data), array->bytes, bytes.begin() + offset);
    locations.push_back({name.str(), offset, array->bytes});
  }
  bmodel::CoeffMem coeff = bmodel::makeCoeffMem(base, std::move(bytes));
  coeff.location = std::move(locations);
  return coeff;
}

bmodel::Model NetWriter::finish(const target::Chip &chip) {
  bmodel::NetParameter p;
  int index = 0;
  for (auto input : function.getBody().front().getOps<top::InputOp>())
    p.inputTensor.push_back(describe(input.getOutput(), index++, true));
  for (auto [i, v] : llvm::enumerate(function.getBody().front().getTerminator()->getOperands()))
    p.outputTensor.push_back(describe(v, i, false));
  p.ctxAddr = intAttr(module, "module.neuron_addr");
  p.ctxSize = intAttr(module, "module.neuron_size");
  p.ctxSizes = {p.ctxSize};
  if (intAttr(module, "module.coeff_size") > 0)
    p.coeffMem = coefficients();
  bmodel::List<bmodel::CmdGroup> groups;
  for (codegen::CommandGroup &g : emitter.stream().finish()) {
    uint32_t tiuBytes = g.tiu.size(), gdmaBytes = g.gdma.size();
    groups.push_back({g.tiuCount, g.gdmaCount, bmodel::Blob(std::move(g.tiu)), bmodel::Blob(std::move(g.gdma)),
                      tiuBytes, gdmaBytes});
  }
  p.cmdGroup = groups;
  p.stageIr.emplace_back();
  p.binaryIr = bmodel::Blob();
  bmodel::SubNet subnet;
  subnet.cmdGroup = groups;
  subnet.inputTensor = p.inputTensor;
  subnet.outputTensor = p.outputTensor;
  subnet.id = 0;
  subnet.nextSubnetIds = {-1};
  p.subNet.push_back(subnet);
  std::string text = sim::printTensorTable(tensors);
  p.tensorLoc = bmodel::Blob(std::vector<uint8_t>(text.begin(), text.end()));
  bmodel::Net net;
  auto name = module->getAttrOfType<StringAttr>("module.name");
  net.name = name ? name.str() : module.getName().value_or("net").str();
  uint64_t neuronSize = p.ctxSize;
  net.parameter.push_back(std::move(p));
  bmodel::Model model;
  model.time = bmodel::reproducibleTime();
  model.version = chip.identity.bmodelVersion;
  model.chip = chip.identity.bmodelChip;
  model.neuronSize = neuronSize;
  model.deviceNum = 1;
  model.net.push_back(std::move(net));
  return model;
}

struct CodegenPass : impl::CodegenBase<CodegenPass> {
  using CodegenBase::CodegenBase;
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto fail = [&](const Twine &sentence) {
      module.emitError() << sentence;
      signalPassFailure();
    };
    if (modelFile.empty())
      return fail("codegen needs a file to write; give it as model_file=<path>");
    auto state = module->getAttrOfType<StringAttr>("module.state");
    if (!state || state.getValue() != "TPU_ADDRESSED")
      return fail("codegen needs a module with addresses; run layer-group and address-assign first");
    if (failed(checkLowered(module, "codegen")))
      return signalPassFailure();
    try {
      codegen::Machine machine = codegen::machineOf(targetOf(module), intAttr(module, "module.lmem_bytes"));
      auto function = *module.getOps<func::FuncOp>().begin();
      NetWriter writer(module, function, machine);
      if (failed(checkAddresses(module, function, targetOf(module))) || failed(writer.emitOps()))
        return signalPassFailure();
      if (writer.isEmpty())
        return fail("the network only renames its inputs; there is nothing for the chip to run");
      bmodel::writeBmodel(writer.finish(targetOf(module)), modelFile);
    } catch (const UserError &e) {
      return fail(e.what());
    }
  }
};

} // namespace
} // namespace tpu_mlir::tpu
