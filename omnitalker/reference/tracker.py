"""`FaceTracker`: the frames of a clip in, a `TrackedFace` out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import Camera, FloatArray, Frame, MotionTrack, TrackedFace
from omnitalker.motion.face.model import FaceModel
from omnitalker.motion.names import INDEX
from omnitalker.reference.covered import mouths_shown
from omnitalker.reference.fit.clip import FittedFace, fit_clip, fit_known
from omnitalker.reference.landmarks import (
    can_locate,
    face_scores,
    locate_faces,
    named_task,
    open_finder,
)
from omnitalker.reference.sequence import BoolArray, bridge, longest_gap, scene_cuts, smooth

MIN_EYE_DISTANCE = 24.0
"""Pixels between the outer eye corners below which landmarks are guesses."""
GOOD_EYE_DISTANCE = 48.0
WORK_SIDE = 960
"""Longest side of the pictures that faces are searched in."""
FAR = 0.3
"""Faces smaller than this part of the picture are searched in a window around them."""
STEEPEST_TILT = 45.0
"""Degrees beyond which a picture is taken to lie on its side."""
UPRIGHT_SIDE = 512
"""Longest side of the picture that is searched for a face standing on its head."""
SURER = 0.06
"""By how much more certain a detector is of an upright face than of the same one upside down, at least."""
COVERED = 0.08
"""Share of the frames from which on a hidden mouth is worth a word."""
MOST_FACES = 4
"""How many faces of a picture the landmark finder looks at."""
_PROBES = 5
_OUTER_EYES = [33, 263]


class FaceTracker:
    """Follows one face through a clip and explains it in the renderer's own basis.

    `task`: a FaceLandmarker model file for MediaPipe Tasks; without it the one that the environment names
    (`landmarks.TASK_VARIABLE`), or else the models inside mediapipe.
    """

    def __init__(self, task: str | Path | None = None) -> None:
        self._task = Path(task) if task is not None else named_task()
        self._model = FaceModel.load()

    def track(
        self,
        frames: Sequence[Frame],
        name: str = "the clip",
        known: tuple[FloatArray, Camera] | None = None,
    ) -> TrackedFace:
        """Frames (H, W, 3) RGB at 25/s, all of one size; a portrait is one frame.

        `known`: the person's neutral face and the camera, where both are known from elsewhere.

        Raises `InputError` where there is no usable face; what is usable but not good becomes a warning.
        """
        if not len(frames):
            raise InputError(f"{name} has no pictures; a clip or a portrait with a face is needed.")
        height, width = frames[0].shape[:2]
        cuts = scene_cuts(frames)
        region, several = _region(frames)
        raw, found, seen_at_once = self._landmarks(frames, region, several, cuts)
        several = max(several or 1, seen_at_once)
        if not found.any():
            raise InputError(_no_face(name, len(frames), width, height))
        eye_distance = _eye_distance(raw[found])
        if eye_distance < MIN_EYE_DISTANCE:
            raise InputError(_too_small(name, eye_distance, width))
        bridged = bridge(raw, found, cuts)
        steady = smooth(bridged, cuts) if len(frames) > 4 else bridged
        if known is None:
            fit = fit_clip(steady, found, cuts, self._model)
        else:
            fit = fit_known(steady, cuts, *known, self._model)
        _refuse_profile(name, fit.values[found])
        _refuse_lying(name, fit.values[found])
        seen = np.flatnonzero(found)
        _refuse_upside_down(name, frames[seen[len(seen) // 2]])
        return TrackedFace(
            landmarks=steady,
            found=found,
            motion=MotionTrack(fit.values),
            neutral=fit.neutral,
            camera=fit.camera,
            size=(width, height),
            cuts=cuts,
            warnings=(
                *_warnings(fit, found, cuts, several, eye_distance),
                *_covered([frames[index] for index in seen], steady[seen]),
            ),
        )

    def _landmarks(
        self,
        frames: Sequence[Frame],
        region: tuple[int, int, int, int],
        several: int | None,
        cuts: tuple[int, ...],
    ) -> tuple[FloatArray, BoolArray, int]:
        """(F, 478, 3) pixels of the whole picture, (F,) where the face was seen, and the most faces in a frame."""
        left, top, right, bottom = region
        shrink = min(1.0, WORK_SIDE / max(right - left, bottom - top))
        raw = np.zeros((len(frames), 478, 3), np.float32)
        found = np.zeros(len(frames), bool)
        last: FloatArray | None = None
        most = 1
        wanted = MOST_FACES if several is None else min(several, MOST_FACES)
        with open_finder(self._task, wanted, still=len(frames) == 1) as finder:
            for index, frame in enumerate(frames):
                if index in cuts:
                    finder.restart()
                    last = None
                view = _shrunk(frame[top:bottom, left:right], shrink)
                faces = finder.find(view)
                most = max(most, len(faces))
                face = _choose(faces, last)
                if face is not None:
                    last = face
                    raw[index] = face / np.float32(shrink)
                    found[index] = True
        raw[found, :, :2] += np.array([left, top], np.float32)
        return raw, found & _plausible(raw, found), most


def _shrunk(frame: Frame, factor: float) -> Frame:
    if factor >= 1:
        return frame
    small = cv2.resize(frame, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _region(frames: Sequence[Frame]) -> tuple[tuple[int, int, int, int], int | None]:
    """Where to look (left, top, right, bottom), and how many faces a frame has at most (None: not known)."""
    height, width = frames[0].shape[:2]
    if not can_locate():
        return (0, 0, width, height), None
    probes = [frames[i] for i in np.unique(np.linspace(0, len(frames) - 1, _PROBES).astype(int))]
    shrink = min(1.0, WORK_SIDE / max(height, width))
    boxes = [
        found / np.float32(shrink) for found in locate_faces([_shrunk(p, shrink) for p in probes])
    ]
    several = max((len(found) for found in boxes), default=1)
    largest = np.array([found[0] for found in boxes if len(found)])
    if not len(largest) or np.median(largest[:, 3]) > FAR * height:
        return (0, 0, width, height), max(several, 1)
    side = 1.2 * largest[:, 2:].max()
    low = (largest[:, :2] - side).min(0)
    high = (largest[:, :2] + largest[:, 2:] + side).max(0)
    left, top = np.maximum(low, 0).astype(int)
    right, bottom = np.minimum(high, [width, height]).astype(int)
    return (int(left), int(top), int(right), int(bottom)), several


def _choose(faces: list[FloatArray], last: FloatArray | None) -> FloatArray | None:
    """The largest face at first, then the one nearest to where it was."""
    if not faces:
        return None
    if last is None:
        return max(faces, key=lambda face: float(np.ptp(face[:, 0]) * np.ptp(face[:, 1])))
    place, size = last[:, :2].mean(0), np.ptp(last[:, 1])
    nearest = min(faces, key=lambda face: float(np.linalg.norm(face[:, :2].mean(0) - place)))
    return nearest if np.linalg.norm(nearest[:, :2].mean(0) - place) < 1.2 * size else None


def _plausible(raw: FloatArray, found: BoolArray) -> BoolArray:
    """Frames whose face is not of a wholly different size than in the rest of the clip."""
    size = np.linalg.norm(raw[:, 10, :2] - raw[:, 152, :2], axis=1)
    if found.sum() < 5:
        return found
    usual = np.median(size[found])
    return np.asarray((size > 0.4 * usual) & (size < 2.5 * usual))


def _eye_distance(landmarks: FloatArray) -> float:
    """Median distance of the outer eye corners, pixels; turned heads are measured by the face's height."""
    corners = landmarks[:, _OUTER_EYES, :2]
    across = np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1)
    tall = np.linalg.norm(landmarks[:, 10, :2] - landmarks[:, 152, :2], axis=1)
    return float(np.median(np.maximum(across, 0.5 * tall)))


def _no_face(name: str, frames: int, width: int, height: int) -> str:
    what = "this picture" if frames == 1 else f"any of the {frames} frames"
    return (
        f"No face was found in {what} of {name} ({width} x {height}). Use a clip or photo in which a face looks "
        "towards the camera, is lit, and is not covered by a hand or a mask."
    )


def _too_small(name: str, eye_distance: float, width: int) -> str:
    factor = GOOD_EYE_DISTANCE / max(eye_distance, 1)
    return (
        f"The face in {name} is too small: its outer eye corners are {eye_distance:.0f} pixels apart, at least "
        f"{MIN_EYE_DISTANCE:.0f} are needed and {GOOD_EYE_DISTANCE:.0f} or more look good. Use the picture at "
        f"{factor:.1f} times this size ({factor * width:.0f} pixels wide), or one taken from nearer."
    )


def _refuse_profile(name: str, values: FloatArray) -> None:
    yaw = np.degrees(np.median(np.abs(values[:, INDEX["headRotY"]])))
    if yaw > 50:
        raise InputError(
            f"The face in {name} is seen from the side (turned by {yaw:.0f} degrees). Use one that looks towards "
            "the camera, within about 35 degrees."
        )


def _refuse_lying(name: str, values: FloatArray) -> None:
    tilt = np.degrees(np.median(values[:, INDEX["headRotZ"]]))
    if abs(tilt) > STEEPEST_TILT:
        way = "clockwise" if tilt > 0 else "counter-clockwise"
        raise InputError(
            f"The head in {name} is tilted by {abs(tilt):.0f} degrees: the picture seems to lie on its side. Turn it "
            f"{way} until the face is upright, then try again."
        )


def _refuse_upside_down(name: str, frame: Frame) -> None:
    """Landmark finders read an upright face into one that stands on its head; detectors are less sure of it."""
    shrink = min(1.0, UPRIGHT_SIDE / max(frame.shape[:2]))
    view = _shrunk(frame, shrink)
    upright, turned = face_scores([view, np.ascontiguousarray(view[::-1, ::-1])])
    if turned > upright + SURER:
        raise InputError(
            f"The face in {name} seems to be upside down. Turn the picture by 180 degrees, then try again."
        )


def _covered(frames: Sequence[Frame], landmarks: FloatArray) -> tuple[str, ...]:
    """What to say of a mouth that is not always in sight."""
    covered = ~mouths_shown(frames, landmarks)
    if covered.mean() < COVERED:
        return ()
    when = "" if len(frames) == 1 else f" in {covered.mean():.0%} of the frames"
    return (
        f"The mouth cannot be told from what is around it{when}: if a hand, a mask or a microphone is before it, "
        "use a picture or clip that shows the lips.",
    )


def _warnings(
    fit: FittedFace, found: BoolArray, cuts: tuple[int, ...], several: int, eye_distance: float
) -> tuple[str, ...]:
    said = []
    if several > 1:
        said.append(f"{several} faces were seen; the largest one is followed.")
    if cuts:
        said.append(f"The scene changes {len(cuts)} time(s); only one scene is used for the style.")
    if not found.all():
        share, gap = 1 - found.mean(), longest_gap(found)
        said.append(
            f"The face is out of sight in {share:.0%} of the frames (at most {gap / timeline.VIDEO_FPS:.1f} s in a row); "
            "motion is bridged there."
        )
    if eye_distance < GOOD_EYE_DISTANCE:
        said.append(
            f"The face is small: {eye_distance:.0f} pixels between the outer eye corners; "
            f"{GOOD_EYE_DISTANCE:.0f} or more look better."
        )
    if fit.eyes_closed:
        said.append(
            "The eyes are closed throughout; open eyes cannot be shown as this person's own."
        )
    yaw = np.degrees(np.median(np.abs(fit.values[found, INDEX["headRotY"]])))
    if yaw > 30:
        said.append(
            f"The head is turned by {yaw:.0f} degrees; the far side of the face is guessed."
        )
    return tuple(said)
