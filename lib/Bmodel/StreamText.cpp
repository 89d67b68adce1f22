//===- StreamText.cpp - The streams of a bmodel as text -------------------===//
// Which groups are printed and how text finds its group again. What a command
// looks like is decided in Isa/Text.

#include "tpu_mlir/Bmodel/StreamText.h"
#include "tpu_mlir/Isa/Text.h"
#include "tpu_mlir/Support/Error.h"

#include <algorithm>
#include <map>

namespace tpu_mlir::bmodel {

namespace {

std::span<const uint8_t> bytesOf(const OptionalBlob &blob) { return blob ? blob->bytes() : std::span<const uint8_t>(); }

using LayerOf = std::function<std::string(const isa::Command &)>;

void printStream(std::string &out, const isa::Table &table, isa::Engine engine, const OptionalBlob &blob,
                 const std::string &where, const LayerOf &layerOf) {
  if (bytesOf(blob).empty())
    return;
  try {
    std::string now;
    for (const isa::Command &command : isa::decodeStream(table, engine, bytesOf(blob))) {
      if (std::string layer = layerOf(command); layer != now) {
        now = std::move(layer);
        if (!now.empty())
          out += "# " + now + "\n";
      }
      out += isa::toText(table, command) + "\n";
    }
  } catch (const UserError &error) {
    throw UserError(where + ": " + error.what());
  }
}

/// One "group" paragraph of the text.
struct Paragraph {
  std::vector<CmdGroup *> groups;
  std::vector<isa::Command> tiu, gdma;
};

std::vector<CmdGroup *> findGroups(const std::vector<GroupRef> &refs, std::string_view names) {
  std::vector<CmdGroup *> groups;
  while (true) {
    const size_t end = std::min(names.find(" = "), names.size());
    const std::string_view where = names.substr(0, end);
    const auto ref = std::find_if(refs.begin(), refs.end(), [&](const GroupRef &r) { return r.where == where; });
    if (ref == refs.end())
      throw UserError("the container has no group '" + std::string(where.substr(0, 80)) + "'");
    groups.push_back(ref->group);
    if (end == names.size())
      return groups;
    names.remove_prefix(end + 3);
  }
}

void replace(const Paragraph &paragraph, size_t padTo) {
  const auto set = [&](const std::vector<isa::Command> &commands, OptionalBlob CmdGroup::*blob,
                       uint32_t CmdGroup::*count, uint32_t CmdGroup::*size) {
    if (commands.empty())
      return;
    const Blob stream(isa::encodeStream(commands, padTo));
    for (CmdGroup *group : paragraph.groups) {
      group->*blob = stream;
      group->*count = uint32_t(commands.size());
      group->*size = uint32_t(stream.size());
    }
  };
  set(paragraph.tiu, &CmdGroup::bdc, &CmdGroup::bdcNum, &CmdGroup::bdcCmdByte);
  set(paragraph.gdma, &CmdGroup::gdma, &CmdGroup::gdmaNum, &CmdGroup::gdmaCmdByte);
}

} // namespace

std::string disassemble(const Model &model, const isa::Table &table, const LayerNames &layers) {
  // The walk hands out mutable groups; nothing is written through them here.
  const std::vector<GroupRef> refs = commandGroups(const_cast<Model &>(model));
  std::vector<bool> printed(refs.size());
  std::string out;
  std::map<std::pair<size_t, size_t>, uint32_t> groupsOf; // of a stage, so far
  for (size_t i = 0; i < refs.size(); ++i) {
    if (printed[i])
      continue;
    const uint32_t number = groupsOf[{refs[i].net, refs[i].stage}]++;
    const LayerOf layerOf = [&](const isa::Command &command) {
      return layers ? layers(refs[i], number, command) : std::string();
    };
    out += "group " + refs[i].where;
    for (size_t j = i + 1; j < refs.size(); ++j)
      if (!printed[j] && refs[j].group->bdc == refs[i].group->bdc && refs[j].group->gdma == refs[i].group->gdma) {
        out += " = " + refs[j].where;
        printed[j] = true;
      }
    out += "\n";
    printStream(out, table, isa::Engine::TIU, refs[i].group->bdc, refs[i].where, layerOf);
    printStream(out, table, isa::Engine::GDMA, refs[i].group->gdma, refs[i].where, layerOf);
  }
  return out;
}

Model assemble(Model container, const isa::Table &table, std::string_view text, const std::string &name, size_t padTo) {
  const std::vector<GroupRef> refs = commandGroups(container);
  std::vector<Paragraph> paragraphs;
  size_t lineNumber = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++lineNumber;
    while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
      line.remove_suffix(1);
    if (line.empty() || line.front() == '#')
      continue;
    try {
      if (line.starts_with("group ")) {
        paragraphs.push_back({findGroups(refs, line.substr(6)), {}, {}});
        continue;
      }
      if (paragraphs.empty())
        throw UserError("a command stands before the first 'group' line");
      const isa::Command command = isa::fromText(table, line);
      (command.engine() == isa::Engine::TIU ? paragraphs.back().tiu : paragraphs.back().gdma).push_back(command);
    } catch (const UserError &error) {
      throw UserError(name + ":" + std::to_string(lineNumber) + ": " + error.what());
    }
  }
  if (paragraphs.empty())
    throw UserError(name + ": holds no 'group' line");
  for (const Paragraph &paragraph : paragraphs)
    replace(paragraph, padTo);
  return container;
}

} // namespace tpu_mlir::bmodel
