"""Blender objects from numpy arrays: meshes with attributes, strands, eyeballs."""

from __future__ import annotations

import bpy
import numpy as np


def set_attributes(data, attributes: dict[str, np.ndarray], domain: str) -> None:
    for name, values in attributes.items():
        vector = values.ndim == 2
        layer = data.attributes.new(name, "FLOAT_VECTOR" if vector else "FLOAT", domain)
        layer.data.foreach_set(
            "vector" if vector else "value", np.ascontiguousarray(values, np.float32).ravel()
        )


def add_mesh(
    name: str,
    points: np.ndarray,
    faces: np.ndarray,
    material: bpy.types.Material,
    attributes: dict[str, np.ndarray] | None = None,
    subdivide: int = 0,
) -> bpy.types.Object:
    """A smooth mesh object from points (N, 3) and faces (F, 3 or 4; -1 pads)."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(points.tolist(), [], [[int(c) for c in f if c >= 0] for f in faces])
    mesh.polygons.foreach_set("use_smooth", np.ones(len(mesh.polygons), dtype=bool))
    set_attributes(mesh, attributes or {}, "POINT")
    mesh.materials.append(material)
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    if subdivide:
        modifier = thing.modifiers.new("subdivide", "SUBSURF")
        modifier.levels = modifier.render_levels = subdivide
    return thing


def move_mesh(thing: bpy.types.Object, points: np.ndarray) -> None:
    thing.data.vertices.foreach_set("co", np.ascontiguousarray(points, np.float32).ravel())
    thing.data.update()


def add_strands(
    name: str,
    strands: np.ndarray,
    radius: np.ndarray,
    material: bpy.types.Material,
    per_strand: np.ndarray | None = None,
) -> bpy.types.Object:
    """Hair curves from strands (S, K, 3) and radii (S, K) in model centimetres."""
    count, steps = strands.shape[:2]
    curves = bpy.data.hair_curves.new(name)
    curves.add_curves([steps] * count)
    curves.position_data.foreach_set("vector", np.ascontiguousarray(strands, np.float32).ravel())
    set_attributes(curves, {"radius": radius.reshape(-1)}, "POINT")
    if per_strand is not None:
        set_attributes(curves, {"strand": per_strand}, "CURVE")
    curves.materials.append(material)
    thing = bpy.data.objects.new(name, curves)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def move_strands(thing: bpy.types.Object, strands: np.ndarray) -> None:
    thing.data.position_data.foreach_set(
        "vector", np.ascontiguousarray(strands, np.float32).ravel()
    )
    thing.data.update_tag()


def _cap(spokes: int, profile: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotate a profile (R, 2) of (distance from axis, height) about z: points and quads."""
    angle = np.linspace(0, 2 * np.pi, spokes, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points = np.concatenate([np.c_[r * ring, np.full(spokes, h)] for r, h in profile], axis=0)
    rings = len(profile)
    faces = []
    for i in range(rings - 1):
        for j in range(spokes):
            k = (j + 1) % spokes
            faces.append(
                [i * spokes + j, (i + 1) * spokes + j, (i + 1) * spokes + k, i * spokes + k]
            )
    return points, np.array(faces)


def eyeball(radius: float, iris: float) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Sclera and cornea about the origin looking along +z, with its painting attributes."""
    limbus = np.arcsin(iris * 1.04 / radius)
    theta = np.concatenate(
        [np.linspace(0.004, limbus, 22), np.linspace(limbus, np.pi - 0.01, 44)[1:]]
    )
    bulge = 0.115 * np.clip(1 - (theta / (limbus * 1.12)) ** 2, 0, 1) ** 1.15
    profile = np.stack([(radius + bulge) * np.sin(theta), (radius + bulge) * np.cos(theta)], 1)
    points, faces = _cap(64, profile)
    polar = np.repeat(theta, 64)
    cornea = 1 - np.clip((polar - limbus * 0.93) / (limbus * 0.12), 0, 1)
    ring = np.exp(-0.5 * ((polar - limbus * 1.0) / (limbus * 0.085)) ** 2)
    corner = np.clip((np.abs(points[:, 0]) / radius - 0.45) / 0.4, 0, 1)
    return points, faces, {"cornea": cornea, "limbus": ring, "corner": corner, "rest": points}


def iris_disc(radius: float, iris: float) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """A shallow concave disc just behind the cornea, with polar painting attributes."""
    r = np.linspace(0.01, 1.0, 28)
    plane = np.sqrt(radius**2 - (iris * 1.02) ** 2)
    profile = np.stack([r * iris * 1.03, plane - 0.06 * (1 - r**2)], axis=1)
    points, faces = _cap(96, profile)
    angle = np.arctan2(points[:, 1], points[:, 0])
    share = np.repeat(r, 96)
    rest = np.c_[np.cos(angle), np.sin(angle), share]
    return points, faces, {"radius": share, "rest": rest}
