//===- HostSubnets.cpp - The parts of a net that the host runs ------------===//
// A file may say anything: the layer's graph is checked when it is read, and its
// tensors must be those that the container lists for the subnet.
#include "tpu_mlir/Sim/HostSubnets.h"
#include "tpu_mlir/Bmodel/Sha256.h"
#include "tpu_mlir/Host/Stored.h"
#include "tpu_mlir/Support/Error.h"

#include <algorithm>
#include <cstring>

namespace tpu_mlir::sim {

bool isOwnHostSubnet(const bmodel::SubNet &subnet) {
  constexpr int32_t kUserDefined = 3;
  return subnet.subnetMode == int32_t(bmodel::SubnetMode::Cpu) && subnet.cpuParam.size() == 1 &&
         subnet.cpuParam[0].opType == kUserDefined && subnet.cpuParam[0].isCustom && subnet.cpuParam[0].param;
}

/// Addresses of the graph's tensors, in its order, as the container lists them.
static std::vector<uint64_t> addressesOf(const host::Graph &graph, const std::vector<int> &numbers,
                                         const bmodel::List<bmodel::Tensor> &tensors, const std::string &where) {
  std::vector<uint64_t> addresses;
  for (int number : numbers) {
    const host::Tensor &tensor = graph.tensors[number];
    auto same = [&](const bmodel::Tensor &t) { return t.name == tensor.name; };
    auto found = std::find_if(tensors.begin(), tensors.end(), same);
    int64_t bytes = tensor.count() * host::storedSizeOf(tensor.element);
    if (found == tensors.end() || found->dataType != uint32_t(host::formatOf(tensor.element)) ||
        int64_t(found->size) != bytes)
      throw UserError(where + " does not list '" + tensor.name + "' with " + std::to_string(bytes) + " bytes of " +
                      kernel::name(host::formatOf(tensor.element)));
    addresses.push_back(found->deviceAddr);
  }
  return addresses;
}

std::vector<HostSubnet> hostSubnetsOf(const bmodel::NetParameter &stage, const std::string &path) {
  std::vector<HostSubnet> list;
  size_t group = 0;
  for (const bmodel::SubNet &subnet : stage.subNet) {
    group += subnet.cmdGroup.size();
    if (subnet.subnetMode == int32_t(bmodel::SubnetMode::Tpu))
      continue;
    const std::string where = "'" + path + "': subnet " + std::to_string(subnet.id);
    if (!isOwnHostSubnet(subnet))
      throw UserError(where + " runs on the host, by code of the vendor's; this project runs CPU layers of its own");
    const bmodel::CpuParam &layer = subnet.cpuParam[0];
    std::vector<std::span<const uint8_t>> constants;
    for (const bmodel::CpuConst &constant : layer.cpuConst) {
      constants.push_back(constant.constData ? constant.constData->bytes() : std::span<const uint8_t>());
      auto digest = bmodel::sha256(constants.back());
      if (!std::equal(digest.begin(), digest.end(), constant.checkCode.begin(), constant.checkCode.end()))
        throw UserError(where + ": a constant does not match its SHA-256 check code");
    }
    std::span<const uint8_t> text = layer.param->bytes();
    HostSubnet made{
        subnet.id,
        group,
        host::parseSubnet({reinterpret_cast<const char *>(text.data()), text.size()}, constants, where + ": its layer"),
        {},
        {}};
    made.inputs = addressesOf(made.subnet.graph, made.subnet.graph.inputs, subnet.inputTensor, where);
    made.outputs = addressesOf(made.subnet.graph, made.subnet.graph.outputs, subnet.outputTensor, where);
    list.push_back(std::move(made));
  }
  return list;
}

std::vector<HostOpReport> hostReport(const bmodel::NetParameter &stage, const std::string &path) {
  std::vector<HostOpReport> list;
  for (const HostSubnet &s : hostSubnetsOf(stage, path)) {
    const host::Graph &graph = s.subnet.graph;
    auto bytesOf = [&](int t) { return graph.tensors[t].count() * host::storedSizeOf(graph.tensors[t].element); };
    for (size_t i = 0; i < graph.items.size(); ++i) {
      const host::Item &item = graph.items[i];
      HostOpReport report{s.subnet.layers[i], s.id, 0, bytesOf(item.output), host::estimateSeconds(graph, item)};
      for (int input : item.inputs)
        if (std::count(graph.inputs.begin(), graph.inputs.end(), input))
          report.bytesIn += bytesOf(input);
      for (int output : item.moreOutputs)
        report.bytesOut += bytesOf(output);
      list.push_back(std::move(report));
    }
  }
  return list;
}

HostRunner::HostRunner(const bmodel::NetParameter &stage, const std::string &path) : path(path) {
  for (HostSubnet &s : hostSubnetsOf(stage, path)) {
    const host::Graph &graph = s.subnet.graph;
    for (const host::Tensor &tensor : graph.tensors)
      own[tensor.name] = tensor.element;
    for (int output : graph.outputs) {
      const host::Tensor &tensor = graph.tensors[output];
      results[tensor.name] = {tensor.element, tensor.dims, {}};
    }
    for (const host::CountedName &name : s.subnet.counted)
      counted[name.tensor] = name;
    host::Evaluator evaluator(graph);
    subnets.push_back({std::move(s), std::move(evaluator)});
  }
}

uint64_t HostRunner::run(size_t beforeGroup, Memory &memory) {
  uint64_t ops = 0;
  for (Loaded &s : subnets) {
    if (s.about.beforeGroup != beforeGroup)
      continue;
    const host::Graph &graph = s.evaluator.graph();
    for (size_t i = 0; i < graph.inputs.size(); ++i) {
      const host::Tensor &tensor = graph.tensors[graph.inputs[i]];
      uint64_t bytes = uint64_t(tensor.count() * host::storedSizeOf(tensor.element));
      host::load(tensor.element, memory.read(s.about.inputs[i], bytes), tensor.count(),
                 s.evaluator.input(graph.inputs[i]));
    }
    s.evaluator.run();
    for (size_t i = 0; i < graph.outputs.size(); ++i) {
      const host::Tensor &tensor = graph.tensors[graph.outputs[i]];
      const void *data = s.evaluator.data(graph.outputs[i]);
      uint64_t bytes = uint64_t(tensor.count() * host::storedSizeOf(tensor.element));
      uint8_t *place = memory.write(s.about.outputs[i], bytes);
      int64_t bad = host::store(tensor.element, data, tensor.count(), place);
      if (bad >= 0)
        throw UserError("host op '" + tensor.name + "' makes " +
                        std::to_string(static_cast<const int64_t *>(data)[bad]) + " as element " + std::to_string(bad) +
                        ", which does not fit the chip's 32 bits");
      results[tensor.name].bytes.assign(place, place + bytes);
      if (tensor.element == host::Element::I32 && tensor.count() == 1)
        counts[tensor.name] = *static_cast<const int32_t *>(data);
    }
    ops += graph.items.size();
  }
  return ops;
}

host::Element HostRunner::ownOf(const std::string &name) const {
  auto found = own.find(name);
  return found == own.end() ? host::Element::F32 : found->second;
}

std::pair<int64_t, int64_t> HostRunner::countedOf(const std::string &name) const {
  auto found = counted.find(name);
  if (found == counted.end() || !counts.count(found->second.by))
    return {-1, 0};
  return {found->second.axis, counts.at(found->second.by)};
}

} // namespace tpu_mlir::sim
