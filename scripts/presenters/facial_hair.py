"""Brows, lashes and beard: short strands rooted in the skin, so they move with the expression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from head import LASH_ROWS, Head, smoothstep
from surface import Roots, Surface


@dataclass(frozen=True)
class Fuzz:
    """Strands kept in the frame of their skin triangle: local offsets (S, K, 3)."""

    roots: Roots
    local: np.ndarray
    radius: np.ndarray  # (S, K)

    def place(self, points: np.ndarray) -> np.ndarray:
        frame = _frames(points, self.roots.corners)
        return self.roots.place(points)[:, None] + np.einsum("skj,sij->ski", self.local, frame)


def _frames(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Orthonormal frames (S, 3, 3), columns: along x as far as the skin allows, up, outward."""
    a, b, c = (points[corners[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    edge = b - a
    edge /= np.maximum(np.linalg.norm(edge, axis=1, keepdims=True), 1e-9)
    return np.stack([edge, np.cross(normal, edge), normal], axis=2)


def _fuzz(surface: Surface, roots: Roots, strands: np.ndarray, radius: np.ndarray) -> Fuzz:
    frame = _frames(surface.points, roots.corners)
    offset = strands - roots.place(surface.points)[:, None]
    return Fuzz(roots, np.einsum("ski,sij->skj", offset, frame), radius)


def _curves(root, normal, flow, length, steps, rise, droop) -> np.ndarray:
    """Strands (S, steps, 3) leaving the skin by `rise` and bending along `flow`."""
    t = np.linspace(0, 1, steps)[None, :, None]
    lift = rise * t * (1 - 0.6 * t) * length[:, None, None]
    bend = droop * t**2 * length[:, None, None]
    return (
        root[:, None]
        + flow[:, None] * t * length[:, None, None]
        + normal[:, None] * lift
        + np.array([0.0, -1.0, 0.0]) * bend
    )


def _taper(count: int, steps: int, thick: float, rng: np.random.Generator) -> np.ndarray:
    t = np.linspace(0, 1, steps)
    return thick * (0.8 + 0.4 * rng.random(count))[:, None] * (1.0 - 0.75 * t[None] ** 1.5)


def brow_curve(x: np.ndarray, style: dict) -> tuple[np.ndarray, np.ndarray]:
    """Centre height and half thickness (N,) of a brow at |x| on the average head."""
    at = [1.15, 1.6, 2.6, 3.8, 4.7, 5.5, 6.1]
    arch = style["arch"]
    height = np.array([5.15, 5.25, 5.5, 5.78, 5.78, 5.38, 4.95]) + style["raise"]
    height = height + arch * np.array([-0.1, -0.05, 0.05, 0.22, 0.25, 0.1, -0.05])
    half = np.array([0.16, 0.36, 0.40, 0.34, 0.25, 0.15, 0.04]) * style["thickness"]
    return np.interp(x, at, height), np.interp(x, at, half, left=0, right=0)


def brows(surface: Surface, style: dict, seed: int) -> Fuzz:
    rng = np.random.default_rng(seed)
    x, y, z = surface.mean.T
    centre, half = brow_curve(np.abs(x), style)
    near = (np.abs(y - centre) < 1.2) & (np.abs(x) > 0.8) & (np.abs(x) < 6.6) & (z > 4)
    roots = surface.sample(near.astype(float), style["count"] * 6, rng)
    mean = (surface.mean[roots.corners] * roots.weights[..., None]).sum(1)
    centre, half = brow_curve(np.abs(mean[:, 0]), style)
    across = (mean[:, 1] - centre) / np.maximum(half, 1e-3)
    inner = smoothstep(1.1, 2.0, np.abs(mean[:, 0]))
    chance = np.exp(-0.5 * (across / 0.62) ** 2.0) * (0.35 + 0.65 * inner) * (half > 0.02)
    keep = rng.random(len(mean)) < np.where(np.abs(across) < 1.5, chance, 0)
    roots = Roots(roots.corners[keep], roots.weights[keep], roots.normal[keep], roots.density[keep])
    mean, across = mean[keep], across[keep]
    side = np.sign(mean[:, 0])
    u = np.clip((np.abs(mean[:, 0]) - 1.2) / 4.6, 0, 1)
    angle = np.radians(np.interp(u, [0, 0.15, 0.4, 0.7, 1.0], [78, 55, 28, 4, -22]))
    angle -= np.radians(18) * across * np.interp(u, [0, 0.4, 1], [0.2, 1, 0.8])
    angle += np.radians(9) * rng.normal(size=len(mean))
    flow = np.stack([side * np.cos(angle), np.sin(angle), np.zeros_like(angle)], axis=1)
    flow -= (flow * roots.normal).sum(1, keepdims=True) * roots.normal
    flow /= np.linalg.norm(flow, axis=1, keepdims=True)
    length = (
        style["length"]
        * (0.7 + 0.5 * rng.random(len(mean)))
        * np.interp(u, [0, 0.3, 1], [0.8, 1.05, 0.8])
    )
    root = roots.place(surface.points)
    strands = _curves(root, roots.normal, flow, length, 6, 0.32, 0.05)
    return _fuzz(surface, roots, strands, _taper(len(root), 6, style["thick"], rng))


def beard(head: Head, surface: Surface, style: dict, seed: int) -> Fuzz:
    """Short beard and moustache over the beard mask, lying down and outwards."""
    rng = np.random.default_rng(seed)
    mask = np.clip(head.masks["beard"] - style.get("trim", 0.25), 0, 1)
    roots = surface.sample(mask, style["count"], rng)
    root = roots.place(surface.points)
    flow = np.stack(
        [0.25 * np.sign(root[:, 0]) + 0 * root[:, 0], -np.ones(len(root)), 0 * root[:, 0]], 1
    )
    flow = flow + 0.35 * rng.normal(size=flow.shape)
    flow -= (flow * roots.normal).sum(1, keepdims=True) * roots.normal
    flow /= np.linalg.norm(flow, axis=1, keepdims=True)
    length = (
        style["length"] * (0.6 + 0.7 * rng.random(len(root))) * np.clip(0.4 + roots.density, 0, 1)
    )
    strands = _curves(root, roots.normal, flow, length, 6, 0.9, -0.1)
    if style.get("coil"):
        phase = rng.random((len(root), 1)) * 6.28 + np.linspace(0, 9.0, 6)[None]
        grow_in = np.linspace(0, 1, 6)[None]
        strands[..., 0] += style["coil"] * np.sin(phase) * grow_in
        strands[..., 1] += style["coil"] * np.cos(phase) * grow_in
    return _fuzz(surface, roots, strands, _taper(len(root), 6, style["thick"], rng))


@dataclass(frozen=True)
class Lashes:
    """Lashes that follow the model's own lash strips: per lash a strip column and a random bend."""

    rows: np.ndarray  # (S, 6) point indices from root to tip, left neighbour
    next_rows: np.ndarray  # (S, 6) right neighbour
    share: np.ndarray  # (S,) where between the two
    reach: np.ndarray  # (S,) share of the strip's length
    bend: np.ndarray  # (S,)
    radius: np.ndarray  # (S, K)

    def place(self, points: np.ndarray) -> np.ndarray:
        """Strands (S, 6, 3) on moved head points."""
        share = self.share[:, None, None]
        line = points[self.rows] * (1 - share) + points[self.next_rows] * share
        root = line[:, :1]
        out = root + (line - root) * self.reach[:, None, None]
        sideways = points[self.next_rows[:, 0]] - points[self.rows[:, 0]]
        t = np.linspace(0, 1, LASH_ROWS)[None, :, None]
        return out + sideways[:, None] * self.bend[:, None, None] * t


def lashes(head: Head, style: dict, seed: int) -> Lashes:
    """Sample lashes over the 12 strips (6 rows of 19 points each) of the model."""
    rng = np.random.default_rng(seed)
    rows, following, share, reach = [], [], [], []
    for strip in head.lash_strips:
        upper = head.mean[strip[0], 1].mean() > 3.35
        count = style["upper"] if upper else style["lower"]
        at = np.sort(rng.random(count)) * (strip.shape[1] - 1.001)
        low = at.astype(int)
        rows.append(strip[:, low].T)
        following.append(strip[:, low + 1].T)
        share.append(at - low)
        reach.append((0.65 + 0.45 * rng.random(count)) * style["length"] * (1.0 if upper else 0.75))
    total = sum(len(r) for r in rows)
    t = np.linspace(0, 1, LASH_ROWS)[None]
    radius = style["thick"] * (1.0 - 0.85 * t**1.3) * np.ones((total, 1))
    return Lashes(
        np.concatenate(rows), np.concatenate(following), np.concatenate(share),
        np.concatenate(reach), rng.normal(size=total) * style["spread"], radius,
    )  # fmt: skip
