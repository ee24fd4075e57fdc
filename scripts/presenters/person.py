"""One presenter as Blender objects that take any expression and head turn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy
import clothes as dress
import facial_hair
import hair
import materials
import mathutils
import meshes
import numpy as np
import surface
import tongue
from head import SKIN_POINTS, gaze_from, load_head, rotation, turned

IRIS_RADIUS = 0.60
MODES = 40


def model_weights(weights: dict[str, float]) -> dict[str, float]:
    """Strengths by our 51 names -> by the head model's names."""
    out: dict[str, float] = {}
    for name, strength in weights.items():
        if name in ("browInnerUp", "cheekPuff"):
            out[f"{name}_L"] = out[f"{name}_R"] = strength
        elif name.startswith(("jaw", "mouthLeft", "mouthRight")):
            out[name] = strength
        elif name.endswith("Left"):
            out[name.removesuffix("Left") + "_L"] = strength
        elif name.endswith("Right"):
            out[name.removesuffix("Right") + "_R"] = strength
        else:
            out[name] = strength
    return out


def identity_modes(config: dict) -> np.ndarray:
    """The 40 identity strengths: drawn from the person's seed, then adjusted by hand."""
    modes = np.random.default_rng(config["seed"]).normal(size=MODES) * config.get("spread", 0.8)
    for index, extra in (config.get("identity") or {}).items():
        modes[index] += extra
    return modes


@dataclass(frozen=True)
class _Part:
    thing: bpy.types.Object
    points: np.ndarray  # indices into the head


class Person:
    """Builds everything at rest; `take` moves it."""

    def __init__(self, path: Path, config: dict) -> None:
        self.config = config
        self.head = load_head(path, identity_modes(config), config["build"], config["bake"])
        self.surface = surface.Surface(self.head)
        self._tongue = tongue.tongue_weight(self.head)
        self._parts = [
            self._add_part("teeth", (3,), materials.teeth_material(config["teeth"]), 1),
            self._add_part("gums", (2,), materials.gum_material((0.45, 0.12, 0.11)), 1),
            self._add_part("tears", (8,), materials.tear_material(), 0),
        ]
        self._add_skin()
        self._add_eyes()
        self._add_hair()
        self._add_clothes()

    def take(
        self,
        weights: dict[str, float],
        rotvec: np.ndarray,
        tip: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Show expression strengths (our names), a head rotation vector in radians, and the tip of the
        tongue so many centimetres up and forward."""
        shape = model_weights(weights)
        expressed = tongue.with_tongue(self.head.expressed(shape), self._tongue, *tip)
        points = turned(expressed, self.head.neck_weight, rotvec)
        skin = points[:SKIN_POINTS]
        normals = surface.point_normals(skin, self.surface.triangles)
        skin = dress.tucked(self.head, skin, normals, self.config["clothes"]["neck"])
        meshes.move_mesh(self._skin, skin)
        for part in self._parts:
            meshes.move_mesh(part.thing, points[part.points])
        if self._turned or np.any(rotvec):  # moving 20 000 strands is slow: only when they turn
            flat = self._strands.reshape(-1, 3)
            meshes.move_strands(self._hair, turned(flat, np.ones(len(flat)), rotvec))
        self._turned = bool(np.any(rotvec))
        for thing, fuzz in self._fuzz:
            meshes.move_strands(thing, fuzz.place(points))
        self._turn_eyes(gaze_from(shape), rotvec)

    def _add_part(self, name: str, groups: tuple, material, subdivide: int) -> _Part:
        faces = self.head.faces_of(*groups)
        used = np.unique(faces[faces >= 0])
        renumber = np.full(len(self.head.rest), -1)
        renumber[used] = np.arange(len(used))
        local = np.where(faces >= 0, renumber[faces], -1)
        thing = meshes.add_mesh(
            name, self.head.rest[used], local, material, {"rest": self.head.mean[used]}, subdivide
        )
        return _Part(thing, used)

    def _add_skin(self) -> None:
        config, masks = self.config, dict(self.head.masks)
        shade = masks["scalp"] * config["hair"]["shade_amount"]
        shade = np.maximum(shade, masks["beard"] * config.get("beard_shade", 0.0))
        attributes = masks | {"rest": self.head.mean[:SKIN_POINTS], "shade": shade}
        material = materials.skin_material(config["skin"] | {"stubble": config["hair"]["shade"]})
        faces = self.head.faces_of(0, 1)
        skin = self.head.rest[:SKIN_POINTS]
        self._skin = meshes.add_mesh("skin", skin, faces, material, attributes, 1)

    def _add_eyes(self) -> None:
        look = self.config["eye"]
        sclera, iris = materials.sclera_material(look), materials.iris_material(look)
        self._eyes = []
        for side in range(2):
            for make, material in ((meshes.eyeball, sclera), (meshes.iris_disc, iris)):
                points, faces, attributes = make(self.head.eye_radius, IRIS_RADIUS)
                thing = meshes.add_mesh("eye", points, faces, material, attributes)
                thing.rotation_mode = "QUATERNION"
                self._eyes.append((thing, side))

    def _turn_eyes(self, gaze: np.ndarray, rotvec: np.ndarray) -> None:
        for thing, side in self._eyes:
            yaw, pitch = gaze[side]
            own = rotation(np.array([0, yaw, 0])) @ rotation(np.array([-pitch, 0, 0]))
            whole = mathutils.Matrix((rotation(rotvec) @ own).tolist())
            centre = self.head.eye_centre[side][None]
            thing.location = turned(centre, np.ones(1), rotvec)[0]
            thing.rotation_quaternion = whole.to_quaternion()

    def _add_hair(self) -> None:
        config = self.config
        strands, radius = hair.groom(self.head, self.surface, config["hair"], config["seed"])
        per_strand = np.random.default_rng(config["seed"]).random(len(strands))
        material = materials.hair_material(config["hair"])
        thing = meshes.add_strands("hair", strands, radius, material, per_strand)
        self._hair, self._turned, self._strands = thing, False, strands
        kinds = [
            ("brow", facial_hair.brows(self.surface, config["brow"], config["seed"] + 1)),
            ("lash", facial_hair.lashes(self.head, config["lash"], config["seed"] + 2)),
        ]
        if "beard" in config:
            grown = facial_hair.beard(self.head, self.surface, config["beard"], config["seed"] + 3)
            kinds.append(("beard", grown))
        self._fuzz = []
        for name, fuzz in kinds:
            look = config[name] if "melanin" in config[name] else {"melanin": 0.95, "redness": 0.3}
            material = materials.hair_material(look, name)
            at_rest = fuzz.place(self.head.rest)
            self._fuzz.append((meshes.add_strands(name, at_rest, fuzz.radius, material), fuzz))

    def _add_clothes(self) -> None:
        style, seed = self.config["clothes"], self.config["seed"]
        body = dress.Body(self.head, style["build"], style["bust"], 0.45)
        piece, loop = dress.garment(body, style["neck"], seed)
        pieces = [piece]
        if "band" in style:
            pieces.append(dress.band(loop, **style["band"]))
        self._add_pieces(pieces, style["cloth"])
        if "jacket" in style:
            over = dress.Body(self.head, style["build"], style["bust"], 1.4)
            self._add_pieces(
                dress.jacket(over, style["jacket"], seed + 1), style["jacket"]["cloth"]
            )

    @staticmethod
    def _add_pieces(pieces: list[dress.Piece], cloth: dict) -> None:
        material = materials.cloth_material(cloth)
        for piece in pieces:
            attributes = {"rest": piece.points, "weave": piece.weave}
            meshes.add_mesh("cloth", piece.points, piece.faces, material, attributes)
