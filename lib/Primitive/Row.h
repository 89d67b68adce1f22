//===- Row.h - Columns that most rows share ---------------------*- C++ -*-===//
// For the files of the table alone: names, roles and evidence as constructor
// arguments, and the attribute types of steps. Decides no meaning.
#ifndef TPU_MLIR_LIB_PRIMITIVE_ROW_H
#define TPU_MLIR_LIB_PRIMITIVE_ROW_H

#include "tpu_mlir/Primitive/Primitive.h"

#include <algorithm>

namespace tpu_mlir::primitive {

/// A row with its name, roles and evidence.
class Row : public Primitive {
public:
  Row(std::string_view name, Evidence mark, std::vector<Role> roles) : ownName(name), mark(mark), ownRoles(roles) {
    assert(ownRoles.size() <= size_t(Step::kMostSources));
  }
  std::string_view name() const final { return ownName; }
  std::span<const Role> roles() const final { return ownRoles; }
  Evidence evidence() const final { return mark; }

private:
  std::string_view ownName;
  Evidence mark;
  std::vector<Role> ownRoles;
};

/// The one row of its type.
template <typename T> const T &only() {
  static const T row;
  return row;
}

inline bool isByte(DType t) { return t == DType::I8 || t == DType::U8; }
inline bool isInteger(DType t) { return !kernel::isFloat(t); }

} // namespace tpu_mlir::primitive

#endif // TPU_MLIR_LIB_PRIMITIVE_ROW_H
