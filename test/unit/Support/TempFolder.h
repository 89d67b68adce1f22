//===- TempFolder.h - A folder that lives as long as a test -----*- C++ -*-===//
// Made anew for each test, so that tests may run side by side, and removed
// with all that lies in it.
#ifndef TPU_MLIR_TEST_UNIT_SUPPORT_TEMPFOLDER_H
#define TPU_MLIR_TEST_UNIT_SUPPORT_TEMPFOLDER_H

#include <cstdlib>
#include <filesystem>
#include <string>

namespace tpu_mlir::test {

class TempFolder {
public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tpu-mlir-test-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  std::string file(const std::string &name) const { return (folder / name).string(); }
  size_t entries() const {
    return size_t(std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
  }

private:
  std::filesystem::path folder;
};

} // namespace tpu_mlir::test

#endif // TPU_MLIR_TEST_UNIT_SUPPORT_TEMPFOLDER_H
