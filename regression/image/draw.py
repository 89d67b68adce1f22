#!/usr/bin/env python3
"""Draws the two pictures of the tutorials, so that the repository needs no photograph with a licence of its own.

python regression/image/draw.py [-o regression/image]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SIDE = 320


def _meadow(sky: tuple[int, int, int], ground: tuple[int, int, int]) -> Any:
    import numpy as np

    rng = np.random.default_rng(len(sky) + sum(ground))
    picture = np.empty((SIDE, SIDE, 3), np.float32)
    picture[: SIDE // 2], picture[SIDE // 2 :] = sky, ground
    picture += rng.normal(0, 9, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def cat() -> Any:
    """A tabby's head (BGR)."""
    import cv2
    import numpy as np

    p = _meadow((200, 170, 120), (70, 130, 80))
    fur, dark, light = (90, 150, 200), (40, 70, 110), (170, 210, 235)
    for left in (1, -1):
        ear = np.array([(160 - left * 95, 60), (160 - left * 88, 150), (160 - left * 25, 105)])
        cv2.fillPoly(p, [ear], fur)
        cv2.fillPoly(p, [((ear * 3 + ear.mean(axis=0) * 2) / 5).astype(np.int64)], (130, 140, 220))
    cv2.ellipse(p, (160, 185), (105, 92), 0, 0, 360, fur, -1)
    for x in (-40, -20, 0, 20, 40):
        cv2.line(p, (160 + x, 100 + abs(x) // 4), (160 + x * 2 // 3, 138), dark, 7)
    for left in (1, -1):
        cv2.ellipse(p, (160 - left * 45, 170), (24, 20), 0, 0, 360, (90, 220, 190), -1)
        cv2.ellipse(p, (160 - left * 45, 170), (7, 19), 0, 0, 360, (10, 20, 10), -1)
        cv2.circle(p, (160 - left * 41, 162), 4, (250, 250, 250), -1)
        cv2.ellipse(p, (160 - left * 24, 222), (30, 24), 0, 0, 360, light, -1)
        for y in (210, 222, 234):
            cv2.line(p, (160 - left * 40, y), (160 - left * 125, y + (y - 222)), (245, 245, 245), 2, cv2.LINE_AA)
    cv2.fillPoly(p, [np.array([(146, 200), (174, 200), (160, 216)])], (120, 110, 200))
    return cv2.GaussianBlur(p, (0, 0), 1.2)


def bird() -> Any:
    """A robin on the grass (BGR)."""
    import cv2
    import numpy as np

    p = _meadow((220, 190, 160), (60, 110, 90))
    cv2.ellipse(p, (150, 190), (85, 62), -15, 0, 360, (80, 110, 140), -1)
    cv2.ellipse(p, (185, 200), (48, 46), 0, 0, 360, (40, 90, 215), -1)
    cv2.circle(p, (215, 125), 44, (80, 110, 140), -1)
    cv2.fillPoly(p, [np.array([(255, 118), (292, 132), (254, 138)])], (50, 160, 220))
    cv2.fillPoly(p, [np.array([(75, 200), (10, 165), (20, 225)])], (60, 85, 110))
    cv2.circle(p, (226, 116), 8, (20, 20, 20), -1)
    cv2.circle(p, (229, 113), 2, (250, 250, 250), -1)
    for x in (140, 165):
        cv2.line(p, (x, 248), (x - 4, 292), (60, 100, 160), 5)
    return cv2.GaussianBlur(p, (0, 0), 1.2)


def main(argv: Sequence[str] | None = None) -> int:
    import cv2

    parser = argparse.ArgumentParser(description="Draw the tutorials' pictures.")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).resolve().parent)
    folder: Path = parser.parse_args(argv).output
    for name, picture in (("cat", cat()), ("bird", bird())):
        cv2.imwrite(str(folder / f"{name}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 88])
    return 0


if __name__ == "__main__":
    sys.exit(main())
