//===- Values.h - Do commands read what the file says they read -*- C++ -*-===//
// Every written byte belongs to a value: what one command wrote, or, once the
// file names it, a piece of a tensor. Says where a command reads something that
// no sound stream reads: two values as one operand, another layer's
// intermediates, elements out of order, or another kind of thing than its
// layer's other commands read there; and where bytes are not the elements that
// the file names. Needs the file's tensor table; decides nothing about order.
#ifndef TPU_MLIR_LIB_CHECK_VALUES_H
#define TPU_MLIR_LIB_CHECK_VALUES_H

#include "CellMap.h"
#include "Claims.h"
#include "tpu_mlir/Isa/Command.h"

#include <set>
#include <tuple>

namespace tpu_mlir::safety {

/// Of which tensor's elements a value is made.
struct Descent {
  int tensor = -1;
  bool isWeight = false;   ///< copied from the weights
  bool isComputed = false; ///< not by copies alone
  bool isForeign = false;  ///< copied from bytes that no command has written: the host has
  /// By a window: the value's numbers are its own, and its row r is made of the tensor's rows from row + r · stride on.
  bool isWindow = false;
  int64_t row = 0, column = 0, stride = 1;
};

/// What some bytes are.
struct Value {
  Mark writer = kNobody;
  int layer = -1, tensor = -1;
  uint32_t step = 0; ///< instruction and kind
  Grid grid = {};
  bool linear = false;
  Numbering numbers = {}; ///< of the tensor, or of what it descends from
  Descent from = {};
  int user = -1; ///< of what has no name: the layer that may read it
};

/// Something wrong with an operand; `other` is the command whose name ends the sentence.
struct Complaint {
  std::string_view operand;
  std::string sentence;
  Mark other = kNobody;
};

class Values {
public:
  Values(const Claims &claims, const bmodel::NetParameter &parameter, const target::Chip &chip)
      : claims(claims), parameter(parameter), lanes(uint32_t(chip.local.lanes)), all(1) {}

  /// A command starts. `layer` owns it.
  void begin(const isa::Command &command, Mark mark, int layer, std::span<const Access> accesses);
  /// A tensor that is there from the start.
  ValueId input(int tensor, const Access &access, const Numbering &numbers);
  /// The command reads bytes [begin, end) of a lane (or of linear memory), which share this history.
  void read(const Access &access, uint32_t lane, uint64_t begin, uint64_t end, const History &history);
  /// The value that the command's writes of this operand make, after all reads; 0 where nothing is claimed.
  ValueId written(const Access &access);
  /// All operands were read and written.
  void finish(std::span<const Access> accesses, std::vector<Complaint> &complaints);
  /// Whether bytes of this value may be made for nobody: a tensor or what is loaded of one, of which a slice takes a
  /// part; `isAll`: all that its command wrote.
  bool mayStayUnread(ValueId value, bool isAll) const;
  /// The file names bytes that the command has completed; their value becomes a new one.
  ValueId claimed(const Claim &claim, const Access &access);
  /// Complains unless bytes [begin, end), which share this history, may be the claimed piece. Returns whether that is
  /// their name from now on: a part of a larger tensor that stays where it is keeps the tensor's.
  bool claim(const Claim &claim, const Access &access, uint32_t lane, uint64_t begin, uint64_t end,
             const History &history, std::vector<Complaint> &complaints);

private:
  /// What an operand was seen to be so far.
  struct Operand {
    Access access;
    ValueId first = 0;
    ValueId source = 0; ///< whose numbers its elements have; 0: none, or several
    int64_t at = 0;     ///< number of its first element
    int64_t phase = 0;  ///< elements before it in its row
    bool isBroken = false, isComplained = false;
    std::pair<int64_t, int64_t> plane = {-1, -1}; ///< the last one seen
  };
  struct Role {
    int tensor;
    uint32_t step;
    Mark reader;
  };
  /// How a layer first saw what it loaded.
  struct Use {
    uint64_t place, stepC;
    Mark reader;
    bool isUneven = false;
  };
  Operand &operandOf(const Access &access);
  /// The tensor that stands for all that share bytes with this one, and by how much its numbers are larger.
  std::pair<int, int64_t> hostOf(int tensor) const;
  bool mayTake(int taker, int tensor) const;
  std::string nameOf(const Value &value) const;
  void complain(Operand &operand, const std::string &sentence, Mark other);
  void checkOrder(Operand &operand, const Access &access, ValueId id, uint32_t lane, uint64_t at);
  bool isParameter(const Operand &operand, bool &broadcasts) const;
  void checkRole(const Operand &operand);
  void checkWeights(const Operand &operand);
  /// Whether the command is of a kind that applies weights.
  bool takesWeights() const;
  void checkLoaded(const Operand &operand);
  void checkInput(const Access &access);
  void checkCopy(std::span<const Access> accesses);
  // Descent.cpp
  void descend(Value &value);
  void descendByElements(Value &value, const Operand &operand);
  void descendByWindow(Value &value, const Operand &operand);
  void descendByBroadcast(Value &value, const Operand &operand);
  void descendByCopy(Value &value, const Operand &operand);
  void descendByTransposition(Value &value, const Operand &operand);
  std::string wrongTensor(const Claim &claim, const Value &value, bool isLocal);
  std::string wrongElement(const Claim &claim, const Value &value, int64_t claimed, int64_t number);

  const Claims &claims;
  const bmodel::NetParameter &parameter;
  const uint32_t lanes;
  std::vector<Value> all;
  const isa::Command *command = nullptr;
  Mark mark = kNobody;
  int layer = -1;
  uint32_t step = 0;
  bool isLoad = false, readsWeights = false;
  /// A tensor that shares its bytes with another: that one, and by how much its numbers are larger.
  std::map<int, std::pair<int, int64_t>> standsIn;
  std::set<int> wasRead; ///< tensors, some of which somebody read
  ValueId made = 0;
  std::vector<Operand> operands;
  std::vector<Complaint> found;
  std::map<std::tuple<int, uint64_t, std::string_view>, Role> roles;
  std::map<std::tuple<ValueId, uint32_t, std::string_view>, Use> uses; ///< of loads
  std::map<std::tuple<int, std::string_view>, std::tuple<uint64_t, uint64_t, uint64_t, Mark>> inputSteps;
  std::map<std::tuple<int, int, int64_t>, std::pair<int64_t, int64_t>> windows; ///< by result, source and stride
};

} // namespace tpu_mlir::safety

#endif // TPU_MLIR_LIB_CHECK_VALUES_H
