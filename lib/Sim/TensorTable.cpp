//===- TensorTable.cpp - Which command completes which tensor -------------===//
// JSON: a list of objects {name, dtype, shape, address, scale, zero_point,
// group, engine, cmd_id, ranges}. `dtype` is a name of kernel::name, `engine`
// "tiu" or "gdma", `ranges` a list of [group, engine, first id, last id];
// `scale`, `zero_point`, `group`, `ranges` may be left out.

#include "tpu_mlir/Sim/TensorTable.h"
#include "tpu_mlir/Support/Error.h"

#include <nlohmann/json.hpp>

namespace tpu_mlir::sim {

using nlohmann::json;

int64_t TensorEntry::count() const {
  int64_t n = 1;
  for (int64_t d : shape)
    n *= d;
  return n;
}

namespace {

kernel::DType dtypeOf(const std::string &name) {
  for (int t = 0; t <= int(kernel::DType::U4); ++t)
    if (name == kernel::name(kernel::DType(t)))
      return kernel::DType(t);
  throw UserError("dtype '" + name + "' is unknown");
}

bool isGdma(const std::string &engine) {
  if (engine != "tiu" && engine != "gdma")
    throw UserError("engine '" + engine + "' is neither 'tiu' nor 'gdma'");
  return engine == "gdma";
}

const char *engineName(bool byGdma) { return byGdma ? "gdma" : "tiu"; }

TensorEntry entryOf(const json &j) {
  TensorEntry e;
  e.name = j.at("name").get<std::string>();
  e.dtype = dtypeOf(j.at("dtype").get<std::string>());
  e.shape = j.at("shape").get<std::vector<int64_t>>();
  e.address = j.at("address").get<uint64_t>();
  e.scale = j.value("scale", 1.0f);
  e.zeroPoint = j.value("zero_point", 0);
  e.group = j.value("group", 0u);
  e.byGdma = isGdma(j.at("engine").get<std::string>());
  e.command = j.at("cmd_id").get<uint32_t>();
  if (j.contains("ranges"))
    for (const json &r : j.at("ranges")) {
      CommandRange range{r.at(0).get<uint32_t>(), isGdma(r.at(1).get<std::string>()), r.at(2).get<uint32_t>(),
                         r.at(3).get<uint32_t>()};
      if (range.first < 1 || range.last < range.first)
        throw UserError("range " + std::to_string(range.first) + " to " + std::to_string(range.last) +
                        " holds no command");
      e.ranges.push_back(range);
    }
  double elements = 1;
  for (int64_t d : e.shape) {
    if (d < 1)
      throw UserError("shape has a dimension of " + std::to_string(d));
    elements *= double(d);
  }
  if (elements > 1e12)
    throw UserError("shape is too large");
  return e;
}

} // namespace

std::vector<TensorEntry> parseTensorTable(std::string_view text, const std::string &where) {
  json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded())
    throw UserError(where + " is not valid JSON");
  if (!document.is_array())
    throw UserError(where + " is not a list of tensors");
  std::vector<TensorEntry> entries;
  for (const json &j : document) {
    std::string which = where + ": tensor " + std::to_string(entries.size());
    try {
      entries.push_back(entryOf(j));
    } catch (const UserError &error) {
      throw UserError(which + ": " + error.what());
    } catch (const json::exception &) {
      throw UserError(which +
                      " lacks one of name, dtype, shape, address, engine and cmd_id, or one has the wrong type");
    }
  }
  return entries;
}

std::string printTensorTable(const std::vector<TensorEntry> &entries) {
  std::string text = "[\n";
  for (size_t i = 0; i < entries.size(); ++i) {
    const TensorEntry &e = entries[i];
    // An ordered object: the keys stay in reading order. The scale is printed as the double nearest to the float, which
    // reads back as the same float.
    nlohmann::ordered_json j = {
        {"name", e.name},     {"dtype", kernel::name(e.dtype)}, {"shape", e.shape}, {"address", e.address},
        {"scale", e.scale},   {"zero_point", e.zeroPoint},      {"group", e.group}, {"engine", engineName(e.byGdma)},
        {"cmd_id", e.command}};
    for (const CommandRange &r : e.ranges)
      j["ranges"].push_back({r.group, engineName(r.byGdma), r.first, r.last});
    text += j.dump(-1, ' ', false, json::error_handler_t::replace) + (i + 1 < entries.size() ? ",\n" : "\n");
  }
  return text + "]\n";
}

} // namespace tpu_mlir::sim
