#!/usr/bin/env python3
"""Trains the demo's digit classifier in plain numpy and exports it; both results are committed beside this file.

The data are scikit-learn's digits (1797 grey 8x8 pictures), shown to the network as 32x32 pictures. One in five is held
back and never seen in training. The export keeps its BatchNorm nodes, so that the demo's import has something to fold.

    python regression/demo/train_digits.py [-o regression/demo] [--epochs 30]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
SEED = 1797
SIDE = 32
CHANNELS = (16, 32, 64)
STRIDES = (2, 2, 1)
CALIBRATION_IMAGES = 100


def picture(digit: Array) -> Array:
    """An 8x8 digit with values 0 to 16 as a uint8 picture of 32x32."""
    import cv2

    grey = (digit.astype(np.float32) * (255.0 / 16.0)).astype(np.float32)
    return np.clip(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR) + 0.5, 0, 255).astype(np.uint8)


def network_input(pictures: Array) -> Array:
    """uint8 [n,32,32] as the float32 [n,1,32,32] the network takes: x / 255, what `--scale 0.00392157` does."""
    return np.ascontiguousarray(pictures[:, None].astype(np.float32) * np.float32(1 / 255))


@dataclass
class Parameter:
    """A weight, its gradient and its momentum."""

    value: Array
    decay: float = 0.0

    def __post_init__(self) -> None:
        self.gradient = np.zeros_like(self.value)
        self.momentum = np.zeros_like(self.value)

    def step(self, rate: float) -> None:
        self.momentum = 0.9 * self.momentum + self.gradient + self.decay * self.value
        self.value = (self.value - rate * self.momentum).astype(np.float32)


class ConvBnRelu:
    """3x3 convolution without bias, BatchNorm, ReLU; backward by hand."""

    def __init__(self, rng: np.random.Generator, inputs: int, outputs: int, stride: int) -> None:
        self.stride = stride
        weight = rng.normal(0, np.sqrt(2.0 / (inputs * 9)), (outputs, inputs, 3, 3)).astype(np.float32)
        self.weight = Parameter(weight, decay=5e-4)
        self.gamma = Parameter(np.ones(outputs, np.float32))
        self.beta = Parameter(np.zeros(outputs, np.float32))
        self.mean = np.zeros(outputs, np.float32)
        self.variance = np.ones(outputs, np.float32)

    def parameters(self) -> list[Parameter]:
        return [self.weight, self.gamma, self.beta]

    def _columns(self, x: Array) -> Array:
        """[n,c,h,w] to [n,oh,ow,c*9] with one pixel of zero padding."""
        padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
        windows = windows[:, :, :: self.stride, :: self.stride]
        n, c, oh, ow = windows.shape[:4]
        return windows.transpose(0, 2, 3, 1, 4, 5).reshape(n, oh, ow, c * 9)

    def forward(self, x: Array, training: bool) -> Array:
        columns = self._columns(x)
        flat = self.weight.value.reshape(self.weight.value.shape[0], -1)
        y = columns @ flat.T
        if training:
            mean, variance = y.mean(axis=(0, 1, 2)), y.var(axis=(0, 1, 2))
            self.mean = 0.9 * self.mean + 0.1 * mean
            self.variance = 0.9 * self.variance + 0.1 * variance
        else:
            mean, variance = self.mean, self.variance
        inverse = 1 / np.sqrt(variance + 1e-5)
        normal = (y - mean) * inverse
        out = np.maximum(normal * self.gamma.value + self.beta.value, 0)
        self.saved = (x.shape, columns, normal, inverse, out > 0)
        return out.transpose(0, 3, 1, 2)

    def backward(self, gradient: Array) -> Array:
        shape, columns, normal, inverse, alive = self.saved
        g = gradient.transpose(0, 2, 3, 1) * alive
        self.gamma.gradient = (g * normal).sum(axis=(0, 1, 2))
        self.beta.gradient = g.sum(axis=(0, 1, 2))
        g = g * self.gamma.value
        g = inverse * (g - g.mean(axis=(0, 1, 2)) - normal * (g * normal).mean(axis=(0, 1, 2)))
        outputs = g.shape[-1]
        flat = self.weight.value.reshape(outputs, -1)
        self.weight.gradient = (g.reshape(-1, outputs).T @ columns.reshape(-1, flat.shape[1])).reshape(
            self.weight.value.shape
        )
        spread = (g @ flat).reshape(*g.shape[:3], shape[1], 3, 3)
        back = np.zeros((shape[0], shape[1], shape[2] + 2, shape[3] + 2), np.float32)
        for i in range(3):
            for j in range(3):
                target = back[
                    :, :, i : i + g.shape[1] * self.stride : self.stride, j : j + g.shape[2] * self.stride : self.stride
                ]
                target += spread[..., i, j].transpose(0, 3, 1, 2)
        return back[:, :, 1:-1, 1:-1]


class Classifier:
    """Three ConvBnRelu, a 2x2 max pool, average over the plane, and a fully connected layer of ten classes."""

    def __init__(self, rng: np.random.Generator) -> None:
        widths = (1, *CHANNELS)
        self.layers = [ConvBnRelu(rng, a, b, s) for a, b, s in zip(widths, CHANNELS, STRIDES, strict=False)]
        self.weight = Parameter(rng.normal(0, 0.1, (10, CHANNELS[-1])).astype(np.float32), decay=5e-4)
        self.bias = Parameter(np.zeros(10, np.float32))

    def parameters(self) -> list[Parameter]:
        return [*(p for layer in self.layers for p in layer.parameters()), self.weight, self.bias]

    def forward(self, x: Array, training: bool = False) -> Array:
        for layer in self.layers:
            x = layer.forward(x, training)
        n, c, h, w = x.shape
        cells = x.reshape(n, c, h // 2, 2, w // 2, 2)
        pooled = cells.max(axis=(3, 5), keepdims=True)
        winners = cells == pooled
        features = pooled.reshape(n, c, -1).mean(axis=2)
        self.saved = (winners / winners.sum(axis=(3, 5), keepdims=True), features, x.shape)
        return features @ self.weight.value.T + self.bias.value

    def backward(self, gradient: Array) -> None:
        share, features, shape = self.saved
        self.weight.gradient = gradient.T @ features
        self.bias.gradient = gradient.sum(axis=0)
        h, w = shape[2:]
        g = (gradient @ self.weight.value)[:, :, None, None, None, None] / (h // 2 * (w // 2))
        g = (g * share).reshape(shape).astype(np.float32)
        for layer in reversed(self.layers):
            g = layer.backward(g)


def train(net: Classifier, images: Array, labels: Array, epochs: int, rng: np.random.Generator) -> None:
    """SGD with momentum, a cosine rate, label smoothing, and shifts of up to two pixels."""
    batch = 64
    steps = epochs * (len(images) // batch)
    done = 0
    for epoch in range(epochs):
        order = rng.permutation(len(images))
        right = 0
        for start in range(0, len(images) - batch + 1, batch):
            pick = order[start : start + batch]
            shift = rng.integers(-2, 3, 2)
            x = np.roll(images[pick], tuple(shift), axis=(2, 3))
            logits = net.forward(x, training=True)
            p = np.exp(logits - logits.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
            right += int((p.argmax(axis=1) == labels[pick]).sum())
            target = np.eye(10, dtype=np.float32)[labels[pick]] * 0.95 + 0.005
            net.backward(((p - target) / batch).astype(np.float32))
            rate = 0.2 * 0.5 * (1 + np.cos(np.pi * done / steps))
            for parameter in net.parameters():
                parameter.step(rate)
            done += 1
        share = 100 * right / (len(images) // batch * batch)
        print(f"epoch {epoch + 1:2d}/{epochs}: {share:.1f} % of the training digits right")


def export(net: Classifier, path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes, weights = [], {}
    x = "input"
    for i, (layer, stride) in enumerate(zip(net.layers, STRIDES, strict=True), 1):
        parts = [layer.gamma.value, layer.beta.value, layer.mean, layer.variance]
        names = [f"bn{i}.{n}" for n in ("weight", "bias", "running_mean", "running_var")]
        weights[f"conv{i}.weight"] = layer.weight.value
        weights.update(zip(names, (p.astype(np.float32) for p in parts), strict=True))
        geometry: dict[str, Any] = {"kernel_shape": [3, 3], "strides": [stride] * 2, "pads": [1] * 4}
        nodes.append(helper.make_node("Conv", [x, f"conv{i}.weight"], [f"conv{i}"], name=f"conv{i}", **geometry))
        nodes.append(
            helper.make_node("BatchNormalization", [f"conv{i}", *names], [f"bn{i}"], name=f"bn{i}", epsilon=1e-5)
        )
        nodes.append(helper.make_node("Relu", [f"bn{i}"], [f"relu{i}"], name=f"relu{i}"))
        x = f"relu{i}"
    nodes.append(helper.make_node("MaxPool", [x], ["maxpool"], name="maxpool", kernel_shape=[2, 2], strides=[2, 2]))
    nodes.append(helper.make_node("GlobalAveragePool", ["maxpool"], ["avgpool"], name="avgpool"))
    nodes.append(helper.make_node("Flatten", ["avgpool"], ["features"], name="features"))
    weights["fc.weight"], weights["fc.bias"] = net.weight.value, net.bias.value
    nodes.append(helper.make_node("Gemm", ["features", "fc.weight", "fc.bias"], ["logits"], name="fc", transB=1))
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 1, SIDE, SIDE])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 10])],
        [numpy_helper.from_array(np.ascontiguousarray(v, np.float32), n) for n, v in weights.items()],
    )
    model = helper.make_model(graph, producer_name="train_digits.py", opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def accuracy(net: Classifier, images: Array, labels: Array) -> float:
    return float((net.forward(images).argmax(axis=1) == labels).mean())


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Train the demo's digit classifier.")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--epochs", type=int, default=30)
    arguments = parser.parse_args(argv)

    from sklearn.datasets import load_digits

    data = load_digits()
    digits, labels = data.images.astype(np.uint8), data.target.astype(np.int64)
    rng = np.random.default_rng(SEED)
    order = rng.permutation(len(digits))
    held, seen = order[: len(order) // 5], order[len(order) // 5 :]
    images = network_input(np.stack([picture(d) for d in digits]))
    net = Classifier(rng)
    train(net, images[seen], labels[seen], arguments.epochs, rng)
    print(f"held back: {100 * accuracy(net, images[held], labels[held]):.2f} % of {len(held)} digits right")
    arguments.output.mkdir(parents=True, exist_ok=True)
    export(net, arguments.output / "digits.onnx")
    calibration = seen[:CALIBRATION_IMAGES]
    np.savez_compressed(
        arguments.output / "digits.npz",
        calibration=digits[calibration],
        test=digits[held],
        test_labels=labels[held].astype(np.uint8),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
