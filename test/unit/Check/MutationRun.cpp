//===- MutationRun.cpp - Plants faults into a bmodel ----------------------===//
// MutationRun MODEL [COUNT [SEED [--unseen]]]: plants COUNT faults of each kind and
// prints who saw them. Exit code 0 when the sound model is not blamed, gives the
// same whichever engine goes first, and at least 99 % of the faults that change
// what the model computes are blamed by the safety check (by it or by the exact
// comparison, where the model carries no tensor table); else 2.

#include "Mutate.h"
#include "tpu_mlir/Check/Safety.h"
#include "tpu_mlir/Support/Error.h"

#include <cstdio>

using namespace tpu_mlir;

namespace {
/// A file without weights computes zeros, which hide every fault: it gets random ones, as large as its memory map says.
void inventWeights(bmodel::Model &model, const target::Chip &chip) {
  std::mt19937_64 random(7);
  for (bmodel::Net &net : model.net)
    for (bmodel::NetParameter &p : net.parameter)
      if (const uint64_t base = uint64_t(chip.global.ddrBase); !p.coeffMem && p.ctxAddr > base) {
        std::vector<uint8_t> bytes(p.ctxAddr - base);
        for (uint8_t &b : bytes)
          b = uint8_t(random() >> 11);
        p.coeffMem = bmodel::makeCoeffMem(base, std::move(bytes));
      }
}
} // namespace

int main(int argc, char **argv) try {
  bmodel::Model model = bmodel::readBmodel(std::string(argc > 1 ? argv[1] : ""));
  const int count = argc > 2 ? std::atoi(argv[2]) : 20;
  const uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  const target::Chip &chip = target::lookup(model.chip);
  inventWeights(model, chip);
  const safety::Report report = safety::checkModel(model, isa::tableFor(chip.identity.isa), chip);
  for (const bmodel::Finding &finding : report.findings)
    std::printf("blamed although sound: %s: %s\n", finding.where.c_str(), finding.sentence.c_str());
  const test::Outcome a = test::simulate(model, false, false), b = test::simulate(model, true, false);
  const bool sameOrder = a.refused.empty() && b.refused.empty() && a.outputs == b.outputs;
  if (!sameOrder)
    std::printf("the sound model depends on the order: %s%s\n", a.refused.c_str(), b.refused.c_str());
  std::printf("%-24s %8s %10s %11s %11s %13s %7s %16s\n", "fault", "planted", "effective", "by checker", "noted only",
              "by exactness", "missed", "blamed, harmless");
  test::Tally sum;
  const auto line = [](const char *name, const test::Tally &t) {
    std::printf("%-24s %8d %10d %11d %11d %13d %7d %16d\n", name, t.planted, t.effective, t.byChecker, t.byNote,
                t.byExactness, t.missed, t.blamedWithoutEffect);
  };
  for (test::FaultKind kind : test::kFaultKinds) {
    const test::Tally t = test::plant(model, kind, count, seed * 100 + uint64_t(kind));
    line(test::nameOf(kind), t);
    std::fflush(stdout);
    for (const std::string &what : argc > 4 ? t.unseenByChecker : t.missedOnes)
      std::printf("    %s\n", what.c_str());
    for (const std::string &what : argc > 4 ? t.harmlessOnes : std::vector<std::string>())
      std::printf("    blamed, harmless: %s\n", what.c_str());
    sum.planted += t.planted, sum.effective += t.effective, sum.byChecker += t.byChecker;
    sum.byNote += t.byNote;
    sum.byExactness += t.byExactness, sum.missed += t.missed, sum.blamedWithoutEffect += t.blamedWithoutEffect;
  }
  line("all", sum);
  const bool isNamed = model.net[0].parameter[0].tensorLoc && model.net[0].parameter[0].tensorLoc->size();
  const int unseen = isNamed ? sum.effective - sum.byChecker : sum.missed;
  return report.isSafe() && sameOrder && unseen * 100 <= sum.effective ? 0 : 2;
} catch (const UserError &error) {
  std::fprintf(stderr, "MutationRun: %s\n", error.what());
  return 1;
}
