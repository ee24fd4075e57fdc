"""Compute `omnitalker/data/folds.safetensors`: how expressions change the light on a face.

    python scripts/build_folds.py ../shared/data/face3d/ict_face.npz

Every expression of the ICT FaceKit morphable head (MIT) turns the skin a little; skin that turns towards the light
brightens and skin that turns away darkens. Here that change is looked at from the front, laid out where the skin is
at rest, so that a picture of any face can be shaded with it. Creases that are finer than the head's mesh (between
the brows, across the forehead, beside the nose and the eyes) are drawn along points of the face.
"""

from __future__ import annotations

import argparse
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from build_face_model import EYEBALL_CM, TURNING_POINT, load_head
from safetensors.numpy import save_file

from omnitalker.base.assets import data_path
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.face.raster import backward_map
from omnitalker.rendering.skin_folds import CREASES, FOLDING, SPAN, map_pixels

SIDE = 160
"""Pixels of a map along each side."""
LIGHT = np.array([0.0, 0.62, 0.78])
"""From above the camera, as faces are usually lit."""
AMBIENT = 0.35
SMOOTH = 1.5
"""Pixels over which the mesh's facets are smoothed."""
MOST = 0.6
SHINE = 0.55
"""What is left of brightening: skin is lit softer than the head's plain reflection, bright spots look like scars."""


def normals(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    faces = np.cross(b - a, c - a)
    total = np.zeros_like(points)
    for k in range(3):
        np.add.at(total, triangles[:, k], faces)
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)


def geometry(path: Path) -> dict[str, np.ndarray]:
    """Shape -> (SIDE, SIDE) log of the change of light at full strength."""
    head = load_head(path)
    skin = head.triangles[head.material == "M_Face"]
    unit = EYEBALL_CM / FaceModel.load().eyeball_radius
    place = map_pixels(((head.vertices - TURNING_POINT) / unit)[:, :2], SIDE)
    rest = _lit(normals(head.vertices, skin))
    nothing = np.full((SIDE, SIDE, 2), np.nan, np.float32)
    maps = {}
    for name in FOLDING:
        moved = head.vertices + _shape(head.expressions, name)
        change = np.log(_lit(normals(moved, skin)) / rest)
        values = np.stack([change, np.zeros_like(change)], axis=1).astype(np.float32)
        depth = head.vertices[:, 2].astype(np.float32)
        seen = backward_map(
            place.astype(np.float32),
            values,
            skin[:, ::-1].copy(),
            depth,
            (SIDE, SIDE),
            nothing.copy(),
        )[..., 0]
        maps[name] = cv2.GaussianBlur(np.nan_to_num(seen), (0, 0), SMOOTH)
    return maps


def _shape(expressions: dict[str, np.ndarray], name: str) -> np.ndarray:
    """Our names say Left and Right, the head's _L and _R; browInnerUp and cheekPuff are both of its sides."""
    if name in expressions:
        return expressions[name]
    if f"{name}_L" in expressions:
        return expressions[f"{name}_L"] + expressions[f"{name}_R"]
    return expressions[name.replace("Left", "_L").replace("Right", "_R")]


def _lit(normal: np.ndarray) -> np.ndarray:
    return AMBIENT + (1 - AMBIENT) * np.maximum(normal @ LIGHT / np.linalg.norm(LIGHT), 0.02)


def creases() -> dict[str, np.ndarray]:
    """Shape -> (SIDE, SIDE): a dark line with a brighter lip below it, thin at its ends."""
    points = map_pixels(FaceModel.load().neutral[:, :2], SIDE)
    maps: dict[str, np.ndarray] = {}
    for crease in CREASES:
        total = np.zeros((SIDE, SIDE), np.float32)
        for line in crease.lines:
            path = np.array([sum(w * points[k] for k, w in knot.items()) for knot in line])
            total += _drawn(path, crease.depth, crease.width * SIDE / SPAN)
        for shape in crease.shapes:
            maps[shape] = maps.get(shape, 0) + total
    return maps


def _drawn(path: np.ndarray, depth: float, width: float) -> np.ndarray:
    """path: (P, 2) pixels; width: sigma in pixels."""
    fine = 4
    steps = np.linspace(0, len(path) - 1, 60)
    curve = np.stack(
        [np.interp(steps, np.arange(len(path)), path[:, axis]) for axis in (0, 1)], axis=1
    )
    curve = cv2.GaussianBlur(
        curve.astype(np.float32), (1, 13), 3.0, borderType=cv2.BORDER_REPLICATE
    )
    canvas = np.zeros((SIDE * fine, SIDE * fine), np.float32)
    strength = np.sin(np.pi * np.linspace(0.04, 0.96, len(curve))) ** 0.7
    for (start, end), value in zip(pairwise(curve), strength, strict=False):
        ends = [tuple(int(v) for v in np.rint((p + 0.5) * fine * 16)) for p in (start, end)]
        layer = np.zeros_like(canvas)
        cv2.line(layer, ends[0], ends[1], float(value), max(1, round(width * fine)), cv2.LINE_8, 4)
        canvas = np.maximum(canvas, layer)
    line = cv2.GaussianBlur(canvas, (0, 0), width * fine * 0.8)
    wide = cv2.GaussianBlur(canvas, (0, 0), width * fine * 2.2)
    line, wide = (v / max(float(v.max()), 1e-6) for v in (line, wide))
    mixed = -depth * line + 0.45 * depth * (wide - line * wide)
    return cv2.resize(mixed, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("head", type=Path, help="ict_face.npz")
    parser.add_argument("-o", "--out", type=Path, default=data_path("folds.safetensors"))
    args = parser.parse_args()
    broad, fine = geometry(args.head), creases()
    stack = np.stack([broad[name] + fine.get(name, 0) for name in FOLDING])
    stack = np.clip(np.where(stack > 0, SHINE * stack, stack), -MOST, MOST)
    sheet = np.rint(stack * (127 / MOST) + 128).astype(np.uint8).reshape(-1, SIDE)
    packed = cv2.imencode(".png", sheet, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].ravel()
    save_file(
        {"maps.png": packed}, args.out, metadata={"most": str(MOST), "shapes": ",".join(FOLDING)}
    )
    print(f"{args.out}: {args.out.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
