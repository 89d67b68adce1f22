//===- Bmodel.h - The model container as plain structs ----------*- C++ -*-===//
// What a .bmodel holds, field by field, and how it is read and written. Every
// value of the tables survives reading and writing. Decides nothing about the
// meaning of command streams or weights.
#ifndef TPU_MLIR_BMODEL_BMODEL_H
#define TPU_MLIR_BMODEL_BMODEL_H

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tpu_mlir::bmodel {

/// Read-only bytes that keep their owner (a vector or a mapped file) alive; copies share them.
class Blob {
public:
  Blob() = default;
  explicit Blob(std::vector<uint8_t> bytes);
  Blob(std::shared_ptr<const void> owner, std::span<const uint8_t> view) : owner(std::move(owner)), view(view) {}
  std::span<const uint8_t> bytes() const { return view; }
  size_t size() const { return view.size(); }
  /// Content, not identity.
  bool operator==(const Blob &other) const;

private:
  std::shared_ptr<const void> owner;
  std::span<const uint8_t> view;
};
/// A Binary may be absent, or present with no bytes.
using OptionalBlob = std::optional<Blob>;

/// A vector of the file. An empty one is left out unless `keepEmpty`.
template <typename T> struct List : std::vector<T> {
  using std::vector<T>::vector;
  List() = default;
  List(std::vector<T> items) : std::vector<T>(std::move(items)) {}
  bool keepEmpty = false;
  bool operator==(const List &) const = default;
};

using Shape = List<uint64_t>;

/// One stream per engine; ids start at 1 in each group. The counts include the end commands, the byte counts the
/// padding.
struct CmdGroup {
  uint32_t bdcNum = 0, gdmaNum = 0;
  OptionalBlob bdc, gdma;
  uint32_t bdcCmdByte = 0, gdmaCmdByte = 0;
  bool operator==(const CmdGroup &) const = default;
};

struct CoreCommands {
  List<CmdGroup> gdmaTiuCommands;
  List<Blob> sdmaCommands, hauCommands, cdmaCommands;
  bool operator==(const CoreCommands &) const = default;
};

struct StageIr {
  uint32_t irInfoLen = 0;
  int32_t heightHigh = 0, heightLow = 0, widthHigh = 0, widthLow = 0;
  bool operator==(const StageIr &) const = default;
};

struct Location {
  std::string name;
  uint64_t offset = 0, size = 0;
  bool operator==(const Location &) const = default;
};

/// All weights of a net. `address` is the one they were compiled for.
struct CoeffMem {
  uint64_t address = 0;
  List<uint8_t> checkCode; ///< SHA-256 of `coeff`
  OptionalBlob coeff;
  List<Location> location;
  bool operator==(const CoeffMem &) const = default;
};

/// Values of Tensor::dataType are those of kernel::DType.
struct Tensor {
  std::string name;
  uint32_t dataType = 0;
  int32_t gmemStmode = 0;
  uint64_t deviceAddr = 0, size = 0;
  List<Shape> shape; ///< one for static nets
  uint32_t memType = 0;
  float scale = 1.0f;
  uint32_t cpuAddr = 0, padH = 0;
  int32_t zeroPoint = 0, hidden = 0, index = 0;
  bool operator==(const Tensor &) const = default;
};

struct CpuConst {
  std::optional<std::string> name;
  OptionalBlob constData;
  List<uint8_t> checkCode;
  bool operator==(const CpuConst &) const = default;
};

struct CpuParam {
  int32_t opType = 0;
  OptionalBlob param;
  List<CpuConst> cpuConst;
  int32_t isCustom = 0;
  bool operator==(const CpuParam &) const = default;
};

struct MergeParam {
  List<List<int32_t>> outputFrom;
  bool operator==(const MergeParam &) const = default;
};

struct SwitchParam {
  List<int32_t> outputFrom, outputBranch;
  bool operator==(const SwitchParam &) const = default;
};

enum class SubnetMode : int32_t { Tpu = 0, Cpu = 1, Merge = 2, Switch = 3 };

struct SubNet {
  int32_t subnetMode = 0;
  List<CmdGroup> cmdGroup;
  List<CpuParam> cpuParam;
  List<Tensor> inputTensor, outputTensor;
  int32_t isDynamic = 0;
  uint32_t irOffset = 0, irLen = 0;
  int32_t nDynamic = 0, hWDynamic = 0, id = -1;
  List<int32_t> nextSubnetIds;
  std::optional<MergeParam> mergeParam;
  std::optional<SwitchParam> switchParam;
  List<CoreCommands> coreCommands;
  bool operator==(const SubNet &) const = default;
};

/// One compiled stage (one set of input shapes) of a net.
struct NetParameter {
  List<Tensor> inputTensor, outputTensor;
  uint64_t ctxAddr = 0, ctxSize = 0;
  std::optional<CoeffMem> coeffMem;
  int32_t isDynamic = 0, nDynamic = 0, hWDynamic = 0;
  List<CmdGroup> cmdGroup;
  OptionalBlob netProfile;
  List<StageIr> stageIr;
  OptionalBlob binaryIr;
  List<SubNet> subNet;
  uint32_t cpuMemSize = 0;
  List<uint64_t> ctxSizes;
  OptionalBlob netStat;
  uint32_t coreNum = 0;
  uint64_t ioAddr = 0, ioSize = 0;
  OptionalBlob tensorLoc;
  bool operator==(const NetParameter &) const = default;
};

struct Cascade {
  uint32_t deviceId = 0, step = 0;
  std::optional<std::string> mainName;
  bool operator==(const Cascade &) const = default;
};

/// Obsolete tables whose fields are no longer in the schema; only their number is kept.
struct Obsolete {
  bool operator==(const Obsolete &) const = default;
};

struct Net {
  std::string name;
  List<Obsolete> netStatic, netDynamic;
  List<NetParameter> parameter;
  std::optional<Cascade> cascade;
  int32_t addrMode = 0;
  bool operator==(const Net &) const = default;
};

/// A library that travels with the model.
struct Module {
  std::string fileName;
  Blob binary;
  bool operator==(const Module &) const = default;
};

struct Model {
  std::string type = "B", version = "2.2", time, chip;
  List<Net> net;
  uint64_t neuronSize = 0;
  std::optional<Module> kernelModule;
  uint32_t deviceNum = 0;
  std::optional<Module> cpuopModule;
  bool operator==(const Model &) const = default;
};

/// Reads a file (mapped, not copied). UserError in one sentence when it is not a sound bmodel.
Model readBmodel(const std::string &path);
/// Reads from memory; `name` stands in messages. The owner keeps `bytes` alive.
Model readBmodel(std::span<const uint8_t> bytes, std::shared_ptr<const void> owner, const std::string &name);

/// The bytes of the file. Equal blobs are stored once; the same model gives the same bytes.
std::vector<uint8_t> serialize(const Model &model);
/// Writes so that a reader never sees half a file; UserError when that fails.
void writeBmodel(const Model &model, const std::string &path);

/// Zero-pads to a multiple of 4096 bytes, as the runtime wants weights.
void padCoefficients(std::vector<uint8_t> &bytes);
/// The coefficients table for weights that were compiled for `address`: padded, with their check code.
CoeffMem makeCoeffMem(uint64_t address, std::vector<uint8_t> weights);

/// The text for Model::time: SOURCE_DATE_EPOCH in UTC where that is set, else a fixed date, so that builds repeat.
std::string reproducibleTime();

/// A command group, where it hangs (for messages and for tools that replace streams), and its owner's index.
struct GroupRef {
  std::string where; ///< "net 0 stage 0 group 0", "net 0 stage 0 subnet 1 core 0 group 0"
  size_t net, stage;
  CmdGroup *group;
};
/// Every command group of the model, the net-level ones of a stage first.
std::vector<GroupRef> commandGroups(Model &model);

} // namespace tpu_mlir::bmodel

#endif // TPU_MLIR_BMODEL_BMODEL_H
