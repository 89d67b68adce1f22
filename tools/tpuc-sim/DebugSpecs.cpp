//===- DebugSpecs.cpp - What --break and --print ask for ------------------===//
// Parses places, commands and names of tensors from the command line, and says
// what it expected. What is done there is Debugger.cpp's.

#include "DebugSpecs.h"
#include "tpu_mlir/Support/Error.h"

namespace tpu_mlir::tpuc_sim {

using kernel::Dims;

namespace {

std::vector<std::string> split(const std::string &text, char at) {
  std::vector<std::string> parts(1);
  for (char c : text)
    if (c == at)
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

/// Decimal or 0x; `what` stands in messages.
uint64_t number(const std::string &text, const std::string &what) {
  bool isHex = text.rfind("0x", 0) == 0;
  std::string digits = isHex ? text.substr(2) : text;
  if (digits.empty() || digits.size() > 15 ||
      digits.find_first_not_of(isHex ? "0123456789abcdefABCDEF" : "0123456789") != digits.npos)
    throw UserError(what + " needs a number, found '" + text + "'");
  return std::stoull(digits, nullptr, isHex ? 16 : 10);
}

Dims dimsOf(const std::string &text, const std::string &what) {
  std::vector<std::string> parts = split(text, ',');
  if (parts.size() != 4)
    throw UserError(what + " needs four numbers n,c,h,w, found '" + text + "'");
  int64_t v[4];
  for (size_t i = 0; i < 4; ++i)
    v[i] = int64_t(number(parts[i], what));
  return {v[0], v[1], v[2], v[3]};
}

kernel::DType dtypeOf(const std::string &text, const std::string &what) {
  std::string known;
  for (int t = 0; t <= int(kernel::DType::BF16); ++t) {
    if (text == kernel::name(kernel::DType(t)))
      return kernel::DType(t);
    known += (t ? ", " : "") + std::string(kernel::name(kernel::DType(t)));
  }
  throw UserError(what + " has the unknown type '" + text + "'; known: " + known);
}

sim::Operand placeOf(const std::vector<std::string> &parts, const std::string &what, const sim::Memory &memory) {
  bool isLocal = parts[0] == "local";
  size_t expected = isLocal ? 5 : 4;
  bool isCompact = isLocal && parts.size() == 6 && parts[5] == "compact";
  if (parts.size() != expected && !isCompact && !(isLocal && parts.size() == 6 && parts[5] == "aligned"))
    throw UserError(what + " is not of the form " +
                    (isLocal ? "local:LANE:OFFSET:TYPE:n,c,h,w[:aligned|:compact]" : "global:ADDRESS:TYPE:n,c,h,w"));
  sim::Operand o;
  o.name = isLocal ? "local" : "global";
  o.isLocal = isLocal;
  o.dtype = dtypeOf(parts[expected - 2], what);
  o.dims = dimsOf(parts[expected - 1], what);
  const Dims &d = o.dims;
  for (int64_t size : {d.n, d.c, d.h, d.w})
    if (size < 1 || size > 65535)
      throw UserError(what + " has a length of " + std::to_string(size) + "; lengths are 1 to 65535");
  if (isLocal) {
    uint64_t lane = number(parts[1], what), offset = number(parts[2], what);
    if (lane >= uint64_t(memory.lanes()) || offset >= uint64_t(memory.laneBytes()))
      throw UserError(what + " is outside local memory of " + std::to_string(memory.lanes()) + " lanes with " +
                      std::to_string(memory.laneBytes()) + " bytes");
    o.start = {int64_t(lane), int64_t(offset)};
    o.strides = isCompact ? sim::compactStrides(d, o.start.lane, memory)
                          : sim::alignedStrides(d, o.dtype, o.start.lane, memory);
  } else {
    o.address = number(parts[1], what);
    o.strides = {d.c * d.h * d.w, d.h * d.w, d.w, 1};
  }
  return o;
}

} // namespace

BreakSpec parseBreak(const std::string &text) {
  if (text.empty())
    throw UserError("a breakpoint needs a command such as tiu:9, or the name of a layer");
  std::vector<std::string> parts = split(text, ':');
  size_t at = parts.size() == 3 ? 1 : 0;
  if (parts.size() - at != 2 || (parts[at] != "tiu" && parts[at] != "gdma"))
    return {text, std::nullopt, text};
  std::string what = "breakpoint '" + text + "'";
  uint64_t group = at ? number(parts[0], what) : 0, id = number(parts[at + 1], what);
  if (id == 0 || id > UINT32_MAX || group > UINT32_MAX)
    throw UserError(what + " has no such command; ids count from 1");
  return {text, bmodel::CommandRef{uint32_t(group), parts[at] == "gdma", uint32_t(id)}, ""};
}

PrintSpec parsePrint(const std::string &text, const sim::Memory &memory) {
  PrintSpec spec;
  spec.text = spec.name = text;
  std::string what = "'" + text + "'";
  if (size_t open = text.rfind('['); open != text.npos && text.back() == ']') {
    spec.name = text.substr(0, open);
    spec.element = dimsOf(text.substr(open + 1, text.size() - open - 2), what);
    spec.hasElement = true;
  }
  if (spec.name.empty())
    throw UserError("print needs an operand, a tensor, 'all', or a place in memory");
  std::vector<std::string> parts = split(spec.name, ':');
  if (parts.size() > 1 && (parts[0] == "local" || parts[0] == "global"))
    spec.place = placeOf(parts, what, memory);
  return spec;
}

} // namespace tpu_mlir::tpuc_sim
