"""The 61 numbers of a motion frame, by name. The order is stored in checkpoints: never reorder.

Blendshapes are strengths in 0..1 with ARKit's names (left/right are the person's own). Head pose is what
brings the neutral, frontal head to where it is: a rotation vector in radians and a translation in units of
the eye distance (outer eye corners of the neutral face), x to the viewer's right, y up, z to the viewer.
Positive rotX nods down, rotY turns to the person's left (viewer's right), rotZ tilts the crown to the viewer's left.
Gaze is in radians relative to the head: positive yaw to the viewer's right, positive pitch up.
"""

from __future__ import annotations

from typing import Final

BLENDSHAPES: Final = (
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight",
    "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight", "eyeLookInLeft",
    "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight",
    "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight",
    "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight",
    "mouthFunnel", "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft",
    "mouthPressRight", "mouthPucker", "mouthRight", "mouthRollLower", "mouthRollUpper",
    "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft",
    "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight", "noseSneerLeft", "noseSneerRight",
)  # fmt: skip
POSE: Final = ("headRotX", "headRotY", "headRotZ", "headTransX", "headTransY", "headTransZ")
GAZE: Final = ("gazeLeftYaw", "gazeLeftPitch", "gazeRightYaw", "gazeRightPitch")
NAMES: Final = BLENDSHAPES + POSE + GAZE

MOTION_DIM: Final = len(NAMES)
INDEX: Final = {name: index for index, name in enumerate(NAMES)}
EXPRESSION_SLICE: Final = slice(0, len(BLENDSHAPES))
POSE_SLICE: Final = slice(len(BLENDSHAPES), len(BLENDSHAPES) + len(POSE))
GAZE_SLICE: Final = slice(len(BLENDSHAPES) + len(POSE), MOTION_DIM)
