"""Path-trace the mouth of the ICT FaceKit head (MIT): two pictures with transparency, upper jaw and lower jaw.

    python scripts/render_teeth.py ../shared/data/face3d/ict_face.npz OUTPUT_FOLDER      (needs bpy 4.2)

`scripts/build_mouth_model.py` packs the pictures for the renderer. The camera is orthographic and looks straight
at the mouth; the lower jaw is rendered half open, as it is mostly seen.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import bpy
import numpy as np

WIDTH, HEIGHT = 560, 400
SPAN_CM = 7.0
HALF_OPEN = 0.5
UPPER_JAW_ENDS_CM = -3.6


def mesh_object(
    name: str, vertices: np.ndarray, faces: np.ndarray, material: bpy.types.Material
) -> None:
    """Add the named faces to the scene, subdivided once and smooth; our z (to the viewer) is Blender's -y."""
    used, index = np.unique(faces[faces >= 0], return_inverse=True)
    renamed = np.full(faces.shape, -1)
    renamed[faces >= 0] = index
    points = vertices[used][:, [0, 2, 1]] * [1, -1, 1]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(points.tolist(), [], [[int(i) for i in face if i >= 0] for face in renamed])
    mesh.materials.append(material)
    for polygon in mesh.polygons:
        polygon.use_smooth = True
    thing = bpy.data.objects.new(name, mesh)
    thing.modifiers.new("smooth", "SUBSURF").render_levels = 1
    bpy.context.scene.collection.objects.link(thing)


def wet(
    name: str, colour: tuple[float, float, float], roughness: float, depth: float
) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    node = material.node_tree.nodes["Principled BSDF"]
    node.inputs["Base Color"].default_value = (*colour, 1)
    node.inputs["Roughness"].default_value = roughness
    node.inputs["Subsurface Weight"].default_value = 0.5
    node.inputs["Subsurface Radius"].default_value = (1.0, 0.5, 0.35)
    node.inputs["Subsurface Scale"].default_value = depth
    return material


def light(location: tuple[float, float, float], size: float, power: float) -> None:
    lamp = bpy.data.lights.new("lamp", "AREA")
    lamp.energy, lamp.size = power, size
    thing = bpy.data.objects.new("lamp", lamp)
    thing.location = location
    thing.rotation_euler = _towards(location, (0, -8, -3))
    bpy.context.scene.collection.objects.link(thing)


def _towards(
    origin: tuple[float, float, float], target: tuple[float, float, float]
) -> tuple[float, ...]:
    import mathutils

    direction = mathutils.Vector(target) - mathutils.Vector(origin)
    return tuple(direction.to_track_quat("-Z", "Y").to_euler())


def stage(middle_y: float) -> None:
    scene = bpy.context.scene
    camera = bpy.data.cameras.new("camera")
    camera.type, camera.ortho_scale = "ORTHO", SPAN_CM
    thing = bpy.data.objects.new("camera", camera)
    thing.location, thing.rotation_euler = (0, -40, middle_y), (np.pi / 2, 0, 0)
    scene.collection.objects.link(thing)
    scene.camera = thing
    light((-8, -35, 10), 12, 6500)
    light((10, -32, 4), 14, 3500)
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 40, True
    scene.render.film_transparent = True
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.view_settings.view_transform = "Standard"
    world = bpy.data.worlds.new("world")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs[0].default_value = (0.25, 0.22, 0.21, 1)
    scene.world = world


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("head", type=Path)
    parser.add_argument("output", type=Path)
    args = parser.parse_args()
    data = np.load(args.head)
    names = data["material_names"][data["face_material"]]
    jaw = data["expressions"][list(data["expression_names"]).index("jawOpen")]
    moving = np.linalg.norm(jaw, axis=1) > 0.3
    vertices, faces = data["vertices"].astype(float), data["faces"]
    args.output.mkdir(parents=True, exist_ok=True)
    for which, opening in (("upper", 0.0), ("lower", HALF_OPEN)):
        bpy.ops.wm.read_factory_settings(use_empty=True)
        teeth = wet("teeth", (0.83, 0.77, 0.66), 0.25, 0.12)
        gums = wet("gums", (0.46, 0.16, 0.14), 0.35, 0.2)
        placed = vertices + opening * jaw
        lower = (moving[faces.clip(0)] | (faces < 0)).all(axis=1)
        throat = vertices[faces[:, :3]].mean(axis=1)[:, 1] < UPPER_JAW_ENDS_CM
        own = lower if which == "lower" else ~lower & ~throat
        mesh_object("teeth", placed, faces[own & (names == "M_Teeth")], teeth)
        mesh_object("gums", placed, faces[own & (names == "M_GumsTongue")], gums)
        middle = -2.6 if which == "upper" else -4.2 + opening * -3.0
        stage(middle)
        bpy.context.scene.render.filepath = str((args.output / f"{which}.png").resolve())
        bpy.ops.render.render(write_still=True)
        place = {"middle": [0.0, middle], "span": SPAN_CM, "opening": opening}
        (args.output / f"{which}.json").write_text(json.dumps(place))


if __name__ == "__main__":
    main()
