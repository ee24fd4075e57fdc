"""A sheet of one identity speaking, blinking, looking and turning, drawn by the warp renderer.

python scripts/presenters/contact_sheet.py checkpoints/presenters/ava.safetensors -o ava.jpg
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from stills import EYES, MOUTHS, both

from omnitalker.base.types import FloatArray
from omnitalker.motion.names import INDEX, MOTION_DIM
from omnitalker.reference.identity_file import load_identity
from omnitalker.rendering.warp import WarpRenderer

COLUMNS = 6
GLANCE = {"gazeLeftYaw": 0.28, "gazeRightYaw": 0.28}


def poses() -> dict[str, dict[str, float]]:
    """Caption -> coefficients."""
    mouth = {still.name.removeprefix("mouth_"): still.weights for still in MOUTHS}
    eyes = {still.name.removeprefix("eyes_"): still.weights for still in EYES}
    back = {name: -yaw for name, yaw in GLANCE.items()}
    shown = {"rest": {}, "a": mouth["a_mid"]}
    shown |= {vowel: mouth[vowel] for vowel in ("e", "i", "o", "u", "m", "f", "th", "s")}
    shown |= {"smile": mouth["smile_teeth"], "blink": both(eyeBlink=1.0)}
    shown |= {"look left": eyes["left"] | GLANCE, "look right": eyes["right"] | back}
    shown |= {"turn left": {"headRotY": 0.3}, "turn right": {"headRotY": -0.3}}
    return shown | {"up": {"headRotX": -0.17}, "down": {"headRotX": 0.17}}


def vector(coefficients: dict[str, float]) -> FloatArray:
    motion = np.zeros(MOTION_DIM, np.float32)
    for name, value in coefficients.items():
        motion[INDEX[name]] = value
    return motion


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("identity", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--size", type=int, default=512, help="at which frames are rendered")
    parser.add_argument("--tile", type=int, default=256)
    args = parser.parse_args()
    renderer = WarpRenderer(load_identity(args.identity), args.size)
    tiles = []
    for caption, coefficients in poses().items():
        frame = renderer.frame(vector(coefficients))
        tile = cv2.resize(frame, (args.tile, args.tile), interpolation=cv2.INTER_AREA)
        cv2.putText(tile, caption, (8, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, 16)
        tiles.append(tile)
    rows = [np.hstack(tiles[k : k + COLUMNS]) for k in range(0, len(tiles), COLUMNS)]
    sheet = cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(args.out), sheet, [cv2.IMWRITE_JPEG_QUALITY, 82])


if __name__ == "__main__":
    main()
