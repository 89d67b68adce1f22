//===- CheckTest.cpp - The legality check ---------------------------------===//
// A sound model passes; each planted mistake is found and named. Every rule of
// the check has one line here.

#include "tpu_mlir/Bmodel/Check.h"
#include "SampleModel.h"
#include "tpu_mlir/Bmodel/StreamText.h"
#include "tpu_mlir/Isa/Text.h"
#include "tpu_mlir/Support/Error.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

using namespace tpu_mlir;
using namespace tpu_mlir::bmodel;

namespace {

const isa::Table &table() { return isa::tableFor("bm1684x"); }
const target::Chip &chip() { return target::lookup("bm1684x"); }

std::string findings(const Model &model) {
  std::string out;
  for (const Finding &finding : check(model, table(), chip()))
    out += finding.where + ": " + finding.sentence + "\n";
  return out;
}

/// The first finding after the text of the streams was changed.
std::string afterEdit(const std::string &from, const std::string &to) {
  std::string text = disassemble(soundModel(table()), table());
  const size_t at = text.find(from);
  if (at == std::string::npos)
    return "the text has no '" + from + "'";
  text.replace(at, from.size(), to);
  return findings(assemble(soundModel(table()), table(), text, "edit", 128));
}

/// Findings of one command given as text, on the regions of the sound model.
std::string ofCommand(const std::string &line) {
  const Model model = soundModel(table());
  std::string out;
  for (const std::string &sentence :
       checkCommand(isa::fromText(table(), line), chip(), globalRegions(model.net[0].parameter[0], 0, chip())))
    out += sentence + "\n";
  return out;
}

TEST(Check, SoundModelPasses) { EXPECT_EQ(findings(soundModel(table())), ""); }

TEST(Check, VendorMadeModelPasses) {
  const char *shared = std::getenv("TPU_MLIR_SHARED");
  const auto path =
      std::filesystem::path(shared ? shared : SHARED_DIRECTORY) / "golden/yolov5s_bm1684x_int8_sym.bmodel";
  if (!std::filesystem::exists(path))
    GTEST_SKIP() << "vendor-made bmodel is absent (set TPU_MLIR_SHARED to the folder that holds golden/)";
  EXPECT_EQ(findings(readBmodel(path)), "");
}

TEST(Check, OrderIdsAndDependencies) {
  EXPECT_EQ(afterEdit("tiu 1 dep", "tiu 7 dep"),
            "net 0 stage 0 group 0 tiu 1 SAR arith.adds: its id is 7, expected 1\n");
  EXPECT_EQ(
      afterEdit("tiu 1 dep 1", "tiu 1 dep 9"),
      "net 0 stage 0 group 0 tiu 1 SAR arith.adds: it waits for command 9 of the other engine, which has 3\n"
      "net 0 stage 0 group 0 tiu 1 SAR arith.adds: the engines wait for each other for ever: it needs command 9 of "
      "the other engine\n");
  EXPECT_EQ(
      afterEdit("tiu 1 dep 1", "tiu 1 dep 2"),
      "net 0 stage 0 group 0 tiu 1 SAR arith.adds: the engines wait for each other for ever: it needs command 2 of "
      "the other engine\n");
  EXPECT_EQ(
      afterEdit("gdma 3 dep 0 SDMASys dma.sys\n", "gdma 3 dep 0 SDMASys dma.sys.nop\ngdma 4 dep 0 SDMASys dma.sys\n"),
      "net 0 stage 0 group 0 gdma 3 SDMASys dma.sys.nop: the runtime does not accept this form here\n");
}

TEST(Check, Framing) {
  Model model = soundModel(table());
  CmdGroup &group = model.net[0].parameter[0].cmdGroup[0];
  group.bdcNum = 5;
  EXPECT_NE(findings(model).find("tiu: the container says 5 commands, the stream has 2\n"), std::string::npos);
  EXPECT_NE(findings(model).find("its command groups are not those of its subnets\n"), std::string::npos);
  model = soundModel(table());
  model.net[0].parameter[0].cmdGroup[0].bdcCmdByte = 1;
  EXPECT_NE(findings(model).find("tiu: the container says 1 bytes, the stream has 128\n"), std::string::npos);
  model = soundModel(table());
  auto bytes = model.net[0].parameter[0].cmdGroup[0].bdc->bytes();
  model.net[0].parameter[0].cmdGroup[0].bdc = Blob(std::vector<uint8_t>(bytes.begin(), bytes.begin() + 80));
  EXPECT_NE(findings(model).find("tiu: the stream's 80 bytes are not a multiple of 128\n"), std::string::npos);
  model.net[0].parameter[0].cmdGroup[0].bdc = Blob(std::vector<uint8_t>(bytes.begin(), bytes.begin() + 64));
  EXPECT_NE(findings(model).find("tiu: TIU stream at byte 64 ends where a command should begin\n"), std::string::npos);
  model.net[0].parameter[0].cmdGroup[0].bdc.reset();
  EXPECT_NE(findings(model).find("tiu: the stream is missing, expected 2 commands\n"), std::string::npos);
}

TEST(Check, Container) {
  Model model = soundModel(table());
  model.chip = "BM1684";
  EXPECT_EQ(findings(model), "model: its chip is 'BM1684', expected 'BM1684X'\n");
  model = soundModel(table());
  model.neuronSize = 1;
  EXPECT_EQ(findings(model), "model: it reserves 1 bytes, a net needs 8192\n");
  model = soundModel(table());
  model.net[0].parameter[0].coeffMem->checkCode[3] ^= 1;
  EXPECT_EQ(findings(model), "net 0 stage 0: the weights' check code does not match their bytes\n");
  model = soundModel(table());
  model.net[0].parameter[0].inputTensor[0].deviceAddr = 0x100000000;
  EXPECT_EQ(findings(model), "net 0 stage 0 tensor 'in': its 4096 bytes lie outside the memory of the net\n");
}

TEST(Check, GdmaAddresses) {
  // The weights may be read, not written; nothing may lie outside the regions.
  EXPECT_EQ(afterEdit("src_start_addr=0x100001000", "src_start_addr=0x100000000"), "");
  EXPECT_NE(afterEdit("dst_start_addr=0x100002000", "dst_start_addr=0x100000000").find("writes into the weights"),
            std::string::npos);
  EXPECT_NE(afterEdit("dst_start_addr=0x100002000", "dst_start_addr=0x100002040").find("lies in no region"),
            std::string::npos);
  EXPECT_NE(afterEdit("src_start_addr=0x100001000", "src_start_addr=0x1000").find("lies in no region"),
            std::string::npos);
  EXPECT_NE(afterEdit("src_start_addr=0x8004000", "src_start_addr=0x803fff8")
                .find("reaches byte 262200 of a lane; a lane has 262144"),
            std::string::npos);
  EXPECT_NE(afterEdit("src_start_addr=0x8004000", "src_start_addr=0x8ffffff").find("reaches"), std::string::npos);
}

TEST(Check, GdmaShapes) {
  EXPECT_NE(afterEdit("src_csize=64", "src_csize=0")
                .find("source has the shape [1, 0, 1, 64]; every size must be at least 1"),
            std::string::npos);
  EXPECT_NE(afterEdit("src_wstride=1", "src_wstride=129").find("neighbours in w are more than 128 bytes apart"),
            std::string::npos);
  EXPECT_NE(
      ofCommand(
          "gdma 1 dep 0 DMATensor dma.tensor.broadcast src_nsize=1 src_csize=1 src_hsize=1 src_wsize=4 dst_nsize=1 "
          "dst_csize=65 dst_hsize=1 dst_wsize=4 src_start_addr=0x100001000 dst_start_addr=0x8000000")
          .find("a broadcast needs lanes 0 to 65 of 64"),
      std::string::npos);
  EXPECT_NE(ofCommand("gdma 1 dep 0 DMAGeneral dma.general.broadcast src_cstride=64 dst_csize=60 "
                      "src_start_addr=0x100001000 dst_start_addr=0x8140000")
                .find("a broadcast needs lanes 5 to 65 of 64\n"),
            std::string::npos);
  // A transposition writes the exchanged shape: one channel of 64 rows, not 64 channels.
  EXPECT_EQ(ofCommand("gdma 1 dep 0 DMATensor dma.tensor.transpose nchw_copy=1 src_nsize=1 src_csize=64 src_hsize=1 "
                      "src_wsize=8 src_cstride=8 src_wstride=1 dst_nstride=8 dst_cstride=8 dst_hstride=8 dst_wstride=1 "
                      "src_start_addr=0x100001000 dst_start_addr=0x803ffc0"),
            "destination at 0x3ffc0 reaches byte 262592 of a lane; a lane has 262144\n");
  EXPECT_NE(
      ofCommand("gdma 1 dep 0 DMATensor dma.tensor nchw_copy=1 stride_enable=0 src_nsize=1 src_csize=1 src_hsize=1 "
                "src_wsize=1 src_start_addr=0x100001000 dst_start_addr=0x8000000")
          .find("set stride_enable"),
      std::string::npos);
  EXPECT_NE(
      ofCommand(
          "gdma 1 dep 0 DMATensor dma.tensor nchw_copy=1 src_nsize=1 src_csize=1 src_hsize=1 src_data_format=fp32 "
          "src_wsize=1 src_start_addr=0x100001002 dst_start_addr=0x8000000")
          .find("must be a multiple of its element of 4 bytes"),
      std::string::npos);
  EXPECT_NE(ofCommand("gdma 1 dep 0 DMATensor dma.tensor nchw_copy=1 src_nsize=1 src_csize=1 src_hsize=2 src_wsize=1 "
                      "src_hstride=1 src_start_addr=0x100001000 dst_start_addr=0x8000000")
                .find("destination is written with a stride of 0"),
            std::string::npos);
}

TEST(Check, Fields) {
  EXPECT_EQ(ofCommand("tiu 1 dep 0 SYSID sys.end pwr_step=1"),
            "field 'pwr_step' is 1; nothing public says what it does, only 0 is known to work\n");
  EXPECT_EQ(ofCommand("tiu 1 dep 0 SYSID sys.end reserved50=1"), "field 'reserved50' is 1; legal: 0 to 0\n");
  EXPECT_EQ(ofCommand("tiu 1 dep 0 SYSID sys.spb"), "nothing public says what sys.spb does\n");
  EXPECT_EQ(ofCommand("tiu 1 dep 0 SYSID sys.end cmd_id_en=2"),
            "field 'cmd_id_en' is 2; nothing public says what it does, only 0 is known to work\n");
}

const std::string kConv =
    "tiu 1 dep 0 SCONV conv.normal opd1_sign=1 res0_prec=int32 opd2_const=1 opd3_const=1 opd0_up_pad=1 "
    "opd0_dn_pad=1 opd0_lf_pad=1 opd0_rt_pad=1 res_op_x_str=2 res_op_y_str=1 res0_n=1 res0_c=100 res0_h=8 "
    "res0_w=4 opd0_c=70 opd0_h=8 opd0_w=8 opd1_h=3 opd1_w=3 res0_addr=0x20000 opd0_addr=0x4000 opd1_addr=0x8000";

std::string convWith(const std::string &from, const std::string &to) {
  std::string line = kConv;
  line.replace(line.find(from), from.size(), to);
  return ofCommand(line);
}

TEST(Check, Convolution) {
  EXPECT_EQ(ofCommand(kConv), "");
  EXPECT_EQ(convWith("res0_h=8", "res0_h=9"), "the window gives 8 x 4 results but the result has 9 x 4\n");
  EXPECT_EQ(convWith("res_op_y_str=1", "res_op_y_str=0"), "the kernel's size or stride is 0\n");
  EXPECT_EQ(convWith("opd0_addr=0x4000", "opd0_addr=0x44000"),
            "the input of a convolution must start in lane 0, it starts in lane 1\n");
  EXPECT_EQ(convWith("opd1_addr=0x8000", "opd1_addr=0x8020"), "weights must be a multiple of 64 bytes\n");
  EXPECT_EQ(convWith("opd1_addr=0x8000", "opd1_addr=0x48000"), "weights starts in lane 1 but result in lane 0\n");
  EXPECT_EQ(convWith("opd0_addr=0x4000", "opd0_addr=0x4001"), "input at 0x4001 must be a multiple of 64 bytes\n");
  EXPECT_EQ(convWith("res0_prec=int32", "res0_prec=fp32"), "input and result must both be integers or both floating\n");
  EXPECT_EQ(convWith("opd1_h=3", "opd0_y_ins0=15 opd1_h=3").substr(0, 42),
            "field 'opd0_y_ins0' is 15; legal: 0 to 14\n");
  std::string wide = kConv;
  wide.replace(wide.find("SCONV"), 5, "CONV");
  EXPECT_EQ(ofCommand(wide), "");
  EXPECT_NE(
      ofCommand(wide + " opd0_str=explicit opd0_h_str=262144").find("a stride of 262144 elements is above 262143\n"),
      std::string::npos);
  // 100 output channels: two groups of ceil(70/64)·9·64 bytes.
  EXPECT_EQ(convWith("opd1_addr=0x8000", "opd1_addr=0x3f700"), "");
  EXPECT_EQ(convWith("opd1_addr=0x8000", "opd1_addr=0x3f740"),
            "weights at 0x3f740 reaches byte 262208 of a lane; a lane has 262144\n");
}

TEST(Check, ElementWise) {
  const std::string head = "tiu 1 dep 0 SAR ";
  const std::string shape = " res0_n=1 res0_c=64 res0_h=2 res0_w=8 res0_addr=0x4000 opd0_addr=0x0 opd1_addr=0x8000";
  EXPECT_EQ(ofCommand(head + "arith.add tsk_opd_num=2" + shape), "");
  EXPECT_EQ(ofCommand(head + "arith.copy tsk_opd_num=2" + shape), "arith.copy cannot have 2 operands\n");
  EXPECT_EQ(ofCommand(head + "arith.selectGreat tsk_opd_num=2" + shape), "arith.selectGreat cannot have 2 operands\n");
  EXPECT_EQ(ofCommand(head + "arith.add tsk_opd_num=2 res0_prec=fp32" + shape),
            "a floating operation has one format for its operands and its result\n");
  EXPECT_EQ(ofCommand(head + "arith.cast tsk_opd_num=1 opd2_n_str=5 opd0_prec=fp32" + shape),
            "rounding 5 is not allowed in a conversion from or to floating formats\n");
  EXPECT_EQ(ofCommand(head + "arith.mul tsk_opd_num=3 opd2_prec=int32" + shape), "the shift operand must be int8\n");
  EXPECT_EQ(ofCommand(head + "arith.copy tsk_opd_num=1 res0_prec=int16" + shape),
            "a copy keeps its operand's format\n");
  EXPECT_EQ(ofCommand(head + "arith.copy tsk_opd_num=1 res0_str=explicit res0_w_str=1" + shape),
            "result is written with a stride of 0: several elements share one place\n");
  EXPECT_EQ(ofCommand(head + "arith.copy tsk_opd_num=1 opd0_str=explicit opd0_w_str=1000000" + shape),
            "operand 0 at 0x0 reaches byte 7000001 of a lane; a lane has 262144\n"
            "a stride of 1000000 elements is above 262143\n");
  EXPECT_EQ(ofCommand(head +
                      "arith.add tsk_opd_num=2 res0_n=1 res0_c=4 res0_h=1 res0_w=1 res0_addr=0x0 opd0_addr=0x40000 "
                      "opd1_addr=0x0"),
            "operand 0 starts in lane 1 but result in lane 0\n");
  EXPECT_EQ(
      ofCommand(head +
                "arith.add tsk_opd_num=2 opd0_prec=int32 res0_prec=int32 opd1_prec=int32 opd0_str=compact res0_n=1 "
                "res0_c=4 res0_h=1 res0_w=1 res0_addr=0x0 opd0_addr=0x102 opd1_addr=0x40"),
      "operand 0 at 0x102 must be a multiple of 4 bytes\n");
}

TEST(Check, Requantisation) {
  const std::string head = "tiu 1 dep 0 SRQ quant.rq1 opd0_prec=int32 opd2_n_str=5 ";
  const std::string shape = "res0_n=1 res0_c=200 res0_h=2 res0_w=8 res0_addr=0x4000 opd0_addr=0x8000";
  EXPECT_EQ(ofCommand(head + "opd1_addr=0x0 " + shape), "");
  EXPECT_EQ(ofCommand(head + "opd1_addr=0x4 " + shape), "quantisation entries at 0x4 must be a multiple of 64 bytes\n");
  EXPECT_EQ(ofCommand(head + "opd1_const=1 opd1_addr=1073741824 opd2_addr=0xc1 " + shape), "");
  EXPECT_EQ(ofCommand(head + "opd1_const=1 opd1_addr=1 opd2_addr=32 " + shape), "shift 32 is outside -64 to 31\n");
  EXPECT_EQ(ofCommand(head + "res0_prec=int32 opd1_addr=0x0 " + shape), "rq1 gives 8 or 16 bits\n");
  EXPECT_EQ(ofCommand("tiu 1 dep 0 SRQ quant.rq1 opd2_n_str=7 opd1_addr=0x0 " + shape), "rounding 7 does not exist\n");
  EXPECT_EQ(ofCommand("tiu 1 dep 0 SRQ quant.rq0 opd2_n_str=40 opd1_addr=0x0 " + shape),
            "rounding 5 and 6 are not allowed in conversions from or to floating formats\n");
}

TEST(Check, LanesAndTables) {
  const std::string bc = "tiu 1 dep 0 STRANS tsbc.l_bc res0_n=1 res0_h=1 res0_w=256 opd0_c=1 opd0_w=256 ";
  EXPECT_EQ(ofCommand(bc + "res0_c=64"), "");
  EXPECT_EQ(ofCommand(bc + "res0_c=64 res0_addr=0x40000"), "a broadcast ends at lane 65 of 64\n");
  EXPECT_EQ(ofCommand("tiu 1 dep 0 STRANS tsbc.l_copy res0_n=1 res0_c=2 res0_h=1 res0_w=4 opd0_c=2 opd0_w=4"),
            "a lane copy needs equal shapes and different lanes\n");
  EXPECT_EQ(
      ofCommand("tiu 1 dep 0 STRANS tsbc.s_distribute res0_prec=int32 res0_n=1 res0_c=6 res0_h=1 res0_w=1 opd0_c=6 "
                "opd0_w=1 opd0_addr=0x8000000"),
      "the source must lie in static memory\n");
  const std::string lut =
      "tiu 1 dep 0 SSG sg.pe_s_gather_d1coor opd0_str=lane_shared res0_n=1 res0_c=64 res0_h=1 res0_w=100 "
      "opd0_h=1 opd0_w=256 opd1_c=64 opd1_w=100 ";
  EXPECT_EQ(ofCommand(lut + "res0_addr=0x4000 opd1_addr=0x8000"), "");
  EXPECT_EQ(ofCommand(lut + "res0_addr=0x4000 opd1_addr=0x1000"),
            "table and index share a bank, which only the hzd kinds allow\n");
  EXPECT_EQ(ofCommand(lut + "res0_addr=0x4000 opd1_prec=int32 opd1_addr=0x8000"), "an index has 8 or 16 bits\n");
}

TEST(Check, PoolingAndMatrices) {
  const std::string pool =
      "tiu 1 dep 0 SPORD pord.maxpooling opd0_sign=1 opd3_const=1 opd3_addr=128 res_op_x_str=2 res_op_y_str=2 "
      "res0_n=1 res0_c=64 res0_h=4 res0_w=4 opd0_h=8 opd0_w=8 opd1_h=2 opd1_w=2 opd0_addr=0x4000 ";
  EXPECT_EQ(ofCommand(pool), "");
  EXPECT_EQ(ofCommand(pool + "opd0_x_ins0=8").substr(0, 41), "more than 7 zeros between input elements\n");
  EXPECT_EQ(ofCommand(pool + "res0_prec=int16"), "a maximum has its input's format\n");
  const std::string mm2 =
      "tiu 1 dep 0 SMM2 mm2.nn opd0_prec=fp32 res0_prec=fp32 res0_c=10 res0_w=20 opd1_c=30 opd2_const=1 "
      "opd0_addr=0x4000 opd1_addr=0x8000 ";
  EXPECT_EQ(ofCommand(mm2 + "opd1_w=20"), "");
  EXPECT_EQ(ofCommand(mm2 + "opd1_w=21"), "the right matrix must have the result's columns\n");
  EXPECT_EQ(ofCommand(mm2 + "opd1_w=20 res0_addr=0x40000"), "the result must start in lane 0\n");
  const std::string mm =
      "tiu 1 dep 0 SMM mm.normal opd0_prec=fp32 res0_prec=fp32 opd0_n=2 opd0_c=2 opd0_w=16 opd1_w=5 res0_c=3 "
      "res0_w=16 opd2_const=1 opd0_addr=0x4000 opd1_addr=0x8000 ";
  EXPECT_EQ(ofCommand(mm), "");
  EXPECT_EQ(ofCommand(mm + "res0_addr=0x40000"), "right matrix starts in lane 0 but result in lane 1\n");
}

} // namespace
