# Compiler settings shared by every target, and the helpers that declare targets.

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
if(TPU_MLIR_ASSERTIONS OR TPU_MLIR_SANITIZE)
  string(REPLACE "-DNDEBUG" "" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
endif()
if(TPU_MLIR_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g1)
  if(TPU_MLIR_MLIR)
    # MLIR's headers compile in two thirds of the time; its archives have no run-time types to compare with.
    add_compile_options(-O1 -fno-sanitize=vptr,function)
  endif()
  add_link_options(-fsanitize=address,undefined)
endif()
add_compile_options(-Wall -Wextra -Wno-unused-parameter -ffunction-sections -fdata-sections)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_link_options(-fuse-ld=lld)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-instantiate-templates>)
  # Headers are compared by content, so that ccache serves every checkout of the same sources.
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
endif()
add_link_options(-Wl,--gc-sections)

# tpu_mlir_library(<name> SOURCES ... [LINK ...]): a static library that links no MLIR.
function(tpu_mlir_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_BINARY_DIR}/include)
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
endfunction()
