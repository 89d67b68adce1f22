//===- GraphBuilder.cpp - Building a Top module op by op ------------------===//
// Ops are made generically from their registered names, so that a new op needs
// nothing here.
#include "GraphBuilder.h"
#include "Diagnostics.h"
#include "tpu_mlir/Dialect/Top/IR/Names.h"
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"
#include "tpu_mlir/Interfaces/MoveInterface.h"
#include "tpu_mlir/Support/Error.h"
#include "tpu_mlir/Support/NameText.h"

#include "mlir/IR/Verifier.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace tpu_mlir {

std::string didYouMean(llvm::StringRef word, ArrayRef<llvm::StringRef> known) {
  unsigned best = static_cast<unsigned>(word.size() / 2 + 1);
  llvm::StringRef nearest;
  for (llvm::StringRef candidate : known)
    if (unsigned distance = word.edit_distance_insensitive(candidate, true, best); distance < best) {
      best = distance;
      nearest = candidate;
    }
  return nearest.empty() ? "" : "; did you mean '" + nearest.str() + "'?";
}

static std::string textOf(Attribute attribute) {
  std::string text;
  llvm::raw_string_ostream(text) << attribute;
  return text;
}

GraphBuilder::GraphBuilder(const std::string &name) : builder(&session.context) {
  Location loc = builder.getUnknownLoc();
  session.module = ModuleOp::create(loc, name);
  setModuleAttribute("module.name", builder.getStringAttr(name));
  setModuleAttribute("module.state", builder.getStringAttr("TOP_F32"));
  builder.setInsertionPointToEnd(session.module->getBody());
  function = func::FuncOp::create(builder, loc, "main", builder.getFunctionType({}, {}));
  builder.setInsertionPointToEnd(function.addEntryBlock());
}

Location GraphBuilder::take(const std::string &name) {
  if (isFinished)
    throw MlirError("'" + name + "' comes too late: the graph is finished");
  if (name.empty())
    throw MlirError("a tensor needs a name, got an empty one");
  if (name.find('\0') != name.npos)
    throw MlirError("tensor " + quotedName(name) + " has a NUL in its name, which no file can hold; rename it");
  if (!names.insert(name).second)
    throw MlirError("two tensors are called '" + name + "'; names are unique");
  return top::nameLoc(&session.context, name);
}

static SmallVector<llvm::StringRef> registeredOps(MLIRContext *context) {
  SmallVector<llvm::StringRef> found;
  for (RegisteredOperationName op : context->getRegisteredOperations())
    if (op.getDialectNamespace() == "top")
      found.push_back(op.getStringRef());
  return found;
}

/// Makes the op of `state`, with its shape inferred. Everything wrong about it is an MlirError, and no op is left then.
Operation *GraphBuilder::append(OperationState &state, ArrayRef<NamedAttribute> attributes) {
  SmallVector<llvm::StringRef> known;
  for (StringAttr attribute : state.name.getRegisteredInfo()->getAttributeNames())
    known.push_back(attribute.getValue());
  std::string what = "'" + top::nameOf(state.location).str() + "': '" + state.name.getStringRef().str() + "' op";
  for (NamedAttribute attribute : attributes)
    if (llvm::StringRef name = attribute.getName(); !llvm::is_contained(known, name))
      throw MlirError(what + " has no attribute '" + name.str() + "'" + didYouMean(name, known) +
                      (known.empty() ? "" : "; known: " + llvm::join(known, ", ")));
  state.addAttributes(attributes);
  ErrorCollector errors(&session.context);
  Operation *op = builder.create(state);
  // A value of another kind than the attribute's is dropped without a word when an op is made.
  for (NamedAttribute attribute : attributes)
    if (op->getAttr(attribute.getName()) != attribute.getValue()) {
      op->erase();
      throw MlirError(what + " attribute '" + attribute.getName().str() + "' cannot be " +
                      textOf(attribute.getValue()) + "; floats, integers and lists of them are different kinds");
    }
  auto shaped = dyn_cast<ShapeInterface>(op);
  if (failed(verify(op)) || (shaped && failed(shaped.inferShape())) || failed(verify(op))) {
    op->erase();
    errors.raise(what + " is invalid");
  }
  return op;
}

Value GraphBuilder::input(const std::string &name, Type elementType, ArrayRef<int64_t> shape,
                          ArrayRef<NamedAttribute> attributes) {
  Location loc = take(name);
  for (int64_t size : shape)
    if (size < 1)
      throw MlirError("input '" + name + "' has shape " + top::shapeText(shape) + "; every size must be positive");
  auto type = RankedTensorType::get(shape, elementType);
  Block &block = function.getBody().front();
  BlockArgument argument = block.addArgument(type, loc);
  OperationState state(loc, top::InputOp::getOperationName());
  state.addOperands(argument);
  state.addTypes(type);
  try {
    return append(state, attributes)->getResult(0);
  } catch (const MlirError &) {
    block.eraseArgument(argument.getArgNumber());
    names.erase(name);
    throw;
  }
}

Value GraphBuilder::weight(const std::string &name, Type elementType, std::vector<uint8_t> bytes,
                           ArrayRef<int64_t> shape) {
  Value made = appendWeight(name, elementType, shape);
  char kind = isa<FloatType>(elementType) ? 'f' : elementType.isUnsignedInteger() ? 'u' : 'i';
  session.weights().add(name, std::move(bytes), kind, static_cast<int>(elementType.getIntOrFloatBitWidth() / 8), shape);
  return made;
}

Value GraphBuilder::weightInFile(const std::string &name, const std::string &path, size_t offset,
                                 ArrayRef<int64_t> shape) {
  std::shared_ptr<const MappedFile> &file = files[path];
  size_t bytes = sizeof(float);
  for (int64_t size : shape)
    if (size < 1 || __builtin_mul_overflow(bytes, static_cast<size_t>(size), &bytes))
      throw MlirError("weight '" + name + "' has shape " + top::shapeText(shape) + ", which no file can hold");
  auto holds = [&] { return offset <= file->bytes().size() && bytes <= file->bytes().size() - offset; };
  try {
    if (!file || !holds()) // it may have grown
      file = std::make_shared<const MappedFile>(path);
  } catch (const UserError &error) {
    throw MlirError(error.what());
  }
  if (!holds())
    throw MlirError("weight '" + name + "' needs " + std::to_string(bytes) + " bytes from byte " +
                    std::to_string(offset) + " of '" + path + "', which has " + std::to_string(file->bytes().size()));
  Value made = appendWeight(name, builder.getF32Type(), shape);
  session.weights().add(name, file, offset, bytes, 'f', sizeof(float), shape);
  return made;
}

/// Makes the op of a weight, without its array.
Value GraphBuilder::appendWeight(const std::string &name, Type elementType, ArrayRef<int64_t> shape) {
  Location loc = take(name);
  auto type = RankedTensorType::get(shape, elementType);
  OperationState state(loc, top::WeightOp::getOperationName());
  state.addTypes(type);
  try {
    return append(state, {})->getResult(0);
  } catch (const MlirError &) {
    names.erase(name);
    throw;
  }
}

Value GraphBuilder::none() {
  if (!noneValue) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&function.getBody().front());
    noneValue = top::NoneOp::create(builder, builder.getUnknownLoc(), builder.getNoneType());
  }
  return noneValue;
}

ResultRange GraphBuilder::op(const std::string &opName, ArrayRef<Value> operands, ArrayRef<NamedAttribute> attributes,
                             ArrayRef<std::string> resultNames, ArrayRef<Type> elementTypes) {
  if (resultNames.empty())
    throw MlirError("'" + opName + "' needs a name for each of its results");
  const std::string &name = resultNames.front();
  auto registered = RegisteredOperationName::lookup(opName, &session.context);
  bool isSpecial = opName == top::InputOp::getOperationName() || opName == top::WeightOp::getOperationName() ||
                   opName == top::NoneOp::getOperationName();
  if (!registered || registered->getDialectNamespace() != "top" || isSpecial)
    throw MlirError("'" + name + "': there is no Top op '" + opName + "'" +
                    didYouMean(opName, registeredOps(&session.context)));
  if (!elementTypes.empty() && elementTypes.size() != resultNames.size())
    throw MlirError("'" + name + "': " + std::to_string(elementTypes.size()) + " element types were given for " +
                    std::to_string(resultNames.size()) + " results");
  SmallVector<Location> parts;
  for (const std::string &each : resultNames)
    parts.push_back(take(each));
  // Several results have the names of the parts of their op's location.
  OperationState state(parts.size() == 1 ? parts[0] : FusedLoc::get(&session.context, parts), *registered);
  state.addOperands(operands);
  bool isMove = registered->hasInterface<MoveInterface>() && !operands.empty() && !top::isNone(operands[0]);
  Type usual = isMove ? cast<TensorType>(operands[0].getType()).getElementType() : builder.getF32Type();
  // Shape inference replaces the shapes.
  for (size_t i = 0; i < resultNames.size(); ++i)
    state.addTypes(UnrankedTensorType::get(elementTypes.empty() ? usual : elementTypes[i]));
  try {
    return append(state, attributes)->getResults();
  } catch (const MlirError &) {
    for (const std::string &each : resultNames)
      names.erase(each);
    throw;
  }
}

void GraphBuilder::setModuleAttribute(const std::string &name, Attribute value) {
  if (!llvm::StringRef(name).starts_with("module."))
    throw MlirError("module attributes start with 'module.', got '" + name + "'");
  Attribute before = (*session.module)->getAttr(name);
  (*session.module)->setAttr(name, value);
  if (!isFinished)
    return;
  ErrorCollector errors(&session.context);
  if (succeeded(verify(*session.module)))
    return;
  if (before)
    (*session.module)->setAttr(name, before);
  else
    (*session.module)->removeAttr(name);
  errors.raise("module attribute '" + name + "' is invalid");
}

void GraphBuilder::finish(ArrayRef<Value> results) {
  if (isFinished)
    throw MlirError("the graph is finished already");
  if (results.empty())
    throw MlirError("a network needs at least one output");
  for (Value result : results)
    if (top::isNone(result))
      throw MlirError("an absent tensor cannot be an output");
  auto returned = func::ReturnOp::create(builder, builder.getUnknownLoc(), results);
  SmallVector<Type> inputs(function.getBody().front().getArgumentTypes());
  function.setType(builder.getFunctionType(inputs, ValueRange(results).getTypes()));
  ErrorCollector errors(&session.context);
  if (failed(verify(*session.module))) {
    returned.erase();
    errors.raise("the graph is invalid");
  }
  isFinished = true;
}

void GraphBuilder::save(const std::string &path, const std::string &weightFile) {
  if (!isFinished)
    throw MlirError("the graph has no outputs yet: call finish() before save()");
  saveSession(session, path, weightFile);
}

} // namespace tpu_mlir
