//===- SimulatorTest.cpp - Whole bmodels ----------------------------------===//
// A hand-made program under every policy, its clock, its tensor table, and the
// refusal of files that cannot be right.

#include "Program.h"
#include "TempFolder.h"
#include "tpu_mlir/Sim/Numbers.h"
#include "tpu_mlir/Support/Error.h"

#include <gtest/gtest.h>
#include <random>

using namespace tpu_mlir;
using namespace tpu_mlir::test;
using namespace tpu_mlir::sim;

namespace {

constexpr int64_t kCount = kProgramChannels * 2 * kProgramPlane;

std::vector<uint8_t> randomInput(uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> x(static_cast<size_t>(kCount));
  for (uint8_t &b : x)
    b = uint8_t(random());
  return x;
}

std::vector<uint8_t> expectedOutput(const std::vector<uint8_t> &x) {
  std::vector<uint8_t> y;
  for (uint8_t b : x)
    y.push_back(uint8_t(int8_t(std::clamp(3 * int(int8_t(b)) - 5, -128, 127))));
  return y;
}

std::string refusal(const bmodel::Model &model, const RunOptions &options = {}) {
  try {
    Simulator(model, "m.bmodel").run(options);
  } catch (const UserError &error) {
    return error.what();
  }
  return "";
}

bmodel::NetParameter &parameter(bmodel::Model &m) { return m.net[0].parameter[0]; }

TEST(Simulator, ResultDoesNotDependOnTheInterleaving) {
  Simulator simulator(Program::make().model(), "m.bmodel");
  std::vector<RunOptions> options(2);
  options[0].policy = Policy::GdmaFirst, options[1].policy = Policy::TiuFirst;
  for (uint64_t seed = 0; seed < 40; ++seed)
    options.push_back({Policy::Random, seed});
  double cycles = 0;
  for (size_t i = 0; i < options.size(); ++i) {
    auto x = randomInput(uint32_t(i));
    simulator.setInput("x", x);
    RunResult r = simulator.run(options[i]);
    ASSERT_EQ(r.outputs.size(), 1u);
    EXPECT_EQ(r.outputs[0].name, "y");
    EXPECT_EQ(r.outputs[0].shape, (std::vector<int64_t>{1, kProgramChannels, 2, kProgramPlane}));
    EXPECT_EQ(r.outputs[0].bytes, expectedOutput(x)) << "policy " << int(options[i].policy);
    EXPECT_TRUE(i == 0 || r.cycles == cycles);
    cycles = r.cycles;
  }
}

TEST(Simulator, AMissingDependencyShowsUnderSomePolicy) {
  // The second load overwrites the first tile's result before it is stored.
  Program p = Program::make();
  p.gdma[1].set(isa::Field::cmd_id_dep, 0);
  bmodel::Model m = p.model();
  int wrong = 0;
  for (Policy policy : {Policy::GdmaFirst, Policy::TiuFirst}) {
    Simulator simulator(m, "m.bmodel");
    auto x = randomInput(1);
    simulator.setInput("x", x);
    wrong += simulator.run({policy}).outputs[0].bytes != expectedOutput(x);
  }
  EXPECT_GT(wrong, 0);
}

TEST(Simulator, ClockFollowsTheDependencies) {
  // Loads and stores of 1680 bytes in 70 rows of 24: 200 + 70·64/rate + 70; multiplications 2 passes of 1 cycle + 11.
  double load = 200 + 4480 / 62.3 + 70, store = 200 + 4480 / 47.2 + 70, tiu = 2 * 1 + 11, gap = 1, copyGap = 4;
  std::vector<CommandEvent> events;
  std::vector<std::pair<double, double>> times[2];
  RunOptions options;
  options.functional = false;
  options.afterCommand = [&](const CommandEvent &e) { times[int(e.command.engine())].emplace_back(e.start, e.end); };
  RunResult r = Simulator(Program::make().model(), "m.bmodel").run(options);
  EXPECT_TRUE(r.outputs.empty());
  EXPECT_DOUBLE_EQ(times[1][0].second, load);
  EXPECT_DOUBLE_EQ(times[0][0].first, load);
  EXPECT_DOUBLE_EQ(times[0][1].first, load + tiu + gap);
  double firstTile = load + 2 * tiu + gap;
  EXPECT_DOUBLE_EQ(times[1][1].first, firstTile);
  double second = firstTile + store + copyGap + load;
  EXPECT_DOUBLE_EQ(times[0][2].first, second);
  EXPECT_DOUBLE_EQ(times[1][3].second, second + 2 * tiu + gap + store);
  EXPECT_DOUBLE_EQ(r.cycles, second + 2 * tiu + gap + store + copyGap + 5); // and the end command
  EXPECT_DOUBLE_EQ(r.milliseconds, r.cycles / 1e6);
  EXPECT_EQ(r.engines[isa::Engine::TIU].commands, 5u);
  EXPECT_EQ(r.engines[isa::Engine::GDMA].commands, 5u);
  EXPECT_EQ(r.work.ddrReadBytes, kCount);
  EXPECT_EQ(r.work.ddrWriteBytes, kCount);
  EXPECT_EQ(r.hostOps, 0u);
}

TEST(Simulator, TensorsAreReadWhenTheyAreComplete) {
  // Both entries name the same place: "early" before the second tile's store, "late" after it.
  TensorTable table;
  auto add = [&](const char *name, float scale, uint64_t address, uint32_t command) {
    table.tensors.push_back({name, kernel::DType::I8, {1, kProgramChannels, 2, kProgramPlane}, scale, 0, {}});
    table.tensors.back().addWhole(address, {0, true, command});
  };
  add("early", 0.75f, kProgramContext + 0x2000, 2);
  add("late", 0.75f, kProgramContext + 0x2000, 4);
  add("given", 0.25f, kProgramContext, 0);
  std::string json = printTensorTable(table);
  auto check = [&](Simulator &&simulator) {
    auto x = randomInput(3);
    simulator.setInput("x", x);
    RunOptions options;
    options.collectTensors = true;
    RunResult r = simulator.run(options);
    ASSERT_EQ(r.tensors.size(), 3u);
    EXPECT_EQ(r.tensors[0].name, "given");
    EXPECT_EQ(r.tensors[0].bytes, x);
    auto y = expectedOutput(x);
    EXPECT_EQ(r.tensors[1].name, "early");
    EXPECT_TRUE(std::equal(y.begin(), y.begin() + kProgramPlane, r.tensors[1].bytes.begin()));
    EXPECT_NE(r.tensors[1].bytes, y);
    EXPECT_EQ(r.tensors[2].bytes, y);
  };
  bmodel::Model m = Program::make().model();
  parameter(m).tensorLoc = bmodel::Blob(std::vector<uint8_t>(json.begin(), json.end()));
  check(Simulator(m, "m.bmodel"));
  TempFolder folder;
  writeFileAtomically(folder.file("tensor_location.json"), json);
  check(Simulator(Program::make().model(), folder.file("m.bmodel")));

  table.tensors[0].pieces[0].after.id = 9;
  json = printTensorTable(table);
  parameter(m).tensorLoc = bmodel::Blob(std::vector<uint8_t>(json.begin(), json.end()));
  EXPECT_EQ(refusal(m), "'m.bmodel': its tensor table says that 'early' is complete after gdma command 9 of group 0, "
                        "which does not exist");
}

TEST(Simulator, NumbersFollowTheScales) {
  Simulator simulator(Program::make().model(), "m.bmodel");
  const NetTensor &x = simulator.inputs()[0];
  std::vector<float> values(size_t(kCount), 0.0f);
  values[0] = 1.0f, values[1] = 0.125f, values[2] = -0.125f, values[3] = 1000,
  values[4] = -1000; // ·4: 4, 0.5, −0.5, saturated
  NpzArray array{"x", NpyType::F32, x.shape, values.data(), values.size() * 4};
  auto raw = encodeInput(x, array);
  EXPECT_EQ(std::vector<uint8_t>(raw.begin(), raw.begin() + 5), (std::vector<uint8_t>{4, 1, 0xff, 127, 0x80}));
  array.type = NpyType::I32;
  EXPECT_THROW(encodeInput(x, array), UserError);
  array.type = NpyType::F32, array.shape = {1, 2};
  try {
    encodeInput(x, array);
    FAIL();
  } catch (const UserError &error) {
    EXPECT_STREQ(error.what(), "array 'x' has shape [1, 2] but input 'x' has shape [1, 70, 2, 24]");
  }
  EXPECT_EQ(decodeTensor({"t", kernel::DType::I8, {3}, 0.5f, 1, {3, 0xff, 1}}),
            (std::vector<float>{1.0f, -1.0f, 0.0f}));
  EXPECT_EQ(decodeTensor({"t", kernel::DType::F16, {1}, 0.5f, 1, {0x00, 0x3c}}), (std::vector<float>{1.0f}));
}

TEST(Simulator, RefusesWhatCannotBeRight) {
  EXPECT_EQ(refusal(Program::make().model()), "");
  auto with = [](auto change) {
    bmodel::Model m = Program::make().model();
    change(m);
    return refusal(m);
  };
  EXPECT_NE(with([](auto &m) { m.chip = "BM9999"; }).find("is made for another chip: unknown chip 'BM9999'"),
            std::string::npos);
  EXPECT_EQ(with([](auto &m) { m.net.clear(); }), "'m.bmodel': it has 0 nets; net 0 was asked for");
  EXPECT_EQ(with([](auto &m) { parameter(m).isDynamic = 1; }),
            "'m.bmodel': net 'triple' is dynamic; the simulator runs static nets");
  EXPECT_EQ(
      with([](auto &m) { parameter(m).subNet[0].subnetMode = 1; }),
      "'m.bmodel': subnet 0 runs on the host, by code of the vendor's; the simulator runs CPU layers of this project");
  EXPECT_EQ(with([](auto &m) { parameter(m).cmdGroup[0].bdcNum = 9; }),
            "'m.bmodel': group 0: it counts 9 TIU commands but holds 5");
  EXPECT_EQ(with([](auto &m) { parameter(m).coeffMem->checkCode[3] ^= 1; }),
            "'m.bmodel': its coefficients do not match their SHA-256 check code");
  EXPECT_EQ(with([](auto &m) { parameter(m).ctxAddr = 0x100000800; }),
            "'m.bmodel': its activations at 0x100000800 overlap its coefficients, which end at 0x100001000");
  EXPECT_EQ(with([](auto &m) { parameter(m).ctxSize = uint64_t(1) << 50; }),
            "'m.bmodel': its activations at 0x100001000 (1125899906842624 bytes) lie outside global memory");
  EXPECT_EQ(with([](auto &m) { parameter(m).outputTensor[0].deviceAddr += 0x2000; }).substr(0, 61),
            "'m.bmodel': tensor 'y': writes 3360 bytes at 0x100005000, out");
  EXPECT_EQ(with([](auto &m) { parameter(m).inputTensor[0].dataType = 77; }),
            "'m.bmodel': tensor 'x' has data type 77, which the simulator cannot read");
}

TEST(Simulator, ShowsNothingComputedFromDamagedWeights) {
  bmodel::Model m = Program::make().model();
  parameter(m).coeffMem->checkCode[3] ^= 1;
  Simulator simulator(m, "m.bmodel");
  EXPECT_THROW(simulator.lane(0), UserError);
  EXPECT_THROW(simulator.memory(), UserError);
  EXPECT_THROW(simulator.readGlobal(uint64_t(simulator.chip().global.ddrBase), 1), UserError);
  RunOptions options;
  bool isCalled = false;
  options.beforeCommand = [&](const CommandEvent &) { isCalled = true; };
  EXPECT_THROW(simulator.run(options), UserError);
  EXPECT_FALSE(isCalled);
}

TEST(Simulator, RefusalsNameTheCommand) {
  auto with = [](auto change) {
    Program p = Program::make();
    change(p);
    return refusal(p.model());
  };
  EXPECT_EQ(with([](Program &p) { p.tiu[1].set(isa::Field::cmd_id, 7); }),
            "'m.bmodel': group 0 tiu command 7 (SAR arith.subs) is number 2 of its stream; ids must count from 1");
  EXPECT_EQ(with([](Program &p) { p.tiu[0].set(isa::Field::cmd_id_dep, 9); }),
            "'m.bmodel': group 0 tiu command 1 (SAR arith.muls) waits for gdma command 9, but that stream has 5");
  EXPECT_EQ(with([](Program &p) { p.tiu[0].set(isa::Field::cmd_id_dep, 2); }),
            "'m.bmodel': the streams wait for each other: group 0 tiu command 1 (SAR arith.muls) waits for gdma "
            "command 2, group 0 "
            "gdma command 2 (DMATensor dma.tensor) "
            "waits for tiu command 2");
  EXPECT_EQ(with([](Program &p) { p.gdma[1].set(isa::Field::dst_start_addr_l32, 0x800); }),
            "'m.bmodel': group 0 gdma command 2 (DMATensor dma.tensor): writes 3336 bytes at 0x100000800, outside "
            "every region (coefficients 0x100000000 to "
            "0x100001000, activations 0x100001000 to 0x100005000, L2 memory 0x10000000 to 0x10200000, static serial "
            "numbers 0x90005c0 to 0x90006c0)");
  EXPECT_EQ(with([](Program &p) { p.gdma[1].set(isa::Field::dst_start_addr_l32, 0); }),
            "'m.bmodel': group 0 gdma command 2 (DMATensor dma.tensor): writes 3336 bytes at 0x100000000, inside the "
            "read-only region coefficients");
  EXPECT_EQ(with([](Program &p) { p.tiu[0].set(isa::Field::tsk_eu_typ, isa::kArithDiv); }),
            "'m.bmodel': group 0 tiu command 1 (SAR arith.div): this arithmetic is not built into the simulator");
}

TEST(Simulator, GroupsRunOneAfterTheOther) {
  bmodel::Model m = Program::make().model();
  parameter(m).cmdGroup.push_back(parameter(m).cmdGroup[0]);
  Simulator once(Program::make().model(), "m.bmodel"), twice(m, "m.bmodel");
  RunOptions timing;
  timing.functional = false;
  EXPECT_DOUBLE_EQ(twice.run(timing).cycles, 2 * once.run(timing).cycles);
}

TEST(Simulator, SurvivesChangedStreams) {
  bmodel::Model base = Program::make().model();
  std::mt19937 random(171);
  int ran = 0, refused = 0;
  for (int i = 0; i < 500; ++i) {
    bmodel::Model m = base;
    bmodel::CmdGroup &g = parameter(m).cmdGroup[0];
    bmodel::OptionalBlob &blob = random() % 2 ? g.bdc : g.gdma;
    std::vector<uint8_t> bytes(blob->bytes().begin(), blob->bytes().end());
    for (int k = 0, n = 1 + int(random() % 3); k < n; ++k)
      bytes[random() % bytes.size()] ^= uint8_t(1 << random() % 8);
    blob = bmodel::Blob(bytes);
    (refusal(m).empty() ? ran : refused)++;
  }
  EXPECT_GT(ran, 20);
  EXPECT_GT(refused, 100);
}

} // namespace
