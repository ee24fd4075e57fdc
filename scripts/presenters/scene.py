"""Light, camera, render settings."""

from __future__ import annotations

import bpy
import mathutils
import numpy as np

CENTRE = (0.0, -0.4)  # what the camera looks at, centimetres in the model
PICTURE_HEIGHT = 40.0  # centimetres seen at the plane of the face
FOCAL, SENSOR = 85.0, 24.0
FACE_PLANE = 8.0


def reset(size: int, samples: int, threads: int) -> bpy.types.Scene:
    """An empty scene with Cycles on the processor, transparent film and the denoiser."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.threads_mode = "FIXED"
    scene.render.threads = threads
    scene.render.resolution_x = scene.render.resolution_y = size
    scene.render.film_transparent = True
    scene.render.use_persistent_data = True
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.image_settings.compression = 40
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.samples = samples
    cycles.use_adaptive_sampling = True
    cycles.adaptive_threshold = 0.03
    cycles.adaptive_min_samples = max(8, samples // 3)
    cycles.use_denoising = True
    cycles.denoiser = "OPENIMAGEDENOISE"
    cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"
    cycles.max_bounces = 6
    cycles.diffuse_bounces = 2
    cycles.glossy_bounces = 2
    cycles.transmission_bounces = 6
    cycles.transparent_max_bounces = 12
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 4.0
    cycles.pixel_filter_type = "BLACKMAN_HARRIS"
    cycles.filter_width = 1.4
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"
    return scene


CAMERA_PLACE = np.array([*CENTRE, FACE_PLANE + PICTURE_HEIGHT * FOCAL / SENSOR])


def project(points: np.ndarray, size: int) -> np.ndarray:
    """Pixels (N, 2), y down, of points (N, 3) in centimetres in a picture of `size`."""
    offset = points - CAMERA_PLACE
    scale = size * FOCAL / SENSOR / -offset[:, 2:]
    return offset[:, :2] * scale * [1, -1] + size / 2


def add_camera(scene: bpy.types.Scene) -> None:
    """An 85 mm camera looking along -z, framing head and shoulders."""
    data = bpy.data.cameras.new("camera")
    data.lens, data.sensor_width, data.sensor_height = FOCAL, SENSOR, SENSOR
    data.clip_end = 10_000
    camera = bpy.data.objects.new("camera", data)
    camera.location = CAMERA_PLACE
    scene.collection.objects.link(camera)
    scene.camera = camera


def _area(scene, name, place, target, size, power, colour) -> None:
    data = bpy.data.lights.new(name, "AREA")
    data.shape, data.size, data.size_y = "RECTANGLE", size[0], size[1]
    data.energy, data.color = power, colour
    light = bpy.data.objects.new(name, data)
    light.location = place
    direction = np.subtract(target, place)
    back = -direction / np.linalg.norm(direction)
    right = np.cross((0, 1, 0), back)
    right /= np.linalg.norm(right)
    up = np.cross(back, right)
    frame = mathutils.Matrix(np.stack([right, up, back], axis=1).tolist())
    light.rotation_euler = frame.to_euler()
    scene.collection.objects.link(light)


def add_lights(scene: bpy.types.Scene, light: dict) -> None:
    """A large soft key, a fill, two rims and a dim sky; strengths in thousands of watts."""
    face = (0.0, 1.0, 6.0)
    _area(scene, "key", (-75, 55, 120), face, (80, 90), light["key"] * 1e3, light["key_colour"])
    _area(scene, "fill", (95, 10, 110), face, (110, 110), light["fill"] * 1e3, light["fill_colour"])
    _area(scene, "low", (0, -75, 80), face, (90, 40), light["low"] * 1e3, (1.0, 0.95, 0.9))
    _area(scene, "rim", (95, 60, -85), face, (40, 110), light["rim"] * 1e3, light["rim_colour"])
    _area(scene, "kick", (-95, 50, -80), face, (40, 100), light["kick"] * 1e3, (1.0, 0.93, 0.85))
    world = bpy.data.worlds.new("world")
    world.use_nodes = True
    background = world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = (*light["sky_colour"], 1.0)
    background.inputs["Strength"].default_value = light["sky"]
    scene.world = world
