"""Grooming: strands grown over the head by direction fields, pushed off its surface, and clumped.

Everything works on whole arrays: S strands of K points, `strands` (S, K, 3) in model centimetres.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from head import Head, hairline, smoothstep
from scipy.spatial import cKDTree
from surface import Surface


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def grow(
    surface: Surface,
    roots: np.ndarray,
    start: np.ndarray,
    field: Callable[[np.ndarray], np.ndarray],
    length: np.ndarray,
    steps: int,
    offset: np.ndarray,
    stiffness: float,
    guard: Callable[[np.ndarray], np.ndarray] | None = None,
    cling: float = 0.0,
) -> np.ndarray:
    """Integrate strands (S, steps + 1, 3): each step turns towards `field` and stays off the skin.

    cling: how strongly a strand above the ears that left its layer is drawn back to the skull.

    offset: (S,) clearance in cm that a strand reaches a little after its root (its layer).
    """
    strands = np.empty((len(roots), steps + 1, 3))
    strands[:, 0] = place = roots
    heading = _unit(start)
    stride = (length / steps)[:, None]
    for k in range(1, steps + 1):
        heading = _unit(stiffness * heading + (1 - stiffness) * field(place))
        place = place + heading * stride
        gone = k * stride[:, 0]
        wanted = offset * (1 - np.exp(-gone / (0.7 * offset + 0.1))) + 0.02
        gap, normal = surface.clearance(place)
        short = np.clip(wanted - gap, 0, None)
        place = place + normal * short[:, None]
        far = np.clip(gap - wanted, 0, 1.5) * smoothstep(-1.0, 4.0, place[:, 1])
        place = place - normal * (cling * far * stride[:, 0])[:, None]
        if guard is not None:
            place = guard(place)
        heading = _unit(place - strands[:, k - 1])
        strands[:, k] = place
    return strands


def resample(strands: np.ndarray, count: int, cut: np.ndarray | None = None) -> np.ndarray:
    """Evenly spaced points (S, count, 3); `cut` (S,) keeps only that share of each length."""
    pace = np.linalg.norm(np.diff(strands, axis=1), axis=2)
    along = np.concatenate([np.zeros((len(strands), 1)), np.cumsum(pace, axis=1)], axis=1)
    share = np.ones(len(strands)) if cut is None else cut
    wanted = np.linspace(0, 1, count)[None] * (along[:, -1] * share)[:, None]
    out = np.empty((len(strands), count, 3))
    for s in range(len(strands)):
        for axis in range(3):
            out[s, :, axis] = np.interp(wanted[s], along[s], strands[s, :, axis])
    return out


def clump(
    strands: np.ndarray,
    count: int,
    strength: float,
    rng: np.random.Generator,
    power: float = 1.0,
    wave: float = 0.0,
    turns: float = 1.5,
) -> np.ndarray:
    """Draw strands towards the nearest of `count` leaders, more so at the tips; leaders may wave."""
    leaders = rng.choice(len(strands), size=min(count, len(strands)), replace=False)
    mid = strands.shape[1] // 2
    feature = np.concatenate([strands[:, 0], 0.5 * strands[:, mid]], axis=1)
    owner = cKDTree(feature[leaders]).query(feature)[1]
    leader = strands[leaders][owner]
    t = np.linspace(0, 1, strands.shape[1])
    amount = strength * (0.6 + 0.4 * rng.random(len(leaders)))[owner]
    amount = amount * (0.75 + 0.25 * rng.random(len(strands)))
    pull = amount[:, None] * t[None] ** power
    out = strands + (leader - strands) * pull[..., None]
    if wave:
        phase = rng.random((len(leaders), 2))[owner] * 2 * np.pi
        size = wave * (0.5 + rng.random(len(leaders)))[owner]
        angle = 2 * np.pi * turns * t[None]
        ramp = smoothstep(0.05, 0.6, t)[None] * size[:, None]
        out[..., 0] += np.sin(angle + phase[:, :1]) * ramp * 0.6
        out[..., 2] += np.sin(angle + phase[:, 1:]) * ramp
    return out


def frizz(strands: np.ndarray, size: float, rng: np.random.Generator, share=1.0) -> np.ndarray:
    """Smooth random wander growing along the strand; only a `share` of strands gets it."""
    knots = rng.normal(size=(len(strands), 5, 3))
    knots[:, 0] = 0
    at = np.linspace(0, 4, strands.shape[1])
    low = np.clip(at.astype(int), 0, 3)
    t = (at - low)[None, :, None]
    t = t * t * (3 - 2 * t)
    wander = knots[:, low] * (1 - t) + knots[:, low + 1] * t
    chosen = (rng.random(len(strands)) < share)[:, None, None]
    ramp = np.linspace(0, 1, strands.shape[1])[None, :, None]
    return strands + wander * ramp * size * chosen


def _face_guard(width: float, back: float) -> Callable[[np.ndarray], np.ndarray]:
    """Keeps long hair beside the face: pushes points out of an egg around it, sideways and back."""
    centre, size = np.array([0.0, 0.0, 9.0]), np.array([width, 10.4, back])

    def guard(place: np.ndarray) -> np.ndarray:
        local = (place - centre) / size
        depth = np.linalg.norm(local, axis=1)
        inside = (depth < 1) & (place[:, 2] > 2)
        out = place.copy()
        push = (1 - depth[inside])[:, None] * size[0]
        side = np.sign(place[inside, 0])
        side[side == 0] = 1
        out[inside] += push * np.stack([side * 0.8, 0 * side, -0.5 * np.ones_like(side)], 1)
        return out

    return guard


def bob(head: Head, surface: Surface, style: dict, rng: np.random.Generator) -> np.ndarray:
    """Side-parted hair falling to a soft edge at `cut` (height in cm) with ends turned in.

    The parting ends on the crown: behind it hair falls backwards, which closes the outline above it.
    """
    mask = head.masks["scalp"] * smoothstep(-6, -3, surface.mean[:, 1])
    roots = surface.sample(mask, style["count"], rng)
    place = roots.place(surface.points)
    part = style["part"]

    def parting(p: np.ndarray) -> np.ndarray:
        return part * smoothstep(-8, 2, p[:, 2])

    apart = place[:, 0] - parting(place)
    side = np.sign(apart) * smoothstep(0.5, 5.0, place[:, 2])
    side += (1 - np.abs(side)) * np.clip(apart / 6.0, -1, 1)
    top = smoothstep(9.0, 12.5, place[:, 1])
    fore = smoothstep(2.0, 8.0, place[:, 2])
    start = roots.normal * (0.55 + style["lift"] * fore * top)[:, None]
    start[:, 0] += side * (0.8 + 0.6 * top)
    start[:, 2] -= 0.75 * fore * (1 - 0.4 * top) + 1.2 * (1 - np.abs(side)) * top
    tilt = style.get("sweep", 0.35)

    def field(p: np.ndarray) -> np.ndarray:
        out = np.zeros_like(p)
        high = smoothstep(6.0, 12.5, p[:, 1])
        near = smoothstep(8.0, 3.0, np.abs(p[:, 0]))
        out[:, 0] = side * (1.1 * high * near + 0.05)
        out[:, 1] = -(0.3 + 0.9 * (1 - high * near))
        out[:, 2] = -tilt * smoothstep(3.0, 8.5, p[:, 2]) * (0.4 + 0.6 * (1 - high))
        out[:, 2] -= 1.1 * (1 - np.abs(side)) * high
        low = smoothstep(style["cut"] + 5.5, style["cut"] + 0.5, p[:, 1])
        out[:, 0] -= np.sign(p[:, 0]) * low * style["curl_in"]
        out[:, 2] += low * style.get("curl_fore", 0.1)
        return out

    layer = style["volume"] * rng.beta(1.6, 1.2, len(place)) + 0.15
    longest = np.full(len(place), float(style["length"]))
    strands = grow(
        surface, place, start, field, longest, 40, layer, 0.62,
        _face_guard(style["frame"], style["back"]), 0.55,
    )  # fmt: skip
    ragged = rng.normal(size=len(place)) * 0.35 + 5.0 * rng.random(len(place)) ** 4
    edge = style["cut"] + style.get("ragged", 1.0) * ragged
    below = strands[..., 1] < edge[:, None]
    first = np.where(below.any(1), below.argmax(1), strands.shape[1] - 1)
    return resample(strands, style.get("points", 26), np.clip(first / 40, 0.05, 1))


def swept(head: Head, surface: Surface, style: dict, rng: np.random.Generator) -> np.ndarray:
    """Hair drawn back from the face to a knot behind the head."""
    roots = surface.sample(head.masks["scalp"], style["count"], rng)
    place = roots.place(surface.points)
    knot = np.array(style["knot"])
    fore = smoothstep(0.0, 8.0, place[:, 2])
    high = smoothstep(6.0, 11.0, place[:, 1])
    start = roots.normal * (0.35 + style["lift"] * fore * high)[:, None] + _unit(knot - place) * 0.5
    start[:, 1] += 0.25 * fore
    lean = style.get("lean", 0.0)
    start[:, 0] += lean * fore * high

    def field(p: np.ndarray) -> np.ndarray:
        out = _unit(knot - p)
        out[:, 0] += 0.25 * lean * smoothstep(2, 8, p[:, 2])
        out[:, 1] -= 0.25 * smoothstep(4, -2, p[:, 2])
        return out

    layer = style["volume"] * rng.beta(1.5, 1.5, len(place)) * (0.35 + 0.65 * high) + 0.12
    reach = np.linalg.norm(knot - place, axis=1)
    strands = grow(surface, place, start, field, reach * 1.25, 36, layer, 0.6)
    return resample(strands, style.get("points", 20), np.full(len(place), 0.97))


def cropped(head: Head, surface: Surface, style: dict, rng: np.random.Generator) -> np.ndarray:
    """Short hair with a fade at the sides; `coil` winds every strand for tight curls."""
    height = hairline(surface.mean)
    fade = smoothstep(style["fade"][0], style["fade"][1], surface.mean[:, 1])
    mask = head.masks["scalp"] * (0.25 + 0.75 * np.maximum(fade, smoothstep(1.0, 3.0, height)))
    roots = surface.sample(mask * (1 - head.masks["ear"]), style["count"], rng)
    place = roots.place(surface.points)
    side = (fade[roots.corners] * roots.weights).sum(1)
    edge = smoothstep(-0.3, 1.6, (height[roots.corners] * roots.weights).sum(1))
    length = (style["short"] + (style["length"] - style["short"]) * side * edge) * (
        0.75 + 0.5 * rng.random(len(place))
    )
    comb = np.array(style["comb"])
    start = roots.normal + comb * 0.6 + 0.25 * rng.normal(size=place.shape)

    def field(p: np.ndarray) -> np.ndarray:
        return roots.normal * 0.5 + comb + 0.45 * rng.normal(size=p.shape)

    strands = grow(surface, place, start, field, length, 9, length * 0.5, 0.55)
    if style.get("coil"):
        t = np.linspace(0, 1, strands.shape[1])[None] * style.get("turns", 2.5) * 2 * np.pi
        t = t + rng.random((len(place), 1)) * 2 * np.pi
        u = _unit(np.cross(roots.normal, rng.normal(size=place.shape)))[:, None]
        v = np.cross(roots.normal[:, None], u)
        wind = np.cos(t)[..., None] * u + np.sin(t)[..., None] * v
        strands = (
            strands + style["coil"] * wind * np.linspace(0, 1, strands.shape[1])[None, :, None]
        )
    return strands


STYLES = {"bob": bob, "swept": swept, "cropped": cropped}


def groom(head: Head, surface: Surface, style: dict, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Strands (S, K, 3) at rest and radii (S, K) of one person's hair."""
    rng = np.random.default_rng(seed)
    strands = STYLES[style["kind"]](head, surface, style, rng)
    for level in style.get("clumps", []):
        strands = clump(strands, rng=rng, **level)
    if style.get("frizz"):
        strands = frizz(strands, style["frizz"], rng)
        strands = frizz(strands, style["frizz"] * 5, rng, style.get("flyaway", 0.03))
    t = np.linspace(0, 1, strands.shape[1])
    taper = np.clip(1.15 - t**2.2, 0.25, 1.0) * np.clip(0.6 + 4 * t, 0, 1)
    thick = style["thick"] * (0.8 + 0.4 * rng.random(len(strands)))
    return strands, thick[:, None] * taper[None]
