//===- SanitizerOptions.cpp - Defaults of programs that link MLIR ---------===//
// MLIR's archives are not instrumented. LLVM's bump allocator poisons what it
// has not handed out yet only where its inline code was compiled with the
// sanitizer, and would report what the other half handed out. Everything else
// stays checked.
extern "C" __attribute__((visibility("default"), used)) const char *__asan_default_options() {
  return "allow_user_poisoning=0";
}
