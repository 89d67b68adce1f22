//===- HostRun.h - Operands of a recipe on the host -------------*- C++ -*-===//
// Random or empty tensors for every buffer of a recipe, bound as runRecipe wants
// them. Decides no shapes.
#ifndef TPU_MLIR_TEST_UNIT_CODEGEN_HOSTRUN_H
#define TPU_MLIR_TEST_UNIT_CODEGEN_HOSTRUN_H

#include "RandomRecipes.h"

namespace tpu_mlir::test {

/// The convolution step that takes `buffer` as its filter, or null.
inline const Step *convOf(const Recipe &recipe, int buffer) {
  for (const Step &s : recipe.steps)
    if (readsAs(s, buffer, Role::PackedFilter))
      return &s;
  return nullptr;
}

inline const Window &windowOf(const Step &step) { return attributesOf<primitive::WindowAttributes>(step).window; }

/// The host's tensor for a buffer: filters are row-major there, not packed.
inline Dims hostDims(const Recipe &recipe, int buffer) {
  const tpu_mlir::Buffer &b = recipe.buffers[buffer];
  const Step *conv = convOf(recipe, buffer);
  if (!conv)
    return b.dims;
  const tpu_mlir::Buffer &in = recipe.buffers[conv->sources[0]];
  int64_t ic = in.map[1].kind == AxisMap::Kind::Group ? in.map[1].inPerGroup : in.dims.c;
  return {1, b.dims.c, ic, windowOf(*conv).kh * windowOf(*conv).kw};
}

struct Operands {
  std::vector<Buffer> storage; ///< one per buffer of the recipe
  HostOperands host;

  Operands(const Recipe &recipe, std::mt19937 *random) {
    for (size_t i = 0; i < recipe.buffers.size(); ++i) {
      storage.emplace_back(recipe.buffers[i].dtype, hostDims(recipe, int(i)));
      if (random)
        storage.back().randomise(*random);
    }
    for (size_t i = 0; i < storage.size(); ++i)
      if (readsAs(recipe, int(i), Role::Entries) && random)
        for (int64_t c = 0; c < storage[i].dims.c; ++c) {
          storage[i].as<int32_t>()[3 * c + 1] = -int32_t(between(*random, 10, 40));
          storage[i].as<int32_t>()[3 * c + 2] = int32_t(between(*random, -5, 5));
        }
    bind(recipe);
  }
  void bind(const Recipe &recipe) {
    host.operands.clear();
    for (size_t i = 0; i < recipe.buffers.size(); ++i) {
      const tpu_mlir::Buffer &b = recipe.buffers[i];
      if (b.place != Place::Input && b.place != Place::Weight)
        continue;
      while (int64_t(host.operands.size()) <= b.index)
        host.operands.emplace_back(DType::F32, Dims{}, nullptr);
      host.operands[size_t(b.index)] = storage[i].view();
    }
    host.result = storage[size_t(recipe.output)].tensor();
  }
};

} // namespace tpu_mlir::test

#endif // TPU_MLIR_TEST_UNIT_CODEGEN_HOSTRUN_H
