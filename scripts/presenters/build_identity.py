"""Make the shipped identity file of a presenter from its stills.

    python scripts/presenters/build_identity.py --stills stills/ava --name ava

Runs in the project's own environment (not Blender's). Because the person was rendered, nothing is
guessed: face points follow from the identity modes, the camera is known, the matte is exact.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from omnitalker.base.types import Camera, FloatArray, Frame, Identity
from omnitalker.motion.face import regions as face_regions
from omnitalker.motion.face.model import FaceModel, rotation
from omnitalker.motion.names import (
    BLENDSHAPES,
    GAZE_SLICE,
    INDEX,
    MOTION_DIM,
    POSE_SLICE,
)
from omnitalker.reference.identity import build_identity_from_stills
from omnitalker.reference.identity_file import save_identity

EYEBALL_CM = 1.2
TURNING_POINT = np.array([0.0, -1.5, -0.5])
"""Origin of head space in the head model's centimetres: as in `scripts/build_face_model.py`."""
FACE_DEPTH = 10.0
"""Centimetres in front of the model's origin where lips and lids are."""
LIDS = {
    "left": (face_regions.LEFT_LID_UPPER, face_regions.LEFT_LID_LOWER),
    "right": (face_regions.RIGHT_LID_UPPER, face_regions.RIGHT_LID_LOWER),
}
CORNERS_CM = (0.30, 0.15)
"""How far inside the inner and the outer corner of the lids the white of the eye ends."""
IRIS_GROWTH = 1.06
"""The dark ring of the rendered iris reaches beyond the points' radius."""
CHECKPOINTS = Path(__file__).resolve().parents[2] / "checkpoints" / "presenters"
THUMBNAIL = 384

Pixels = npt.NDArray[np.uint8]


def read(path: Path) -> Frame:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        sys.exit(f"{path} is missing or unreadable; render it first (see the README beside this).")
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def camera_of(known: dict, unit: float) -> Camera:
    """The render camera in head-space units.

    Our cameras look straight at the turning point, Blender's looks past it: they agree exactly at the
    depth of lips and lids, and within a pixel elsewhere.
    """
    place = np.array(known["camera_cm"])
    focal = known["pixels_at_unit_distance"]
    distance = place[2] - TURNING_POINT[2]
    offset = (TURNING_POINT - place)[:2] * focal / (place[2] - FACE_DEPTH)
    half = known["size"] / 2 - 0.5
    return Camera(
        scale=float(focal / distance * unit),
        centre_x=float(half + offset[0]),
        centre_y=float(half - offset[1]),
        distance=float(distance / unit),
    )


def motion_of(entry: dict, pivot: FloatArray, unit: float) -> FloatArray:
    """The 61 numbers of one still."""
    motion = np.zeros(MOTION_DIM, np.float32)
    for name, strength in entry["coefficients"].items():
        motion[INDEX[name]] = strength
    turn = np.array(entry["turn_radians"], np.float32)
    arm = pivot - TURNING_POINT
    motion[POSE_SLICE] = np.concatenate([turn, (arm - rotation(turn) @ arm) / unit])
    motion[GAZE_SLICE] = entry["gaze_radians"]
    return motion


def neutral_of(known: dict, model: FaceModel) -> FloatArray:
    """(478, 3) the person's face at rest, with what was baked into it."""
    face = model.shape(np.array(known["identity_modes"], np.float32))
    for name, strength in known["baked_expression"].items():
        ours = name.replace("_L", "Left").replace("_R", "Right")
        face = face + strength * model.expressions[BLENDSHAPES.index(ours)]
    return np.asarray(face, np.float32)


def with_eyes(neutral: FloatArray, edges: dict[str, list], unit: float) -> FloatArray:
    """The face with lids on the edges of the visible opening, and irises as large as they were rendered."""
    own = neutral.copy()
    for side, sign in (("left", 1.0), ("right", -1.0)):
        loops = LIDS[side]
        inner, outer = sorted((loops[0][0], loops[0][-1]), key=lambda point: abs(own[point, 0]))
        before = own[[inner, outer], 0].copy()
        own[inner, 0] += sign * CORNERS_CM[0] / unit
        own[outer, 0] -= sign * CORNERS_CM[1] / unit
        meet = (np.array(edges[f"{side}_lower"][0]) - TURNING_POINT) / unit
        own[inner, 1:] = meet[1:]
        for lid, loop in zip(("upper", "lower"), loops, strict=True):
            edge = (np.array(edges[f"{side}_{lid}"]) - TURNING_POINT) / unit
            edge = np.vstack([own[inner], edge, own[outer]])
            edge = edge[np.argsort(edge[:, 0])]
            points = list(loop[1:-1])
            share = (own[points, 0] - before[0]) / (before[1] - before[0])
            own[points, 0] = own[inner, 0] + share * (own[outer, 0] - own[inner, 0])
            for axis in (1, 2):
                own[points, axis] = np.interp(own[points, 0], edge[:, 0], edge[:, axis])
    for iris in (face_regions.LEFT_IRIS, face_regions.RIGHT_IRIS):
        ring = list(iris[1:])
        own[ring, :2] = own[iris[0], :2] + IRIS_GROWTH * (own[ring, :2] - own[iris[0], :2])
    return own


def cut(picture: Pixels, identity: Identity) -> Pixels:
    """The part of a full still that the identity shows, resized like it."""
    framing, size = identity.framing, identity.size
    factor = size / framing.side
    affine = np.array(
        [
            [factor, 0, (0.5 - framing.left) * factor - 0.5],
            [0, factor, (0.5 - framing.top) * factor - 0.5],
        ]
    )
    return cv2.warpAffine(
        picture, affine, (size, size), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )


def own_colours(picture: Frame, matte: Pixels, plate: Frame) -> Frame:
    """The person's colours without the background that shines through hair, continued outwards."""
    alpha = matte[..., None].astype(np.float32) / 255
    own = (picture - plate * (1 - alpha)) / np.maximum(alpha, 0.05)
    sure = np.clip((alpha - 0.4) / 0.4, 0, 1)
    spread, weight = own * sure, sure[..., 0]
    filled = own
    for blur in (24.0, 6.0, 2.0):
        share = cv2.GaussianBlur(weight, (0, 0), blur)[..., None]
        around = cv2.GaussianBlur(spread, (0, 0), blur) / np.maximum(share, 1e-4)
        trust = np.clip(share / 0.02, 0, 1)
        filled = around if blur > 20 else around * trust + filled * (1 - trust)
    return np.clip(own * sure + filled * (1 - sure) + 0.5, 0, 255).astype(np.uint8)


def build(folder: Path, name: str, size: int) -> Identity:
    """Everything in the folder as an identity with exact matte and background."""
    known = json.loads((folder / "stills.json").read_text())
    model = FaceModel.load()
    unit = EYEBALL_CM / model.eyeball_radius
    camera = camera_of(known, unit)
    neutral = with_eyes(neutral_of(known, model), known["lid_edges_cm"], unit)
    names = [still for still in known["stills"] if (folder / f"{still}.png").exists()]
    frames = [read(folder / f"{still}.png") for still in names]
    pivot = np.array(known["pivot_cm"])
    motion = np.stack([motion_of(known["stills"][still], pivot, unit) for still in names])
    face = model.pose(model.deform(neutral, motion), motion)
    landmarks = camera.project(face).astype(np.float32)
    identity = build_identity_from_stills(
        frames, motion, landmarks, neutral, camera, name=name, size=size
    )
    grainy = cv2.imread(str(folder / "neutral_matte.png"), cv2.IMREAD_GRAYSCALE)
    matte = cv2.bilateralFilter(cv2.GaussianBlur(grainy, (0, 0), 0.8), 5, 90, 2)
    plate = read(folder / "background.png")
    own = own_colours(read(folder / "neutral.png"), matte, plate)
    return replace(
        identity,
        picture=cut(own, identity),
        matte=cut(matte, identity),
        background=cut(plate, identity),
        original=None,
        metadata={"source": "rendered by scripts/presenters; a person who does not exist"},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stills", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--size", type=int, default=768)
    parser.add_argument("-o", "--out", type=Path, default=CHECKPOINTS)
    args = parser.parse_args()
    identity = build(args.stills, args.name, args.size)
    path = save_identity(identity, args.out / f"{args.name}.safetensors")
    whole = cut(read(args.stills / "neutral.png"), identity)
    small = cv2.resize(whole, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    thumbnail = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(path.with_suffix(".jpg")), thumbnail, [cv2.IMWRITE_JPEG_QUALITY, 88])
    mouths = 0 if identity.mouths is None else len(identity.mouths.crops)
    sys.stdout.write(f"{path}: {path.stat().st_size / 1e6:.2f} MB, {mouths} mouths\n")


if __name__ == "__main__":
    main()
