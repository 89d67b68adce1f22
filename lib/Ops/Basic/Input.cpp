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

/// What makes a picture out of any file must be said in full: a step that is left out would be guessed at later.
static LogicalResult verifyImage(InputOp op, ArrayRef<int64_t> net, int64_t channels) {
  constexpr int64_t kMostPixels = 100'000'000;
  for (StringRef name : {"resize_dims", "mean", "scale"})
    if (!op->hasAttr(name))
      return op.emitOpError("preprocesses images, so it needs '")
             << name << "'; or set 'do_preprocess' to false and give tensors";
  ArrayRef<int64_t> dims = *op.getResizeDims();
  if (dims[0] < net[0] || dims[1] < net[1])
    return op.emitOpError("resizes images to ") << dims[0] << "x" << dims[1] << " ('resize_dims'), less than the "
                                                << net[0] << "x" << net[1] << " of the input that is cut out of them";
  if (dims[0] > kMostPixels / dims[1])
    return op.emitOpError("resizes images to ")
           << dims[0] << "x" << dims[1] << " ('resize_dims'), more than " << kMostPixels << " pixels";
  StringRef pixels = op.getPixelFormat().value_or("bgr");
  if (int64_t wanted = pixels == "rgba" ? 4 : pixels == "rgb" || pixels == "bgr" ? 3 : 1; wanted != channels)
    return op.emitOpError("'pixel_format' is \"")
           << pixels << "\", which has " << wanted << " channels, but the input has " << channels;
  if (int64_t value = op.getPadValue().value_or(0); value < 0 || value > 255)
    return op.emitOpError("'pad_value' is ") << value << "; a pixel is 0 to 255";
  return success();
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
  if (failed(verifyChannels(*this, "mean", getMean(), channels)) ||
      failed(verifyChannels(*this, "scale", getScale(), channels)))
    return failure();
  return verifyImage(*this, getChannelFormat().value_or("nchw") == "nhwc" ? shape.slice(1, 2) : shape.slice(2, 2),
                     channels);
}
