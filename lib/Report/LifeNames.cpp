//===- LifeNames.cpp - Names for what lies in local memory ----------------===//
// Finds a name for bytes: from the tensor table, from the weights of the file,
// or from the inputs. Bytes that nobody named have none.

#include "LifeNames.h"

namespace tpu_mlir::report {

using namespace sim;

namespace {

/// One past the last byte, in a lane, of a piece in local memory. Source: ISA notes §3.
uint64_t localEnd(const TensorPiece &p, kernel::DType dtype, const target::Chip &chip) {
  const auto &[n, c, d, h, w] = p.size;
  const int64_t item = kernel::byteSize(dtype), unit = std::max<int64_t>(1, chip.local.alignBytes / item),
                groups = (p.lane + c + chip.local.lanes - 1) / chip.local.lanes;
  int64_t elements;
  if (p.layout == PieceLayout::Strided) {
    const auto &s = p.strides;
    elements = (n - 1) * s[0] + (groups - 1) * s[1] + (d - 1) * s[2] + (h - 1) * s[3] + (w - 1) * s[4] + 1;
  } else {
    int64_t plane = h * w;
    if (p.layout == PieceLayout::Aligned)
      plane = (plane + unit - 1) / unit * unit;
    elements = n * d * groups * plane;
  }
  return uint64_t(p.offset + elements * item);
}

} // namespace

LifeNames::LifeNames(const TensorTable &table, const bmodel::NetParameter &parameter, const target::Chip &chip) {
  if (parameter.coeffMem) {
    weightsBegin = parameter.coeffMem->address;
    weightsEnd = weightsBegin + (parameter.coeffMem->coeff ? parameter.coeffMem->coeff->size() : 0);
    for (const bmodel::Location &l : parameter.coeffMem->location)
      weights[weightsBegin + l.offset] = {weightsBegin + l.offset + l.size, l.name};
  } else {
    // Files without weights: what lies below their activations.
    weightsBegin = uint64_t(chip.global.ddrBase), weightsEnd = parameter.ctxAddr;
  }
  for (const bmodel::Tensor &t : parameter.inputTensor)
    store(t.deviceAddr, t.deviceAddr + t.size, &t.name);
  for (const TensorEntry &t : table.tensors)
    for (const TensorPiece &p : t.pieces) {
      Completed &c = completed[p.after];
      if (p.isLocal())
        c.local.push_back({&t.name, uint64_t(p.offset), localEnd(p, t.dtype, chip)});
      else
        c.stored.emplace_back(p.address, p.address + uint64_t(p.count() * kernel::byteSize(t.dtype)), &t.name);
    }
}

std::string LifeNames::weightAt(uint64_t address) const {
  auto it = weights.upper_bound(address);
  if (it == weights.begin() || address >= (--it)->second.first)
    return "";
  return it->second.second;
}

std::string LifeNames::tensorAt(uint64_t address) const {
  auto it = global.upper_bound(address);
  if (it == global.begin() || address >= (--it)->second.first)
    return "";
  return *it->second.second;
}

/// The newest tensor wins: what it covers of older ones is gone.
void LifeNames::store(uint64_t begin, uint64_t end, const std::string *name) {
  auto it = global.lower_bound(begin);
  if (it != global.begin())
    if (auto before = std::prev(it); before->second.first > begin) {
      auto [oldEnd, oldName] = before->second;
      before->second.first = begin;
      if (oldEnd > end)
        global[end] = {oldEnd, oldName};
    }
  while (it != global.end() && it->first < end) {
    auto [oldEnd, oldName] = it->second;
    it = global.erase(it);
    if (oldEnd > end)
      it = global.insert_or_assign(it, end, std::pair(oldEnd, oldName));
  }
  global[begin] = {end, name};
}

const std::vector<LocalPiece> &LifeNames::complete(const CommandRef &command) {
  static const std::vector<LocalPiece> none;
  auto it = completed.find(command);
  if (it == completed.end())
    return none;
  for (auto [begin, end, name] : it->second.stored)
    store(begin, end, name);
  return it->second.local;
}

} // namespace tpu_mlir::report
