//===- Subnets.cpp - Parts of a network on the chip and on the host -------===//
// Parts are runs of ops of one kind. A part of the host becomes one CPU layer:
// "user defined" by the vendor's numbering, and marked custom, since its contents
// are ours. Source of the values: shared ISA notes, bmodel_format.md §2, §3.
#include "Subnets.h"
#include "tpu_mlir/Bmodel/Sha256.h"
#include "tpu_mlir/Dialect/Top/IR/CountedNames.h"
#include "tpu_mlir/Dialect/Top/IR/EvalPlan.h"
#include "tpu_mlir/Dialect/Top/IR/HostOps.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Dialect/Tpu/IR/Formats.h"
#include "tpu_mlir/Host/Subnet.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace tpu_mlir::tpu {

/// Memory that the chip reaches, and memory that both do.
static constexpr uint32_t kOnChip = 1, kOnBoth = 3;

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
  t.memType = kOnChip;
  t.scale = isInput ? 1 / format.scale : format.scale;
  t.zeroPoint = format.zeroPoint;
  t.hidden = isInput ? 1 : 2;
  t.index = index;
  return t;
}

Subnets::Subnets(func::FuncOp function) : function(function) {
  for (Operation &op : function.getBody().front()) {
    bool isHost = top::isHostOp(&op);
    if (!isHost && !isa<FormInterface>(op))
      continue;
    if (parts.empty() || parts.back().isHost != isHost)
      parts.push_back({isHost, {}});
    numbers[&op] = parts.size() - 1;
    parts.back().ops.push_back(&op);
  }
  if (parts.empty())
    parts.emplace_back();
}

void Subnets::addBorders(const Part &part, const bmodel::NetParameter &net, bmodel::SubNet &subnet) const {
  llvm::SetVector<Value> reads, makes;
  size_t own = numbers.lookup(part.ops.front());
  auto isElsewhere = [&](Operation *op) { return !numbers.contains(op) || numbers.lookup(op) != own; };
  for (Operation *op : part.ops) {
    for (Value v : op->getOperands())
      if (isPresent(v) && !isWeight(v) && isElsewhere(v.getDefiningOp()))
        reads.insert(v);
    // The host leaves behind all that it makes, for whoever wants to look.
    for (Value v : op->getResults())
      if (part.isHost || llvm::any_of(v.getUsers(), isElsewhere))
        makes.insert(v);
  }
  auto add = [&](Value v, const bmodel::List<bmodel::Tensor> &known, bool isInput, bmodel::List<bmodel::Tensor> &list) {
    bmodel::Tensor tensor = describe(v, 0, isInput);
    auto same = [&](const bmodel::Tensor &t) { return t.name == tensor.name; };
    if (auto found = llvm::find_if(known, same); found != known.end())
      tensor = *found;
    else
      tensor.hidden = 0;
    if (part.isHost)
      tensor.memType = kOnBoth;
    list.push_back(std::move(tensor));
  };
  for (Value v : reads)
    add(v, net.inputTensor, true, subnet.inputTensor);
  for (Value v : makes)
    add(v, net.outputTensor, false, subnet.outputTensor);
}

FailureOr<bmodel::CpuParam> Subnets::layerOf(const Part &part) const {
  constexpr int32_t kUserDefined = 3;
  auto module = function->getParentOfType<ModuleOp>();
  EvalPlan plan(module.getContext()->getLoadedDialect<top::TopDialect>()->weights());
  host::Subnet subnet;
  llvm::DenseSet<Value> known;
  for (Operation *op : part.ops) {
    for (Value v : op->getOperands())
      if (isPresent(v) && !isWeight(v) && known.insert(v).second)
        plan.addInput(v);
    if (failed(cast<EvalInterface>(op).plan(plan)))
      return failure();
    for (Value v : op->getResults()) {
      known.insert(v);
      plan.addOutput(*plan.tensorOf(op, v));
    }
    subnet.layers.push_back(
        {top::nameOf(op->getResult(0)).str(), op->getName().getStringRef().str(), top::hostReason(op)->str()});
  }
  subnet.graph = plan.get();
  llvm::StringSet<> made;
  for (int number : subnet.graph.outputs)
    made.insert(subnet.graph.tensors[number].name);
  for (host::CountedName &name : top::countedNames(module))
    if (made.contains(name.by))
      subnet.counted.push_back(std::move(name));
  bmodel::CpuParam layer;
  layer.opType = kUserDefined;
  layer.isCustom = 1;
  std::string text = host::printSubnet(subnet);
  layer.param = bmodel::Blob(std::vector<uint8_t>(text.begin(), text.end()));
  for (std::span<const uint8_t> bytes : host::constantsOf(subnet)) {
    auto digest = bmodel::sha256(bytes);
    bmodel::CpuConst constant;
    constant.name = "constant_" + std::to_string(layer.cpuConst.size());
    constant.constData = bmodel::Blob(std::vector<uint8_t>(bytes.begin(), bytes.end()));
    constant.checkCode = std::vector<uint8_t>(digest.begin(), digest.end());
    layer.cpuConst.push_back(std::move(constant));
  }
  return layer;
}

FailureOr<bmodel::List<bmodel::SubNet>> Subnets::inBmodel(const bmodel::List<bmodel::CmdGroup> &groups,
                                                          ArrayRef<uint32_t> firstGroup,
                                                          const bmodel::NetParameter &net) const {
  bmodel::List<bmodel::SubNet> list;
  for (auto [i, part] : llvm::enumerate(parts)) {
    // A part that only renames tensors has nothing for the chip to run.
    if (!part.isHost && firstGroup[i] == firstGroup[i + 1])
      continue;
    bmodel::SubNet subnet;
    subnet.subnetMode = int32_t(part.isHost ? bmodel::SubnetMode::Cpu : bmodel::SubnetMode::Tpu);
    addBorders(part, net, subnet);
    if (part.isHost) {
      FailureOr<bmodel::CpuParam> layer = layerOf(part);
      if (failed(layer))
        return failure();
      subnet.cpuParam.push_back(std::move(*layer));
    } else {
      subnet.cmdGroup.assign(groups.begin() + firstGroup[i], groups.begin() + firstGroup[i + 1]);
    }
    subnet.id = int32_t(list.size());
    subnet.nextSubnetIds = {subnet.id + 1};
    list.push_back(std::move(subnet));
  }
  if (!list.empty())
    list.back().nextSubnetIds = {-1};
  return list;
}

} // namespace tpu_mlir::tpu
