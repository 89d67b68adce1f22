//===- Streams.cpp - bmodel-tool dis, asm and extract ---------------------===//
// Streams out of a container, as text or as files, and text back into one.

#include "Verbs.h"
#include "tpu_mlir/Bmodel/StreamText.h"
#include "tpu_mlir/Sim/StreamTiming.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Files.h"
#include "tpu_mlir/Support/Outputs.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <span>

namespace tpu_mlir::bmodel_tool {

namespace {

/// Calls `action`; its errors gain the file's name.
template <typename Action> auto withName(const std::string &path, Action &&action) {
  try {
    return action();
  } catch (const UserError &error) {
    throw UserError(path + ": " + error.what());
  }
}

/// The layers of a model's commands, as far as its tensor tables tell.
class Layers {
public:
  /// A table that cannot be read becomes a comment at the end of `text`: the commands are what a reader wants then.
  Layers(const bmodel::Model &model, const std::string &path, std::string &text) {
    for (size_t net = 0; net < model.net.size(); ++net)
      for (size_t stage = 0; stage < model.net[net].parameter.size(); ++stage)
        try {
          tables[{net, stage}] = sim::TimedStream(model, path, net, stage).tensorTable();
        } catch (const UserError &error) {
          text += "# no layers: " + printable(error.what()) + "\n";
        }
  }

  std::string of(const bmodel::GroupRef &ref, uint32_t group, const isa::Command &command) const {
    const auto table = tables.find({ref.net, ref.stage});
    if (table == tables.end() || !command.info->has(isa::Field::cmd_id))
      return "";
    const bmodel::LayerEntry *layer = table->second.layerOf(
        {group, command.engine() == isa::Engine::GDMA, uint32_t(command.get(isa::Field::cmd_id))});
    return layer ? "layer " + printable(layer->name) + " (" + printable(layer->op) + ")" : "";
  }

private:
  /// On one line, whatever the name is made of.
  static std::string printable(std::string text) {
    for (char &c : text)
      if (static_cast<unsigned char>(c) < 32 || c == 127)
        c = '?';
    return text;
  }

  std::map<std::pair<size_t, size_t>, bmodel::TensorTable> tables;
};

} // namespace

int disassemble(const Arguments &arguments) {
  const std::string &path = arguments.inputs[0];
  const bmodel::Model model = bmodel::readBmodel(path);
  const isa::Table &table = isa::tableFor(chipOf(model, path).identity.isa);
  std::string head = "# " + model.chip + "\n";
  Layers layers(model, path, head);
  const bmodel::LayerNames names = [&](const bmodel::GroupRef &ref, uint32_t group, const isa::Command &command) {
    return layers.of(ref, group, command);
  };
  writeText(arguments.output, head + withName(path, [&] { return bmodel::disassemble(model, table, names); }));
  return kExitDone;
}

int assemble(const Arguments &arguments) {
  const std::string &textPath = arguments.inputs[0], &path = arguments.inputs[1];
  bmodel::Model model = bmodel::readBmodel(path);
  const target::Chip &chip = chipOf(model, path);
  const std::vector<uint8_t> bytes = readFile(textPath);
  const std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  const isa::Table &table = isa::tableFor(chip.identity.isa);
  bmodel::writeBmodel(bmodel::assemble(std::move(model), table, text, textPath, size_t(chip.limits.streamPadBytes)),
                      arguments.output);
  return kExitDone;
}

int extract(const Arguments &arguments) {
  bmodel::Model model = bmodel::readBmodel(arguments.inputs[0]);
  const std::filesystem::path folder = arguments.output;
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed)
    throw UserError("cannot make folder '" + folder.string() + "': " + failed.message());
  std::vector<std::pair<std::string, std::span<const uint8_t>>> parts;
  const auto save = [&](const std::string &name, const bmodel::OptionalBlob &blob) {
    if (blob && blob->size() > 0)
      parts.emplace_back(name, blob->bytes());
  };
  for (const bmodel::GroupRef &ref : bmodel::commandGroups(model)) {
    std::string name = ref.where;
    std::replace(name.begin(), name.end(), ' ', '_');
    save(name + ".tiu.bin", ref.group->bdc);
    save(name + ".gdma.bin", ref.group->gdma);
  }
  for (size_t n = 0; n < model.net.size(); ++n)
    for (size_t p = 0; p < model.net[n].parameter.size(); ++p)
      if (const auto &coeff = model.net[n].parameter[p].coeffMem)
        save("net_" + std::to_string(n) + "_stage_" + std::to_string(p) + ".weights.bin", coeff->coeff);
  // Names inside a file are not paths of ours: a module is saved by its role.
  if (model.kernelModule)
    save("kernel_module.bin", model.kernelModule->binary);
  if (model.cpuopModule)
    save("cpu_module.bin", model.cpuopModule->binary);
  for (const auto &[name, bytes] : parts)
    checkOutputs({{"the part", (folder / name).string(), ".bin"}}, {{"the file", arguments.inputs[0], ""}});
  std::string list;
  for (const auto &[name, bytes] : parts) {
    writeFileAtomically((folder / name).string(), bytes);
    list += name + " " + std::to_string(bytes.size()) + " bytes\n";
  }
  writeText("", list);
  return kExitDone;
}

} // namespace tpu_mlir::bmodel_tool
