"""The zoo: published sizes, the same bytes every time, and activations worth quantising."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo

SMALL = ["resnet18", "mobilenet_v2", "squeezenet1_1"]


def all_values(model: Any, feed: np.ndarray) -> dict[str, np.ndarray]:
    """Every intermediate tensor of `model` by name, from onnxruntime."""
    import onnx
    import onnxruntime

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    known = {o.name for o in copy.graph.output}
    for node in copy.graph.node:
        copy.graph.output.extend(onnx.helper.make_empty_tensor_value_info(o) for o in node.output if o not in known)
    session = onnxruntime.InferenceSession(copy.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(names, {copy.graph.input[0].name: feed}), strict=True))


@pytest.mark.parametrize("name", [*SMALL, pytest.param("resnet50"), pytest.param("yolov5s", marks=pytest.mark.slow)])
def test_sizes_are_the_published_ones(name: str) -> None:
    _, net = zoo.build(name)
    entry = zoo.ZOO[name]
    assert (net.parameters, net.macs) == (entry.parameters, entry.macs)


def test_the_same_name_gives_the_same_bytes() -> None:
    first, second = (zoo.build("squeezenet1_1")[0].SerializeToString() for _ in range(2))
    assert first == second


def test_the_batch_changes_only_the_shapes() -> None:
    one, four = (zoo.build("squeezenet1_1", batch)[0] for batch in (1, 4))
    assert four.graph.input[0].type.tensor_type.shape.dim[0].dim_value == 4
    assert list(one.graph.initializer) == list(four.graph.initializer)


def test_a_longer_series_of_images_starts_with_the_shorter() -> None:
    short, long = (zoo.synthetic_images(n, 32, 48, seed=4) for n in (2, 5))
    assert all((a == b).all() for a, b in zip(short, long, strict=False))
    assert short[0].shape == (32, 48, 3) and not (long[3] == long[4]).all()


def test_images_on_disk_are_the_seeded_ones(tmp_path: Path) -> None:
    import cv2

    paths = zoo.write_images(tmp_path / "images", "squeezenet1_1", 2, seed=7)
    read = cv2.imread(str(paths[1]))[..., ::-1].astype(np.int64)
    drawn = zoo.synthetic_images(2, 224, 224, seed=7)[1].astype(np.int64)
    likeness = np.corrcoef(read.mean(axis=2).ravel(), drawn.mean(axis=2).ravel())[0, 1]
    assert read.shape == drawn.shape and likeness > 0.98, "JPEG may blur colours, not brightness"


@pytest.mark.parametrize("name", [*SMALL, pytest.param("resnet50", marks=pytest.mark.slow)])
def test_no_layer_is_degenerate(name: str) -> None:
    """At int8 with each tensor's own largest value, every layer takes 20 distinct values on an unseen image."""
    model, _ = zoo.build(name)
    entry = zoo.ZOO[name]
    images = zoo.synthetic_images(2, entry.size, entry.size, zoo.TEST_SEED)
    values = [all_values(model, entry.preprocess([image])) for image in images]
    for tensor, x in values[0].items():
        assert np.isfinite(x).all(), tensor
        distinct = len(np.unique(np.round(x / max(np.abs(x).max(), 1e-9) * 127)))
        assert distinct >= 20, f"'{tensor}' takes {distinct} distinct values"
    output = model.graph.output[0].name
    a, b = (v[output].ravel() for v in values)
    assert np.corrcoef(a, b)[0, 1] < 0.8, "the network answers the same whatever it is shown"
