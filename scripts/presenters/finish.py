"""Pores, blotches and clearer strands for a presenter whose renders are as smooth as porcelain.

    python scripts/presenters/finish.py checkpoints/presenters/ava.safetensors

The same detail is laid on the picture and, bent alike, on every crop of its banks, so that it sits still on the skin.
Run it once on a file that `build_identity.py` has made; a file that has been finished is left alone.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from omnitalker.base.types import FloatArray, Frame, Identity, TextureBank
from omnitalker.motion.face import regions
from omnitalker.motion.face.raster import backward_map
from omnitalker.motion.face.surface import picture_triangles
from omnitalker.reference.identity_file import load_identity, save_identity
from omnitalker.rendering.backdrop import over

PORES, BLOTCHES, FLUSH = 0.014, 0.006, 0.6
"""Spread of the fine and the coarse lightness (log), and of redness (a* of CIE Lab)."""
BANDS = ((0.5, 7.0, 0.8), (5.0, 22.0, 0.7))
"""Scales (pixels at 768) between which hair becomes clearer, and by what gain: strands, and locks."""
THUMBNAIL = 384
MOST = 9.0
"""L* of CIE Lab that a strand becomes lighter or darker at most."""


@dataclass(frozen=True)
class Detail:
    """(H, W) log lightness and redness to add."""

    light: FloatArray
    red: FloatArray

    def on(self, picture: Frame) -> Frame:
        lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
        lab[..., 0] *= np.exp(self.light)
        lab[..., 1] += self.red
        back = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
        return np.asarray(np.rint(np.clip(back, 0, 1) * 255), np.uint8)

    def bent(self, where: FloatArray) -> Detail:
        """Seen through a warp (h, w, 2)."""
        return Detail(
            *(cv2.remap(v, where, None, cv2.INTER_LINEAR) for v in (self.light, self.red))
        )


def noise(rng: np.random.Generator, size: int, fine: float, coarse: float) -> FloatArray:
    """(S, S) of spread 1 between two scales, in pixels."""
    white = rng.normal(size=(size, size)).astype(np.float32)
    band = cv2.GaussianBlur(white, (0, 0), fine) - cv2.GaussianBlur(white, (0, 0), coarse)
    return np.asarray(band / band.std(), np.float32)


def skin_detail(identity: Identity) -> Detail:
    size, rng = identity.size, np.random.default_rng(11)
    unit = size / 768
    mask = skin_mask(identity)
    pores = noise(rng, size, 0.7 * unit, 2.2 * unit)
    uneven = 0.6 + 0.4 * np.clip(noise(rng, size, 20 * unit, 60 * unit), -1, 1)
    blotches = noise(rng, size, 5 * unit, 22 * unit)
    red = noise(rng, size, 8 * unit, 40 * unit)
    light = PORES * np.minimum(pores, 1.5) * uneven + BLOTCHES * blotches
    return Detail((mask * light).astype(np.float32), (mask * FLUSH * red).astype(np.float32))


def skin_mask(identity: Identity) -> FloatArray:
    """(S, S) 1 on the face, 0 on eyes, lips and beyond, softly."""
    canvas = np.zeros((identity.size, identity.size), np.uint8)
    marks = np.rint(identity.landmarks).astype(np.int32)
    cv2.fillPoly(canvas, [marks[list(regions.OVAL)]], 255)
    for loop in (regions.LEFT_EYE, regions.RIGHT_EYE, regions.OUTER_LIPS):
        cv2.fillPoly(canvas, [cv2.convexHull(marks[list(loop)])], 0)
    soft = 0.03 * identity.camera.scale
    eroded = cv2.erode(canvas, np.ones((3, 3), np.uint8), iterations=round(soft))
    return cv2.GaussianBlur(eroded.astype(np.float32) / 255, (0, 0), soft)


def with_strands(identity: Identity) -> Frame:
    """Hair, which is everything of the head that is neither face nor below the chin, with clearer strands."""
    picture = identity.picture
    unit = identity.size / 768
    face = np.zeros(picture.shape[:2], np.uint8)
    marks = np.rint(identity.landmarks).astype(np.int32)
    cv2.fillPoly(face, [marks[list(regions.OVAL)]], 255)
    solid = cv2.erode(identity.matte, np.ones((3, 3), np.uint8), iterations=round(3 * unit))
    hair = cv2.GaussianBlur(solid, (0, 0), 2 * unit).astype(np.float32) / 255
    temples = cv2.dilate(face, np.ones((3, 3), np.uint8), iterations=round(16 * unit))
    hair *= 1 - cv2.GaussianBlur(temples, (0, 0), 8 * unit).astype(np.float32) / 255
    rows = np.arange(identity.size, dtype=np.float32)[:, None]
    hair *= np.clip((marks[152, 1] - 0.05 * identity.camera.scale - rows) / (20 * unit), 0, 1)
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    light = lab[..., 0].copy()
    for fine, coarse, gain in BANDS:
        near, far = (_among_hair(light, hair, scale * unit) for scale in (fine, coarse))
        lab[..., 0] += gain * hair * np.clip(near - far, -MOST, MOST)
    lab[..., 0] = np.clip(lab[..., 0], 0, 100)
    back = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
    return np.asarray(np.rint(np.clip(back, 0, 1) * 255), np.uint8)


def _among_hair(light: FloatArray, hair: FloatArray, scale: float) -> FloatArray:
    """Smoothed without regard to what is not hair."""
    total = cv2.GaussianBlur(light * hair, (0, 0), scale)
    return np.asarray(total / np.maximum(cv2.GaussianBlur(hair, (0, 0), scale), 1e-3), np.float32)


def finished(identity: Identity) -> Identity:
    detail = skin_detail(identity)
    own = replace(identity, picture=with_strands(identity))
    return replace(
        own,
        picture=detail.on(own.picture),
        faces=_on_bank(identity.faces, identity, detail),
        mouths=_on_bank(identity.mouths, identity, detail),
        lids=_on_bank(identity.lids, identity, detail),
        metadata={**identity.metadata, "finished": "skin and strands"},
    )


def _on_bank(bank: TextureBank | None, identity: Identity, detail: Detail) -> TextureBank | None:
    if bank is None:
        return None
    height, width = bank.crops.shape[1:3]
    where = np.full((height, width, 2), -1e4, np.float32)
    flat = np.zeros(len(bank.layout), np.float32)
    backward_map(bank.layout, identity.landmarks, picture_triangles(), flat, (height, width), where)
    bent = detail.bent(where)
    return replace(bank, crops=np.stack([bent.on(crop) for crop in bank.crops]))


def save_thumbnail(identity: Identity, path: Path) -> None:
    person = np.dstack([identity.picture, identity.matte])
    person[..., :3] = np.rint(person[..., :3] * (identity.matte[..., None] / 255))
    small = cv2.resize(
        over(person, identity.background), (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA
    )
    cv2.imwrite(str(path.with_suffix(".jpg")), small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("identity", type=Path)
    parser.add_argument("-o", "--out", type=Path, help="the file itself where not given")
    args = parser.parse_args()
    identity = load_identity(args.identity)
    if "finished" in identity.metadata:
        sys.exit(f"{args.identity} is finished already; build it again to change it.")
    better = finished(identity)
    path = save_identity(better, args.out or args.identity)
    save_thumbnail(better, path)
    sys.stdout.write(f"{path}: {path.stat().st_size / 1e6:.2f} MB\n")


if __name__ == "__main__":
    main()
