//===- ToolTest.cpp - tpuc-sim as a user runs it --------------------------===//
// Exit codes, the summary, files written, one sentence per mistake.

#include "Program.h"
#include "TempFolder.h"
#include "tpu_mlir/Support/Npz.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

using namespace tpu_mlir;
using namespace tpu_mlir::test;

namespace {

class Tool : public ::testing::Test {
protected:
  void SetUp() override {
    bmodel::writeBmodel(Program::make().model(), folder.file("m.bmodel"));
    std::vector<float> x(size_t(kProgramChannels * 2 * kProgramPlane), 2.5f); // 10 in the model's integers
    writeInput("in.npz", "x", {1, kProgramChannels, 2, kProgramPlane}, x);
  }
  void writeInput(const std::string &file, const std::string &name, std::vector<int64_t> shape,
                  const std::vector<float> &values) {
    NpzWriter writer(folder.file(file));
    writer.add(name, NpyType::F32, shape, values.data());
    writer.finish();
  }
  /// Exit code and all output of `tpuc-sim <arguments>` run in the folder.
  std::pair<int, std::string> run(const std::string &arguments) {
    std::string log = folder.file("log");
    int status =
        std::system(("cd '" + folder.file("") + "' && '" TPUC_SIM "' " + arguments + " > '" + log + "' 2>&1").c_str());
    auto bytes = readFile(log);
    return {WEXITSTATUS(status), std::string(bytes.begin(), bytes.end())};
  }
  void refuses(const std::string &arguments, const std::string &sentence) {
    auto [code, text] = run(arguments);
    EXPECT_EQ(code, 1) << arguments;
    EXPECT_EQ(text, "error: " + sentence + "\n") << arguments;
  }
  TempFolder folder;
};

TEST_F(Tool, RunsAndSummarises) {
  auto [code, text] = run("m.bmodel --input in.npz -o out.npz");
  EXPECT_EQ(code, 0) << text;
  EXPECT_EQ(text, "net        triple on bm1684x\n"
                  "cycles     1481 (0.001 ms at 1000 MHz)\n"
                  "tiu        5 commands, busy 57 cycles (3.8 %)\n"
                  "gdma       5 commands, busy 1419 cycles (95.8 %)\n"
                  "macs       0 (convolution 0, depth-wise 0, matrix 0)\n"
                  "ddr        3360 bytes read, 3360 bytes written\n"
                  "host ops   0\n");
  NpzFile out(folder.file("out.npz"));
  ASSERT_EQ(out.arrays().size(), 1u);
  EXPECT_EQ(out.get("y").type, NpyType::F32);
  EXPECT_EQ(out.get("y").as<float>()[0], 25 * 0.75f);
  EXPECT_EQ(run("m.bmodel -i in.npz -o out.npz --out-fixed --policy=random --seed 5").first, 0);
  NpzFile fixed(folder.file("out.npz"));
  EXPECT_EQ(fixed.get("y").type, NpyType::I8);
  EXPECT_EQ(fixed.get("y").as<int8_t>()[0], 25);
  EXPECT_EQ(run("m.bmodel --timing").first, 0);
  EXPECT_EQ(run("--help").first, 0);
}

TEST_F(Tool, NamesEveryMistake) {
  refuses("", "no bmodel given; tpuc-sim --help shows how");
  refuses("m.bmodel", "no input given; use --input FILE.npz, or --timing to count cycles only");
  refuses("m.bmodel --inpt in.npz", "unknown option '--inpt'; tpuc-sim --help lists them");
  refuses("m.bmodel --input", "option --input needs a value");
  refuses("m.bmodel n.bmodel", "two models given: 'm.bmodel' and 'n.bmodel'");
  refuses("m.bmodel --timing --out-fixed=1", "option --out-fixed takes no value");
  refuses("m.bmodel --policy fastest", "unknown policy 'fastest'; known: gdma-first, tiu-first, random");
  refuses("m.bmodel --seed -3", "option --seed needs a number, found '-3'");
  refuses("m.bmodel -i in.npz --dump-all-tensors", "--dump-all-tensors needs --output");
  refuses("m.bmodel --timing -o out.npz",
          "--timing computes no tensors, so it goes with neither --output nor --dump-all-tensors");
  refuses("m.bmodel -i in.npz -o out.npz --dump-all-tensors",
          "'m.bmodel' has no tensor table, and no tensor_location.json lies beside it; --dump-all-tensors needs one");
  refuses("absent.bmodel --timing", "cannot read 'absent.bmodel': No such file or directory");
  refuses("m.bmodel -i absent.npz", "cannot read 'absent.npz': No such file or directory");
  refuses("m.bmodel -i m.bmodel",
          "'m.bmodel' is not a complete npz file: it has no zip directory (cut off, or not an npz at all)");
  refuses("m.bmodel -i in.npz --net 2", "'m.bmodel': it has 1 nets; net 2 was asked for");
  refuses("m.bmodel -i in.npz -o /dev/full", "cannot write '/dev/full': No space left on device");
  writeInput("shape.npz", "x", {1, 2}, {1, 2});
  refuses("m.bmodel -i shape.npz", "array 'x' has shape [1, 2] but input 'x' has shape [1, 70, 2, 24]");
  {
    NpzWriter writer(folder.file("two.npz"));
    int64_t shape[] = {1};
    float v = 0;
    writer.add("a", NpyType::F32, shape, &v);
    writer.add("b", NpyType::F32, shape, &v);
    writer.finish();
  }
  refuses("m.bmodel -i two.npz", "'two.npz' has no array 'x'; of its 2 the closest are 'a', 'b'");
}

} // namespace
