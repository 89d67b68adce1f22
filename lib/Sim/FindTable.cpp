//===- FindTable.cpp - The tensor table of a model ------------------------===//
// Looks in the file, then beside it, and holds the table against the streams:
// each command that it names exists.

#include "FindTable.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Files.h"

#include <filesystem>

namespace tpu_mlir::sim {

static TensorTable readTable(const bmodel::OptionalBlob &travelling, const std::string &path) {
  auto parse = [](std::span<const uint8_t> bytes, const std::string &where) {
    return bmodel::parseTensorTable({reinterpret_cast<const char *>(bytes.data()), bytes.size()}, where);
  };
  if (travelling && travelling->size())
    return parse(travelling->bytes(), "'" + path + "': its tensor table");
  std::string beside = (std::filesystem::path(path).parent_path() / "tensor_location.json").string();
  std::error_code ignored;
  return std::filesystem::is_regular_file(beside, ignored) ? parse(readFile(beside), "'" + beside + "'")
                                                           : TensorTable{};
}

TensorTable findTable(const bmodel::OptionalBlob &travelling, const std::string &path,
                      const std::vector<Group> &groups) {
  TensorTable table = readTable(travelling, path);
  auto require = [&](const std::string &what, uint32_t group, bool byGdma, uint32_t id) {
    if (group >= groups.size() || id > groups[group].streams[isa::Engine(byGdma)].size())
      throw UserError("'" + path + "': its tensor table says that " + what + " " + (byGdma ? "gdma" : "tiu") +
                      " command " + std::to_string(id) + " of group " + std::to_string(group) +
                      ", which does not exist");
  };
  for (const TensorEntry &e : table.tensors)
    for (const TensorPiece &piece : e.pieces)
      require("'" + e.name + "' is complete after", piece.after.group, piece.after.byGdma, piece.after.id);
  for (const LayerEntry &layer : table.layers)
    for (const CommandRange &r : layer.commands)
      require("layer '" + layer.name + "' owns", r.group, r.byGdma, r.last);
  return table;
}

} // namespace tpu_mlir::sim
