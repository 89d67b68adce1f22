//===- Codegen.cpp - Instructions and the bmodel --------------------------===//
// Emits the schedule, or an op's form by itself, at the addresses assigned, and
// fills the container.
// Source of the container's values: shared ISA notes, bmodel_format.md §7.
#include "Addresses.h"
#include "Subnets.h"
#include "TensorNotes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "tpu_mlir/Backend/MachineOf.h"
#include "tpu_mlir/Bmodel/Bmodel.h"
#include "tpu_mlir/Bmodel/TensorTable.h"
#include "tpu_mlir/Dialect/Top/IR/HostOps.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Dialect/Tpu/IR/CheckLowered.h"
#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"
#include "tpu_mlir/Dialect/Tpu/IR/TpuDialect.h"
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h"
#include "tpu_mlir/Ops/TargetOf.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Outputs.h"

using namespace mlir;

namespace tpu_mlir::tpu {
#define GEN_PASS_DEF_CODEGEN
#include "tpu_mlir/Dialect/Tpu/Transforms/Passes.h.inc"

namespace {

int64_t intAttr(ModuleOp module, StringRef name) {
  auto attr = module->getAttrOfType<IntegerAttr>(name);
  return attr ? attr.getInt() : 0;
}

class NetWriter {
public:
  NetWriter(ModuleOp module, func::FuncOp function, const codegen::Machine &machine, const ReadSchedule &read,
            const schedule::CoefficientMap &map)
      : module(module), function(function), emitter(machine), machine(machine), read(read), map(map),
        notes(read.function, read.network, *machine.memory.family, emitter.stream()), subnets(function),
        firstGroup(1, 0) {}

  LogicalResult emitOps(const target::Chip &chip);
  /// Whether no op needed a command.
  bool isEmpty() {
    for (int e = 0; e < emitter.stream().engineCount(); ++e)
      if (emitter.stream().total(e) > 0)
        return false;
    return true;
  }
  FailureOr<bmodel::Model> finish(const target::Chip &chip);

private:
  /// Ends the current group of commands where subnet `index` begins.
  void enter(size_t index);
  LogicalResult emitAlone(const schedule::Node &node);
  bmodel::CoeffMem coefficients();

  ModuleOp module;
  func::FuncOp function;
  codegen::Emitter emitter;
  const codegen::Machine &machine;
  const ReadSchedule &read;
  const schedule::CoefficientMap &map;
  TensorNotes notes;
  Subnets subnets;
  std::vector<uint32_t> firstGroup; ///< by subnet: the number of the first group behind its start
};

/// Groups do not cross a subnet's border: what the host reads is complete there.
void NetWriter::enter(size_t index) {
  if (index < firstGroup.size())
    return;
  emitter.stream().closeGroup();
  firstGroup.resize(index + 1, emitter.stream().groupIndex());
}

LogicalResult NetWriter::emitOps(const target::Chip &chip) {
  schedule::Timeline timeline = read.timeline;
  int failed = schedule::placeBuffers(timeline, schedule::paceOf(read.network, timeline, backend::pricesOf(machine)));
  if (failed >= 0) {
    Operation *op = read.function.ops[read.network.nodes[timeline.works[failed].node].id];
    return op->emitOpError() << "'" << top::nameOf(op) << "' does not fit local memory beside what stays there; run "
                             << "layer-group again";
  }
  LogicalResult done = success();
  schedule::emitTimeline(
      read.network, read.plan, timeline, map, emitter, schedule::rowLimitOf(machine.memory),
      [&](const schedule::Node &node) {
        if (succeeded(done))
          done = emitAlone(node);
      },
      notes);
  return done;
}

LogicalResult NetWriter::emitAlone(const schedule::Node &scheduled) {
  // As it was lowered: what the schedule adds for groups is not for it.
  const schedule::Node &node = read.function.network.nodes[scheduled.id];
  Operation *op = read.function.ops[node.id];
  // Whatever runs in groups around it, the host's part begins and ends with one of its ops, which runs by itself.
  if (top::isHostOp(op)) {
    enter(subnets.indexOf(op) + 1);
    return success();
  }
  SmallVector<uint64_t> operands;
  for (int v : node.operands) {
    bool isConstant = v >= 0 && read.network.values[v].isWeight;
    operands.push_back(v < 0 ? 0 : isConstant ? map.plain.at(v) : read.network.values[read.network.root(v)].address);
  }
  uint64_t result = read.network.values[node.result].address;
  const Dims whole = read.network.values[node.result].dims;
  try {
    if (const Recipe *recipe = node.recipe()) {
      auto tile = op->getAttrOfType<TileAttr>("ginfo");
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
      emitter.emitRecipe(*recipe, *plan, operands, result);
    } else if (auto *copy = std::get_if<CopyProgram>(&node.form)) {
      emitter.emitCopy(*copy, operands, result);
    }
  } catch (const UserError &e) {
    return op->emitOpError() << "'" << top::nameOf(op) << "': " << e.what();
  }
  if (!node.recipe()) // ends with the copy that completes its result
    notes.madeGlobal(node.result, wholeOf(whole));
  for (const codegen::TensorPart &p : emitter.takeParts())
    notes.madePart(p.tensor == codegen::TensorPart::kResult ? node.result : node.operands[p.tensor], p);
  return success();
}

bmodel::CoeffMem NetWriter::coefficients() {
  uint64_t base = intAttr(module, "module.coeff_addr");
  bmodel::List<bmodel::Location> locations;
  std::vector<uint8_t> bytes(intAttr(module, "module.coeff_size"));
  top::WeightStore &store = module.getContext()->getLoadedDialect<top::TopDialect>()->weights();
  std::vector<const top::WeightArray *> arrays(read.network.values.size());
  for (auto [i, v] : llvm::enumerate(read.network.values))
    if (v.isWeight)
      arrays[i] = store.find(v.name);
  int64_t rowLimit = schedule::rowLimitOf(machine.memory);
  for (const schedule::CoefficientBytes &c :
       schedule::coefficientBytes(read.network, map, base, machine.memory, rowLimit))
    std::copy_n(static_cast<const uint8_t *>(arrays[c.value]->data) + c.from, c.count, bytes.begin() + c.to);
  for (const top::WeightArray *array : arrays)
    if (array)
      store.release({static_cast<const uint8_t *>(array->data), array->bytes});
  for (auto [value, address] : map.plain)
    locations.push_back(
        {read.network.values[value].name, address - base, uint64_t(read.network.values[value].bytes())});
  for (auto [key, address] : map.blobs) {
    const schedule::Node &node = read.network.nodes[key.first];
    Range channels = schedule::channelTiles(*node.recipe(), rowLimit, machine.memory)[key.second];
    schedule::RowBlob blob = schedule::rowBlobOf(*node.recipe(), channels, machine.memory);
    std::string name = node.name + "_rows_" + std::to_string(key.second);
    locations.push_back({name, address - base, uint64_t(blob.bytes())});
  }
  bmodel::CoeffMem coeff = bmodel::makeCoeffMem(base, std::move(bytes));
  coeff.location = std::move(locations);
  return coeff;
}

FailureOr<bmodel::Model> NetWriter::finish(const target::Chip &chip) {
  const bmodel::TensorTable tensors = notes.take(); // before the last group of commands is closed
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
    // The container holds two streams, in the order of the engines of the family that it was made for.
    assert(g.queues.size() == 2 && "a family of other engines needs a container of its own");
    codegen::Queue &bdc = g.queues[0], &gdma = g.queues[1];
    const uint32_t bdcBytes = uint32_t(bdc.bytes.size()), gdmaBytes = uint32_t(gdma.bytes.size());
    groups.push_back({bdc.count, gdma.count, bmodel::Blob(std::move(bdc.bytes)), bmodel::Blob(std::move(gdma.bytes)),
                      bdcBytes, gdmaBytes});
  }
  p.cmdGroup = groups;
  p.stageIr.emplace_back();
  p.binaryIr = bmodel::Blob();
  if (subnets.size() > 1 || subnets.isHost(0)) {
    firstGroup.resize(subnets.size() + 1, groups.size());
    FailureOr<bmodel::List<bmodel::SubNet>> list = subnets.inBmodel(groups, firstGroup, p);
    if (failed(list))
      return failure();
    p.subNet = std::move(*list);
  } else {
    bmodel::SubNet subnet;
    subnet.cmdGroup = groups;
    subnet.inputTensor = p.inputTensor;
    subnet.outputTensor = p.outputTensor;
    subnet.id = 0;
    subnet.nextSubnetIds = {-1};
    p.subNet.push_back(subnet);
  }
  std::string text = bmodel::printTensorTable(tensors);
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
      checkOutputs({{"model_file", modelFile, ".bmodel"}}, {});
      codegen::Machine machine = machineOf(module);
      auto function = *module.getOps<func::FuncOp>().begin();
      FailureOr<ReadSchedule> read = readSchedule(function, machine);
      if (failed(read))
        return signalPassFailure();
      schedule::CoefficientMap map =
          schedule::mapCoefficients(read->network, read->plan, read->timeline, intAttr(module, "module.coeff_addr"),
                                    machine.memory, schedule::rowLimitOf(machine.memory));
      NetWriter writer(module, function, machine, *read, map);
      if (failed(checkAddresses(module, *read, map, targetOf(module))) || failed(writer.emitOps(targetOf(module))))
        return signalPassFailure();
      if (writer.isEmpty())
        return fail("the chip computes nothing of this network, which only moves its inputs or leaves all to the host; "
                    "there is "
                    "nothing to put into a bmodel");
      FailureOr<bmodel::Model> model = writer.finish(targetOf(module));
      if (failed(model))
        return signalPassFailure();
      bmodel::writeBmodel(*model, modelFile);
    } catch (const UserError &e) {
      return fail(e.what());
    }
  }
};

} // namespace
} // namespace tpu_mlir::tpu
