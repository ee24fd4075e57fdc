"""MediaPipe, and nothing else: pictures in, 478 points per face out. The only module that imports mediapipe.

Two back ends. `FaceMesh` carries its models in the wheel and works offline; `FaceLandmarker` (MediaPipe Tasks)
needs a `.task` file and is the only one from mediapipe 0.10.30 on.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import numpy as np

from omnitalker.base.errors import InputError, MissingExtra, WeightsError
from omnitalker.base.native_noise import native_noise_left_out
from omnitalker.base.types import FloatArray, Frame

POINTS = 478
TASK_VARIABLE = "OMNITALKER_FACE_MODEL"
"""The environment variable with the path of a `.task` file, for commands and servers."""
TASK_SOURCE = (
    "https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/"
    "face_landmarker.task"
)
WITH_MODELS = "pip install --no-deps mediapipe==0.10.21 'protobuf<8' attrs"
"""The last mediapipe with its models in the wheel; what it asks for in vain (numpy < 2, jax) is left out."""


class LandmarkFinder(Protocol):
    """Finds faces in the frames of one clip, in order. A context manager: models are freed at the end."""

    def find(self, frame: Frame) -> list[FloatArray]:
        """(H, W, 3) RGB -> faces as (478, 3) pixels, y down; z in pixels too, nearer is smaller."""
        ...

    def restart(self) -> None:
        """Forget where the face was: another scene begins."""
        ...

    def __enter__(self) -> LandmarkFinder: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def named_task() -> Path | None:
    """The `.task` file that the environment names, if any."""
    named = os.environ.get(TASK_VARIABLE, "")
    return Path(named) if named else None


def open_finder(task: Path | None, faces: int = 1, *, still: bool = False) -> LandmarkFinder:
    """The back end that is available: Tasks where a model file is given, FaceMesh otherwise."""
    if task is not None:
        return TaskFinder(task, faces)
    return MeshFinder(faces, still=still)


def _mediapipe() -> Any:
    try:
        import mediapipe
    except ImportError as error:
        raise MissingExtra("mediapipe", "reference", "Reading a face") from error
    return mediapipe


def bundled_models() -> Any | None:
    """mediapipe's solutions with the models in its wheel, up to 0.10.21; None in newer ones."""
    return getattr(_mediapipe(), "solutions", None)


def _pixels(landmarks: Any, frame: Frame) -> FloatArray:
    height, width = frame.shape[:2]
    points = np.array([(p.x, p.y, p.z) for p in landmarks], np.float32)
    return np.asarray(points * np.array([width, height, width], np.float32))


class _Graph:
    """A graph of mediapipe's, which tells of its models when it first runs and when it first sees a face."""

    _graph: Any
    _is_settled = False

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self._graph.close()

    def find(self, frame: Frame) -> list[FloatArray]:
        if self._is_settled:
            return self._faces(frame)
        with native_noise_left_out():
            faces = self._faces(frame)
        self._is_settled = bool(faces)
        return faces

    def _faces(self, frame: Frame) -> list[FloatArray]:
        raise NotImplementedError


class MeshFinder(_Graph):
    """The FaceMesh solution with irises, bundled with mediapipe up to 0.10.21."""

    def __init__(self, faces: int = 1, *, still: bool = False) -> None:
        solutions = bundled_models()
        if solutions is None:
            raise WeightsError(
                "This mediapipe carries no face model. Download "
                f"{TASK_SOURCE} and put its path into {TASK_VARIABLE}, or {WITH_MODELS}"
            )
        self._graph = solutions.face_mesh.FaceMesh(
            static_image_mode=still,
            max_num_faces=faces,
            refine_landmarks=True,
            min_detection_confidence=0.4,
            min_tracking_confidence=0.4,
        )

    def _faces(self, frame: Frame) -> list[FloatArray]:
        found = self._graph.process(np.ascontiguousarray(frame)).multi_face_landmarks or []
        return [_pixels(face.landmark, frame) for face in found]

    def restart(self) -> None:
        self._graph.reset()
        self._is_settled = False


class TaskFinder(_Graph):
    """The FaceLandmarker of MediaPipe Tasks."""

    def __init__(self, task: Path, faces: int = 1) -> None:
        if not task.is_file():
            raise WeightsError(
                f"There is no face model at {task}. Download {TASK_SOURCE}, or name none "
                f"(`task`, {TASK_VARIABLE}) to use the FaceMesh models inside mediapipe 0.10.21."
            )
        tasks = _mediapipe().tasks
        self._options = tasks.vision.FaceLandmarkerOptions(
            base_options=tasks.BaseOptions(model_asset_path=str(task)),
            running_mode=tasks.vision.RunningMode.VIDEO,
            num_faces=faces,
        )
        self._create = tasks.vision.FaceLandmarker.create_from_options
        self._image, self._format = _mediapipe().Image, _mediapipe().ImageFormat.SRGB
        self._graph, self._clock = self._open(task), 0

    def _open(self, task: Path) -> Any:
        try:
            with native_noise_left_out():
                return self._create(self._options)
        except (RuntimeError, ValueError) as error:
            raise WeightsError(f"{task} is not a FaceLandmarker model: {error}") from error

    def _faces(self, frame: Frame) -> list[FloatArray]:
        self._clock += 40
        image = self._image(image_format=self._format, data=np.ascontiguousarray(frame))
        result = self._graph.detect_for_video(image, self._clock)
        faces = [_pixels(face, frame) for face in result.face_landmarks]
        if faces and len(faces[0]) != POINTS:
            raise WeightsError(f"This face model has {len(faces[0])} points; {POINTS} are needed.")
        return faces

    def restart(self) -> None:
        self._graph.close()
        with native_noise_left_out():
            self._graph, self._clock = self._create(self._options), 0
        self._is_settled = False


def can_locate() -> bool:
    """Whether there is a mediapipe that carries a face detector of its own."""
    return importlib.util.find_spec("mediapipe") is not None and bundled_models() is not None


def can_track() -> bool:
    """Whether there is a mediapipe, and a model for it."""
    return importlib.util.find_spec("mediapipe") is not None and (
        named_task() is not None or bundled_models() is not None
    )


def locate_faces(frames: list[Frame]) -> list[FloatArray]:
    """Boxes (N, 4) of x, y, width, height in pixels, largest first, for each frame; also small and distant faces.

    None are found where there is no detector (`can_locate`).
    """
    solutions = bundled_models()
    if solutions is None:
        return [np.zeros((0, 4), np.float32) for _ in frames]
    result = []
    with (
        native_noise_left_out(),
        solutions.face_detection.FaceDetection(min_detection_confidence=0.5) as near,
        solutions.face_detection.FaceDetection(0.5, model_selection=1) as far,
    ):
        for frame in frames:
            if frame.ndim != 3 or frame.shape[2] != 3:
                raise InputError(f"Frames must be (H, W, 3) RGB; got {frame.shape}.")
            picture = np.ascontiguousarray(frame)
            boxes = [_box(d, frame) for d in near.process(picture).detections or []]
            boxes += [_box(d, frame) for d in far.process(picture).detections or []]
            result.append(_distinct(boxes))
    return result


def face_scores(frames: list[Frame]) -> list[float]:
    """How certain the detector is of its most certain face in each frame, 0..1; 0 where it sees none."""
    solutions = bundled_models()
    if solutions is None:
        return [0.0 for _ in frames]
    with (
        native_noise_left_out(),
        solutions.face_detection.FaceDetection(min_detection_confidence=0.2) as detector,
    ):
        seen = [detector.process(np.ascontiguousarray(frame)).detections or [] for frame in frames]
    return [max((float(d.score[0]) for d in faces), default=0.0) for faces in seen]


def _box(detection: Any, frame: Frame) -> FloatArray:
    box = detection.location_data.relative_bounding_box
    height, width = frame.shape[:2]
    return np.array(
        [box.xmin * width, box.ymin * height, box.width * width, box.height * height], np.float32
    )


def _distinct(boxes: list[FloatArray]) -> FloatArray:
    """Largest first, boxes whose middle lies in a larger one left out."""
    kept: list[FloatArray] = []
    for box in sorted(boxes, key=lambda b: -float(b[2] * b[3])):
        middle = box[:2] + box[2:] / 2
        if not any((np.abs(middle - k[:2] - k[2:] / 2) < k[2:] / 2).all() for k in kept):
            kept.append(box)
    return np.array(kept, np.float32).reshape(-1, 4)
