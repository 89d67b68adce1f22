//===- Program.h - A small bmodel made by hand ------------------*- C++ -*-===//
// out = 3·in − 5, saturated, in two tiles that reuse local memory, so that both
// engines really wait for each other.
#ifndef TPU_MLIR_TEST_UNIT_SIM_PROGRAM_H
#define TPU_MLIR_TEST_UNIT_SIM_PROGRAM_H

#include "tpu_mlir/Bmodel/Bmodel.h"
#include "tpu_mlir/Isa/Command.h"

namespace tpu_mlir::test {

constexpr uint64_t kProgramContext = 0x100001000;
constexpr int64_t kProgramChannels = 70, kProgramPlane = 24;

struct Program {
  std::vector<isa::Command> tiu, gdma;
  const isa::Table &table = isa::tableFor("bm1684x");

  template <typename T> void add(T typed, uint32_t dep) {
    auto &stream = isa::require(table, T::kId).engine == isa::Engine::TIU ? tiu : gdma;
    typed.cmd_id = uint32_t(stream.size()) + 1;
    typed.cmd_id_dep = dep;
    stream.push_back(isa::encode(table, typed));
  }
  void copy(uint64_t from, uint64_t to, int64_t rows, bool load, uint32_t dep) {
    isa::DMATensor d;
    d.nchw_copy = 1;
    d.src_nsize = d.src_hsize = 1, d.src_csize = kProgramChannels, d.src_wsize = uint32_t(rows);
    d.src_nstride = d.dst_nstride = 1;
    d.src_hstride = d.dst_hstride = uint32_t(rows), d.src_wstride = d.dst_wstride = 1;
    d.src_cstride = load ? 2 * kProgramPlane : 64, d.dst_cstride = load ? 64 : 2 * kProgramPlane;
    d.setSrcAddr(from), d.setDstAddr(to);
    add(d, dep);
  }
  void multiply(uint32_t from, uint32_t to, uint32_t dep) {
    isa::SAR a;
    a.tsk_eu_typ = isa::kArithMuls, a.tsk_opd_num = 2;
    a.res0_n = a.res0_h = 1, a.res0_c = kProgramChannels, a.res0_w = kProgramPlane;
    a.opd0_sign = a.opd1_sign = 1, a.opd1_const = 1, a.opd1_addr = 3, a.res0_prec = isa::kTiuPrecInt16;
    a.opd0_addr = from, a.res0_addr = to;
    add(a, dep);
    isa::SAR s = a;
    s.tsk_eu_typ = isa::kArithSubs, s.opd0_prec = isa::kTiuPrecInt16, s.res0_prec = isa::kTiuPrecInt8, s.opd1_addr = 5;
    s.opd0_addr = to, s.res0_addr = from;
    add(s, dep);
  }
  void finish() {
    isa::SYSID t;
    t.tsk_eu_typ = isa::kSysEnd;
    add(t, 0);
    add(isa::SDMASys{}, 0);
  }

  /// The whole program; every dependency is needed.
  static Program make() {
    Program p;
    constexpr uint64_t kLocal = 0x8000000, kOut = kProgramContext + 0x2000;
    p.copy(kProgramContext, kLocal, kProgramPlane, true, 0);                 // gdma 1
    p.multiply(0, 0x4000, 1);                                                // tiu 1, 2
    p.copy(kLocal, kOut, kProgramPlane, false, 2);                           // gdma 2
    p.copy(kProgramContext + kProgramPlane, kLocal, kProgramPlane, true, 2); // gdma 3, same place
    p.multiply(0, 0x4000, 3);                                                // tiu 3, 4
    p.copy(kLocal, kOut + kProgramPlane, kProgramPlane, false, 4);           // gdma 4
    p.finish();
    return p;
  }

  bmodel::Model model() const {
    bmodel::NetParameter p;
    auto blob = [&](const std::vector<isa::Command> &stream) { return bmodel::Blob(isa::encodeStream(stream, 128)); };
    bmodel::CmdGroup g;
    g.bdcNum = uint32_t(tiu.size()), g.gdmaNum = uint32_t(gdma.size());
    g.bdc = blob(tiu), g.gdma = blob(gdma);
    g.bdcCmdByte = uint32_t(g.bdc->size()), g.gdmaCmdByte = uint32_t(g.gdma->size());
    p.cmdGroup.push_back(g);
    bmodel::SubNet sub;
    sub.cmdGroup.push_back(g), sub.id = 0;
    p.subNet.push_back(sub);
    auto tensor = [&](const char *name, uint64_t address, float scale) {
      bmodel::Tensor t;
      t.name = name, t.dataType = 2, t.deviceAddr = address, t.scale = scale, t.memType = 1;
      t.shape.push_back({1, uint64_t(kProgramChannels), 2, uint64_t(kProgramPlane)});
      t.size = uint64_t(kProgramChannels * 2 * kProgramPlane);
      return t;
    };
    p.inputTensor.push_back(tensor("x", kProgramContext, 4.0f));
    p.outputTensor.push_back(tensor("y", kProgramContext + 0x2000, 0.75f));
    p.ctxAddr = kProgramContext, p.ctxSize = 0x4000, p.ctxSizes = {0x4000};
    p.coeffMem = bmodel::makeCoeffMem(0x100000000, std::vector<uint8_t>(100, 7));
    bmodel::Model m;
    m.chip = "BM1684X", m.time = "now";
    bmodel::Net net;
    net.name = "triple", net.parameter.push_back(p);
    m.net.push_back(net);
    return m;
  }
};

} // namespace tpu_mlir::test

#endif // TPU_MLIR_TEST_UNIT_SIM_PROGRAM_H
