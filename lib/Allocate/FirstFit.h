//===- FirstFit.h - Lowest free place, tensor by tensor ---------*- C++ -*-===//
// Places tensors in a given order, each at the lowest offset that is free for
// its whole life. Who lives together with whom is found once, by a sweep over
// time, so that a placement looks at neighbours only. Chooses no order.
#ifndef TPU_MLIR_ALLOCATE_FIRSTFIT_H
#define TPU_MLIR_ALLOCATE_FIRSTFIT_H

#include "tpu_mlir/Allocate/Arena.h"

namespace tpu_mlir::allocate {

class FirstFit {
public:
  /// `lives`: none of zero bytes.
  explicit FirstFit(const std::vector<Lifetime> &lives);

  /// Places all in this order, as long as they end at or below `limit`. Returns the number in `order` of the first that
  /// does not, or -1; `offsets` are whole only then, and `top` is where the highest ends.
  int place(const std::vector<int> &order, int64_t limit);

  std::vector<int64_t> offsets;
  int64_t top = 0;
  int64_t work = 0; ///< neighbours looked at so far

private:
  struct Span {
    int64_t begin, end, first, last;
  };
  int64_t lowestAmongNeighbours(int i);
  int64_t lowestAmongPlaced(int i);

  const std::vector<Lifetime> &lives;
  /// Of tensor i: others[start[i]] up to others[start[i + 1]]. Empty where nearly all live together.
  std::vector<int> others;
  std::vector<int64_t> start;
  std::vector<char> isPlaced;
  std::vector<Span> placed; ///< by begin; kept only without neighbours
  std::vector<std::pair<int64_t, int64_t>> taken;
};

} // namespace tpu_mlir::allocate

#endif // TPU_MLIR_ALLOCATE_FIRSTFIT_H
