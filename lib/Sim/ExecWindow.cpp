//===- ExecWindow.cpp - Sliding windows of conv and pooling ---------------===//
// Source: shared ISA notes, isa.md §5 (field roles stated, sizes verified).

#include "ExecWindow.h"

namespace tpu_mlir::sim {

kernel::Window windowOf(const Exec &e) {
  kernel::Window w;
  w.kh = e.get(Field::opd1_h), w.kw = e.get(Field::opd1_w);
  w.strideH = e.get(Field::res_op_y_str), w.strideW = e.get(Field::res_op_x_str);
  w.dilationH = e.get(Field::opd1_y_ins0) + 1, w.dilationW = e.get(Field::opd1_x_ins0) + 1;
  w.padTop = e.get(Field::opd0_up_pad), w.padBottom = e.get(Field::opd0_dn_pad);
  w.padLeft = e.get(Field::opd0_lf_pad), w.padRight = e.get(Field::opd0_rt_pad);
  if (w.strideH < 1 || w.strideW < 1 || w.kh < 1 || w.kw < 1)
    throw UserError("the window has kernel " + std::to_string(w.kh) + "x" + std::to_string(w.kw) + " and stride " +
                    std::to_string(w.strideH) + "x" + std::to_string(w.strideW) + "; both must be at least 1");
  if (e.get(Field::pad_mode) != isa::kPadModeConstant)
    e.notBuilt("pad mode " + std::to_string(e.get(Field::pad_mode)));
  return w;
}

Dims insertedDims(const Exec &e, Dims in) {
  in.h = (in.h - 1) * (e.get(Field::opd0_y_ins0) + 1) + 1;
  in.w = (in.w - 1) * (e.get(Field::opd0_x_ins0) + 1) + 1;
  return in;
}

Tensor insertZeros(Exec &e, const Tensor &in) {
  Dims d = insertedDims(e, in.dims);
  if (d == in.dims)
    return in;
  Tensor out = e.blank(in.dtype, d);
  kernel::insertZeros(out, in, e.get(Field::opd0_y_ins0) + 1, e.get(Field::opd0_x_ins0) + 1);
  return out;
}

void checkResultSize(const Dims &out, const Dims &in, const kernel::Window &win) {
  int64_t reachH = in.h + win.padTop + win.padBottom - win.dilationH * (win.kh - 1) - 1;
  int64_t reachW = in.w + win.padLeft + win.padRight - win.dilationW * (win.kw - 1) - 1;
  if (reachH < 0 || reachW < 0 || out.h != win.outH(in.h) || out.w != win.outW(in.w))
    throw UserError(
        "the result is " + std::to_string(out.h) + "x" + std::to_string(out.w) + " but an input of " +
        std::to_string(in.h) + "x" + std::to_string(in.w) + " gives " +
        (reachH < 0 || reachW < 0 ? "none" : std::to_string(win.outH(in.h)) + "x" + std::to_string(win.outW(in.w))));
}

} // namespace tpu_mlir::sim
