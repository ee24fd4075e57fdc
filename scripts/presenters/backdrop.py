"""A calm background: a soft gradient with out-of-focus lights, as an array."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter


def backdrop(size: int, style: dict, seed: int) -> np.ndarray:
    """Picture (size, size, 3) in 0..1; style gives two colours, a glow and the discs of light."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:size, 0:size] / size
    top, bottom = np.array(style["top"]), np.array(style["bottom"])
    t = np.clip(y + 0.15 * np.sin(2.2 * x + 0.4), 0, 1)[..., None]
    picture = top * (1 - t) + bottom * t
    glow = np.exp(
        -(((x - style["glow_at"][0]) / 0.45) ** 2 + ((y - style["glow_at"][1]) / 0.5) ** 2)
    )
    picture = picture + glow[..., None] * np.array(style["glow"])
    for left, width, colour in style.get("panels", []):
        panel = ((x > left) & (x < left + width)).astype(float)
        picture = picture + gaussian_filter(panel, size * 0.028)[..., None] * np.array(colour)
    for _ in range(style.get("lights", 0)):
        cx, cy = rng.random(), 0.05 + 0.5 * rng.random()
        radius = (0.018 + 0.03 * rng.random()) * size
        away = np.hypot(x * size - cx * size, y * size - cy * size)
        disc = gaussian_filter(np.clip((radius - away) / 3 + 0.5, 0, 1), size * 0.009)
        rim = 0.8 + 0.35 * np.clip(away / radius, 0, 1) ** 4
        colour = np.array(style["light_colour"]) * (0.7 + 0.6 * rng.random())
        picture = picture + (disc * rim * (0.2 + 0.8 * rng.random()))[..., None] * colour
    shade = 1 - style.get("vignette", 0.15) * ((x - 0.5) ** 2 + (y - 0.45) ** 2)[..., None] * 2
    grain = rng.normal(size=(size, size, 1)) * 0.004
    return np.clip(picture * shade + grain, 0, 1)
