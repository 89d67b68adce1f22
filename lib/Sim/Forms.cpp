//===- Forms.cpp - What the simulator knows of a command's form -----------===//
// Long and short forms share field names and semantics, so one row serves both.
// A form without a row is priced as a pass over its result, or as a copy, and
// refused when it comes to be executed.
#include "tpu_mlir/Sim/Forms.h"
#include "Costs.h"
#include "Exec.h"

#include <array>

namespace tpu_mlir::sim {

namespace {

using isa::CommandId;

void executeEnd(Exec &) {}
void executeSystem(Exec &e) {
  if (e.kind != isa::kSysEnd && e.kind != isa::kSysNop)
    e.notBuilt("this command");
}

struct Row {
  CommandId id, shortId;
  Form form;
};
constexpr Row kRows[] = {
    {CommandId::CONV, CommandId::SCONV, {executeConv, convCost}},
    {CommandId::PORD, CommandId::SPORD, {executePool, poolCost}},
    {CommandId::MM, CommandId::SMM, {nullptr, matrixCost}},
    {CommandId::MM2, CommandId::SMM2, {executeMatmul2, matrix2Cost}},
    {CommandId::AR, CommandId::SAR, {executeArith, arithCost}},
    {CommandId::RQ, CommandId::SRQ, {executeQuant, quantCost}},
    {CommandId::TRANS, CommandId::STRANS, {executeTranspose, transposeCost}},
    {CommandId::SG, CommandId::SSG, {executeGather, gatherCost}},
    {CommandId::LIN, CommandId::SLIN, {executeLinear, passCost}},
    {CommandId::CMP, CommandId::SCMP, {executeCompare, passCost}},
    {CommandId::SYSID, CommandId::SYSID, {executeSystem, systemCost}},
    {CommandId::SDMASys, CommandId::SDMASys, {executeEnd, systemCost}},
    {CommandId::DMATensor, CommandId::DMATensor, {executeDmaTensor, copyCost}},
    {CommandId::DMAGeneral, CommandId::DMAGeneral, {executeDmaGeneral, copyCost}},
    {CommandId::DMACwTranspose, CommandId::DMACwTranspose, {executeDmaTranspose, copyCost}},
};

} // namespace

const Form &formOf(const isa::CommandInfo &info) {
  static const std::array<Form, isa::kCommandCount> forms = [] {
    std::array<Form, isa::kCommandCount> table{};
    for (const Row &row : kRows)
      table[size_t(row.id)] = table[size_t(row.shortId)] = row.form;
    return table;
  }();
  static constexpr Form kPass{nullptr, passCost}, kCopy{nullptr, copyCost};
  const Form &form = forms[size_t(info.id)];
  return form.cost ? form : info.engine == isa::Engine::TIU ? kPass : kCopy;
}

void execute(Exec &e) {
  const Form &form = formOf(*e.command.info);
  if (!form.execute)
    e.notBuilt("this command");
  form.execute(e);
}

} // namespace tpu_mlir::sim
