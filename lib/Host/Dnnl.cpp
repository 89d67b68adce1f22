//===- Dnnl.cpp - Steps on oneDNN -----------------------------------------===//
// The only file that includes oneDNN (its version 2 interface). Algorithms that
// trade accuracy for speed (Winograd) are not used: every result is a sum of
// products in fp32.
#include "Dnnl.h"

#ifdef TPU_MLIR_WITH_DNNL
#include "dnnl.hpp"

#include <cmath>
#include <cstring>
#include <map>

namespace tpu_mlir::host {
using dnnl::memory;

namespace {

memory::desc descOf(const Dims &dims, Layout layout) {
  if (dims.size() == 4 && !layout.isPlain()) {
    using Tag = memory::format_tag;
    Tag tag = layout.block == 0    ? Tag::nhwc
              : layout.block == 16 ? Tag::nChw16c
              : layout.block == 8  ? Tag::nChw8c
                                   : Tag::nChw4c;
    return {dims, memory::data_type::f32, tag};
  }
  memory::dims strides(dims.size());
  int64_t stride = 1;
  for (size_t axis = dims.size(); axis-- > 0; stride *= dims[axis])
    strides[axis] = stride;
  return {dims, memory::data_type::f32, strides};
}

memory::desc anyOf(const Dims &dims) { return {dims, memory::data_type::f32, memory::format_tag::any}; }

/// The layout that `desc` describes, if it is one of ours.
std::optional<Layout> layoutOf(const memory::desc &desc, const Dims &dims) {
  for (int64_t block : {1, 16, 8, 4, 0})
    if (desc == descOf(dims, {block}))
      return Layout{block};
  return std::nullopt;
}

/// Appends `f` to `ops`; false where the library has no such function.
bool append(dnnl::post_ops &ops, const UnaryFunction &f) {
  using A = dnnl::algorithm;
  auto a = static_cast<float>(f.a), b = static_cast<float>(f.b);
  auto add = [&](A algorithm, float alpha = 0, float beta = 0) {
    ops.append_eltwise(1, algorithm, alpha, beta);
    return true;
  };
  switch (f.kind) {
  case UnaryKind::Relu:
    return f.a > 0 ? add(A::eltwise_clip, 0, a) : add(A::eltwise_relu);
  case UnaryKind::LeakyRelu:
    return add(A::eltwise_relu, a);
  case UnaryKind::Clip:
    return add(A::eltwise_clip, a, b);
  case UnaryKind::Sigmoid:
    return add(A::eltwise_logistic);
  case UnaryKind::SiLU:
    return add(A::eltwise_swish, 1);
  case UnaryKind::Tanh:
    return add(A::eltwise_tanh);
  case UnaryKind::GELU:
    return add(A::eltwise_gelu_erf);
  case UnaryKind::Exp:
    return add(A::eltwise_exp);
  case UnaryKind::Log:
    return add(A::eltwise_log);
  case UnaryKind::Sqrt:
    return add(A::eltwise_sqrt);
  case UnaryKind::Abs:
    return add(A::eltwise_abs);
  case UnaryKind::Mish:
    return add(A::eltwise_mish);
  case UnaryKind::HardSwish:
    return add(A::eltwise_hardswish);
  case UnaryKind::Elu:
    return add(A::eltwise_elu, a);
  case UnaryKind::HardSigmoid:
    return add(A::eltwise_linear, a, b) && add(A::eltwise_clip, 0, 1);
  case UnaryKind::Softplus: // the library's (2.6.3) is wrong by 6e-7 whatever the result: 1.3 % of it at -10
  case UnaryKind::Erf:
  case UnaryKind::GELUTanh: // and it has no others of these
  case UnaryKind::Rsqrt:
  case UnaryKind::Reciprocal:
  case UnaryKind::Pow:
  case UnaryKind::Sin:
  case UnaryKind::Cos:
    return false;
  }
  return false;
}

/// The attributes of an item's primitive: its posts, and scratch memory from outside; nothing where a post is missing.
std::optional<dnnl::primitive_attr> attributesOf(const Posts &posts, const Item *residualOf = nullptr) {
  dnnl::post_ops ops;
  for (size_t i = 0; i <= posts.size(); ++i) {
    if (residualOf && residualOf->residual >= 0 && i == residualOf->postsBeforeResidual)
      ops.append_sum(1);
    if (i < posts.size() && !append(ops, posts[i]))
      return std::nullopt;
  }
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(ops);
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

class DnnlStep : public Step {
public:
  DnnlStep(dnnl::primitive primitive, dnnl::stream stream)
      : primitive(std::move(primitive)), stream(std::move(stream)) {}
  /// The next of the step's reads is the primitive's argument `index`.
  void read(int index, const dnnl::engine &engine, const memory::desc &desc) {
    arguments.insert({index, memory(desc, engine, DNNL_MEMORY_NONE)});
    readArguments.push_back(index);
  }
  void write(const dnnl::engine &engine, const memory::desc &desc) {
    arguments.insert({DNNL_ARG_DST, memory(desc, engine, DNNL_MEMORY_NONE)});
  }
  void hold(int index, const memory &constant) { arguments.insert({index, constant}); }
  void setScratch(const dnnl::engine &engine, const memory::desc &desc) {
    scratch = desc.get_size();
    if (scratch)
      arguments.insert({DNNL_ARG_SCRATCHPAD, memory(desc, engine, DNNL_MEMORY_NONE)});
  }
  size_t scratchBytes() const override { return scratch; }
  void bind(const std::vector<const void *> &in, const std::vector<void *> &out, void *scratchMemory) override {
    for (size_t i = 0; i < readArguments.size(); ++i)
      arguments.at(readArguments[i]).set_data_handle(const_cast<void *>(in[i]));
    arguments.at(DNNL_ARG_DST).set_data_handle(out[0]);
    if (scratch)
      arguments.at(DNNL_ARG_SCRATCHPAD).set_data_handle(scratchMemory);
  }
  void run() override { primitive.execute(stream, arguments); }

private:
  dnnl::primitive primitive;
  dnnl::stream stream;
  std::unordered_map<int, memory> arguments;
  std::vector<int> readArguments;
  size_t scratch = 0;
};

/// Whether the library would do it by its slow reference code.
template <typename Description> bool isReference(const Description &description) {
  return std::strncmp(description.impl_info_str(), "ref", 3) == 0;
}

} // namespace

struct DnnlContext::Impl {
  explicit Impl(const DnnlContext &owner) : owner(owner) {}
  const DnnlContext &owner;
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  /// Weights in the library's own layouts, by where the weight file has them.
  std::multimap<const void *, memory> packed;

  memory pack(const void *data, const memory::desc &plain, const memory::desc &wanted) {
    memory source(plain, engine, const_cast<void *>(data));
    if (plain == wanted)
      return source;
    auto [begin, end] = packed.equal_range(data);
    for (auto it = begin; it != end; ++it)
      if (it->second.get_desc() == wanted)
        return it->second;
    memory target(wanted, engine);
    dnnl::reorder(source, target).execute(stream, source, target);
    stream.wait();
    packed.emplace(data, target);
    return target;
  }

  std::unique_ptr<DnnlStep> start(const dnnl::primitive &primitive, const memory::desc &scratch) {
    auto step = std::make_unique<DnnlStep>(primitive, stream);
    step->setScratch(engine, scratch);
    return step;
  }
  /// Argument `index` is input `input` of the item: read at run time, or held where it is constant.
  void argument(Made &made, int input, int index, const Tensor &tensor, const memory::desc &plain,
                const memory::desc &wanted) {
    auto &step = static_cast<DnnlStep &>(*made.step);
    if (tensor.constant && input > 0) {
      step.hold(index, pack(tensor.constant, plain, wanted));
      if (plain == wanted)
        step.constants.push_back(tensor.constantBytes());
      else if (owner.onPacked)
        owner.onPacked(tensor.constantBytes());
      return;
    }
    step.read(index, engine, wanted);
    made.reads.push_back(input);
  }
};

DnnlContext::DnnlContext() : impl(std::make_unique<Impl>(*this)) {}
DnnlContext::~DnnlContext() = default;
std::unique_ptr<DnnlContext> DnnlContext::create() { return std::unique_ptr<DnnlContext>(new DnnlContext); }

bool DnnlContext::hasFunction(const UnaryFunction &function) {
  dnnl::post_ops ops;
  return append(ops, function);
}

//===- Convolution --------------------------------------------------------===//

std::optional<DnnlContext::Made> DnnlContext::conv(const Item &item, const std::vector<Tensor> &tensors, Layout at,
                                                   std::optional<Layout> residual) {
  using Forward = dnnl::convolution_forward;
  const Conv &conv = std::get<Conv>(item.work);
  const kernel::Window &w = conv.window;
  const Tensor &in = tensors[item.inputs[0]], &filter = tensors[item.inputs[1]], &out = tensors[item.output];
  bool hasBias = item.inputs.size() > 2;
  auto attributes = attributesOf(item.posts, &item);
  if (!attributes)
    return std::nullopt;
  Dims filterDims = filter.dims;
  if (conv.group > 1) {
    filterDims[0] /= conv.group;
    filterDims.insert(filterDims.begin(), conv.group);
  }
  try {
    memory::desc filterPlain = descOf(filterDims, Layout::plain());
    memory::desc biasDesc = hasBias ? descOf({out.dims[1]}, Layout::plain()) : memory::desc();
    auto find = [&](std::optional<Layout> inLayout, std::optional<Layout> outLayout) {
      Forward::desc desc(dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
                         inLayout ? descOf(in.dims, *inLayout) : anyOf(in.dims),
                         filter.constant ? anyOf(filterDims) : filterPlain, biasDesc,
                         outLayout ? descOf(out.dims, *outLayout) : anyOf(out.dims), {w.strideH, w.strideW},
                         {w.dilationH - 1, w.dilationW - 1}, {w.padTop, w.padLeft}, {w.padBottom, w.padRight});
      return Forward::primitive_desc(desc, *attributes, impl->engine, true);
    };
    // The library's favourite; the layouts that the tensors have already, if it does them with the same code.
    Forward::primitive_desc best = find({}, {});
    if (!best || isReference(best))
      return std::nullopt;
    auto prefer = [&](const Forward::primitive_desc &other) {
      if (other && std::strcmp(other.impl_info_str(), best.impl_info_str()) == 0)
        best = other;
    };
    if (residual)
      prefer(find({}, residual));
    if (!at.isPlain())
      prefer(find(at, residual));
    auto inLayout = layoutOf(best.src_desc(), in.dims), outLayout = layoutOf(best.dst_desc(), out.dims);
    if (!inLayout || !outLayout)
      return std::nullopt;
    Made made{impl->start(Forward(best), best.scratchpad_desc()), *inLayout, *outLayout, {}};
    impl->argument(made, 0, DNNL_ARG_SRC, in, best.src_desc(), best.src_desc());
    impl->argument(made, 1, DNNL_ARG_WEIGHTS, filter, filterPlain, best.weights_desc());
    if (hasBias)
      impl->argument(made, 2, DNNL_ARG_BIAS, tensors[item.inputs[2]], biasDesc, biasDesc);
    static_cast<DnnlStep &>(*made.step).write(impl->engine, best.dst_desc());
    return made;
  } catch (const dnnl::error &) {
    return std::nullopt;
  }
}

//===- Matrix product -----------------------------------------------------===//

constexpr int64_t kLargestPacked = int64_t(16) << 20; // elements

/// A row-major matrix operand with `rank` dimensions, its last two perhaps swapped.
static memory::desc matrixDesc(Dims dims, size_t rank, bool isTransposed) {
  dims.insert(dims.begin(), rank - dims.size(), 1);
  memory::dims strides(rank);
  int64_t stride = 1;
  for (size_t axis = rank; axis-- > 0; stride *= dims[axis])
    strides[axis] = stride;
  if (isTransposed) {
    std::swap(dims[rank - 1], dims[rank - 2]);
    std::swap(strides[rank - 1], strides[rank - 2]);
  }
  return {dims, memory::data_type::f32, strides};
}

std::optional<DnnlContext::Made> DnnlContext::matMul(const Item &item, const std::vector<Tensor> &tensors) {
  const MatMul &matmul = std::get<MatMul>(item.work);
  const Tensor &left = tensors[item.inputs[0]], &right = tensors[item.inputs[1]], &out = tensors[item.output];
  auto attributes = attributesOf(item.posts);
  if (!attributes)
    return std::nullopt;
  Dims leftDims = left.dims, outDims = out.dims;
  if (right.dims.size() == 2 && !matmul.leftTransposed) // one matrix for all rows
    leftDims = {left.count() / left.dims.back(), left.dims.back()},
    outDims = {out.count() / out.dims.back(), out.dims.back()};
  try {
    size_t rank = std::max(leftDims.size(), right.dims.size());
    memory::desc leftDesc = matrixDesc(leftDims, rank, matmul.leftTransposed),
                 outDesc = matrixDesc(outDims, rank, false);
    memory::desc rightPlain = matrixDesc(right.dims, rank, matmul.rightTransposed), biasDesc;
    // A large matrix is used where its file has it: packed for the library, it would be there twice.
    bool isPacked = right.constant && rank == 2 && right.count() < kLargestPacked;
    memory::desc rightDesc = isPacked ? anyOf(rightPlain.dims()) : rightPlain;
    if (item.inputs.size() > 2)
      biasDesc = matrixDesc({1, out.dims.back()}, rank, false);
    using Product = dnnl::matmul;
    Product::desc desc(leftDesc, rightDesc, biasDesc, outDesc);
    Product::primitive_desc found(desc, *attributes, impl->engine, true);
    if (!found || isReference(found))
      return std::nullopt;
    Made made{impl->start(Product(found), found.scratchpad_desc()), Layout::plain(), Layout::plain(), {}};
    impl->argument(made, 0, DNNL_ARG_SRC, left, leftDesc, leftDesc);
    impl->argument(made, 1, DNNL_ARG_WEIGHTS, right, rightPlain, found.weights_desc());
    if (item.inputs.size() > 2)
      impl->argument(made, 2, DNNL_ARG_BIAS, tensors[item.inputs[2]], biasDesc, biasDesc);
    static_cast<DnnlStep &>(*made.step).write(impl->engine, outDesc);
    return made;
  } catch (const dnnl::error &) {
    return std::nullopt;
  }
}

//===- Pool, activation, layout -------------------------------------------===//

std::optional<DnnlContext::Made> DnnlContext::pool(const Item &item, const std::vector<Tensor> &tensors,
                                                   Layout layout) {
  const Pool &pool = std::get<Pool>(item.work);
  const kernel::Window &w = pool.window;
  const Tensor &in = tensors[item.inputs[0]], &out = tensors[item.output];
  auto attributes = attributesOf(item.posts);
  if (!attributes || pool.ceilBottom || pool.ceilRight)
    return std::nullopt;
  using A = dnnl::algorithm;
  A algorithm = pool.isMax           ? A::pooling_max
                : pool.countsPadding ? A::pooling_avg_include_padding
                                     : A::pooling_avg_exclude_padding;
  try {
    using Forward = dnnl::pooling_forward;
    memory::desc inDesc = descOf(in.dims, layout);
    Forward::desc desc(dnnl::prop_kind::forward_inference, algorithm, inDesc, anyOf(out.dims), {w.strideH, w.strideW},
                       {w.kh, w.kw}, {w.padTop, w.padLeft}, {w.padBottom, w.padRight});
    Forward::primitive_desc found(desc, *attributes, impl->engine, true);
    if (!found || isReference(found))
      return std::nullopt;
    auto outLayout = layoutOf(found.dst_desc(), out.dims);
    if (!outLayout)
      return std::nullopt;
    Made made{impl->start(Forward(found), found.scratchpad_desc()), layout, *outLayout, {}};
    impl->argument(made, 0, DNNL_ARG_SRC, in, inDesc, inDesc);
    static_cast<DnnlStep &>(*made.step).write(impl->engine, found.dst_desc());
    return made;
  } catch (const dnnl::error &) {
    return std::nullopt;
  }
}

StepPtr DnnlContext::unary(const Posts &functions, const Dims &dims, Layout layout) {
  if (dims.empty())
    return nullptr;
  try {
    dnnl::post_ops ops, others;
    for (const UnaryFunction &f : functions)
      if (!append(ops, f))
        return nullptr;
    // The first function is the primitive, the others are its posts.
    dnnl::algorithm algorithm, next;
    float scale, alpha, beta, nextAlpha, nextBeta;
    ops.get_params_eltwise(0, scale, algorithm, alpha, beta);
    for (int i = 1; i < ops.len(); ++i) {
      ops.get_params_eltwise(i, scale, next, nextAlpha, nextBeta);
      others.append_eltwise(1, next, nextAlpha, nextBeta);
    }
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(others);
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    memory::desc memoryDesc = descOf(dims, layout);
    using Forward = dnnl::eltwise_forward;
    Forward::desc desc(dnnl::prop_kind::forward_inference, algorithm, memoryDesc, alpha, beta);
    Forward::primitive_desc found(desc, attributes, impl->engine, true);
    if (!found || isReference(found))
      return nullptr;
    auto step = impl->start(Forward(found), found.scratchpad_desc());
    step->read(DNNL_ARG_SRC, impl->engine, memoryDesc);
    step->write(impl->engine, memoryDesc);
    return step;
  } catch (const dnnl::error &) {
    return nullptr;
  }
}

StepPtr DnnlContext::reorder(const Dims &dims, Layout from, Layout to) {
  memory::desc in = descOf(dims, from), out = descOf(dims, to);
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::reorder::primitive_desc found(impl->engine, in, impl->engine, out, attributes);
  auto step = impl->start(dnnl::reorder(found), found.scratchpad_desc());
  step->read(DNNL_ARG_SRC, impl->engine, in);
  step->write(impl->engine, out);
  return step;
}

} // namespace tpu_mlir::host

#else

namespace tpu_mlir::host {

struct DnnlContext::Impl {};
DnnlContext::DnnlContext() = default;
DnnlContext::~DnnlContext() = default;
std::unique_ptr<DnnlContext> DnnlContext::create() { return nullptr; }
std::optional<DnnlContext::Made> DnnlContext::conv(const Item &, const std::vector<Tensor> &, Layout,
                                                   std::optional<Layout>) {
  return std::nullopt;
}
std::optional<DnnlContext::Made> DnnlContext::matMul(const Item &, const std::vector<Tensor> &) { return std::nullopt; }
std::optional<DnnlContext::Made> DnnlContext::pool(const Item &, const std::vector<Tensor> &, Layout) {
  return std::nullopt;
}
StepPtr DnnlContext::unary(const Posts &, const Dims &, Layout) { return nullptr; }
StepPtr DnnlContext::reorder(const Dims &dims, Layout from, Layout to) { return loopReorder(dims, from, to); }
bool DnnlContext::hasFunction(const UnaryFunction &) { return false; }

} // namespace tpu_mlir::host

#endif
