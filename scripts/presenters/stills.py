"""Which stills are made of every presenter, most important first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Box = Literal["full", "mouth", "eyes"]


@dataclass(frozen=True)
class Still:
    """One picture: expression strengths by our 51 names, head turn in degrees, part rendered."""

    name: str
    box: Box = "full"
    weights: dict[str, float] = field(default_factory=dict)
    turn: tuple[float, float, float] = (0.0, 0.0, 0.0)  # rotX, rotY, rotZ as in motion/names.py
    tongue: tuple[float, float] = (0.0, 0.0)  # its tip: centimetres up, forward


def both(**strengths: float) -> dict[str, float]:
    """Expand `mouthSmile=0.5` to its Left and Right."""
    return {f"{name}{side}": s for name, s in strengths.items() for side in ("Left", "Right")}


def _mouth(name: str, tongue: tuple[float, float] = (0.0, 0.0), **strengths: float) -> Still:
    """A mouth still; names ending in _ stand for both sides."""
    weights: dict[str, float] = {}
    for key, strength in strengths.items():
        weights.update(both(**{key[:-1]: strength}) if key.endswith("_") else {key: strength})
    return Still(f"mouth_{name}", "mouth", weights, tongue=tongue)


MOUTHS = (
    _mouth("a_mid", jawOpen=0.45, mouthLowerDown_=0.15),
    _mouth("smile_teeth", jawOpen=0.10, mouthSmile_=0.65, mouthUpperUp_=0.30, mouthLowerDown_=0.1),
    _mouth("e", (0.5, 0.3), jawOpen=0.25, mouthStretch_=0.25, mouthLowerDown_=0.30, mouthUpperUp_=0.15),
    _mouth("o", jawOpen=0.35, mouthFunnel=0.45, mouthPucker=0.25),
    _mouth("a_wide", jawOpen=0.75, mouthLowerDown_=0.15, mouthUpperUp_=0.1),
    _mouth("i", (0.6, 0.3), jawOpen=0.10, mouthSmile_=0.25, mouthStretch_=0.25, mouthLowerDown_=0.35, mouthUpperUp_=0.2),
    _mouth("a_small", jawOpen=0.22),
    _mouth("u", jawOpen=0.12, mouthPucker=0.65, mouthFunnel=0.2),
    _mouth("a_tiny", jawOpen=0.06),
    _mouth("a_slight", jawOpen=0.13),
    _mouth("i_slight", (0.5, 0.3), jawOpen=0.04, mouthSmile_=0.12, mouthLowerDown_=0.18, mouthUpperUp_=0.08),
    _mouth("smile_slight", jawOpen=0.05, mouthSmile_=0.35, mouthUpperUp_=0.15),
    _mouth("u_slight", jawOpen=0.06, mouthPucker=0.35, mouthFunnel=0.1),
    _mouth("o_slight", jawOpen=0.17, mouthFunnel=0.3, mouthPucker=0.2),
    _mouth("o_mid", jawOpen=0.26, mouthFunnel=0.45, mouthPucker=0.3),
    _mouth("f", jawOpen=0.14, mouthRollLower=0.35, mouthUpperUp_=0.35),
    _mouth("s", (0.6, 0.4), jawOpen=0.07, mouthStretch_=0.2, mouthLowerDown_=0.35, mouthUpperUp_=0.25),
    _mouth("laugh", jawOpen=0.40, mouthSmile_=0.75, mouthUpperUp_=0.35, mouthLowerDown_=0.2),
    _mouth("sh", jawOpen=0.12, mouthFunnel=0.6, mouthUpperUp_=0.15, mouthLowerDown_=0.2),
    _mouth("th", (0.55, 1.4), jawOpen=0.17, mouthUpperUp_=0.11, mouthLowerDown_=0.2),
    _mouth("l", (1.35, 0.9), jawOpen=0.23, mouthUpperUp_=0.05, mouthLowerDown_=0.15),
    _mouth("ah_smile", jawOpen=0.25, mouthSmile_=0.45, mouthUpperUp_=0.15, mouthLowerDown_=0.1),
    _mouth("a_open", jawOpen=0.60, mouthLowerDown_=0.1),
    _mouth("o_wide", jawOpen=0.55, mouthFunnel=0.5, mouthPucker=0.1),
    _mouth("e_wide", (0.4, 0.3), jawOpen=0.42, mouthStretch_=0.35, mouthLowerDown_=0.35, mouthUpperUp_=0.2),
    _mouth("smile", mouthSmile_=0.55, mouthDimple_=0.2),
    _mouth("m", mouthPress_=0.35, mouthRollLower=0.2, mouthRollUpper=0.15),
    _mouth("pucker", mouthPucker=0.7),
    _mouth("w", jawOpen=0.05, mouthPucker=0.75, mouthFunnel=0.3),
    _mouth("a_full", jawOpen=0.95),
)  # fmt: skip

EYES = (
    Still("eyes_blink", "eyes", both(eyeBlink=1.0)),
    Still("eyes_half", "eyes", both(eyeBlink=0.5)),
    Still("eyes_left", "eyes", {"eyeLookOutLeft": 0.6, "eyeLookInRight": 0.6}),
    Still("eyes_right", "eyes", {"eyeLookInLeft": 0.6, "eyeLookOutRight": 0.6}),
    Still("eyes_up", "eyes", both(eyeLookUp=0.5)),
    Still("eyes_down", "eyes", both(eyeLookDown=0.6)),
    Still("eyes_wide", "eyes", {"browInnerUp": 0.6} | both(eyeWide=0.6, browOuterUp=0.5)),
    Still("eyes_squint", "eyes", both(eyeSquint=0.6, cheekSquint=0.5, browDown=0.3)),
)

POSES = (
    Still("pose_left", turn=(0, 15, 0)),
    Still("pose_right", turn=(0, -15, 0)),
    Still("pose_down", turn=(9, 0, 0)),
    Still("pose_up", turn=(-9, 0, 0)),
    Still("pose_tilt", turn=(0, 0, 8)),
)

STILLS = (Still("neutral"), *MOUTHS, *EYES, *POSES)
