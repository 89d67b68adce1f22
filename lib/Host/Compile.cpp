//===- Compile.cpp - From items to steps ----------------------------------===//
// Decides who computes an item and in which layout. A tensor is stored once in
// the layout of the step that computes it; steps that need another layout make
// the change appear before them, once for all of them.
#include "Compile.h"

#include <algorithm>

namespace tpu_mlir::host {

namespace {

class Compiler {
public:
  explicit Compiler(const CompileRequest &request)
      : request(request), tensors(request.tensors), versions(tensors.size()), program(result.program) {}

  Compiled run() {
    for (size_t t = 0; t < tensors.size(); ++t) {
      const void *outside = tensors[t].constant ? tensors[t].constant : request.inputs[t];
      if (outside)
        versions[t].push_back(
            {program.addOutside(outside, tensors[t].constant ? tensors[t].bytes() : 0), Layout::plain()});
    }
    for (const Item &item : request.items)
      std::visit([&](const auto &work) { make(item, work); }, item.work);
    for (int output : request.outputs)
      program.keep(plain(output));
    result.stored.resize(tensors.size());
    for (size_t t = 0; t < tensors.size(); ++t)
      if (!versions[t].empty())
        result.stored[t] = isOutput(t) ? versionIn(t, Layout::plain()) : versions[t].front();
    program.finish();
    return std::move(result);
  }

private:
  bool isOutput(int t) const { return std::count(request.outputs.begin(), request.outputs.end(), t); }
  const Dims &dimsOf(int t) const { return tensors[t].dims; }
  int64_t bytesOf(int t, Layout layout) const {
    return extentsOf(dimsOf(t), layout).count() * sizeOf(tensors[t].element);
  }
  /// The layout in which the tensor's producer left it.
  Layout layoutOf(int t) const { return versions[t].front().layout; }

  Stored versionIn(int t, Layout layout) {
    for (const Stored &version : versions[t])
      if (version.layout == layout)
        return version;
    Stored made{program.addBuffer(bytesOf(t, layout), false), layout};
    int from = versions[t].front().buffer;
    program.add(request.dnnl ? request.dnnl->reorder(dimsOf(t), layoutOf(t), layout)
                             : loopReorder(dimsOf(t), layoutOf(t), layout),
                {from}, {made.buffer});
    versions[t].push_back(made);
    return made;
  }
  int buffer(int t, Layout layout) { return versionIn(t, layout).buffer; }
  int plain(int t) { return buffer(t, Layout::plain()); }
  std::vector<int> plain(const std::vector<int> &list) {
    std::vector<int> made;
    for (int t : list)
      made.push_back(plain(t));
    return made;
  }
  int define(int t, Layout layout) {
    int made = program.addBuffer(bytesOf(t, layout), request.keepAll);
    versions[t].push_back({made, layout});
    return made;
  }
  void add(StepPtr step, const std::vector<int> &reads, int output, Layout layout = Layout::plain()) {
    program.add(std::move(step), reads, {define(output, layout)});
  }

  /// The layout for an item that takes any: that of its first input if channels that are only padding stay zero.
  Layout keptLayout(const Item &item, const Posts &functions) const {
    Layout layout = layoutOf(item.inputs[0]);
    return hasPadding(dimsOf(item.output), layout) && !keepZeros(functions) ? Layout::plain() : layout;
  }

  void make(const Item &item, const Conv &) {
    std::optional<DnnlContext::Made> made;
    std::optional<Layout> residual;
    if (item.residual >= 0)
      residual = layoutOf(item.residual);
    if (request.dnnl)
      made = request.dnnl->conv(item, tensors, layoutOf(item.inputs[0]), residual);
    if (!made) {
      std::vector<int> reads = plain(item.inputs);
      StepPtr step = loopConv(item, dimsOf(item.inputs[0]), dimsOf(item.output), item.inputs.size() > 2);
      return addInPlace(item, std::move(step), std::move(reads), Layout::plain());
    }
    addInPlace(item, std::move(made->step), readsOf(item, *made), made->out);
  }
  /// The buffers that a library's step reads: the first input in its layout, others row-major.
  std::vector<int> readsOf(const Item &item, const DnnlContext::Made &made) {
    std::vector<int> reads;
    for (int input : made.reads)
      reads.push_back(buffer(item.inputs[input], input == 0 ? made.in : Layout::plain()));
    return reads;
  }
  /// Adds a step whose result goes where the residual is, if there is one.
  void addInPlace(const Item &item, StepPtr step, std::vector<int> reads, Layout layout) {
    if (item.residual < 0)
      return add(std::move(step), reads, item.output, layout);
    int place = buffer(item.residual, layout);
    program.add(std::move(step), std::move(reads), {place});
    versions[item.output].push_back({place, layout});
  }

  void make(const Item &item, const MatMul &matmul) {
    if (request.dnnl)
      if (auto made = request.dnnl->matMul(item, tensors))
        return add(std::move(made->step), readsOf(item, *made), item.output);
    add(loopMatMul(matmul, item.posts, dimsOf(item.inputs[0]), dimsOf(item.inputs[1]), dimsOf(item.output),
                   item.inputs.size() > 2),
        plain(item.inputs), item.output);
  }

  void make(const Item &item, const Pool &pool) {
    if (request.dnnl)
      if (auto made = request.dnnl->pool(item, tensors, layoutOf(item.inputs[0])))
        return add(std::move(made->step), readsOf(item, *made), item.output, made->out);
    add(loopPool(pool, item.posts, dimsOf(item.inputs[0]), dimsOf(item.output)), plain(item.inputs), item.output);
  }

  void make(const Item &item, const Unary &unary) {
    Posts functions = item.posts;
    functions.insert(functions.begin(), unary.function);
    Layout layout = layoutOf(item.inputs[0]);
    StepPtr step = request.dnnl ? request.dnnl->unary(functions, dimsOf(item.output), layout) : nullptr;
    if (!step) {
      layout = keptLayout(item, functions);
      step = loopUnary(functions, extentsOf(dimsOf(item.output), layout).count());
    }
    add(std::move(step), {buffer(item.inputs[0], layout)}, item.output, layout);
  }

  void make(const Item &item, const Affine &affine) {
    Layout layout = keptLayout(item, item.posts);
    add(loopAffine(affine, item.posts, dimsOf(item.output), layout), {buffer(item.inputs[0], layout)}, item.output,
        layout);
  }

  void make(const Item &item, const Combine &combine) {
    bool isSame = true, areImages = true;
    for (int input : item.inputs) {
      isSame &= dimsOf(input) == dimsOf(item.output);
      areImages &= dimsOf(input).size() == 4;
    }
    Layout layout = keptLayout(item, item.posts);
    if (!isSame && (!areImages || layout.block > 1))
      layout = Layout::plain();
    std::vector<int> reads;
    std::vector<Dims> shapes;
    for (int input : item.inputs) {
      reads.push_back(buffer(input, layout));
      shapes.push_back(memoryDims(dimsOf(input), layout));
    }
    const Dims &out = dimsOf(item.output);
    StepPtr step = isSame ? loopCombineSame(combine, item.posts, reads.size(), extentsOf(out, layout).count())
                          : loopCombine(combine, item.posts, shapes, memoryDims(out, layout));
    add(std::move(step), reads, item.output, layout);
  }

  void make(const Item &item, const View &) {
    int source = item.inputs[0];
    bool isSame = dimsOf(source) == dimsOf(item.output);
    versions[item.output].push_back(isSame ? versions[source].front() : versionIn(source, Layout::plain()));
    if (request.keepAll)
      program.keep(versions[item.output].front().buffer);
  }

  Element elementOf(int t) const { return tensors[t].element; }
  std::vector<Dims> dimsOf(const std::vector<int> &list) const {
    std::vector<Dims> dims;
    for (int t : list)
      dims.push_back(dimsOf(t));
    return dims;
  }

  void make(const Item &item, const Convert &) {
    Element from = elementOf(item.inputs[0]), to = elementOf(item.output);
    if (from == to)
      return make(item, View());
    add(loopConvert(from, to, tensors[item.output].count()), plain(item.inputs), item.output);
  }
  void make(const Item &item, const Compare &compare) {
    add(loopCompare(compare, elementOf(item.inputs[0]), elementOf(item.output), dimsOf(item.inputs),
                    dimsOf(item.output)),
        plain(item.inputs), item.output);
  }
  void make(const Item &item, const Select &select) {
    add(loopSelect(select, elementOf(item.inputs[0]), elementOf(item.output), dimsOf(item.inputs), dimsOf(item.output)),
        plain(item.inputs), item.output);
  }
  void make(const Item &item, const Nms &nms) {
    std::vector<int> reads = plain(item.inputs);
    int rows = define(item.output, Layout::plain()), count = define(item.moreOutputs[0], Layout::plain());
    program.add(loopNms(nms, dimsOf(item.inputs[0]), dimsOf(item.inputs[1]), dimsOf(item.output)[0]), reads,
                {rows, count});
  }

  void make(const Item &item, const Concat &concat) {
    if (elementOf(item.output) != Element::F32)
      return add(loopConcatValues(concat.axis, elementOf(item.output), dimsOf(item.inputs)), plain(item.inputs),
                 item.output);
    std::vector<Dims> shapes;
    Layout layout = layoutOf(item.inputs[0]);
    // Blocks of channels can follow each other only where every input fills its last one.
    bool fits = layout.block < 2 || (concat.axis == 1 && keepZeros(item.posts));
    for (int input : item.inputs) {
      shapes.push_back(dimsOf(input));
      fits &= !hasPadding(dimsOf(input), layout);
    }
    if (!fits)
      layout = Layout::plain();
    std::vector<int> reads;
    for (int input : item.inputs)
      reads.push_back(buffer(input, layout));
    add(loopConcat(concat.axis, item.posts, shapes, layout), reads, item.output, layout);
  }

  void make(const Item &item, const Gather &gather) {
    const Dims &in = dimsOf(item.inputs[0]), &out = dimsOf(item.output);
    if (elementOf(item.output) != Element::F32)
      return add(loopGatherValues(gather, elementOf(item.output), in, out), plain(item.inputs), item.output);
    GatherLayouts layouts = gatherLayouts(gather, in, out, layoutOf(item.inputs[0]));
    add(loopGather(gather, in, out, layouts), {buffer(item.inputs[0], layouts.in)}, item.output, layouts.out);
  }

  void make(const Item &item, const Recurrent &layer) {
    add(loopRecurrent(layer, dimsOf(item.inputs[0]), dimsOf(item.output)), plain(item.inputs), item.output);
  }

  void make(const Item &item, const Reduce &reduce) {
    add(loopReduce(reduce, item.posts, dimsOf(item.inputs[0])), plain(item.inputs), item.output);
  }
  void make(const Item &item, const Softmax &softmax) {
    add(loopSoftmax(softmax, item.posts), plain(item.inputs), item.output);
  }
  void make(const Item &item, const CumSum &sum) { add(loopCumSum(sum, item.posts), plain(item.inputs), item.output); }
  void make(const Item &item, const Normalize &normalize) {
    add(loopNormalize(normalize, item.posts, dimsOf(item.output)), plain(item.inputs), item.output);
  }
  void make(const Item &item, const Extremes &extremes) {
    add(loopExtremes(extremes, dimsOf(item.inputs[0])), plain(item.inputs), item.output);
  }
  void make(const Item &item, const Take &take) {
    add(loopTake(take, dimsOf(item.inputs[0]), tensors[item.inputs[1]].count()), plain(item.inputs), item.output);
  }

  const CompileRequest &request;
  const std::vector<Tensor> &tensors;
  std::vector<std::vector<Stored>> versions;
  Compiled result;
  Program &program;
};

} // namespace

Compiled compile(const CompileRequest &request) { return Compiler(request).run(); }

} // namespace tpu_mlir::host
