//===- Values.h - Do commands read what the file says they read -*- C++ -*-===//
// Every written byte belongs to a value: what one command wrote, or, once the
// file names it, a piece of a tensor. Says where a command reads something that
// no sound stream reads: two values as one operand, another layer's
// intermediates, elements out of order, or another kind of thing than its
// layer's other commands read there. Needs the file's tensor table and decides
// nothing about order.
#ifndef TPU_MLIR_LIB_CHECK_VALUES_H
#define TPU_MLIR_LIB_CHECK_VALUES_H

#include "CellMap.h"
#include "Claims.h"
#include "tpu_mlir/Isa/Command.h"

namespace tpu_mlir::safety {

/// What some bytes are.
struct Value {
  Mark writer = kNobody;
  int layer = -1, tensor = -1;
  uint32_t step = 0; ///< instruction and kind
  Grid grid = {};
  bool linear = false;
  Numbering numbers = {};
  int user = -1; ///< of what was loaded: the layer that reads it
};

/// Something wrong with an operand; `other` is the command whose name ends the sentence.
struct Complaint {
  std::string_view operand;
  std::string sentence;
  Mark other = kNobody;
};

class Values {
public:
  Values(const Claims &claims, const target::Chip &chip) : claims(claims), lanes(uint32_t(chip.local.lanes)), all(1) {}

  /// A command starts. `layer` owns it.
  void begin(const isa::Command &command, Mark mark, int layer);
  /// The value that the command's writes of this operand make; 0 where nothing is claimed.
  ValueId written(const Access &access);
  /// The command reads bytes [begin, end) of a lane (or of linear memory), which share this history.
  void read(const Access &access, uint32_t lane, uint64_t begin, uint64_t end, const History &history);
  /// All operands were read.
  void finish(std::vector<Complaint> &complaints);
  /// The file names bytes that the command has completed; their value becomes a new one.
  ValueId claimed(const Claim &claim, const Access &access);
  /// Whether these bytes may be the claimed piece.
  void claim(const Claim &claim, const History &history, std::vector<Complaint> &complaints);

private:
  /// What an operand was seen to be so far.
  struct Operand {
    Access access;
    ValueId first = 0;
    bool numbered = false, complained = false;
    int64_t at = 0;      ///< number of the operand's first element
    uint64_t plane = 0;  ///< the last one seen
  };
  struct Role {
    int tensor, layer;
    uint32_t step;
    Mark reader;
  };
  Operand &operandOf(const Access &access);
  std::string nameOf(const Value &value) const;
  void complain(Operand &operand, const std::string &sentence, Mark other);
  void checkOrder(Operand &operand, const Access &access, const Value &value, uint32_t lane, uint64_t at);
  void checkRole(const Operand &operand);

  const Claims &claims;
  const uint32_t lanes;
  std::vector<Value> all;
  const isa::Command *command = nullptr;
  Mark mark = kNobody;
  int layer = -1;
  uint32_t step = 0;
  ValueId made = 0;
  std::vector<Operand> operands;
  std::vector<Complaint> found;
  std::map<std::tuple<int, uint32_t, std::string_view>, Role> roles;
};

} // namespace tpu_mlir::safety

#endif // TPU_MLIR_LIB_CHECK_VALUES_H
