//===- Plant.cpp - Who sees a planted fault -------------------------------===//
// Runs the sound stream and its mutants, and asks the safety check.

#include "Mutate.h"
#include "tpu_mlir/Check/Safety.h"
#include "tpu_mlir/Sim/Simulator.h"
#include "tpu_mlir/Support/Error.h"

#include <cstring>
#include <set>

namespace tpu_mlir::test {

namespace {
/// Seeds of inputs that are tried where the first shows no effect.
constexpr uint64_t kOtherInputs[] = {1685, 1686, 1687};
} // namespace

Outcome simulate(const bmodel::Model &model, bool tiuFirst, bool allTensors, uint64_t seed) {
  Outcome outcome;
  try {
    sim::Simulator simulator(model, "model");
    std::mt19937_64 random(seed);
    for (const sim::NetTensor &input : simulator.inputs()) {
      std::vector<uint8_t> bytes(size_t(input.bytes));
      for (uint8_t &b : bytes)
        b = uint8_t(random() >> 13);
      if (input.dtype == kernel::DType::F32) // any bits would be infinities and worse
        for (size_t i = 0; i + 4 <= bytes.size(); i += 4) {
          const float value = float(int64_t(random() % 2001) - 1000) / 500.0f;
          std::memcpy(&bytes[i], &value, sizeof value);
        }
      simulator.setInput(input.name, bytes);
    }
    sim::RunOptions options;
    options.policy = tiuFirst ? sim::Policy::TiuFirst : sim::Policy::GdmaFirst;
    options.collectTensors = allTensors && !simulator.tensorTable().empty();
    sim::RunResult run = simulator.run(options);
    for (sim::TensorValue &t : run.outputs)
      outcome.outputs[t.name] = std::move(t.bytes);
    for (sim::TensorValue &t : run.tensors)
      outcome.tensors[t.name] = std::move(t.bytes);
  } catch (const UserError &error) {
    outcome.refused = error.what();
  }
  return outcome;
}

Tally plant(const bmodel::Model &sound, FaultKind kind, int count, uint64_t seed) {
  bmodel::Model model = sound;
  // The weights do not change: their check code needs no proof for every fault.
  for (bmodel::Net &net : model.net)
    for (bmodel::NetParameter &p : net.parameter)
      if (p.coeffMem)
        p.coeffMem->checkCode.clear();
  const target::Chip &chip = target::lookup(model.chip);
  const isa::Table &table = isa::tableFor(chip.identity.isa);
  const auto notesOf = [](const safety::Report &report) {
    std::set<std::string> notes;
    for (const bmodel::Finding &note : report.notes)
      notes.insert(note.where + note.sentence);
    return notes;
  };
  const std::set<std::string> cleanNotes = notesOf(safety::checkModel(model, table, chip));
  const Outcome clean = simulate(model, false, true);
  const auto differs = [&](const bmodel::Model &mutant, const Outcome &sound, uint64_t inputs) {
    for (bool tiuFirst : {false, true})
      if (const Outcome run = simulate(mutant, tiuFirst, false, inputs);
          !run.refused.empty() || run.outputs != sound.outputs)
        return true;
    return false;
  };
  // What one input hides (a maximum that stays the same, a result at its limit) another shows.
  const auto differsElsewhere = [&](const bmodel::Model &mutant) {
    for (uint64_t inputs : kOtherInputs)
      if (differs(mutant, simulate(model, false, false, inputs), inputs))
        return true;
    return false;
  };
  std::mt19937_64 random(seed);
  Tally tally;
  for (int tries = 0; tally.planted < count && tries < 20 * count; ++tries) {
    const auto mutant = mutate(model, kind, random);
    if (!mutant)
      continue;
    ++tally.planted;
    const safety::Report report = safety::checkModel(mutant->model, table, chip);
    const bool blamed = !report.isSafe(), noted = !blamed && notesOf(report) != cleanNotes;
    const Outcome gdmaFirst = simulate(mutant->model, false, true);
    const bool effective = !gdmaFirst.refused.empty() || gdmaFirst.outputs != clean.outputs ||
                           differs(mutant->model, clean, kInputs) || differsElsewhere(mutant->model);
    const bool exact =
        gdmaFirst.refused.empty() && gdmaFirst.outputs == clean.outputs && gdmaFirst.tensors == clean.tensors;
    if (!effective) {
      tally.blamedWithoutEffect += blamed;
      if (blamed)
        tally.harmlessOnes.push_back(mutant->what + " | " + report.findings[0].where + ": " +
                                     report.findings[0].sentence + (exact ? "" : " | tensors differ"));
      continue;
    }
    ++tally.effective;
    tally.byChecker += blamed;
    tally.byNote += noted;
    tally.byExactness += !blamed && !exact;
    if (!blamed)
      tally.unseenByChecker.push_back(mutant->what);
    if (!blamed && exact) {
      ++tally.missed;
      tally.missedOnes.push_back(mutant->what);
    }
  }
  return tally;
}

} // namespace tpu_mlir::test
