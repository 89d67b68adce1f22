//===- Input.cpp - top.Input ----------------------------------------------===//
// What a network input may say about the preprocessing that leads to it. The
// preprocessing itself is the front end's.
#include "tpu_mlir/Dialect/Top/IR/TopDialect.h"

using namespace mlir;
using namespace tpu_mlir::top;

//===- Infer shape --------------------------------------------------------===//

LogicalResult InputOp::inferShape() { return detail::inferSameShape(*this); }

//===- Verify -------------------------------------------------------------===//

static LogicalResult verifyWord(InputOp op, StringRef attribute, std::optional<StringRef> value,
                                ArrayRef<StringRef> known) {
  if (!value || llvm::is_contained(known, *value))
    return success();
  auto diagnostic = op.emitOpError("'") << attribute << "' is \"" << *value << "\"; known: ";
  llvm::interleaveComma(known, diagnostic);
  return diagnostic;
}

static LogicalResult verifyChannels(InputOp op, StringRef attribute, std::optional<ArrayRef<double>> values,
                                    int64_t channels) {
  if (!values || values->size() == 1 || static_cast<int64_t>(values->size()) == channels)
    return success();
  return op.emitOpError("'") << attribute << "' has " << values->size() << " elements but the input has " << channels
                             << " channels";
}

LogicalResult InputOp::verify() {
  if (failed(detail::verifySameShape(*this)) ||
      failed(verifyWord(*this, "pixel_format", getPixelFormat(),
                        {"rgb", "bgr", "gray", "rgba", "gbrg", "grbg", "bggr", "rggb"})) ||
      failed(verifyWord(*this, "channel_format", getChannelFormat(), {"nchw", "nhwc", "none"})) ||
      failed(verifyWord(*this, "keep_ratio_mode", getKeepRatioMode(), {"letterbox", "short_side_scale"})) ||
      failed(verifyWord(*this, "pad_type", getPadType(), {"normal", "center"})))
    return failure();
  if (auto dims = getResizeDims(); dims && (dims->size() != 2 || (*dims)[0] < 1 || (*dims)[1] < 1))
    return emitOpError("'resize_dims' must be a positive height and width");
  bool isImage = getDoPreprocess() && getChannelFormat().value_or("nchw") != "none";
  if (!isImage || !hasStaticShape(getOutput()))
    return success();
  ArrayRef<int64_t> shape = shapeOf(getOutput());
  if (shape.size() != 4)
    return emitOpError("preprocesses images, so 'input' must have 4 dimensions, but its shape is ") << shapeText(shape);
  int64_t channels = shape[getChannelFormat().value_or("nchw") == "nhwc" ? 3 : 1];
  if (failed(verifyChannels(*this, "mean", getMean(), channels)))
    return failure();
  return verifyChannels(*this, "scale", getScale(), channels);
}
