"""From a picture to a network's input: decode, resize, crop or pad, y = (x - mean) * scale.

The settings are decided once, at import, and travel as attributes of `top.Input`; every later step (calibration,
deployment, evaluation) rebuilds the same `Preprocess` from those attributes. This file decides how a picture becomes a
tensor; which tensors a user's files stand for is decided in `inputs.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import UserError
from .pictures import MOST_PIXELS, read_picture

PIXEL_CHANNELS = {"rgb": 3, "bgr": 3, "gray": 1, "rgba": 4}
BAYER_FORMATS = ("gbrg", "grbg", "bggr", "rggb")
CHANNEL_FORMATS = ("nchw", "nhwc", "none")
KEEP_RATIO_MODES = ("letterbox", "short_side_scale")
PAD_TYPES = ("center", "normal")
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".jfif", ".png", ".bmp")


@dataclass(frozen=True)
class Preprocess:
    """How pictures become one network input of `shape`.

    resize_dims: (h, w) that the picture is resized to before the centre crop to the network's own height and width.
    mean, scale: one number per channel, in the order of `pixel_format`.
    """

    shape: tuple[int, ...]
    resize_dims: tuple[int, int]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    keep_aspect_ratio: bool = False
    keep_ratio_mode: str = "letterbox"
    pixel_format: str = "bgr"
    channel_format: str = "nchw"
    pad_value: int = 0
    pad_type: str = "center"

    @property
    def net_dims(self) -> tuple[int, int]:
        """Height and width of the network's input."""
        n_h = 1 if self.channel_format == "nhwc" else 2
        return self.shape[n_h], self.shape[n_h + 1]

    @classmethod
    def from_attributes(cls, shape: Sequence[int], attributes: Mapping[str, Any]) -> Preprocess | None:
        """The preprocessing that a `top.Input` of `shape` carries; None where it carries none."""
        if not attributes.get("do_preprocess", False) or attributes.get("channel_format") == "none":
            return None
        if attributes.get("pixel_format") in BAYER_FORMATS:
            raise UserError(
                f"an input has pixel_format {attributes['pixel_format']} (raw Bayer), which is not supported"
            )
        return cls(
            shape=tuple(int(d) for d in shape),
            resize_dims=(int(attributes["resize_dims"][0]), int(attributes["resize_dims"][1])),
            mean=tuple(float(v) for v in attributes["mean"]),
            scale=tuple(float(v) for v in attributes["scale"]),
            keep_aspect_ratio=bool(attributes.get("keep_aspect_ratio", False)),
            keep_ratio_mode=str(attributes.get("keep_ratio_mode", "letterbox")),
            pixel_format=str(attributes.get("pixel_format", "bgr")),
            channel_format=str(attributes.get("channel_format", "nchw")),
            pad_value=int(attributes.get("pad_value", 0)),
            pad_type=str(attributes.get("pad_type", "center")),
        )

    def attributes(self) -> dict[str, Any]:
        """The attributes of `top.Input` that `from_attributes` reads."""
        return {
            "do_preprocess": True,
            "pixel_format": self.pixel_format,
            "channel_format": self.channel_format,
            "resize_dims": [int(d) for d in self.resize_dims],
            "keep_aspect_ratio": self.keep_aspect_ratio,
            "keep_ratio_mode": self.keep_ratio_mode,
            "pad_value": int(self.pad_value),
            "pad_type": self.pad_type,
            "scale": [float(v) for v in self.scale],
            "mean": [float(v) for v in self.mean],
        }

    def image(self, path: Path | str) -> Any:
        """One picture file as float32 [1,c,h,w] (or [1,h,w,c])."""
        return self.pixels(read_picture(path, self.pixel_format))

    def pixels(self, picture: Any) -> Any:
        """One decoded uint8 picture [h,w,c] in `pixel_format` order as float32 [1,c,h,w] (or [1,h,w,c])."""
        import numpy as np

        picture = self._fit(picture)
        values = picture.astype(np.float32)
        if values.ndim == 2:
            values = values[:, :, None]
        values = (values - np.asarray(self.mean, np.float32)) * np.asarray(self.scale, np.float32)
        if self.channel_format == "nchw":
            values = values.transpose(2, 0, 1)
        return np.ascontiguousarray(values[None])

    def batch(self, paths: Sequence[Path | str]) -> Any:
        """Pictures as one network input: one picture fills the whole batch, else there must be one per row of it."""
        import numpy as np

        n = self.shape[0]
        if len(paths) not in (1, n):
            raise UserError(f"{len(paths)} pictures were given for a batch of {n}; give 1 or {n}")
        rows = [self.image(path) for path in paths]
        return np.concatenate(rows * n if len(rows) == 1 else rows, axis=0)

    def _fit(self, picture: Any) -> Any:
        """Resize to `resize_dims` by the chosen rule, then crop the centre to the network's height and width."""
        h, w = self.resize_dims
        if not self.keep_aspect_ratio:
            picture = _resize(picture, h, w)
        elif self.keep_ratio_mode == "letterbox":
            picture = _letterbox(picture, h, w, self.pad_value, self.pad_type)
        else:
            picture = _short_side(picture, h, w)
        net_h, net_w = self.net_dims
        return _centre_crop(picture, net_h, net_w)


def _resize(picture: Any, h: int, w: int) -> Any:
    import cv2
    import numpy as np

    if picture.shape[:2] == (h, w):
        return picture
    if h * w > MOST_PIXELS:
        ih, iw = picture.shape[:2]
        raise UserError(
            f"a picture of {iw:,} x {ih:,} pixels would become one of {w:,} x {h:,}; at most {MOST_PIXELS:,} may be"
        )
    resized = cv2.resize(np.ascontiguousarray(picture), (w, h), interpolation=cv2.INTER_LINEAR)
    return resized.reshape(h, w, picture.shape[2])


def _letterbox(picture: Any, h: int, w: int, pad_value: int, pad_type: str) -> Any:
    """Scale so that the picture just fits inside (h, w) and fill the rest; 'normal' fills below and to the right."""
    import numpy as np

    ih, iw = picture.shape[:2]
    # Whole-number arithmetic: with floats, 640 * (w / 640) can come out just under w and lose a column.
    if w * ih <= h * iw:
        new_h, new_w = max(ih * w // iw, 1), w
    else:
        new_h, new_w = h, max(iw * h // ih, 1)
    canvas = np.full((h, w, picture.shape[2]), pad_value, np.uint8)
    top, left = ((h - new_h) // 2, (w - new_w) // 2) if pad_type == "center" else (0, 0)
    canvas[top : top + new_h, left : left + new_w] = _resize(picture, new_h, new_w)
    return canvas


def _short_side(picture: Any, h: int, w: int) -> Any:
    """Scale so that the picture just covers (h, w), then crop its centre."""
    ih, iw = picture.shape[:2]
    if w * ih >= h * iw:
        new_h, new_w = ih * w // iw, w
    else:
        new_h, new_w = h, iw * h // ih
    return _centre_crop(_resize(picture, new_h, new_w), h, w)


def _centre_crop(picture: Any, h: int, w: int) -> Any:
    ih, iw = picture.shape[:2]
    top, left = (ih - h) // 2, (iw - w) // 2
    return picture[top : top + h, left : left + w]


@dataclass(frozen=True)
class PreprocessFlags:
    """The preprocessing flags as the user gave them; None where not given."""

    resize_dims: tuple[int, ...] | None = None
    keep_aspect_ratio: bool = False
    keep_ratio_mode: str = "letterbox"
    mean: tuple[float, ...] | None = None
    scale: tuple[float, ...] | None = None
    pixel_format: str | None = None
    channel_format: str = "nchw"
    pad_value: int = 0
    pad_type: str = "center"
    preprocess_list: tuple[int, ...] | None = None

    def given(self) -> bool:
        """Whether the user asked for preprocessing by any flag."""
        return any(v is not None for v in (self.resize_dims, self.mean, self.scale, self.pixel_format))


def resolve(flags: PreprocessFlags, inputs: Sequence[tuple[str, Sequence[int]]]) -> dict[str, Preprocess]:
    """What the flags mean for each network input (name, shape); inputs that are no pictures are left out.

    A picture input has four dimensions and as many channels as `pixel_format`. Without a pixel format, three channels
    are bgr and one is gray. `preprocess_list` (1-based) restricts which inputs are pictures.
    """
    if flags.channel_format == "none":
        return {}
    _check(flags)
    chosen: dict[str, Preprocess] = {}
    wanted = flags.preprocess_list
    if wanted is not None and any(i < 1 or i > len(inputs) for i in wanted):
        raise UserError(f"--preprocess_list {','.join(map(str, wanted))}: the network has inputs 1 to {len(inputs)}")
    for index, (name, shape) in enumerate(inputs, start=1):
        if wanted is not None and index not in wanted:
            continue
        settings = _for_input(flags, name, tuple(shape))
        if settings is not None:
            chosen[name] = settings
        elif wanted is not None:
            raise UserError(f"--preprocess_list {index}: input '{name}' of shape {list(shape)} is not a picture")
    if flags.given() and not chosen:
        listed = ", ".join(f"'{name}' {list(shape)}" for name, shape in inputs)
        raise UserError(
            f"preprocessing flags were given, but no input is a {flags.pixel_format or 'bgr or gray'} picture in "
            f"{flags.channel_format} order: {listed}; change --pixel_format or --channel_format, or drop the flags"
        )
    return chosen


def _for_input(flags: PreprocessFlags, name: str, shape: tuple[int, ...]) -> Preprocess | None:
    if len(shape) != 4:
        return None
    channels = shape[3] if flags.channel_format == "nhwc" else shape[1]
    pixel_format = flags.pixel_format or {3: "bgr", 1: "gray"}.get(channels)
    if pixel_format is None or PIXEL_CHANNELS[pixel_format] != channels:
        return None
    net = shape[1:3] if flags.channel_format == "nhwc" else shape[2:4]
    resize = flags.resize_dims or net
    # Source: the vendor's tool never resizes below the network's own size.
    dims = (max(resize[0], net[0]), max(resize[1], net[1]))
    return Preprocess(
        shape=shape,
        resize_dims=dims,
        mean=_per_channel("mean", flags.mean, channels, 0.0, name),
        scale=_per_channel("scale", flags.scale, channels, 1.0, name),
        keep_aspect_ratio=flags.keep_aspect_ratio,
        keep_ratio_mode=flags.keep_ratio_mode,
        pixel_format=pixel_format,
        channel_format=flags.channel_format,
        pad_value=flags.pad_value,
        pad_type=flags.pad_type,
    )


def _per_channel(
    what: str, values: tuple[float, ...] | None, channels: int, default: float, name: str
) -> tuple[float, ...]:
    if values is None:
        return (default,) * channels
    if len(values) == 1 or (channels == 1 and len(set(values)) == 1):
        return (values[0],) * channels
    if len(values) != channels:
        raise UserError(f"--{what} has {len(values)} numbers, but input '{name}' has {channels} channels")
    return tuple(values)


def _check(flags: PreprocessFlags) -> None:
    def one_of(flag: str, value: str | None, known: Sequence[str]) -> None:
        if value is not None and value not in known:
            raise UserError(f"--{flag} '{value}' is unknown; known: {', '.join(known)}")

    if flags.pixel_format in BAYER_FORMATS:
        raise UserError(
            f"--pixel_format {flags.pixel_format} (raw Bayer) is not supported; known: {', '.join(PIXEL_CHANNELS)}"
        )
    one_of("pixel_format", flags.pixel_format, tuple(PIXEL_CHANNELS))
    one_of("channel_format", flags.channel_format, CHANNEL_FORMATS)
    one_of("keep_ratio_mode", flags.keep_ratio_mode, KEEP_RATIO_MODES)
    one_of("pad_type", flags.pad_type, PAD_TYPES)
    if flags.resize_dims is not None and (len(flags.resize_dims) != 2 or min(flags.resize_dims) < 1):
        raise UserError(
            f"--resize_dims {','.join(map(str, flags.resize_dims))} must be two positive numbers: height,width"
        )
    if not 0 <= flags.pad_value <= 255:
        raise UserError(f"--pad_value {flags.pad_value} must be 0 to 255, a pixel value")
