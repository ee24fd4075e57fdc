"""The moving parts of the drawn face: mouth, eyes, brows, nose and cheeks.

Legend: `c` reads a coefficient by name; sizes are in eye distances; side +1 is the viewer's right, which is
the person's left.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from omnitalker.rendering.sketch.pen import Colour, Pen, blend, ellipse

Read = Callable[[str], float]

SKIN: Colour = (246, 214, 188)
SKIN_SHADE: Colour = (226, 182, 152)
SKIN_LINE: Colour = (178, 122, 96)
LIP: Colour = (206, 104, 100)
LIP_LINE: Colour = (150, 62, 64)
MOUTH_DARK: Colour = (74, 24, 32)
TONGUE: Colour = (214, 104, 108)
TEETH: Colour = (252, 250, 244)
WHITE: Colour = (253, 252, 250)
IRIS: Colour = (72, 122, 148)
IRIS_RIM: Colour = (40, 74, 96)
INK: Colour = (54, 38, 36)
BROW: Colour = (86, 56, 44)

_EYE_X, _EYE_HALF_WIDTH = 0.33, 0.17
_MOUTH_Y = -0.68
_SIDES = ((1.0, "Left"), (-1.0, "Right"))


def draw_mouth(pen: Pen, c: Read) -> None:
    u = np.linspace(-1.0, 1.0, 21)
    corner = _corner_line(c, u)
    x = _mouth_x(c, u)
    jaw, close = c("jawOpen"), min(c("mouthClose"), c("jawOpen"))
    pucker, funnel = c("mouthPucker"), c("mouthFunnel")
    left = (1 + u) / 2
    upper_up = c("mouthUpperUpLeft") * left + c("mouthUpperUpRight") * (1 - left)
    lower_down = c("mouthLowerDownLeft") * left + c("mouthLowerDownRight") * (1 - left)
    sneer = (c("noseSneerLeft") + c("noseSneerRight")) / 2
    arch = np.clip(1 - u**2, 0, 1) ** (0.75 - 0.2 * funnel)
    drop = 0.30 * close + 0.02 * jaw

    upper: np.ndarray = (
        0.10 * upper_up + 0.035 * funnel + 0.02 * sneer - 0.015 * c("mouthRollUpper")
    )
    tucked = 0.16 * max(c("mouthRollLower") - 0.2, 0.0)
    upper = corner + arch * (upper - drop + 0.03 * c("mouthShrugUpper") + tucked)
    lower: np.ndarray = 0.50 * (jaw - close) + 0.12 * lower_down + 0.045 * funnel
    lower = lower - 0.03 * c("mouthRollLower") - 0.02 * c("mouthShrugLower")
    lower = corner - arch * (drop + np.maximum(lower, 0.0))
    lower = np.minimum(lower, upper)

    press = (c("mouthPressLeft") + c("mouthPressRight")) / 2
    full = 1 + 0.55 * pucker + 0.25 * funnel - 0.55 * press
    thick_upper = 0.075 * max(full - 1.1 * c("mouthRollUpper"), 0.15)
    thick_lower = 0.095 * max(full - 1.5 * c("mouthRollLower"), 0.12) * (1 + 0.4 * c("jawForward"))
    bow = np.clip(1 - u**2, 0, 1) ** 0.8 - 0.20 * np.exp(-((u / 0.14) ** 2))
    outer_upper = np.column_stack([x, upper + thick_upper * bow])
    outer_lower = np.column_stack([x, lower - thick_lower * np.clip(1 - u**2, 0, 1) ** 0.6])

    _chin_shade(pen, c, float(outer_lower[:, 1].min()))
    pen.fill(np.concatenate([outer_upper, outer_lower[::-1]]), LIP)
    inner = np.concatenate([np.column_stack([x, upper]), np.column_stack([x, lower])[::-1]])
    if float(np.max(upper - lower)) > 0.012:
        _draw_inside(pen, c, inner, x)
        pen.line(inner, LIP_LINE, 0.012, closed=True)
    else:
        pen.line(np.column_stack([x, upper]), LIP_LINE, 0.018 + 0.012 * press)
    corner_line = blend(SKIN, SKIN_LINE, 0.9)
    for end in (0, -1):
        pen.line(
            np.array([[x[end], corner[end]], [x[end] * 1.05, corner[end] + 0.008]]),
            corner_line,
            0.016,
        )


def _corner_line(c: Read, u: np.ndarray) -> np.ndarray:
    """(U,) height of the mouth line from one corner to the other: up in a smile, down in a frown."""
    height = np.full(len(u), _MOUTH_Y)
    for side, name in _SIDES:
        lift = 0.16 * c(f"mouthSmile{name}") + 0.02 * c(f"mouthDimple{name}")
        lift -= 0.14 * c(f"mouthFrown{name}") + 0.03 * c(f"mouthStretch{name}")
        lift -= 0.12 * c("jawOpen")
        height += lift * np.clip(side * u, 0, 1) ** 1.6
    return np.asarray(height + 0.03 * c("mouthShrugLower"))


def _mouth_x(c: Read, u: np.ndarray) -> np.ndarray:
    narrow = 0.145 * c("mouthPucker") + 0.085 * c("mouthFunnel") + 0.03 * c("jawOpen")
    x = np.empty(len(u))
    for side, name in _SIDES:
        wide = 0.085 * c(f"mouthSmile{name}") + 0.10 * c(f"mouthStretch{name}")
        half = max(0.30 + wide + 0.03 * c(f"mouthDimple{name}") - narrow, 0.1)
        chosen = side * u >= 0
        x[chosen] = half * u[chosen]
    return np.asarray(x + 0.12 * (c("mouthLeft") - c("mouthRight")))


def _draw_inside(pen: Pen, c: Read, inner: np.ndarray, x: np.ndarray) -> None:
    """Teeth and tongue behind the opening of the lips."""
    inlay = pen.inside(inner)
    inlay.pen.fill(inner, MOUTH_DARK)
    centre = float(x.mean())
    half = float(x[-1] - x[0]) / 2
    teeth_top = _MOUTH_Y + 0.12
    teeth_low = _MOUTH_Y - 0.045
    jaw_drop = 0.50 * c("jawOpen")
    lower_edge = _MOUTH_Y - 0.075 - jaw_drop
    inlay.pen.fill(ellipse(centre, lower_edge - 0.03, 0.62 * half, 0.13), TONGUE)
    inlay.pen.fill(
        _slab(centre, 0.8 * half, lower_edge, lower_edge - 0.14), blend(TEETH, MOUTH_DARK, 0.14)
    )
    inlay.pen.fill(_slab(centre, 0.9 * half, teeth_low, teeth_top), TEETH)
    inlay.finish()


def _slab(x: float, half: float, edge: float, base: float) -> np.ndarray:
    """A row of teeth: straight at its base, gently bowed at its edge."""
    u = np.linspace(-1, 1, 13)
    bow = edge + (base - edge) * 0.35 * u**4
    top = np.column_stack([x + half * u, bow])
    return np.concatenate([top, [[x + half, base], [x - half, base]]])


def _chin_shade(pen: Pen, c: Read, below: float) -> None:
    width = 0.11 + 0.03 * c("mouthShrugLower")
    u = np.linspace(-1, 1, 9)
    y = below - 0.06 + 0.025 * u**2
    colour = blend(SKIN, SKIN_SHADE, 0.8 + c("mouthShrugLower"))
    pen.line(np.column_stack([width * u, y]), colour, 0.022)


def draw_eyes(pen: Pen, c: Read) -> None:
    u = np.linspace(-1.0, 1.0, 15)
    for side, name in _SIDES:
        blink, wide = c(f"eyeBlink{name}"), c(f"eyeWide{name}")
        squint, cheek = c(f"eyeSquint{name}"), c(f"cheekSquint{name}")
        down = max(-c(f"gaze{name}Pitch"), 0.0) / 0.5
        up = max(c(f"gaze{name}Pitch"), 0.0) / 0.5
        x = side * (_EYE_X + _EYE_HALF_WIDTH * u)
        slant = 0.012 * u
        low = -0.062 * (1 - 0.45 * squint - 0.35 * cheek + 0.1 * wide) * (1 - u**2)
        opening = (0.098 * (1 + 0.42 * wide + 0.15 * up) * (1 - 0.28 * squint)) * (1 - 0.4 * down)
        high = opening * np.clip(1 - u**2, 0, 1) ** 0.7
        shut = low * 0.75
        high = high + (shut - high) * blink
        low = low + (shut - low) * blink * 0.6
        top = np.column_stack([x, high + slant])
        bottom = np.column_stack([x, low + slant])
        outline = np.concatenate([top, bottom[::-1]])
        if blink < 0.93:
            _draw_eyeball(pen, c, side, name, outline)
        crease = np.column_stack(
            [x, 0.075 + 0.05 * (1 - u**2) + slant - 0.035 * blink + 0.02 * wide]
        )
        pen.line(crease[2:-2], SKIN_SHADE, 0.016)
        pen.line(bottom[3:], blend(SKIN_LINE, INK, 0.2), 0.010)
        pen.line(top, INK, 0.030)
        lash = np.array([top[-1], top[-1] + (side * 0.035, 0.022 - 0.04 * blink)])
        pen.line(lash, INK, 0.024)
        if cheek + squint > 0.15:
            bag = np.column_stack([x, low - 0.055 - 0.012 * (1 - u**2)])
            pen.line(bag[4:-3], blend(SKIN, SKIN_SHADE, cheek + 0.6 * squint), 0.018)


def _draw_eyeball(pen: Pen, c: Read, side: float, name: str, outline: np.ndarray) -> None:
    inlay = pen.inside(outline)
    inlay.pen.fill(outline, WHITE)
    x = side * _EYE_X + 0.235 * np.sin(c(f"gaze{name}Yaw"))
    y = 0.012 + 0.235 * np.sin(c(f"gaze{name}Pitch"))
    inlay.pen.fill(ellipse(x, y, 0.084, 0.084), IRIS_RIM)
    inlay.pen.fill(ellipse(x, y, 0.070, 0.070), IRIS)
    inlay.pen.fill(ellipse(x, y, 0.036, 0.036, 24), INK)
    inlay.pen.fill(ellipse(x - 0.024, y + 0.030, 0.017, 0.017, 16), WHITE)
    inlay.finish()


def draw_brows(pen: Pen, c: Read) -> None:
    u = np.linspace(0.0, 1.0, 11)
    for side, name in _SIDES:
        down = c(f"browDown{name}")
        inner = 0.15 * c("browInnerUp") - 0.12 * down
        outer = 0.15 * c(f"browOuterUp{name}") - 0.05 * down
        x = side * (0.13 - 0.035 * down + 0.42 * u)
        y = 0.235 + 0.055 * np.sin(np.pi * (0.12 + 0.78 * u)) - 0.035 * u
        y = y + inner * (1 - u) ** 1.3 + outer * np.sin(np.pi * np.clip(u * 0.72, 0, 1)) ** 1.2
        half = 0.030 * (1 - 0.75 * u**1.5)
        shape = np.concatenate(
            [np.column_stack([x, y + half]), np.column_stack([x, y - half])[::-1]]
        )
        pen.fill(shape, BROW)


def draw_forehead(pen: Pen, c: Read) -> None:
    """The creases of drawn-together and of raised brows."""
    worry = max(c("browDownLeft"), c("browDownRight"))
    if worry > 0.2:
        for x in (-0.045, 0.045):
            crease = np.array([[x, 0.13], [x * 0.8, 0.23]])
            pen.line(crease, blend(SKIN, SKIN_LINE, worry * 0.8), 0.014)
    if c("browInnerUp") > 0.25:
        u = np.linspace(-1, 1, 9)
        for height in (0.50, 0.58):
            fold = np.column_stack([0.26 * u, height + 0.03 * (1 - u**2)])
            pen.line(fold, blend(SKIN, SKIN_SHADE, c("browInnerUp")), 0.014)


def draw_nose(pen: Pen, c: Read) -> None:
    sneer = (c("noseSneerLeft") + c("noseSneerRight")) / 2
    tip_y = -0.33 + 0.03 * sneer
    bridge = np.array([[0.055, 0.02, 0.46], [0.045, -0.12, 0.56], [0.085, tip_y + 0.05, 0.66]])
    pen.line(bridge, SKIN_SHADE, 0.020)
    u = np.linspace(-1, 1, 13)
    under = np.column_stack([0.085 * u, tip_y - 0.03 - 0.03 * (1 - u**2), 0.62 - 0.1 * u**2])
    pen.line(under, SKIN_LINE, 0.018)
    for side, name in _SIDES:
        lift = 0.05 * c(f"noseSneer{name}")
        wing = np.array([[0.105, tip_y + 0.03], [0.128, tip_y - 0.01], [0.09, tip_y - 0.04]])
        wing = np.column_stack([side * wing[:, 0], wing[:, 1] + lift, [0.52, 0.5, 0.55]])
        pen.line(wing, SKIN_LINE, 0.014)
        if c(f"noseSneer{name}") > 0.15:
            for k in range(2):
                y = -0.03 - 0.06 * k
                fold = np.array([[side * 0.03, y + 0.025, 0.5], [side * 0.085, y, 0.48]])
                pen.line(fold, blend(SKIN, SKIN_LINE, c(f"noseSneer{name}")), 0.013)


def draw_cheeks(pen: Pen, c: Read) -> None:
    """Blush, and the fold from nose to mouth corner that a smile or a sneer cuts."""
    for side, name in _SIDES:
        lift = 0.05 * c(f"cheekSquint{name}") + 0.03 * c(f"mouthSmile{name}")
        blush = blend(SKIN, (244, 178, 160), 0.45 + 0.3 * c(f"mouthSmile{name}"))
        puff = 0.10 * c("cheekPuff")
        pen.fill(
            ellipse(side * (0.47 + puff / 2), -0.36 + lift, 0.13 + puff, 0.085 + puff, 24), blush
        )
        depth = max(
            c(f"mouthSmile{name}"), 0.8 * c(f"noseSneer{name}"), 0.5 * c(f"mouthDimple{name}")
        )
        if depth > 0.12:
            fold = np.array([[0.17, -0.38], [0.26, -0.45], [0.36 + 0.05 * depth, -0.58]])
            fold[:, 0] *= side
            pen.line(fold, blend(SKIN, SKIN_SHADE, 1.4 * depth), 0.018)
