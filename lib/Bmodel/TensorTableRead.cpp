//===- TensorTableRead.cpp - Reading the tensor table ---------------------===//
// From JSON text of version 2, or of version 1: a list of contiguous tensors,
// each with its address, engine and cmd_id. Whatever a file says, what leaves
// here is consistent in itself: boxes lie in their tensors, numbers are small
// enough to be multiplied. Whether memory and commands exist is the reader's.

#include "tpu_mlir/Bmodel/TensorTable.h"
#include "tpu_mlir/Support/Error.h"

#include <nlohmann/json.hpp>

namespace tpu_mlir::bmodel {

using nlohmann::json;

namespace {

constexpr double kMostElements = 1e12;

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

void requireLength(const json &list, const char *key, size_t least, size_t most) {
  if (!list.is_array() || list.size() < least || list.size() > most)
    throw UserError(std::string("'") + key + "' is not a list of " + std::to_string(least) +
                    (least == most ? "" : " or " + std::to_string(most)) + " values");
}

/// n, c, h, w or n, c, d, h, w; `depth` stands for a d that is left out.
Axes axesOf(const json &piece, const char *key, int64_t depth) {
  const json &list = piece.at(key);
  requireLength(list, key, 4, 5);
  std::vector<int64_t> v = list.get<std::vector<int64_t>>();
  if (v.size() == 4)
    v.insert(v.begin() + 2, depth);
  Axes axes;
  std::copy(v.begin(), v.end(), axes.begin());
  for (int64_t value : axes)
    if (value < 0 || double(value) > kMostElements)
      throw UserError(std::string("'") + key + "' has the value " + std::to_string(value));
  return axes;
}

PieceLayout layoutOf(const std::string &name) {
  if (name == "aligned")
    return PieceLayout::Aligned;
  if (name == "compact")
    return PieceLayout::Compact;
  if (name == "strided")
    return PieceLayout::Strided;
  throw UserError("layout '" + name + "' is none of 'aligned', 'compact' and 'strided'");
}

TensorPiece pieceOf(const json &j, const TensorEntry &tensor) {
  TensorPiece p;
  p.whole = p.size = {1, 1, 1, 1, tensor.count()};
  if (j.contains("of")) {
    p.whole = axesOf(j, "of", 1);
    p.begin = axesOf(j, "begin", 0);
    p.size = axesOf(j, "size", 1);
    double elements = 1;
    for (size_t a = 0; a < p.whole.size(); ++a) {
      if (p.size[a] < 1 || p.begin[a] + p.size[a] > p.whole[a])
        throw UserError("'begin' " + std::to_string(p.begin[a]) + " and 'size' " + std::to_string(p.size[a]) +
                        " leave an axis of length " + std::to_string(p.whole[a]));
      elements *= double(p.whole[a]);
    }
    if (elements != double(tensor.count()))
      throw UserError("'of' is not a view of the tensor's " + std::to_string(tensor.count()) + " elements");
  }
  if (j.contains("layout")) {
    p.layout = layoutOf(j.at("layout").get<std::string>());
    p.lane = j.at("lane").get<int64_t>();
    p.offset = j.at("offset").get<int64_t>();
    constexpr int64_t kMost = int64_t(1) << 32;
    if (p.lane < 0 || p.lane > kMost || p.offset < 0 || p.offset > kMost)
      throw UserError("lane " + std::to_string(p.lane) + " and offset " + std::to_string(p.offset) +
                      " are not in local memory");
    if (p.layout == PieceLayout::Strided)
      p.strides = axesOf(j, "strides", 0);
  } else {
    p.address = j.at("address").get<uint64_t>();
  }
  const json &after = j.at("after");
  requireLength(after, "after", 3, 3);
  p.after = {after[0].get<uint32_t>(), isGdma(after[1].get<std::string>()), after[2].get<uint32_t>()};
  return p;
}

TensorEntry tensorOf(const json &j) {
  TensorEntry e;
  e.name = j.at("name").get<std::string>();
  e.dtype = dtypeOf(j.at("dtype").get<std::string>());
  e.shape = j.at("shape").get<std::vector<int64_t>>();
  e.scale = j.value("scale", 1.0f);
  e.zeroPoint = j.value("zero_point", 0);
  e.viewOf = j.value("view_of", std::string());
  double elements = 1;
  for (int64_t d : e.shape) {
    if (d < 1)
      throw UserError("shape has a dimension of " + std::to_string(d));
    elements *= double(d);
  }
  if (elements > kMostElements)
    throw UserError("shape is too large");
  return e;
}

/// An entry of version 1: one contiguous place.
TensorEntry oldTensorOf(const json &j) {
  TensorEntry e = tensorOf(j);
  e.addWhole(j.at("address").get<uint64_t>(),
             {j.value("group", 0u), isGdma(j.at("engine").get<std::string>()), j.at("cmd_id").get<uint32_t>()});
  return e;
}

TensorEntry newTensorOf(const json &j) {
  TensorEntry e = tensorOf(j);
  if (!j.at("pieces").is_array())
    throw UserError("'pieces' is not a list");
  for (const json &piece : j.at("pieces"))
    try {
      e.pieces.push_back(pieceOf(piece, e));
    } catch (const UserError &error) {
      throw UserError("piece " + std::to_string(e.pieces.size()) + ": " + error.what());
    }
  return e;
}

LayerOperand operandOf(const json &j) {
  requireLength(j, "reads", 2, 2);
  const auto reads = j[1].get<std::string>();
  for (Reads known : {Reads::InOrder, Reads::Windowed, Reads::Strided, Reads::Whole, Reads::ByIndex})
    if (reads == name(known))
      return {j[0].get<std::string>(), known};
  throw UserError("operand is read '" + reads + "', none of 'in order', 'windowed', 'strided', 'whole' and 'by index'");
}

LayerEntry layerOf(const json &j) {
  LayerEntry layer{j.at("name").get<std::string>(), j.value("op", std::string()), {}, {}};
  if (j.contains("reads")) {
    layer.traits = {{}, j.value("filters", false), j.value("moves", false)};
    if (!j.at("reads").is_array())
      throw UserError("'reads' is not a list");
    for (const json &operand : j.at("reads"))
      layer.traits->operands.push_back(operandOf(operand));
  }
  if (!j.at("commands").is_array())
    throw UserError("'commands' is not a list");
  for (const json &r : j.at("commands")) {
    requireLength(r, "commands", 4, 4);
    CommandRange range{r[0].get<uint32_t>(), isGdma(r[1].get<std::string>()), r[2].get<uint32_t>(),
                       r[3].get<uint32_t>()};
    if (range.first < 1 || range.last < range.first)
      throw UserError("commands " + std::to_string(range.first) + " to " + std::to_string(range.last) +
                      " are not a range");
    layer.commands.push_back(range);
  }
  return layer;
}

/// Reads every element of a list; messages name the element.
template <typename T>
void readList(const json &list, const std::string &where, const char *what, const char *keys, std::vector<T> &out,
              T (*read)(const json &)) {
  for (const json &j : list) {
    std::string which = where + ": " + what + " " + std::to_string(out.size());
    try {
      out.push_back(read(j));
    } catch (const UserError &error) {
      throw UserError(which + ": " + error.what());
    } catch (const json::exception &) {
      throw UserError(which + " lacks one of " + keys + ", or one has the wrong type");
    }
  }
}

} // namespace

TensorTable parseTensorTable(std::string_view text, const std::string &where) {
  json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded())
    throw UserError(where + " is not valid JSON");
  TensorTable table;
  if (document.is_array()) {
    readList(document, where, "tensor", "name, dtype, shape, address, engine and cmd_id", table.tensors, oldTensorOf);
    return table;
  }
  auto isList = [&](const char *key) { return document.contains(key) && document[key].is_array(); };
  if (!document.is_object() || !isList("tensors"))
    throw UserError(where + " is neither a list of tensors nor an object with one");
  const json version = document.value("version", json());
  if (version != 2)
    throw UserError(where + " has version " + version.dump(-1, ' ', false, json::error_handler_t::replace) +
                    "; this build reads 1 and 2");
  readList(document["tensors"], where, "tensor", "name, dtype, shape, and address or layout, and after in its pieces",
           table.tensors, newTensorOf);
  if (isList("layers"))
    readList(document["layers"], where, "layer", "name and commands", table.layers, layerOf);
  return table;
}

} // namespace tpu_mlir::bmodel
