//===- Writer.cpp - From the model structs to bytes -----------------------===//
// Lays out flatbuffer and blob. Decides only what the format leaves open:
// equal blobs are stored once, in the order in which they are met, so that the
// same model always gives the same bytes.

#include "FileHeader.h"
#include "bmodel_generated.h"
#include "tpu_mlir/Bmodel/Bmodel.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Files.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace tpu_mlir::bmodel {

namespace fb = ::bmodel;
using flatbuffers::Offset;

namespace {

class Writer {
public:
  Offset<fb::Model> model(const Model &in) {
    auto type = builder.CreateString(in.type), version = builder.CreateString(in.version);
    auto time = builder.CreateString(in.time), chip = builder.CreateString(in.chip);
    std::vector<Offset<fb::Net>> nets;
    for (const Net &net : in.net)
      nets.push_back(one(net));
    auto netVector = builder.CreateVector(nets);
    Offset<fb::KernelModule> kernel = 0;
    if (in.kernelModule) {
      const fb::Binary binary = place(in.kernelModule->binary);
      kernel = fb::CreateKernelModule(builder, builder.CreateString(in.kernelModule->fileName), &binary);
    }
    Offset<fb::CpuopModule> cpuop = 0;
    if (in.cpuopModule) {
      const fb::Binary binary = place(in.cpuopModule->binary);
      cpuop = fb::CreateCpuopModule(builder, builder.CreateString(in.cpuopModule->fileName), &binary);
    }
    return fb::CreateModel(builder, type, version, time, chip, netVector, in.neuronSize, kernel, in.deviceNum, cpuop);
  }

  flatbuffers::FlatBufferBuilder builder;
  std::vector<Blob> parts; ///< in file order
  uint64_t blobBytes = 0;

private:
  fb::Binary place(const Blob &blob) {
    if (blob.size() == 0)
      return fb::Binary(0, 0);
    const std::string_view text(reinterpret_cast<const char *>(blob.bytes().data()), blob.size());
    auto [begin, end] = placed.equal_range(std::hash<std::string_view>()(text));
    for (auto it = begin; it != end; ++it)
      if (parts[it->second.part] == blob)
        return fb::Binary(it->second.start, blob.size());
    placed.emplace(std::hash<std::string_view>()(text), Place{parts.size(), blobBytes});
    parts.push_back(blob);
    blobBytes += blob.size();
    return fb::Binary(blobBytes - blob.size(), blob.size());
  }

  /// Keeps a struct alive for the address that the generated functions take.
  struct Optional {
    fb::Binary value;
    bool present;
    operator const fb::Binary *() const { return present ? &value : nullptr; }
  };
  Optional place(const OptionalBlob &blob) { return {blob ? place(*blob) : fb::Binary(), blob.has_value()}; }

  template <typename T> Offset<flatbuffers::Vector<T>> scalars(const List<T> &in) {
    return in.empty() && !in.keepEmpty ? 0 : builder.CreateVector(static_cast<const std::vector<T> &>(in));
  }
  /// A vector of tables, by whatever `make` makes of each item.
  template <typename Out, typename T, typename Make>
  Offset<flatbuffers::Vector<Offset<Out>>> tables(const List<T> &in, Make make) {
    if (in.empty() && !in.keepEmpty)
      return 0;
    std::vector<Offset<Out>> items;
    for (const T &item : in)
      items.push_back(make(item));
    return builder.CreateVector(items);
  }
  template <typename Out, typename T> Offset<flatbuffers::Vector<Offset<Out>>> tables(const List<T> &in) {
    return tables<Out>(in, [&](const T &item) { return one(item); });
  }
  Offset<flatbuffers::Vector<const fb::Binary *>> binaries(const List<Blob> &in) {
    if (in.empty() && !in.keepEmpty)
      return 0;
    std::vector<fb::Binary> items;
    for (const Blob &blob : in)
      items.push_back(place(blob));
    return builder.CreateVectorOfStructs(items);
  }
  Offset<flatbuffers::String> text(const std::optional<std::string> &in) { return in ? builder.CreateString(*in) : 0; }
  /// Required vectors are written even when empty.
  template <typename T> static List<T> forced(List<T> in) {
    in.keepEmpty = true;
    return in;
  }

  Offset<fb::Shape> one(const Shape &in) { return fb::CreateShape(builder, scalars(in)); }
  Offset<fb::Location> one(const Location &in) {
    return fb::CreateLocation(builder, builder.CreateString(in.name), in.offset, in.size);
  }
  Offset<fb::CmdGroup> one(const CmdGroup &in) {
    const Optional bdc = place(in.bdc), gdma = place(in.gdma);
    return fb::CreateCmdGroup(builder, in.bdcNum, in.gdmaNum, bdc, gdma, in.bdcCmdByte, in.gdmaCmdByte);
  }
  Offset<fb::CoreCommands> one(const CoreCommands &in) {
    auto groups = tables<fb::CmdGroup>(in.gdmaTiuCommands);
    auto sdma = binaries(in.sdmaCommands), hau = binaries(in.hauCommands), cdma = binaries(in.cdmaCommands);
    return fb::CreateCoreCommands(builder, groups, sdma, hau, cdma);
  }
  Offset<fb::StageIR> one(const StageIr &in) {
    return fb::CreateStageIR(builder, in.irInfoLen, in.heightHigh, in.heightLow, in.widthHigh, in.widthLow);
  }
  Offset<fb::CoeffMem> one(const CoeffMem &in) {
    auto code = scalars(in.checkCode);
    auto locations = tables<fb::Location>(in.location);
    const Optional coeff = place(in.coeff);
    return fb::CreateCoeffMem(builder, in.address, code, coeff, locations);
  }
  Offset<fb::Tensor> one(const Tensor &in) {
    auto name = builder.CreateString(in.name);
    auto shapes = tables<fb::Shape>(in.shape);
    return fb::CreateTensor(builder, name, in.dataType, in.gmemStmode, in.deviceAddr, in.size, shapes, in.memType,
                            in.scale, in.cpuAddr, in.padH, in.zeroPoint, in.hidden, in.index);
  }
  Offset<fb::CpuConst> one(const CpuConst &in) {
    auto name = text(in.name);
    auto code = scalars(in.checkCode);
    const Optional data = place(in.constData);
    return fb::CreateCpuConst(builder, name, data, code);
  }
  Offset<fb::CpuParam> one(const CpuParam &in) {
    auto constants = tables<fb::CpuConst>(in.cpuConst);
    const Optional param = place(in.param);
    return fb::CreateCpuParam(builder, in.opType, param, constants, in.isCustom);
  }
  Offset<fb::SubNet> one(const SubNet &in) {
    auto groups = tables<fb::CmdGroup>(in.cmdGroup);
    auto cpu = tables<fb::CpuParam>(in.cpuParam);
    auto inputs = tables<fb::Tensor>(in.inputTensor), outputs = tables<fb::Tensor>(in.outputTensor);
    auto next = scalars(in.nextSubnetIds);
    Offset<fb::MergeParam> merge = 0;
    if (in.mergeParam)
      merge = fb::CreateMergeParam(builder,
                                   tables<fb::OutputFrom>(in.mergeParam->outputFrom, [&](const List<int32_t> &item) {
                                     return fb::CreateOutputFrom(builder, scalars(item));
                                   }));
    Offset<fb::SwitchParam> choice = 0;
    if (in.switchParam) {
      auto from = scalars(in.switchParam->outputFrom), branch = scalars(in.switchParam->outputBranch);
      choice = fb::CreateSwitchParam(builder, from, branch);
    }
    auto cores = tables<fb::CoreCommands>(in.coreCommands);
    return fb::CreateSubNet(builder, in.subnetMode, groups, cpu, inputs, outputs, in.isDynamic, in.irOffset, in.irLen,
                            in.nDynamic, in.hWDynamic, in.id, next, merge, choice, cores);
  }
  Offset<fb::NetParameter> one(const NetParameter &in) {
    auto inputs = tables<fb::Tensor>(forced(in.inputTensor)), outputs = tables<fb::Tensor>(forced(in.outputTensor));
    Offset<fb::CoeffMem> coeff = in.coeffMem ? one(*in.coeffMem) : 0;
    auto groups = tables<fb::CmdGroup>(in.cmdGroup);
    auto stages = tables<fb::StageIR>(in.stageIr);
    auto subnets = tables<fb::SubNet>(in.subNet);
    auto sizes = scalars(in.ctxSizes);
    const Optional profile = place(in.netProfile), ir = place(in.binaryIr), stat = place(in.netStat),
                   loc = place(in.tensorLoc);
    return fb::CreateNetParameter(builder, inputs, outputs, in.ctxAddr, in.ctxSize, coeff, in.isDynamic, in.nDynamic,
                                  in.hWDynamic, groups, profile, stages, ir, subnets, in.cpuMemSize, sizes, stat,
                                  in.coreNum, in.ioAddr, in.ioSize, loc);
  }
  Offset<fb::Net> one(const Net &in) {
    auto name = builder.CreateString(in.name);
    auto statics = tables<fb::NetStatic>(in.netStatic, [&](const Obsolete &) { return fb::CreateNetStatic(builder); });
    auto dynamics =
        tables<fb::NetDynamic>(in.netDynamic, [&](const Obsolete &) { return fb::CreateNetDynamic(builder); });
    auto parameters = tables<fb::NetParameter>(in.parameter);
    Offset<fb::Cascade> cascade = 0;
    if (in.cascade)
      cascade = fb::CreateCascade(builder, in.cascade->deviceId, in.cascade->step, text(in.cascade->mainName));
    return fb::CreateNet(builder, name, statics, dynamics, parameters, cascade, in.addrMode);
  }

  struct Place {
    size_t part;
    uint64_t start;
  };
  std::unordered_multimap<size_t, Place> placed;
};

void storeU32(std::vector<uint8_t> &bytes, size_t offset, uint32_t value) {
  for (unsigned i = 0; i < 4; ++i)
    bytes[offset + i] = uint8_t(value >> (8 * i));
}

/// Builds everything; returns header and tables, the blob parts stay in `writer`.
std::vector<uint8_t> buildHead(Writer &writer, const Model &model) {
  fb::FinishModelBuffer(writer.builder, writer.model(model));
  constexpr uint64_t limit = std::numeric_limits<uint32_t>::max();
  if (writer.blobBytes > limit)
    throw UserError("the model holds " + std::to_string(writer.blobBytes) + " bytes of data; a bmodel holds at most " +
                    std::to_string(limit));
  // The blob must start 8-byte aligned in the file so that mapped weights are.
  const size_t tableBytes = (writer.builder.GetSize() + 7) / 8 * 8;
  std::vector<uint8_t> head(kHeaderBytes + tableBytes);
  storeU32(head, 0, kMagic);
  storeU32(head, 4, kHeaderBytes);
  storeU32(head, 8, uint32_t(tableBytes));
  storeU32(head, 12, uint32_t(writer.blobBytes));
  std::copy_n(writer.builder.GetBufferPointer(), writer.builder.GetSize(), head.begin() + kHeaderBytes);
  return head;
}

} // namespace

std::vector<uint8_t> serialize(const Model &model) {
  Writer writer;
  std::vector<uint8_t> bytes = buildHead(writer, model);
  for (const Blob &part : writer.parts)
    bytes.insert(bytes.end(), part.bytes().begin(), part.bytes().end());
  return bytes;
}

void writeBmodel(const Model &model, const std::string &path) {
  Writer writer;
  const std::vector<uint8_t> head = buildHead(writer, model);
  AtomicFile file(path);
  file.write(head.data(), head.size());
  for (const Blob &part : writer.parts)
    file.write(part.bytes().data(), part.size());
  file.commit();
}

} // namespace tpu_mlir::bmodel
