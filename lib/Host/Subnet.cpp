//===- Subnet.cpp - A graph as the text of a CPU layer --------------------===//
// Writing, and reading what may come from anywhere: names, numbers and lists
// first, then whether they can be computed (SubnetRules.cpp).
#include "tpu_mlir/Host/Subnet.h"
#include "Fields.h"
#include "SubnetRules.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/TextDepth.h"

#include <cassert>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace tpu_mlir::host {

using nlohmann::ordered_json;

namespace {

constexpr int kVersion = 1;
constexpr Element kElements[] = {Element::F32, Element::I64, Element::I32, Element::I8, Element::U8, Element::Bool};
/// In the order of Comparing.
constexpr const char *kComparisons[] = {"equal", "not_equal", "greater", "greater_or_equal", "less", "less_or_equal",
                                        "and",   "or",        "xor"};

Element elementNamed(const std::string &name) {
  for (Element element : kElements)
    if (name == nameOf(element))
      return element;
  throw UserError("element type '" + name + "' is unknown");
}

// JSON has no infinity.
ordered_json textOf(float value) {
  if (std::isinf(value))
    return value < 0 ? "-inf" : "inf";
  return value;
}
template <typename T> ordered_json textOf(const T &value) { return value; }
ordered_json textOf(Comparing kind) { return kComparisons[size_t(kind)]; }

template <typename T> void readInto(const ordered_json &json, T &value) { value = json.get<T>(); }
void readInto(const ordered_json &json, float &value) {
  if (json.is_string() && (json == "-inf" || json == "inf"))
    value = json == "inf" ? std::numeric_limits<float>::infinity() : -std::numeric_limits<float>::infinity();
  else
    value = json.get<float>();
}
void readInto(const ordered_json &json, Comparing &kind) {
  std::string name = json.get<std::string>();
  for (size_t i = 0; i < std::size(kComparisons); ++i)
    if (name == kComparisons[i]) {
      kind = Comparing(i);
      return;
    }
  throw UserError("comparison '" + name + "' is unknown");
}

ordered_json itemOf(const Item &item, const HostLayer &layer) {
  ordered_json out = {{"name", layer.name}, {"op", layer.op}, {"reason", layer.reason}};
  std::visit(
      [&]<typename T>(T work) {
        assert(kWorkName<T> && "work that no CPU layer holds");
        out["work"] = kWorkName<T> ? kWorkName<T> : "";
        if constexpr (kWorkName<T> != nullptr)
          visitFields(work, [&](const char *name, auto &field) { out[name] = textOf(field); });
      },
      item.work);
  out["inputs"] = item.inputs;
  std::vector<int> outputs = item.moreOutputs;
  outputs.insert(outputs.begin(), item.output);
  out["outputs"] = outputs;
  return out;
}

template <size_t I = 0> Work workNamed(const std::string &name, const ordered_json &json) {
  if constexpr (I == std::variant_size_v<Work>) {
    throw UserError("work '" + name + "' is unknown");
  } else {
    using T = std::variant_alternative_t<I, Work>;
    if constexpr (kWorkName<T> != nullptr)
      if (name == kWorkName<T>) {
        T work{};
        visitFields(work, [&](const char *key, auto &field) { readInto(json.at(key), field); });
        return work;
      }
    return workNamed<I + 1>(name, json);
  }
}

Tensor tensorOf(const ordered_json &json, std::span<const std::span<const uint8_t>> constants) {
  Tensor tensor{json.at("name").get<std::string>(), json.at("shape").get<Dims>(),
                elementNamed(json.at("type").get<std::string>()), nullptr};
  requirePossible(tensor);
  if (auto found = json.find("constant"); found != json.end()) {
    auto index = found->get<size_t>();
    if (index >= constants.size())
      throw UserError("'" + tensor.name + "' is constant " + std::to_string(index) + ", but there are " +
                      std::to_string(constants.size()));
    if (int64_t(constants[index].size()) != tensor.bytes() ||
        reinterpret_cast<uintptr_t>(constants[index].data()) % size_t(sizeOf(tensor.element)))
      throw UserError("constant '" + tensor.name + "' needs " + std::to_string(tensor.bytes()) +
                      " aligned bytes, but there are " + std::to_string(constants[index].size()));
    tensor.constant = constants[index].data();
  }
  return tensor;
}

} // namespace

std::vector<std::span<const uint8_t>> constantsOf(const Subnet &subnet) {
  std::vector<std::span<const uint8_t>> all;
  for (const Tensor &tensor : subnet.graph.tensors)
    if (tensor.constant)
      all.push_back(tensor.constantBytes());
  return all;
}

std::string printSubnet(const Subnet &subnet) {
  ordered_json out = {{"version", kVersion}, {"inputs", subnet.graph.inputs}, {"outputs", subnet.graph.outputs}};
  out["tensors"] = ordered_json::array();
  size_t constant = 0;
  for (const Tensor &tensor : subnet.graph.tensors) {
    ordered_json one = {{"name", tensor.name}, {"type", nameOf(tensor.element)}, {"shape", tensor.dims}};
    if (tensor.constant)
      one["constant"] = constant++;
    out["tensors"].push_back(std::move(one));
  }
  out["items"] = ordered_json::array();
  for (size_t i = 0; i < subnet.graph.items.size(); ++i)
    out["items"].push_back(itemOf(subnet.graph.items[i], subnet.layers[i]));
  out["counted"] = ordered_json::array();
  for (const CountedName &c : subnet.counted)
    out["counted"].push_back({{"tensor", c.tensor}, {"axis", c.axis}, {"by", c.by}});
  return out.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

Subnet parseSubnet(std::string_view text, std::span<const std::span<const uint8_t>> constants,
                   const std::string &where) {
  try {
    if (std::string why = whyNoJson(text); !why.empty())
      throw UserError("it " + why);
    const ordered_json json = ordered_json::parse(text);
    if (int version = json.at("version").get<int>(); version != kVersion)
      throw UserError("version " + std::to_string(version) + " is not known; expected " + std::to_string(kVersion));
    Subnet subnet;
    for (const ordered_json &tensor : json.at("tensors"))
      subnet.graph.tensors.push_back(tensorOf(tensor, constants));
    subnet.graph.inputs = json.at("inputs").get<std::vector<int>>();
    subnet.graph.outputs = json.at("outputs").get<std::vector<int>>();
    for (const ordered_json &item : json.at("items")) {
      subnet.layers.push_back(
          {item.at("name").get<std::string>(), item.at("op").get<std::string>(), item.at("reason").get<std::string>()});
      Item made{workNamed(item.at("work").get<std::string>(), item),
                item.at("inputs").get<std::vector<int>>(),
                0,
                {},
                item.at("outputs").get<std::vector<int>>()};
      if (made.moreOutputs.empty())
        throw UserError("'" + subnet.layers.back().name + "' has no output");
      made.output = made.moreOutputs.front();
      made.moreOutputs.erase(made.moreOutputs.begin());
      subnet.graph.items.push_back(std::move(made));
    }
    for (const ordered_json &c : json.at("counted"))
      subnet.counted.push_back(
          {c.at("tensor").get<std::string>(), c.at("by").get<std::string>(), c.at("axis").get<int64_t>()});
    requireComputable(subnet.graph);
    return subnet;
  } catch (const ordered_json::parse_error &error) {
    throw UserError(where + " is damaged at byte " + std::to_string(error.byte));
  } catch (const ordered_json::exception &error) {
    throw UserError(where + " is damaged: " + error.what());
  } catch (const UserError &error) {
    throw UserError(where + " is damaged: " + error.what());
  }
}

double estimateSeconds(const Graph &graph, const Item &item) {
  double bytes = 0, operations = 0;
  auto count = [&](int tensor) { bytes += double(graph.tensors[tensor].bytes()); };
  for (int input : item.inputs)
    count(input);
  count(item.output);
  if (auto *nms = std::get_if<Nms>(&item.work)) {
    const Dims &scores = graph.tensors[item.inputs[1]].dims;
    double lists = double(scores[0]) * double(scores[1]), boxes = double(scores[2]);
    constexpr double kOperationsPerPair = 20;
    operations =
        lists * boxes * (std::log2(boxes + 1) + double(std::min(nms->mostPerClass, scores[2])) * kOperationsPerPair);
  } else {
    operations = double(graph.tensors[item.output].count());
  }
  constexpr double kPerSecond = 1e9;
  return (bytes + operations) / kPerSecond;
}

} // namespace tpu_mlir::host
