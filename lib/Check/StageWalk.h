//===- StageWalk.h - One stage, command by command --------------*- C++ -*-===//
// The walk over a stage's groups and what it remembers. Safety.cpp walks,
// StageReport.cpp puts what was found into words.
#ifndef TPU_MLIR_LIB_CHECK_STAGEWALK_H
#define TPU_MLIR_LIB_CHECK_STAGEWALK_H

#include "Operands.h"
#include "Shadow.h"
#include "tpu_mlir/Check/Safety.h"

#include <set>

namespace tpu_mlir::safety {

using bmodel::Finding;
using Commands = std::vector<isa::Command>;

inline constexpr const char *kEngines[] = {"tiu", "gdma"};
/// A stream with one mistake early can break every later command; more lines than this help nobody.
inline constexpr size_t kMostFindings = 1000;

std::string hex(uint64_t value);

class StageWalk {
public:
  StageWalk(const bmodel::NetParameter &parameter, const std::string &where, std::span<const bmodel::Region> regions,
            const isa::Table &table, const target::Chip &chip, Report &report)
      : parameter(parameter), where(where), table(table), chip(chip), report(report), claims(parameter, chip),
        values(claims, parameter, chip), shadow(regions, chip, values, dead) {
    for (const Finding &finding : report.findings)
      refused.insert(finding.where);
  }

  void run();

private:
  struct Group {
    Commands streams[2];
    uint32_t before[2]; ///< commands of the groups before it
  };

  bool decode(const bmodel::CmdGroup &from, size_t index);
  void nameInput(size_t index);
  void walk(size_t index);
  void runHost(size_t beforeGroup);
  void unread(Mark mark, const std::vector<Dead::Cell> &cells);
  void check(size_t group, int engine, uint32_t position, uint32_t seen);
  std::string nameOf(size_t group, int engine, uint32_t position) const;
  std::string nameOf(Mark mark, size_t from) const;
  std::string sentence(const Conflict &conflict, size_t group) const;
  /// Turns findings about reads of what nobody wrote into notes where nobody reads what was computed from them.
  void excuseUnusedReads();
  void add(const std::string &place, const std::string &text) {
    if (report.findings.size() < kMostFindings)
      report.findings.push_back({place, text});
    else
      ++unsaid;
  }

  /// A finding where the table says how its layers read, else a note.
  void addOrNote(const std::string &place, const std::string &text) {
    if (!claims.empty() && claims.hasTraits())
      add(place, text);
    else if (report.notes.size() < kMostFindings)
      report.notes.push_back({place, text});
  }

  const bmodel::NetParameter &parameter;
  const std::string &where;
  const isa::Table &table;
  const target::Chip &chip;
  Report &report;
  Claims claims;
  Values values;
  Dead dead;
  Shadow shadow;
  std::set<std::string, std::less<>> refused;
  std::vector<Group> groups;
  std::vector<Access> accesses;
  std::vector<Conflict> conflicts;
  std::vector<Complaint> complaints;
  /// A finding (by its index in the report) that a command read what nobody wrote, and what that command wrote itself.
  struct UnwrittenRead {
    size_t finding;
    Mark reader;
    uint64_t bytesWritten;
  };
  std::vector<UnwrittenRead> unwrittenReads;
  size_t unsaid = 0;
};

} // namespace tpu_mlir::safety

#endif // TPU_MLIR_LIB_CHECK_STAGEWALK_H
