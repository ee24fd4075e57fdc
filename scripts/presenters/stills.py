"""Which stills are made of every presenter, most important first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Box = Literal["full", "mouth", "eyes", "turned"]


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

LEFT, RIGHT = (
    {"eyeLookOutLeft": 1.0, "eyeLookInRight": 1.0},
    {"eyeLookInLeft": 1.0, "eyeLookOutRight": 1.0},
)
"""The person's own left is the viewer's right."""


def _look(name: str, aside: dict[str, float], strength: float, **others: float) -> Still:
    """A still of the eyes looking aside; `others` for both eyes."""
    sides = {shape: strength * share for shape, share in aside.items()}
    return Still(f"eyes_{name}", "eyes", sides | both(**others))


EYES = (
    Still("eyes_blink", "eyes", both(eyeBlink=1.0)),
    Still("eyes_half", "eyes", both(eyeBlink=0.5)),
    Still("eyes_quarter", "eyes", both(eyeBlink=0.25)),
    Still("eyes_nearly", "eyes", both(eyeBlink=0.75)),
    _look("down", {}, 0.0, eyeLookDown=0.6),
    _look("left", LEFT, 0.6),
    _look("right", RIGHT, 0.6),
    _look("up", {}, 0.0, eyeLookUp=0.5),
    Still("eyes_wide", "eyes", {"browInnerUp": 0.6} | both(eyeWide=0.6, browOuterUp=0.5)),
    Still("eyes_squint", "eyes", both(eyeSquint=0.6, cheekSquint=0.5, browDown=0.3)),
    _look("left_slight", LEFT, 0.3),
    _look("right_slight", RIGHT, 0.3),
    _look("down_slight", {}, 0.0, eyeLookDown=0.3),
    _look("left_down", LEFT, 0.4, eyeLookDown=0.4),
    _look("right_down", RIGHT, 0.4, eyeLookDown=0.4),
    _look("left_up", LEFT, 0.4, eyeLookUp=0.35),
    _look("right_up", RIGHT, 0.4, eyeLookUp=0.35),
    _look("down_half", {}, 0.0, eyeLookDown=0.5, eyeBlink=0.4),
    Still("eyes_frown", "eyes", both(browDown=0.8)),
    Still("eyes_worried", "eyes", {"browInnerUp": 0.9}),
    Still("eyes_raised", "eyes", {"browInnerUp": 0.9} | both(browOuterUp=0.9)),
    Still("eyes_smiling", "eyes", both(eyeSquint=0.3, cheekSquint=0.8)),
)


def _turn(name: str, *degrees: float) -> Still:
    """A still of the turned face; hair and neck follow in the renderer by themselves."""
    return Still(f"pose_{name}", "turned", turn=(degrees[0], degrees[1], degrees[2]))


POSES = (
    _turn("left", 0, 15, 0),
    _turn("right", 0, -15, 0),
    _turn("down", 10, 0, 0),
    _turn("up", -10, 0, 0),
    _turn("left_far", 0, 22, 0),
    _turn("right_far", 0, -22, 0),
    _turn("left_down", 7, 11, 0),
    _turn("right_down", 7, -11, 0),
    _turn("left_up", -7, 11, 0),
    _turn("right_up", -7, -11, 0),
)

STILLS = (Still("neutral"), *MOUTHS, *EYES, *POSES)
