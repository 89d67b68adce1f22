// RUN: tpuc-opt %s --processor-assign="chip=bm1684x" | FileCheck %s
// RUN: tpuc-opt %s --processor-assign="chip=BM1684X num_device=1 num_core=1 addr_mode=basic" | FileCheck %s
// RUN: tpuc-opt %s --chip-assign="chip=bm1684x" | FileCheck %s
// RUN: not tpuc-opt %s --processor-assign 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not tpuc-opt %s --processor-assign="chip=bm1648x" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not tpuc-opt %s --processor-assign="chip=bm1690" 2>&1 | FileCheck %s --check-prefix=UNBUILT
// RUN: not tpuc-opt %s --processor-assign="chip=bm1684x num_core=2" 2>&1 | FileCheck %s --check-prefix=CORES
// RUN: not tpuc-opt %s --processor-assign="chip=bm1684x num_device=8" 2>&1 | FileCheck %s --check-prefix=DEVICES
// RUN: not tpuc-opt %s --processor-assign="chip=bm1684x addr_mode=io_tag" 2>&1 | FileCheck %s --check-prefix=MODE

// CHECK: module attributes {module.chip = "bm1684x", module.state = "TOP_F32"}
// NONE: error: no chip is given; give it as chip=<name>
// UNKNOWN: error: unknown chip 'bm1648x'; did you mean 'bm1684x'?
// UNBUILT: error: {{.*}}bm1690
// CORES: error: one device and one core are built; got num_device=1 num_core=2
// DEVICES: error: one device and one core are built; got num_device=8 num_core=1
// MODE: error: addr_mode 'io_tag' is not built; use auto or basic
module attributes {module.state = "TOP_F32"} {}
