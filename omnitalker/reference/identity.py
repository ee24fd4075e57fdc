"""How a person looks, made from a clip, from stills with known expressions, or from one portrait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from omnitalker.base.errors import InputError
from omnitalker.base.types import (
    Camera,
    FloatArray,
    Frame,
    Framing,
    Identity,
    ReferenceClip,
    TrackedFace,
)
from omnitalker.motion.face import regions as face_regions
from omnitalker.motion.face.head_box import HeadBox, head_box
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.face.surface import neutral_through
from omnitalker.motion.names import BLENDSHAPES, EXPRESSION_SLICE, INDEX, POSE_SLICE
from omnitalker.reference.bank import (
    face_bank,
    lid_bank,
    look_bank,
    mouth_bank,
    painted_lid_bank,
)
from omnitalker.reference.covered import mouths_shown
from omnitalker.reference.matting import (
    clean_plate,
    foreground,
    person_mattes,
    trusted_matte,
)
from omnitalker.reference.observed import Observed, refuse_stretched, without_border
from omnitalker.reference.tracker import FaceTracker

HEAD_AND_SHOULDERS = 4.2
"""Side of the square crop, in eye distances, where the frame is large enough."""
ABOVE = 0.46
"""Share of the crop above the middle of the head."""
AIR = 0.08
"""Least that is seen above and beside the hair, in heights and widths of the head."""
BELOW_CHIN = 0.3
"""Least that is seen below the chin, in heights of the head."""
SHARP_ENOUGH = 768
"""A square larger than this is not made larger than it was in its frame."""
GLANCE_SIDE = 512
"""Pixels of the longer side of the frame that the hair is looked for in."""
SMALLEST_FACE = 36.0
"""Eye distance in pixels below which a face is too small to be animated."""
CLOSED = 0.7
"""Blinks of both eyes above this strength leave too little of them to be seen."""
BLINKS = [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]
PLATE_FRAMES = 24
"""Frames of a clip that the background is looked for in."""


def build_identity(
    clip: ReferenceClip, tracked: TrackedFace | None = None, size: int = 512
) -> Identity:
    """An identity from a clip or portrait. Pictures are size x size.

    tracked: the face of the clip, where the caller has tracked it already (`FaceTracker.track`).
    """
    if tracked is None:
        tracked = FaceTracker().track(clip.frames, clip.name)
    if not tracked.found.any():
        raise InputError(
            f"No face was found in '{clip.name}'. Use a picture or clip that shows one face from the front."
        )
    scene = np.flatnonzero(_longest_scene(tracked) & tracked.found)
    bare = mouths_shown([clip.frames[index] for index in scene], tracked.landmarks[scene])
    scene = scene[bare] if bare.any() else scene
    observed = Observed(
        frames=[clip.frames[index] for index in scene],
        landmarks=tracked.landmarks[scene][..., :2],
        motion=tracked.motion.values[scene],
        neutral=tracked.neutral,
        camera=tracked.camera,
    )
    return identity_from(observed, size, clip.name)


def _longest_scene(tracked: TrackedFace) -> npt.NDArray[np.bool_]:
    """(F,) True between the two cuts that are farthest apart."""
    count = len(tracked.found)
    borders = [0, *tracked.cuts, count]
    spans = list(pairwise(borders))
    start, end = max(spans, key=lambda span: span[1] - span[0])
    inside = (np.arange(count) >= start) & (np.arange(count) < end)
    return inside if tracked.found[inside].any() else np.ones(count, bool)


def build_identity_from_stills(
    frames: Sequence[Frame],
    motion: FloatArray,
    landmarks: FloatArray,
    neutral: FloatArray,
    camera: Camera,
    *,
    name: str,
    size: int = 768,
) -> Identity:
    """An identity from pictures of one person with known coefficients, taken by one camera.

    motion: (F, 61); landmarks: (F, 478, 2) pixels; neutral: (478, 3) head space; camera: of the frames.
    What is known exactly (a rendered person) is used as it is; landmarks may also come from a tracker.
    """
    return identity_from(Observed(frames, landmarks, motion, neutral, camera, True), size, name)


def identity_from(observed: Observed, size: int, name: str) -> Identity:
    """The common way: choose the calmest picture, crop, cut out, fill the background, collect mouths."""
    if observed.camera.scale < SMALLEST_FACE:
        width = observed.frames[0].shape[1] * SMALLEST_FACE / observed.camera.scale
        raise InputError(
            f"The face in '{name}' is too small: {observed.camera.scale:.0f} pixels between the outer "
            f"eye corners, at least {SMALLEST_FACE:.0f} are needed. Use the picture at {width:.0f} pixels wide or "
            "more, or one taken from nearer."
        )
    observed = without_border(observed)
    if not observed.exact:
        refuse_stretched(observed.neutral, name)
    best = calmest(observed.motion)
    if observed.motion[best, BLINKS].min() > CLOSED:
        raise InputError(
            f"The eyes in '{name}' are closed all the time, so nothing is known about how they look open. Use a "
            "picture or clip in which they are open."
        )
    framing = frame_head(observed, best, _head_in(observed, best))
    size = min(size, max(SHARP_ENOUGH, round(framing.side / 2) * 2))
    crop = _Crop(framing, size)
    chosen = _spread(len(observed.frames), best, PLATE_FRAMES)
    pictures = [crop.picture(observed.frames[index]) for index in chosen]
    landmarks = crop.points(observed.landmarks[best])
    mattes = person_mattes(pictures)
    mattes[0] = trusted_matte(mattes[0], landmarks[list(face_regions.OVAL)])
    plate = clean_plate(pictures, mattes)
    camera = crop.camera(observed.camera)
    motion = observed.motion[best].astype(np.float32)
    if len(observed.frames) == 1:
        camera, motion = at_home(camera, motion)
    neutral = observed.neutral
    if len(observed.frames) == 1:
        neutral = neutral_through(landmarks, motion, neutral, camera)
    identity = Identity(
        name=name,
        picture=foreground(pictures[0], mattes[0], plate),
        matte=mattes[0],
        background=plate,
        neutral=neutral,
        coefficients=motion,
        landmarks=landmarks,
        camera=camera,
        framing=framing,
        original=observed.frames[best],
    )
    if len(observed.frames) < 2:
        return replace(identity, lids=painted_lid_bank(identity))
    own = crop.observed(observed)
    sight = own.frames, own.landmarks, own.motion
    return replace(
        identity,
        faces=face_bank(identity, *sight),
        mouths=mouth_bank(identity, *sight),
        lids=(look_bank if observed.exact else lid_bank)(identity, *sight),
    )


def at_home(camera: Camera, motion: FloatArray) -> tuple[Camera, FloatArray]:
    """A portrait's head is where it belongs: the camera that sees it so with no translation."""
    place = motion[POSE_SLICE][3:]
    nearer = camera.distance / (camera.distance - place[2])
    x, y = camera.project(place[None, :])[0]
    rested = motion.copy()
    rested[POSE_SLICE][3:] = 0
    return Camera(camera.scale * float(nearer), float(x), float(y), camera.distance), rested


def calmest(motion: FloatArray) -> int:
    """The frame nearest to a neutral, frontal face with open eyes and closed lips."""
    weights = np.ones(len(BLENDSHAPES), np.float32)
    for name, weight in (("jawOpen", 4.0), ("eyeBlinkLeft", 3.0), ("eyeBlinkRight", 3.0)):
        weights[INDEX[name]] = weight
    effort = (motion[:, EXPRESSION_SLICE] ** 2 * weights).sum(axis=1)
    turned = (motion[:, POSE_SLICE][:, :3] ** 2).sum(axis=1)
    return int(np.argmin(effort + 6.0 * turned))


def _head_in(observed: Observed, best: int) -> HeadBox:
    """The head with its hair in a whole frame."""
    frame, landmarks = observed.frames[best], observed.landmarks[best]
    shrink = min(1.0, GLANCE_SIDE / max(frame.shape[:2]))
    small = cv2.resize(frame, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    seen = (landmarks + 0.5) * shrink - 0.5
    matte = trusted_matte(person_mattes([small])[0], seen[list(face_regions.OVAL)])
    return head_box(matte, seen).placed(1 / shrink, 0.0, 0.0)


def frame_head(observed: Observed, best: int, head: HeadBox | None = None) -> Framing:
    """A square of whole pixels around head and shoulders, inside the frame and never tighter than the head."""
    height, width = observed.frames[best].shape[:2]
    camera = observed.camera
    model = FaceModel.load()
    middle = model.pose(np.zeros((1, 3), np.float32), observed.motion[best])
    x, y = camera.project(middle)[0]
    side = HEAD_AND_SHOULDERS * camera.scale
    if head is not None:
        side = max(side, (1 + AIR + BELOW_CHIN) * head.height, (1 + 2 * AIR) * head.width)
    side = min(height, width, round(side))
    left, top = x - side / 2, y - ABOVE * side
    if head is not None:
        top = min(top, head.top - AIR * head.height)
        left = min(left, head.left - AIR * head.width)
        left = max(left, head.right + AIR * head.width - side)
    return Framing(
        left=float(np.clip(round(left), 0, width - side)),
        top=float(np.clip(round(top), 0, height - side)),
        side=float(side),
        width=width,
        height=height,
    )


def _spread(count: int, first: int, most: int) -> list[int]:
    """`first`, then others spread evenly over the clip."""
    others = np.unique(np.linspace(0, count - 1, min(most, count)).astype(int))
    return [first, *(int(index) for index in others if index != first)]


class _Crop:
    """From original frames to square pictures of the identity."""

    def __init__(self, framing: Framing, size: int) -> None:
        self._framing, self._size = framing, size
        self._factor = size / framing.side
        self._offset = np.array([framing.left, framing.top], np.float32)

    def picture(self, frame: Frame) -> Frame:
        f, k = self._offset, self._factor
        affine = np.array([[k, 0, (0.5 - f[0]) * k - 0.5], [0, k, (0.5 - f[1]) * k - 0.5]])
        if k < 0.75:
            left, top, side = (round(v) for v in (f[0], f[1], self._framing.side))
            cut = frame[top : top + side, left : left + side]
            return cv2.resize(cut, (self._size, self._size), interpolation=cv2.INTER_AREA)
        return cv2.warpAffine(
            frame,
            affine,
            (self._size, self._size),
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )

    def points(self, points: FloatArray) -> FloatArray:
        return ((points + 0.5 - self._offset) * self._factor - 0.5).astype(np.float32)

    def camera(self, camera: Camera) -> Camera:
        x, y = self.points(np.array([camera.centre_x, camera.centre_y], np.float32))
        return Camera(camera.scale * self._factor, float(x), float(y), camera.distance)

    def observed(self, observed: Observed) -> Observed:
        return Observed(
            frames=[self.picture(frame) for frame in observed.frames],
            landmarks=self.points(observed.landmarks),
            motion=observed.motion,
            neutral=observed.neutral,
            camera=self.camera(observed.camera),
            exact=observed.exact,
        )
