//===- Reader.cpp - From bytes to the model structs -----------------------===//
// Checks header, flatbuffer and every Binary's range before anything is used;
// foreign, truncated and damaged files become one sentence. Blobs are views
// into the file's bytes, not copies.

#include "FileHeader.h"
#include "bmodel_generated.h"
#include "tpu_mlir/Bmodel/Bmodel.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/Files.h"

namespace tpu_mlir::bmodel {

namespace fb = ::bmodel;

namespace {

uint32_t loadU32(std::span<const uint8_t> bytes, size_t offset) {
  return uint32_t(bytes[offset]) | uint32_t(bytes[offset + 1]) << 8 | uint32_t(bytes[offset + 2]) << 16 |
         uint32_t(bytes[offset + 3]) << 24;
}

std::string hex(uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08x", value);
  return text;
}

class Reader {
public:
  Reader(std::span<const uint8_t> blob, std::shared_ptr<const void> owner, const std::string &name)
      : blob(blob), owner(std::move(owner)), name(name) {}

  Model read(const fb::Model &in) {
    Model out;
    out.type = in.type()->str(), out.version = in.version()->str(), out.time = in.time()->str(),
    out.chip = in.chip()->str();
    out.net = list<Net>(in.net());
    out.neuronSize = in.neuron_size(), out.deviceNum = in.device_num();
    if (auto *m = in.kernel_module())
      out.kernelModule = Module{m->file_name()->str(), required(m->binary())};
    if (auto *m = in.cpuop_module())
      out.cpuopModule = Module{m->file_name()->str(), required(m->binary())};
    return out;
  }

private:
  Blob required(const fb::Binary *in) {
    if (in->start() > blob.size() || in->size() > blob.size() - in->start())
      throw UserError(name + ": a blob of " + std::to_string(in->size()) + " bytes at " + std::to_string(in->start()) +
                      " lies outside the " + std::to_string(blob.size()) + " bytes of data; the file is damaged");
    return Blob(owner, blob.subspan(in->start(), in->size()));
  }
  OptionalBlob binary(const fb::Binary *in) { return in ? OptionalBlob(required(in)) : std::nullopt; }

  /// The verifier does not look at the alignment of a vector's items.
  void requireAligned(const uint8_t *items, size_t alignment) const {
    if (reinterpret_cast<uintptr_t>(items) % alignment)
      throw UserError(name + ": its tables are damaged (a list of numbers lies at an odd place)");
  }
  template <typename T, typename Vector> List<T> scalars(const Vector *in) {
    List<T> out;
    if (in)
      requireAligned(in->Data(), alignof(T));
    if (in)
      out.assign(in->begin(), in->end());
    out.keepEmpty = in && in->size() == 0;
    return out;
  }
  template <typename T, typename Vector> List<T> list(const Vector *in) {
    List<T> out;
    if (in) {
      requireAligned(in->Data(), std::is_same_v<T, Blob> ? alignof(fb::Binary) : alignof(flatbuffers::uoffset_t));
      out.reserve(in->size());
      for (const auto *item : *in)
        out.push_back(one(*item));
      out.keepEmpty = in->size() == 0;
    }
    return out;
  }
  static std::optional<std::string> text(const flatbuffers::String *in) {
    return in ? std::optional(in->str()) : std::nullopt;
  }

  Blob one(const fb::Binary &in) { return required(&in); }
  Shape one(const fb::Shape &in) { return scalars<uint64_t>(in.dim()); }
  Location one(const fb::Location &in) { return {in.name()->str(), in.offset(), in.size()}; }
  CmdGroup one(const fb::CmdGroup &in) {
    return {in.bdc_num(),      in.gdma_num(),     binary(in.binary_bdc()), binary(in.binary_gdma()),
            in.bdc_cmd_byte(), in.gdma_cmd_byte()};
  }
  CoreCommands one(const fb::CoreCommands &in) {
    return {list<CmdGroup>(in.gdma_tiu_commands()), list<Blob>(in.sdma_commands()), list<Blob>(in.hau_commands()),
            list<Blob>(in.cdma_commands())};
  }
  StageIr one(const fb::StageIR &in) {
    return {in.ir_info_len(), in.height_high(), in.height_low(), in.width_high(), in.width_low()};
  }
  CoeffMem one(const fb::CoeffMem &in) {
    return {in.address(), scalars<uint8_t>(in.check_code()), binary(in.binary_coeff()), list<Location>(in.location())};
  }
  Tensor one(const fb::Tensor &in) {
    return {in.name()->str(),        in.data_type(), in.gmem_stmode(), in.device_addr(), in.size(),
            list<Shape>(in.shape()), in.mem_type(),  in.scale(),       in.cpu_addr(),    in.pad_h(),
            in.zero_point(),         in.hidden(),    in.index()};
  }
  CpuConst one(const fb::CpuConst &in) {
    return {text(in.name()), binary(in.const_data()), scalars<uint8_t>(in.check_code())};
  }
  CpuParam one(const fb::CpuParam &in) {
    return {in.op_type(), binary(in.binary_param()), list<CpuConst>(in.cpu_const()), in.is_custom()};
  }
  List<int32_t> one(const fb::OutputFrom &in) { return scalars<int32_t>(in.indice()); }
  SubNet one(const fb::SubNet &in) {
    SubNet out;
    out.subnetMode = in.subnet_mode();
    out.cmdGroup = list<CmdGroup>(in.cmd_group());
    out.cpuParam = list<CpuParam>(in.cpu_param());
    out.inputTensor = list<Tensor>(in.input_tensor());
    out.outputTensor = list<Tensor>(in.output_tensor());
    out.isDynamic = in.is_dynamic(), out.irOffset = in.ir_offset(), out.irLen = in.ir_len();
    out.nDynamic = in.n_dynamic(), out.hWDynamic = in.h_w_dynamic(), out.id = in.id();
    out.nextSubnetIds = scalars<int32_t>(in.next_subnet_ids());
    if (auto *p = in.merge_param())
      out.mergeParam = MergeParam{list<List<int32_t>>(p->output_from())};
    if (auto *p = in.switch_param())
      out.switchParam = SwitchParam{scalars<int32_t>(p->output_from()), scalars<int32_t>(p->output_branch())};
    out.coreCommands = list<CoreCommands>(in.core_commands());
    return out;
  }
  NetParameter one(const fb::NetParameter &in) {
    NetParameter out;
    out.inputTensor = list<Tensor>(in.input_tensor());
    out.outputTensor = list<Tensor>(in.output_tensor());
    out.ctxAddr = in.ctx_addr(), out.ctxSize = in.ctx_size();
    if (auto *c = in.coeff_mem())
      out.coeffMem = one(*c);
    out.isDynamic = in.is_dynamic(), out.nDynamic = in.n_dynamic(), out.hWDynamic = in.h_w_dynamic();
    out.cmdGroup = list<CmdGroup>(in.cmd_group());
    out.netProfile = binary(in.net_profile());
    out.stageIr = list<StageIr>(in.stage_ir());
    out.binaryIr = binary(in.binary_ir());
    out.subNet = list<SubNet>(in.sub_net());
    out.cpuMemSize = in.cpu_mem_size();
    out.ctxSizes = scalars<uint64_t>(in.ctx_sizes());
    out.netStat = binary(in.net_stat());
    out.coreNum = in.core_num(), out.ioAddr = in.io_addr(), out.ioSize = in.io_size();
    out.tensorLoc = binary(in.tensor_loc());
    return out;
  }
  Obsolete one(const fb::NetStatic &) { return {}; }
  Obsolete one(const fb::NetDynamic &) { return {}; }
  Net one(const fb::Net &in) {
    Net out;
    out.name = in.name()->str();
    out.netStatic = list<Obsolete>(in.net_static());
    out.netDynamic = list<Obsolete>(in.net_dynamic());
    out.parameter = list<NetParameter>(in.parameter());
    if (auto *c = in.cascade())
      out.cascade = Cascade{c->device_id(), c->step(), text(c->main_name())};
    out.addrMode = in.addr_mode();
    return out;
  }

  std::span<const uint8_t> blob;
  std::shared_ptr<const void> owner;
  const std::string &name;
};

} // namespace

Model readBmodel(std::span<const uint8_t> bytes, std::shared_ptr<const void> owner, const std::string &name) {
  if (bytes.size() < kHeaderBytes)
    throw UserError(name + ": not a bmodel: " + std::to_string(bytes.size()) + " bytes are less than the " +
                    std::to_string(kHeaderBytes) + " of its header");
  if (const uint32_t magic = loadU32(bytes, 0); magic != kMagic)
    throw UserError(name + ": not a bmodel: it begins with " + hex(magic) + ", expected " + hex(kMagic));
  const uint64_t headerBytes = loadU32(bytes, 4), tableBytes = loadU32(bytes, 8), blobBytes = loadU32(bytes, 12);
  if (headerBytes != kHeaderBytes)
    throw UserError(name + ": its header says " + std::to_string(headerBytes) + " bytes, expected " +
                    std::to_string(kHeaderBytes));
  const uint64_t expected = kHeaderBytes + tableBytes + blobBytes;
  if (bytes.size() < expected)
    throw UserError(name + ": truncated: " + std::to_string(bytes.size()) + " of " + std::to_string(expected) +
                    " bytes");
  // The verifier wants the alignment that the writer gave; a mapping or a fresh vector has it.
  std::span<const uint8_t> table = bytes.subspan(kHeaderBytes, tableBytes);
  std::vector<uint64_t> aligned;
  if (reinterpret_cast<uintptr_t>(table.data()) % alignof(uint64_t)) {
    aligned.resize(tableBytes / 8 + 1);
    std::copy(table.begin(), table.end(), reinterpret_cast<uint8_t *>(aligned.data()));
    table = {reinterpret_cast<const uint8_t *>(aligned.data()), table.size()};
  }
  flatbuffers::Verifier verifier(table.data(), table.size());
  if (table.size() < 8 || !fb::VerifyModelBuffer(verifier))
    throw UserError(name + ": its tables are damaged (the flatbuffer does not verify)");
  return Reader(bytes.subspan(kHeaderBytes + tableBytes, blobBytes), std::move(owner), name)
      .read(*fb::GetModel(table.data()));
}

Model readBmodel(const std::string &path) {
  auto file = std::make_shared<MappedFile>(path);
  const std::span<const uint8_t> bytes = file->bytes();
  return readBmodel(bytes, std::move(file), path);
}

} // namespace tpu_mlir::bmodel
