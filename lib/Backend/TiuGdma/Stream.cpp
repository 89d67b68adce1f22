//===- Stream.cpp - The family's commands in their two streams ------------===//
// Source of the id and end rules: shared ISA notes, isa.md §7.
#include "Stream.h"

namespace tpu_mlir::backend::tiu_gdma {

Stream::Stream(const isa::Table &table, uint32_t idLimit, uint32_t padBytes)
    : CommandStream(int(std::size(kEngines)), idLimit), table(table), padBytes(padBytes) {}

uint32_t Stream::issue(isa::Command command, std::span<const codegen::Access> accesses) {
  const size_t engine = size_t(command.engine()), other = 1 - engine;
  const Turn turn = take(int(engine), accesses);
  command.set(isa::Field::cmd_id, turn.id);
  command.set(isa::Field::cmd_id_dep, turn.after[other]);
  command.appendTo(bytes[engine]);
  return turn.id;
}

codegen::CommandGroup Stream::endQueues() {
  isa::SYSID tiuEnd;
  tiuEnd.tsk_eu_typ = 31;
  tiuEnd.cmd_id = lastId(int(isa::Engine::TIU)) + 1;
  isa::SDMASys gdmaEnd;
  gdmaEnd.cmd_id = lastId(int(isa::Engine::GDMA)) + 1;
  isa::encode(table, tiuEnd).appendTo(bytes[int(isa::Engine::TIU)]);
  isa::encode(table, gdmaEnd).appendTo(bytes[int(isa::Engine::GDMA)]);
  codegen::CommandGroup group;
  for (size_t e = 0; e < std::size(kEngines); ++e) {
    bytes[e].resize((bytes[e].size() + padBytes - 1) / padBytes * padBytes);
    group.queues.push_back({lastId(int(e)) + 1, std::move(bytes[e])});
    bytes[e].clear();
  }
  return group;
}

} // namespace tpu_mlir::backend::tiu_gdma
