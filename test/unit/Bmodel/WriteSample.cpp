//===- WriteSample.cpp - Writes the sound sample model --------------------===//
// For tests of the command line: puts the sample at the path that is given.

#include "SampleModel.h"

int main(int argc, char **argv) {
  if (argc != 2)
    return 1;
  using namespace tpu_mlir;
  bmodel::writeBmodel(bmodel::soundModel(isa::tableFor("bm1684x")), argv[1]);
  return 0;
}
