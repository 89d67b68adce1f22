# TpuMlirCore: the dialects, passes, lowering, code generation and interpreters, one static library with one precompiled
# header. MLIR is linked statically by default (small, self-contained tools); TPU_MLIR_SHARED_MLIR is for developers.

option(TPU_MLIR_SHARED_MLIR "Link the shared libMLIR and libLLVM" OFF)
set(MLIR_DIR "/usr/lib/llvm-22/lib/cmake/mlir" CACHE PATH "Directory of MLIRConfig.cmake")
find_package(MLIR REQUIRED CONFIG)
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)

# Debian's MLIR targets name the shared LLVM; point them at the archives they use instead.
if(TPU_MLIR_SHARED_MLIR)
  set(TPU_MLIR_MLIR_LIBS MLIR LLVM)
else()
  foreach(target IN LISTS MLIR_EXPORTED_TARGETS)
    if(TARGET ${target})
      get_target_property(links ${target} INTERFACE_LINK_LIBRARIES)
      if(links AND "LLVM" IN_LIST links)
        list(REMOVE_ITEM links LLVM)
        list(APPEND links LLVMCore LLVMRemarks LLVMBitstreamReader LLVMBinaryFormat LLVMTargetParser LLVMSupport)
        set_target_properties(${target} PROPERTIES INTERFACE_LINK_LIBRARIES "${links}")
      endif()
    endif()
  endforeach()
  set_target_properties(LLVMSupport PROPERTIES INTERFACE_LINK_LIBRARIES "LLVMDemangle;rt;dl;m;pthread")
  set(TPU_MLIR_MLIR_LIBS MLIRIR MLIRParser MLIRPass MLIRTransforms MLIRTransformUtils MLIRFuncDialect MLIRQuantDialect
      MLIRSupport MLIRRewrite MLIROptLib)
endif()

set(inc ${PROJECT_SOURCE_DIR}/include)
set(gen ${PROJECT_BINARY_DIR}/include/tpu_mlir)
include_directories(SYSTEM ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})

# tpu_mlir_tablegen(<td> <generated file> <mlir-tblgen option>...)
function(tpu_mlir_tablegen td out)
  get_filename_component(dir ${gen}/${out} DIRECTORY)
  file(MAKE_DIRECTORY ${dir})
  file(GLOB_RECURSE deps CONFIGURE_DEPENDS ${inc}/tpu_mlir/Dialect/*.td ${inc}/tpu_mlir/Interfaces/*.td ${inc}/tpu_mlir/Conversion/*.td)
  add_custom_command(OUTPUT ${gen}/${out}
    COMMAND ${MLIR_TABLEGEN_EXE} ${ARGN} -I ${inc} -I ${MLIR_INCLUDE_DIRS} ${inc}/tpu_mlir/${td} -o ${gen}/${out}
            --write-if-changed
    DEPENDS ${deps} VERBATIM)
  set_property(GLOBAL APPEND PROPERTY TPU_MLIR_GENERATED ${gen}/${out})
endfunction()

set(TPU_MLIR_OP_SHARDS 4)
tpu_mlir_tablegen(Interfaces/OpInterfaces.td Interfaces/OpInterfaces.h.inc -gen-op-interface-decls)
tpu_mlir_tablegen(Interfaces/OpInterfaces.td Interfaces/OpInterfaces.cpp.inc -gen-op-interface-defs)
tpu_mlir_tablegen(Interfaces/MoveInterface.td Interfaces/MoveInterface.h.inc -gen-op-interface-decls)
tpu_mlir_tablegen(Interfaces/MoveInterface.td Interfaces/MoveInterface.cpp.inc -gen-op-interface-defs)
foreach(dialect Top Tpu)
  string(TOLOWER ${dialect} lower)
  set(dir Dialect/${dialect}/IR)
  set(td ${dir}/${dialect}Ops.td)
  tpu_mlir_tablegen(${td} ${dir}/${dialect}Dialect.h.inc -gen-dialect-decls -dialect=${lower})
  tpu_mlir_tablegen(${td} ${dir}/${dialect}Dialect.cpp.inc -gen-dialect-defs -dialect=${lower})
  tpu_mlir_tablegen(${td} ${dir}/${dialect}Ops.h.inc -gen-op-decls -op-shard-count=${TPU_MLIR_OP_SHARDS})
  tpu_mlir_tablegen(${td} ${dir}/${dialect}Ops.cpp.inc -gen-op-defs -op-shard-count=${TPU_MLIR_OP_SHARDS})
  tpu_mlir_tablegen(${td} ${dir}/${dialect}Attrs.h.inc -gen-attrdef-decls -attrdefs-dialect=${lower})
  tpu_mlir_tablegen(${td} ${dir}/${dialect}Attrs.cpp.inc -gen-attrdef-defs -attrdefs-dialect=${lower})
  # Families whose classes have a header of their own: <family>Ops.td, <family>Ops.h and <family>Ops.cpp.
  foreach(family Choice)
    tpu_mlir_tablegen(${dir}/${family}Ops.td ${dir}/${family}Ops.h.inc -gen-op-decls)
    tpu_mlir_tablegen(${dir}/${family}Ops.td ${dir}/${family}Ops.cpp.inc -gen-op-defs)
  endforeach()
  # One translation unit per shard keeps memory and time per file small.
  math(EXPR last "${TPU_MLIR_OP_SHARDS} - 1")
  foreach(shard RANGE ${last})
    set(file ${PROJECT_BINARY_DIR}/lib/${dialect}OpsShard${shard}.cpp)
    file(CONFIGURE OUTPUT ${file} @ONLY CONTENT
"#include \"tpu_mlir/Dialect/Top/IR/TopDialect.h\"
#include \"tpu_mlir/Dialect/Tpu/IR/TpuDialect.h\"
using namespace mlir;
#define GET_OP_DEFS_${shard}
#include \"tpu_mlir/${dir}/${dialect}Ops.cpp.inc\"
")
    list(APPEND shard_sources ${file})
  endforeach()
endforeach()
tpu_mlir_tablegen(Dialect/Top/Transforms/Passes.td Dialect/Top/Transforms/Passes.h.inc -gen-pass-decls -name Top)
tpu_mlir_tablegen(Dialect/Tpu/Transforms/Passes.td Dialect/Tpu/Transforms/Passes.h.inc -gen-pass-decls -name Tpu)
tpu_mlir_tablegen(Conversion/TopToTpu/Passes.td Conversion/TopToTpu/Passes.h.inc -gen-pass-decls -name Conversion)
get_property(generated GLOBAL PROPERTY TPU_MLIR_GENERATED)
add_custom_target(TpuMlirTablegen DEPENDS ${generated})

file(GLOB_RECURSE core_sources CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/lib/InitAll.cpp ${PROJECT_SOURCE_DIR}/lib/Interfaces/*.cpp ${PROJECT_SOURCE_DIR}/lib/Dialect/*.cpp ${PROJECT_SOURCE_DIR}/lib/Ops/*.cpp
  ${PROJECT_SOURCE_DIR}/lib/Conversion/*.cpp ${PROJECT_SOURCE_DIR}/lib/Interpreter/*.cpp)
add_library(TpuMlirCore STATIC ${core_sources} ${shard_sources})
add_dependencies(TpuMlirCore TpuMlirTablegen)
target_include_directories(TpuMlirCore PUBLIC ${inc} ${PROJECT_BINARY_DIR}/include)
target_include_directories(TpuMlirCore SYSTEM PUBLIC ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
target_precompile_headers(TpuMlirCore PRIVATE ${PROJECT_SOURCE_DIR}/lib/Pch.h)
if(TPU_MLIR_SANITIZE)
  target_sources(TpuMlirCore INTERFACE ${PROJECT_SOURCE_DIR}/cmake/SanitizerOptions.cpp)
endif()
target_link_libraries(TpuMlirCore PUBLIC TpuHost TpuSchedule TpuBackend TpuCodegen TpuPrimitive TpuAllocate TpuBmodel TpuTensorTable TpuRecipe TpuTarget TpuSupport ${TPU_MLIR_MLIR_LIBS})

if(EXISTS ${PROJECT_SOURCE_DIR}/lib/Bindings/CMakeLists.txt)
  add_subdirectory(${PROJECT_SOURCE_DIR}/lib/Bindings ${PROJECT_BINARY_DIR}/lib/Bindings)
endif()
