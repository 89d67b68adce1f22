#!/usr/bin/env python3
"""Makes the regression networks and their images from seeds alone; no download and no training framework.

Every network is built eagerly: each layer runs through onnxruntime on a few seeded images as soon as it is added, so a
BatchNorm can take the true mean and variance of its own input (it is "settled") and the next layer sees sane values.
Topologies, parameter counts and MAC counts are the published ones; weights are random, so no accuracy is meant.

    python regression/zoo.py resnet18 -o work [--images 20] [--batch 1]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
OPSET = 13
SETTLE_IMAGES = 8


def synthetic_image(rng: np.random.Generator, height: int, width: int) -> Array:
    """One uint8 HWC RGB picture: coloured gratings, one disc, noise; no two alike in frequency, colour or layout."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    y, x = y / height, x / width
    image = np.zeros((height, width, 3), np.float32)
    for _ in range(int(rng.integers(2, 5))):
        angle, frequency = rng.uniform(0, np.pi), 2.0 ** rng.uniform(0.5, 5.5)
        wave = np.sin(2 * np.pi * frequency * (x * np.cos(angle) + y * np.sin(angle)) + rng.uniform(0, 2 * np.pi))
        image += wave[..., None] * rng.uniform(-0.35, 0.35, 3).astype(np.float32)
    cx, cy, radius = rng.uniform(0.2, 0.8), rng.uniform(0.2, 0.8), rng.uniform(0.08, 0.35)
    disc = (x - cx) ** 2 + (y - cy) ** 2 < radius**2
    image[disc] = 0.3 * image[disc] + rng.uniform(-0.5, 0.5, 3).astype(np.float32)
    image += rng.normal(0, rng.uniform(0.02, 0.12), image.shape).astype(np.float32)
    # Like photographs, no picture is much busier than the others: a random network has never learned to cope with that.
    brightness, contrast = rng.uniform(0.4, 0.6), rng.uniform(0.16, 0.26) / image.std()
    return np.clip((brightness + contrast * (image - image.mean())) * 255, 0, 255).astype(np.uint8)


def synthetic_images(count: int, height: int, width: int, seed: int) -> list[Array]:
    """Image i depends on the seed and i only, so a longer series starts with the shorter one."""
    return [synthetic_image(np.random.default_rng([seed, i]), height, width) for i in range(count)]


@dataclass(frozen=True)
class Preprocess:
    """y = (x - mean) * scale per RGB channel, as `model_transform.py` takes it."""

    mean: tuple[float, float, float]
    scale: tuple[float, float, float]

    def __call__(self, images: Sequence[Array]) -> Array:
        batch = np.stack(images).astype(np.float32)
        batch = (batch - np.asarray(self.mean, np.float32)) * np.asarray(self.scale, np.float32)
        return np.ascontiguousarray(batch.transpose(0, 3, 1, 2))

    def flags(self) -> list[str]:
        return [
            *("--mean", ",".join(f"{v:g}" for v in self.mean)),
            *("--scale", ",".join(f"{v:g}" for v in self.scale)),
            *("--pixel_format", "rgb"),
        ]


IMAGENET = Preprocess((123.675, 116.28, 103.53), (0.0171, 0.0175, 0.0174))
UNIT = Preprocess((0.0, 0.0, 0.0), (0.0039216, 0.0039216, 0.0039216))


@dataclass
class Tensor:
    """A graph tensor and its values on the settling images."""

    name: str
    value: Array

    @property
    def channels(self) -> int:
        return int(self.value.shape[1])


@dataclass
class Net:
    """An ONNX graph under construction; every call adds one node, runs it, and returns its output."""

    name: str
    rng: np.random.Generator
    nodes: list[Any] = field(default_factory=list)
    weights: dict[str, Array] = field(default_factory=dict)
    parameters: int = 0
    macs: int = 0
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def input(self, name: str, value: Array) -> Tensor:
        self.shapes[name] = value.shape
        return Tensor(name, value)

    def weight(self, name: str, value: Array, learned: bool = True) -> str:
        assert name not in self.weights, f"weight '{name}' is there already"
        self.weights[name] = np.ascontiguousarray(value)
        self.parameters += value.size if learned else 0
        return name

    def op(self, kind: str, name: str, inputs: Sequence[Tensor | str], **attributes: Any) -> Tensor:
        import onnx
        import onnxruntime
        from onnx import helper

        names = [i.name if isinstance(i, Tensor) else i for i in inputs]
        node = helper.make_node(kind, names, [name], name=name, **attributes)
        feeds = {i.name: i.value for i in inputs if isinstance(i, Tensor)}
        graph = helper.make_graph(
            [node],
            name,
            [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, v.shape) for n, v in feeds.items()],
            [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)],
            [onnx.numpy_helper.from_array(self.weights[n], n) for n in names if n in self.weights],
        )
        session = onnxruntime.InferenceSession(_model(graph).SerializeToString(), providers=["CPUExecutionProvider"])
        value = session.run([name], feeds)[0]
        self.nodes.append(node)
        self.shapes[name] = value.shape
        return Tensor(name, value)

    def conv(
        self,
        name: str,
        x: Tensor,
        channels: int,
        kernel: int,
        stride: int = 1,
        pad: int | None = None,
        group: int = 1,
        bias: bool = False,
    ) -> Tensor:
        pad = kernel // 2 if pad is None else pad
        fan_in = x.channels // group * kernel * kernel
        shape = (channels, x.channels // group, kernel, kernel)
        weight = self.rng.normal(0, np.sqrt(2.0 / fan_in), shape).astype(np.float32)
        inputs: list[Tensor | str] = [x, self.weight(f"{name}.weight", weight)]
        if bias:
            inputs.append(self.weight(f"{name}.bias", self.rng.normal(0, 0.05, channels).astype(np.float32)))
        y = self.op(
            "Conv",
            name,
            inputs,
            kernel_shape=[kernel] * 2,
            strides=[stride] * 2,
            pads=[pad] * 4,
            group=group,
            dilations=[1, 1],
        )
        self.macs += weight.size * int(np.prod(y.value.shape[2:]))
        return y

    def batch_norm(self, name: str, x: Tensor, gain: float = 1.0, shift: float = 0.1) -> Tensor:
        """Settled: mean and variance are those of `x` itself; gamma is about `gain`, beta about `gain * shift`.

        Random layers behind BatchNorm amplify every error; a larger shift keeps an activation on its straight side and
        so a deep network sane.
        """
        c = x.channels
        mean = x.value.mean(axis=(0, 2, 3), dtype=np.float64)
        variance = x.value.var(axis=(0, 2, 3), dtype=np.float64)
        inputs: list[Tensor | str] = [
            x,
            self.weight(f"{name}.weight", (gain * self.rng.uniform(0.8, 1.2, c)).astype(np.float32)),
            self.weight(f"{name}.bias", (gain * self.rng.normal(shift, 0.2, c)).astype(np.float32)),
            self.weight(f"{name}.running_mean", mean.astype(np.float32), learned=False),
            self.weight(f"{name}.running_var", np.maximum(variance, 1e-4).astype(np.float32), learned=False),
        ]
        return self.op("BatchNormalization", name, inputs, epsilon=1e-5)

    def relu(self, name: str, x: Tensor) -> Tensor:
        return self.op("Relu", name, [x])

    def relu6(self, name: str, x: Tensor) -> Tensor:
        low, high = f"{name}.min", f"{name}.max"
        self.weight(low, np.array(0, np.float32), learned=False)
        self.weight(high, np.array(6, np.float32), learned=False)
        return self.op("Clip", name, [x, low, high])

    def silu(self, name: str, x: Tensor) -> Tensor:
        return self.op("Mul", name, [x, self.op("Sigmoid", f"{name}.sigmoid", [x])])

    def max_pool(self, name: str, x: Tensor, kernel: int, stride: int, pad: int, ceil_mode: int = 0) -> Tensor:
        return self.op(
            "MaxPool",
            name,
            [x],
            kernel_shape=[kernel] * 2,
            strides=[stride] * 2,
            pads=[pad] * 4,
            ceil_mode=ceil_mode,
        )

    def classifier(self, name: str, x: Tensor, classes: int) -> Tensor:
        """Flatten and Gemm; the bias is settled so that no class wins on every image."""
        flat = self.op("Flatten", f"{name}.flatten", [x], axis=1)
        features = flat.value
        weight = self.rng.normal(0, 1.0, (classes, features.shape[1])).astype(np.float32)
        weight *= 3.0 / max(float((features @ weight.T).std(axis=0).mean()), 1e-6)
        bias = -(features @ weight.T).mean(axis=0) + self.rng.normal(0, 0.3, classes)
        self.macs += weight.size
        return self.op(
            "Gemm",
            name,
            [flat, self.weight(f"{name}.weight", weight), self.weight(f"{name}.bias", bias.astype(np.float32))],
            transB=1,
        )

    def model(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor], batch: int) -> Any:
        import onnx
        from onnx import helper

        def info(tensor: Tensor) -> Any:
            shape = [batch, *tensor.value.shape[1:]]
            return helper.make_tensor_value_info(tensor.name, onnx.TensorProto.FLOAT, shape)

        graph = helper.make_graph(
            self.nodes,
            self.name,
            [info(t) for t in inputs],
            [info(t) for t in outputs],
            [onnx.numpy_helper.from_array(v, n) for n, v in self.weights.items()],
        )
        model = _model(graph)
        onnx.checker.check_model(model)
        return model


def _model(graph: Any) -> Any:
    from onnx import helper

    model = helper.make_model(graph, producer_name="tpu-mlir zoo", opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = 8
    return model


def _resnet(net: Net, x: Tensor, blocks: Sequence[int], bottleneck: bool) -> list[Tensor]:
    x = net.relu("relu", net.batch_norm("bn1", net.conv("conv1", x, 64, 7, 2)))
    x = net.max_pool("maxpool", x, 3, 2, 1)
    for stage, count in enumerate(blocks):
        width = 64 << stage
        out = width * (4 if bottleneck else 1)
        for block in range(count):
            name = f"layer{stage + 1}.{block}"
            stride = 2 if stage > 0 and block == 0 else 1
            shortcut = x
            if bottleneck:
                plan = [(width, 1, 1), (width, 3, stride), (out, 1, 1)]
            else:
                plan = [(width, 3, stride), (width, 3, 1)]
            y = x
            for i, (channels, kernel, step) in enumerate(plan, 1):
                last = i == len(plan)
                y = net.conv(f"{name}.conv{i}", y, channels, kernel, step)
                y = net.batch_norm(f"{name}.bn{i}", y, gain=0.25 if last else 1.0)
                if not last:
                    y = net.relu(f"{name}.relu{i}", y)
            if x.channels != out or stride != 1:
                shortcut = net.batch_norm(f"{name}.downsample.1", net.conv(f"{name}.downsample.0", x, out, 1, stride))
            x = net.relu(f"{name}.relu", net.op("Add", f"{name}.add", [y, shortcut]))
    x = net.op("GlobalAveragePool", "avgpool", [x])
    return [net.classifier("fc", x, 1000)]


def _resnet18(net: Net, x: Tensor) -> list[Tensor]:
    return _resnet(net, x, (2, 2, 2, 2), bottleneck=False)


def _resnet50(net: Net, x: Tensor) -> list[Tensor]:
    return _resnet(net, x, (3, 4, 6, 3), bottleneck=True)


def _mobilenet_v2(net: Net, x: Tensor) -> list[Tensor]:
    def block(name: str, x: Tensor, channels: int, kernel: int, stride: int = 1, group: int = 1) -> Tensor:
        x = net.batch_norm(f"{name}.bn", net.conv(f"{name}.conv", x, channels, kernel, stride, group=group))
        return net.relu6(f"{name}.relu6", x)

    x = block("stem", x, 32, 3, 2)
    plan = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    index = 0
    for expand, channels, count, first in plan:
        for i in range(count):
            name = f"block{index}"
            index += 1
            y = block(f"{name}.expand", x, x.channels * expand, 1) if expand > 1 else x
            y = block(f"{name}.depthwise", y, y.channels, 3, first if i == 0 else 1, group=y.channels)
            y = net.conv(f"{name}.project.conv", y, channels, 1)
            joined = i > 0
            y = net.batch_norm(f"{name}.project.bn", y, gain=0.25 if joined else 1.0)
            x = net.op("Add", f"{name}.add", [x, y]) if joined else y
    x = block("head", x, 1280, 1)
    return [net.classifier("fc", net.op("GlobalAveragePool", "avgpool", [x]), 1000)]


def _squeezenet(net: Net, x: Tensor) -> list[Tensor]:
    def unit(name: str, x: Tensor, channels: int, kernel: int, stride: int = 1, pad: int | None = None) -> Tensor:
        return net.relu(f"{name}.relu", _settled_conv(net, name, x, channels, kernel, stride, pad))

    x = unit("conv1", x, 64, 3, 2, 0)
    x = net.max_pool("pool1", x, 3, 2, 0, ceil_mode=1)
    plan = [(16, 64), (16, 64), None, (32, 128), (32, 128), None, (48, 192), (48, 192), (64, 256), (64, 256)]
    for i, fire in enumerate(plan, 2):
        if fire is None:
            x = net.max_pool(f"pool{i}", x, 3, 2, 0, ceil_mode=1)
            continue
        x = unit(f"fire{i}.squeeze", x, fire[0], 1)
        wide = [unit(f"fire{i}.expand{k}x{k}", x, fire[1], k) for k in (1, 3)]
        x = net.op("Concat", f"fire{i}.concat", wide, axis=1)
    x = unit("conv10", x, 1000, 1)
    return [net.op("Flatten", "output", [net.op("GlobalAveragePool", "avgpool", [x])], axis=1)]


def _settled_conv(
    net: Net, name: str, x: Tensor, channels: int, kernel: int, stride: int, pad: int | None, spread: float = 1.0
) -> Tensor:
    """A convolution with bias and no BatchNorm: its own weights and bias take the settling."""
    y = net.conv(name, x, channels, kernel, stride, pad, bias=True)
    mean = y.value.mean(axis=(0, 2, 3))
    gain = (spread * net.rng.uniform(0.8, 1.2, channels) / np.maximum(y.value.std(axis=(0, 2, 3)), 1e-4)).astype(
        np.float32
    )
    shift = (spread * net.rng.normal(0.1, 0.2, channels)).astype(np.float32)
    net.weights[f"{name}.weight"] *= gain[:, None, None, None]
    net.weights[f"{name}.bias"] = (net.weights[f"{name}.bias"] - mean) * gain + shift
    y.value = (y.value - mean[:, None, None]) * gain[:, None, None] + shift[:, None, None]
    return y


def _yolov5s(net: Net, x: Tensor) -> list[Tensor]:
    def cbs(
        name: str, x: Tensor, channels: int, kernel: int = 1, stride: int = 1, pad: int | None = None, gain: float = 1.5
    ) -> Tensor:
        x = net.batch_norm(f"{name}.bn", net.conv(f"{name}.conv", x, channels, kernel, stride, pad), gain, shift=1.0)
        return net.silu(f"{name}.act", x)

    def c3(name: str, x: Tensor, channels: int, count: int, shortcut: bool) -> Tensor:
        hidden = channels // 2
        y = cbs(f"{name}.cv1", x, hidden)
        for i in range(count):
            z = cbs(f"{name}.m.{i}.cv1", y, hidden)
            z = cbs(f"{name}.m.{i}.cv2", z, hidden, 3, gain=0.75 if shortcut else 1.5)
            y = net.op("Add", f"{name}.m.{i}.add", [y, z]) if shortcut else z
        both = net.op("Concat", f"{name}.concat", [y, cbs(f"{name}.cv2", x, hidden)], axis=1)
        return cbs(f"{name}.cv3", both, channels)

    def upsample(name: str, x: Tensor) -> Tensor:
        scales = net.weight(f"{name}.scales", np.array([1, 1, 2, 2], np.float32), learned=False)
        return net.op(
            "Resize",
            name,
            [x, "", scales],
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )

    def concat(name: str, *xs: Tensor) -> Tensor:
        return net.op("Concat", name, xs, axis=1)

    x = cbs("model.0", x, 32, 6, 2, 2)
    x = c3("model.2", cbs("model.1", x, 64, 3, 2), 64, 1, True)
    p3 = c3("model.4", cbs("model.3", x, 128, 3, 2), 128, 2, True)
    p4 = c3("model.6", cbs("model.5", p3, 256, 3, 2), 256, 3, True)
    x = c3("model.8", cbs("model.7", p4, 512, 3, 2), 512, 1, True)
    pools = [cbs("model.9.cv1", x, 256)]
    for i in range(3):
        pools.append(net.max_pool(f"model.9.m.{i}", pools[-1], 5, 1, 2))
    x = cbs("model.9.cv2", concat("model.9.concat", *pools), 512)
    h5 = cbs("model.10", x, 256)
    x = c3("model.13", concat("model.12", upsample("model.11", h5), p4), 256, 1, False)
    h4 = cbs("model.14", x, 128)
    d3 = c3("model.17", concat("model.16", upsample("model.15", h4), p3), 128, 1, False)
    d4 = c3("model.20", concat("model.19", cbs("model.18", d3, 128, 3, 2), h4), 256, 1, False)
    d5 = c3("model.23", concat("model.22", cbs("model.21", d4, 256, 3, 2), h5), 512, 1, False)
    return [_settled_conv(net, f"model.24.m.{i}", d, 255, 1, 1, 0, spread=2.0) for i, d in enumerate((d3, d4, d5))]


@dataclass(frozen=True)
class Entry:
    """A zoo network. `parameters` and `macs` (at batch 1) are the published counts of the architecture."""

    build: Callable[[Net, Tensor], list[Tensor]]
    size: int
    preprocess: Preprocess
    input_name: str
    seed: int
    parameters: int
    macs: int


# Source of the counts: torchvision's model table (ResNets, MobileNetV2, SqueezeNet 1.1, all with 1000 classes) and the
# YOLOv5 v6.0 release (7,235,389 parameters, of which the detection head of 80 classes is part).
ZOO: dict[str, Entry] = {
    "resnet18": Entry(_resnet18, 224, IMAGENET, "input", 18, 11_689_512, 1_814_073_344),
    "resnet50": Entry(_resnet50, 224, IMAGENET, "input", 50, 25_557_032, 4_089_184_256),
    "mobilenet_v2": Entry(_mobilenet_v2, 224, IMAGENET, "input", 2, 3_504_872, 300_774_272),
    "squeezenet1_1": Entry(_squeezenet, 224, IMAGENET, "input", 11, 1_235_496, 349_151_936),
    "yolov5s": Entry(_yolov5s, 640, UNIT, "images", 5, 7_235_389, 8_216_780_800),
}
CALIBRATION_SEED, TEST_SEED = 7, 999


def build(name: str, batch: int = 1) -> tuple[Any, Net]:
    """Returns the ONNX model and the network it came from. Same name and batch, same bytes on the same onnxruntime."""
    entry = ZOO[name]
    net = Net(name, np.random.default_rng(entry.seed))
    images = synthetic_images(SETTLE_IMAGES, entry.size, entry.size, entry.seed)
    x = net.input(entry.input_name, entry.preprocess(images))
    outputs = entry.build(net, x)
    return net.model([x], outputs, batch), net


def write_images(folder: Path, name: str, count: int, seed: int) -> list[Path]:
    """Writes `count` seeded pictures as JPEG; their size is the network's, so that no resize blurs a comparison."""
    import cv2

    folder.mkdir(parents=True, exist_ok=True)
    size = ZOO[name].size
    paths = []
    for i, image in enumerate(synthetic_images(count, size, size, seed)):
        path = folder / f"{i:04d}.jpg"
        if not cv2.imwrite(str(path), image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95]):
            raise OSError(f"could not write '{path}'")
        paths.append(path)
    return paths


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Make a regression network from its seed.")
    parser.add_argument("name", choices=[*ZOO, "all"])
    parser.add_argument("-o", "--output", type=Path, default=Path(), help="folder for <name>.onnx")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--images", type=int, default=0, help="also write N calibration images to <name>_images/")
    arguments = parser.parse_args(argv)
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name in ZOO if arguments.name == "all" else [arguments.name]:
        model, net = build(name, arguments.batch)
        path = arguments.output / f"{name}.onnx"
        path.write_bytes(model.SerializeToString())
        print(f"{path}: {net.parameters:,} parameters, {net.macs * arguments.batch:,} MACs")
        if arguments.images:
            folder = arguments.output / f"{name}_images"
            write_images(folder, name, arguments.images, CALIBRATION_SEED)
            print(f"{folder}: {arguments.images} images")
    return 0


if __name__ == "__main__":
    sys.exit(main())
