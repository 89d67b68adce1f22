//===- SampleModel.h - A model with a value everywhere ----------*- C++ -*-===//
// Two samples: one that sets every field of every table, and one that is sound
// enough to disassemble and check.
#ifndef TPU_MLIR_TEST_UNIT_BMODEL_SAMPLEMODEL_H
#define TPU_MLIR_TEST_UNIT_BMODEL_SAMPLEMODEL_H

#include "tpu_mlir/Bmodel/Bmodel.h"
#include "tpu_mlir/Isa/Command.h"

namespace tpu_mlir::bmodel {

inline Blob bytesFrom(unsigned seed, size_t size) {
  std::vector<uint8_t> bytes(size);
  for (size_t i = 0; i < size; ++i)
    bytes[i] = uint8_t(seed * 31 + i * 7);
  return Blob(std::move(bytes));
}

inline Tensor fullTensor(const std::string &name, unsigned k) {
  Tensor t;
  t.name = name, t.dataType = 2 + k, t.gmemStmode = 1, t.deviceAddr = 0x100002000 + k, t.size = 77 + k;
  t.shape = {Shape{1, 3, 4, 5 + k}, Shape{2}};
  t.memType = 3, t.scale = 0.25f + float(k), t.cpuAddr = 9, t.padH = 2, t.zeroPoint = -3, t.hidden = 1,
  t.index = int(k);
  return t;
}

inline CmdGroup fullGroup(unsigned k) { return {3 + k, 4 + k, bytesFrom(k, 128), bytesFrom(k + 1, 256), 128, 256}; }

/// Every field of every table differs from its default.
inline Model fullModel() {
  NetParameter p;
  p.inputTensor = {fullTensor("in0", 0), fullTensor("in1", 1)};
  p.outputTensor = {fullTensor("out", 2)};
  p.ctxAddr = 0x100003000, p.ctxSize = 8192;
  p.coeffMem = makeCoeffMem(0x100000000, std::vector<uint8_t>(5000, 7));
  p.coeffMem->location = {{"conv1", 0, 4096}, {"fc", 4096, 904}};
  p.isDynamic = 1, p.nDynamic = 2, p.hWDynamic = 3;
  p.cmdGroup = {fullGroup(0), fullGroup(1)};
  p.netProfile = bytesFrom(5, 11), p.netStat = bytesFrom(6, 12), p.tensorLoc = bytesFrom(7, 13);
  p.stageIr = {{1, 2, 3, 4, 5}};
  p.binaryIr = Blob();
  p.cpuMemSize = 64, p.ctxSizes = {4096, 4096}, p.coreNum = 2, p.ioAddr = 0x100010000, p.ioSize = 4096;
  SubNet s;
  s.subnetMode = 3, s.cmdGroup = {fullGroup(0), fullGroup(1)};
  CpuConst named{"table", bytesFrom(8, 14), {1, 2, 3}}, unnamed;
  s.cpuParam = {{60, bytesFrom(9, 15), {named, unnamed}, 1}};
  s.inputTensor = {fullTensor("a", 3)}, s.outputTensor = {fullTensor("b", 4)};
  s.isDynamic = 1, s.irOffset = 5, s.irLen = 6, s.nDynamic = 7, s.hWDynamic = 8, s.id = 4, s.nextSubnetIds = {-1, 3};
  s.mergeParam = MergeParam{{List<int32_t>{1, 2}, List<int32_t>{3}}};
  s.switchParam = SwitchParam{{5, 6}, {7, 8}};
  CoreCommands core{{fullGroup(2)}, {bytesFrom(10, 16)}, {bytesFrom(11, 17), Blob()}, {bytesFrom(12, 18)}};
  s.coreCommands = {core, CoreCommands()};
  SubNet last;
  last.nextSubnetIds.keepEmpty = true;
  p.subNet = {s, last};
  Net net;
  net.name = "net", net.netStatic = {Obsolete()}, net.netDynamic = {Obsolete(), Obsolete()};
  net.parameter = {p, NetParameter()};
  // Required vectors are always present in a file, so they come back as such.
  net.parameter[1].inputTensor.keepEmpty = net.parameter[1].outputTensor.keepEmpty = true;
  net.cascade = Cascade{1, 2, "main"}, net.addrMode = 1;
  Net second;
  second.name = "second", second.cascade = Cascade();
  Model m;
  m.type = "T", m.version = "2.2+x", m.time = "now", m.chip = "BM1684X", m.net = {net, second}, m.neuronSize = 8192;
  m.kernelModule = Module{"kernel.so", bytesFrom(13, 1000)}, m.deviceNum = 2,
  m.cpuopModule = Module{"cpu.so", bytesFrom(14, 900)};
  return m;
}

/// One net that loads 4 KiB, adds a constant and stores: every address and id as it should be.
inline Model soundModel(const isa::Table &table) {
  using namespace isa;
  std::vector<Command> tiu, gdma;
  DMATensor load;
  load.cmd_id = 1, load.nchw_copy = 1, load.src_nsize = 1, load.src_csize = 64, load.src_hsize = 1, load.src_wsize = 64;
  load.src_nstride = 4096, load.src_cstride = 64, load.src_hstride = 64, load.src_wstride = 1;
  load.dst_nstride = 64, load.dst_cstride = 64, load.dst_hstride = 64, load.dst_wstride = 1;
  load.setSrcAddr(0x100001000), load.setDstAddr(0x08000000);
  gdma.push_back(encode(table, load));
  SAR add;
  add.cmd_id = 1, add.cmd_id_dep = 1, add.tsk_eu_typ = kArithAdds, add.tsk_opd_num = 2;
  add.opd0_sign = add.opd1_sign = 1, add.opd1_const = 1, add.opd1_addr = 3;
  add.res0_n = 1, add.res0_c = 64, add.res0_h = 1, add.res0_w = 64, add.res0_addr = 0x4000, add.opd0_addr = 0;
  tiu.push_back(encode(table, add));
  DMATensor store = load;
  store.cmd_id = 2, store.cmd_id_dep = 1;
  std::swap(store.src_nstride, store.dst_nstride);
  store.setSrcAddr(0x08004000), store.setDstAddr(0x100002000);
  gdma.push_back(encode(table, store));
  SYSID end;
  end.cmd_id = 2, end.tsk_eu_typ = kSysEnd;
  tiu.push_back(encode(table, end));
  SDMASys stop;
  stop.cmd_id = 3;
  gdma.push_back(encode(table, stop));

  const Blob tiuBytes(encodeStream(tiu, 128)), gdmaBytes(encodeStream(gdma, 128));
  const CmdGroup group{uint32_t(tiu.size()),      uint32_t(gdma.size()),     tiuBytes, gdmaBytes,
                       uint32_t(tiuBytes.size()), uint32_t(gdmaBytes.size())};
  Tensor in, out;
  in.name = "in", in.dataType = 2, in.deviceAddr = 0x100001000, in.size = 4096, in.shape = {Shape{1, 64, 1, 64}},
  in.memType = 1;
  out = in, out.name = "out", out.deviceAddr = 0x100002000;
  SubNet subnet;
  subnet.cmdGroup = {group}, subnet.inputTensor = {in}, subnet.outputTensor = {out}, subnet.id = 0,
  subnet.nextSubnetIds = {-1};
  NetParameter p;
  p.inputTensor = {in}, p.outputTensor = {out}, p.ctxAddr = 0x100001000, p.ctxSize = 0x2000, p.ctxSizes = {0x2000};
  p.coeffMem = makeCoeffMem(0x100000000, std::vector<uint8_t>(100, 5));
  p.cmdGroup = {group}, p.subNet = {subnet}, p.stageIr = {StageIr()}, p.binaryIr = Blob();
  Net net;
  net.name = "sound", net.parameter = {p};
  Model m;
  m.time = reproducibleTime(), m.chip = "BM1684X", m.net = {net}, m.neuronSize = 0x2000, m.deviceNum = 1;
  return m;
}

} // namespace tpu_mlir::bmodel

#endif // TPU_MLIR_TEST_UNIT_BMODEL_SAMPLEMODEL_H
