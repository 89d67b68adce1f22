//===- NumbersTest.cpp - Real values and stored values --------------------===//
// How inputs and outputs of networks pass between files and number formats,
// against values written out by hand.
#include "tpu_mlir/Interpreter/Interpreter.h"
#include "tpu_mlir/Kernel/Float.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

using namespace tpu_mlir;
using kernel::DType;

namespace {

HostTensor tensorOf(DType type, int64_t count, double scale = 1, int64_t zeroPoint = 0, const void *data = nullptr) {
  HostTensor tensor;
  tensor.dtype = type;
  tensor.shape = {count};
  tensor.scale = scale;
  tensor.zeroPoint = zeroPoint;
  tensor.data = data;
  return tensor;
}

template <typename T>
std::vector<T> stored(DType type, const std::vector<float> &real, double scale = 1, int64_t zeroPoint = 0) {
  std::vector<T> out(real.size());
  fromReal(tensorOf(type, static_cast<int64_t>(real.size()), scale, zeroPoint), real.data(), out.data());
  return out;
}

TEST(Numbers, QuantisesHalfAwayFromZeroAndSaturates) {
  std::vector<float> real = {0, 0.5f, -0.5f, 1.5f, 2.5f, -2.5f, 127.4f, 127.5f, 300, -128.5f, -1e30f, 1e30f, NAN};
  EXPECT_EQ(stored<int8_t>(DType::I8, real),
            (std::vector<int8_t>{0, 1, -1, 2, 3, -3, 127, 127, 127, -128, -128, 127, 0}));
  EXPECT_EQ(stored<uint8_t>(DType::U8, {-1, 0.49f, 254.5f, 256}), (std::vector<uint8_t>{0, 0, 255, 255}));
  EXPECT_EQ(stored<int8_t>(DType::I4, {-9, -8, 7, 8}), (std::vector<int8_t>{-8, -8, 7, 7}));
}

TEST(Numbers, ScaleAndZeroPoint) {
  EXPECT_EQ(stored<uint8_t>(DType::U8, {-1, 0, 0.25f, 100}, 0.125, 10), (std::vector<uint8_t>{2, 10, 12, 255}));
  EXPECT_EQ(stored<int16_t>(DType::I16, {1, -1}, 0.5), (std::vector<int16_t>{2, -2}));
}

/// Every value of an 8-bit format survives the way to real numbers and back, for scales of any size.
TEST(Numbers, IntegersSurviveTheRoundTrip) {
  std::vector<int8_t> all(256);
  for (int i = 0; i < 256; ++i)
    all[i] = static_cast<int8_t>(i - 128);
  for (double scale : {1.0, 0.1, 1.0 / 3, 1e-6, 7e5, 0.023456})
    for (int64_t zeroPoint : {0, -128, 5}) {
      HostTensor tensor = tensorOf(DType::I8, 256, scale, zeroPoint, all.data());
      std::vector<float> real(256);
      toReal(tensor, real.data());
      EXPECT_EQ(real[128 + zeroPoint], 0.0f);
      std::vector<int8_t> back(256);
      fromReal(tensor, real.data(), back.data());
      EXPECT_EQ(back, all) << scale << " " << zeroPoint;
    }
}

TEST(Numbers, SixteenBitFloats) {
  std::vector<float> real = {0, -1.5f, 65504, 1e6f, 1e-8f, 3.140625f};
  auto half = stored<uint16_t>(DType::F16, real);
  auto brain = stored<uint16_t>(DType::BF16, real);
  std::vector<float> back(real.size());
  toReal(tensorOf(DType::F16, 6, 1, 0, half.data()), back.data());
  EXPECT_EQ(back, (std::vector<float>{0, -1.5f, 65504, INFINITY, 0, 3.140625f}));
  toReal(tensorOf(DType::BF16, 6, 1, 0, brain.data()), back.data());
  for (size_t i = 0; i < real.size(); ++i)
    EXPECT_NEAR(back[i], real[i], std::fabs(real[i]) / 256);
}

} // namespace
