"""Procedural materials: skin, eyes, mouth, hair, cloth. Each function returns a Blender material."""

from __future__ import annotations

from collections.abc import Sequence

import bpy
from graph import Graph

Colour = Sequence[float]


def _skin_colour(g: Graph, skin: dict, rest):
    """Base colour: complexion, blood in cheeks, nose and lips, lids, freckles, shadow of hair."""
    mottle = g.range(g.noise(rest, 0.55, 4.0, 0.6), 0.3, 0.7)
    colour = g.mix(mottle, skin["base"], skin["base_dark"])
    fine = g.range(g.noise(rest, 5.0, 3.0, 0.7), 0.35, 0.65)
    colour = g.mix(g.math("MULTIPLY", fine, skin.get("blotch", 0.25)), colour, skin["red"])
    for name, amount in skin["flush"].items():
        broken = g.range(g.noise(rest, 1.6, 4.0, 0.65), 0.2, 0.8, 0.55, 1.0)
        factor = g.math("MULTIPLY", g.attribute(name), amount)
        colour = g.mix(g.math("MULTIPLY", factor, broken), colour, skin["red"])
    colour = g.mix(g.math("MULTIPLY", g.attribute("lid"), skin["lid"][3]), colour, skin["lid"][:3])
    colour = g.mix(g.math("MULTIPLY", g.attribute("bag"), skin["bag"][3]), colour, skin["bag"][:3])
    if skin.get("freckles"):
        spots = g.add("TexVoronoi", {"Vector": rest, "Scale": 2.6, "Randomness": 1.0})
        dots = g.range(spots.outputs["Distance"], 0.10, 0.24, 1.0, 0.0)
        patch = g.range(g.noise(rest, 1.1, 2.0), 0.45, 0.62)
        where = g.math("ADD", g.attribute("cheek"), g.attribute("nose"), clamp=True)
        factor = g.math("MULTIPLY", g.math("MULTIPLY", dots, patch), where)
        factor = g.math("MULTIPLY", factor, skin["freckles"])
        colour = g.mix(factor, colour, skin["freckle_colour"])
    colour = g.mix(g.attribute("shade"), colour, skin["stubble"])
    crease = g.range(g.noise(rest, 3.0, 3.0), 0.3, 0.7, 0.8, 1.0)
    lip = g.math("MULTIPLY", g.attribute("lip"), g.math("MULTIPLY", crease, skin["lip"][3]))
    colour = g.mix(lip, colour, skin["lip"][:3])
    wet = g.math("MULTIPLY", g.attribute("wet_lip"), 0.55)
    colour = g.mix(wet, colour, skin["inner_lip"])
    rim = g.math("MULTIPLY", g.attribute("lid_rim"), 0.75)
    colour = g.mix(rim, colour, skin["lid_rim"])
    return g.mix(g.attribute("inside"), colour, (0.20, 0.035, 0.03))


def _skin_bump(g: Graph, skin: dict, rest):
    """Pores, unevenness and the vertical creases of the lips as one bump chain."""
    pores = g.add("TexVoronoi", {"Vector": rest, "Scale": 9.0}, feature="SMOOTH_F1")
    pore_height = g.range(pores.outputs["Distance"], 0.0, 0.5)
    uneven = g.noise(rest, 3.2, 4.0, 0.6)
    stretched = g.add("Mapping", {"Vector": rest, "Scale": (3.2, 0.35, 0.5)}).outputs[0]
    creases = g.math("MULTIPLY", g.noise(stretched, 1.7, 2.0), g.attribute("lip"))
    normal = g.add("Bump", {"Height": uneven, "Strength": skin["bump"] * 0.6, "Distance": 0.06})
    normal = g.add(
        "Bump",
        {
            "Height": pore_height,
            "Strength": skin["bump"] * 0.55,
            "Distance": 0.02,
            "Normal": normal.outputs[0],
        },
    )
    normal = g.add(
        "Bump",
        {"Height": creases, "Strength": 0.45, "Distance": 0.10, "Normal": normal.outputs[0]},
    )
    age = g.add(
        "Bump",
        {
            "Height": g.attribute("wrinkle"),
            "Strength": skin.get("wrinkles", 0.0),
            "Distance": 0.12,
            "Normal": normal.outputs[0],
        },
    )
    return age.outputs[0]


def skin_material(skin: dict) -> bpy.types.Material:
    """Skin with subsurface scattering; regions come from point attributes of the head."""
    g = Graph("skin")
    rest = g.attribute("rest", vector=True)
    shine = g.math("ADD", g.attribute("forehead"), g.attribute("nose"), clamp=True)
    shine = g.math("ADD", shine, g.math("MULTIPLY", g.attribute("chin"), 0.5), clamp=True)
    rough = g.range(g.noise(rest, 2.0, 3.0), 0.3, 0.7, skin["rough"] - 0.05, skin["rough"] + 0.07)
    rough = g.math("SUBTRACT", rough, g.math("MULTIPLY", shine, 0.07))
    rough = g.math("SUBTRACT", rough, g.math("MULTIPLY", g.attribute("lip"), 0.14))
    wet = g.math("MAXIMUM", g.attribute("wet_lip"), g.attribute("lid_rim"))
    wet = g.math("MAXIMUM", wet, g.attribute("inside"))
    rough = g.math("SUBTRACT", rough, g.math("MULTIPLY", wet, 0.2), clamp=True)
    shader = g.add(
        "BsdfPrincipled",
        {
            "Base Color": _skin_colour(g, skin, rest),
            "Roughness": rough,
            "Normal": _skin_bump(g, skin, rest),
            "Subsurface Weight": 1.0,
            "Subsurface Radius": (1.0, 0.36, 0.2),
            "Subsurface Scale": skin.get("scatter", 0.32),
            "Subsurface Anisotropy": 0.7,
            "Subsurface IOR": 1.4,
            "IOR": 1.42,
            "Specular IOR Level": skin.get("specular", 0.45),
            "Coat Weight": 0.06,
            "Coat Roughness": 0.28,
        },
        subsurface_method="RANDOM_WALK_SKIN",
    )
    return g.surface(shader)


def sclera_material(eye: dict) -> bpy.types.Material:
    """White of the eye that turns to a clear, mirroring cornea over the iris ('cornea' attribute)."""
    g = Graph("eyeball")
    rest = g.attribute("rest", vector=True)
    edge = g.attribute("limbus")
    veins = g.range(g.noise(rest, 2.2, 6.0, 0.75), 0.52, 0.75)
    corner = g.attribute("corner")
    colour = g.mix(g.math("MULTIPLY", veins, g.math("MULTIPLY", corner, 0.55)), eye["white"],
                   (0.62, 0.22, 0.18))  # fmt: skip
    colour = g.mix(g.math("MULTIPLY", corner, 0.30), colour, (0.68, 0.40, 0.34))
    colour = g.mix(g.math("MULTIPLY", edge, 0.75), colour, eye["ring"])
    white = g.add(
        "BsdfPrincipled",
        {
            "Base Color": colour,
            "Roughness": 0.28,
            "Subsurface Weight": 0.6,
            "Subsurface Radius": (0.9, 0.55, 0.45),
            "Subsurface Scale": 0.12,
            "Coat Weight": 0.8,
            "Coat Roughness": 0.05,
            "Normal": g.add(
                "Bump", {"Height": g.noise(rest, 1.8, 3.0), "Strength": 0.08, "Distance": 0.1}
            ).outputs[0],
        },
    )
    clear = g.add("BsdfTransparent")
    gloss = g.add("BsdfGlossy", {"Roughness": 0.015, "Color": (1, 1, 1)})
    fresnel = g.add("Fresnel", {"IOR": 1.45})
    film = g.add("MixShader", {0: fresnel.outputs[0], 1: clear.outputs[0], 2: gloss.outputs[0]})
    both = g.add("MixShader", {0: g.attribute("cornea"), 1: white.outputs[0], 2: film.outputs[0]})
    return g.surface(both)


def iris_material(eye: dict) -> bpy.types.Material:
    """Iris with radial fibres, a lighter collar round the pupil and a dark limbal ring.

    Attributes: 'radius' 0 at the centre to 1 at the rim, 'rest' = (cos, sin, radius) of the point.
    """
    g = Graph("iris")
    polar = g.attribute("rest", vector=True)
    radius = g.attribute("radius")
    stretched = g.add("Mapping", {"Vector": polar, "Scale": (7.0, 7.0, 0.9)}).outputs[0]
    fibres = g.range(g.noise(stretched, 1.6, 5.0, 0.7), 0.32, 0.68)
    crypt = g.range(g.noise(g.add("Mapping", {"Vector": polar, "Scale": (2.2, 2.2, 3.0)}).outputs[0],
                            1.5, 2.0), 0.35, 0.65)  # fmt: skip
    colour = g.mix(fibres, eye["iris_dark"], eye["iris"])
    colour = g.mix(g.math("MULTIPLY", crypt, 0.35), colour, eye["iris_dark"])
    collar = g.range(radius, 0.38, 0.62, 1.0, 0.0)
    colour = g.mix(g.math("MULTIPLY", collar, 0.55), colour, eye["collar"])
    colour = g.mix(g.range(radius, 0.74, 0.97), colour, eye["ring"])
    colour = g.mix(g.range(radius, eye["pupil"] - 0.03, eye["pupil"] + 0.02, 1.0, 0.0), colour,
                   (0.001, 0.001, 0.001))  # fmt: skip
    shader = g.add(
        "BsdfPrincipled",
        {"Base Color": colour, "Roughness": 0.6, "Specular IOR Level": 0.2},
    )
    return g.surface(shader)


def tear_material() -> bpy.types.Material:
    g = Graph("tears")
    fresnel = g.add("Fresnel", {"IOR": 1.33})
    clear, gloss = g.add("BsdfTransparent"), g.add("BsdfGlossy", {"Roughness": 0.05})
    return g.surface(
        g.add("MixShader", {0: fresnel.outputs[0], 1: clear.outputs[0], 2: gloss.outputs[0]})
    )


def teeth_material(colour: Colour) -> bpy.types.Material:
    g = Graph("teeth")
    rest = g.attribute("rest", vector=True)
    tint = g.mix(g.range(g.noise(rest, 1.2, 2.0), 0.3, 0.7), colour,
                 [c * s for c, s in zip(colour, (0.92, 0.88, 0.80), strict=True)])  # fmt: skip
    shader = g.add(
        "BsdfPrincipled",
        {
            "Base Color": tint,
            "Roughness": 0.22,
            "Subsurface Weight": 0.7,
            "Subsurface Radius": (0.6, 0.5, 0.4),
            "Subsurface Scale": 0.12,
            "Coat Weight": 0.4,
            "Coat Roughness": 0.08,
        },
    )
    return g.surface(shader)


def gum_material(colour: Colour) -> bpy.types.Material:
    g = Graph("gums")
    rest = g.attribute("rest", vector=True)
    tint = g.mix(g.range(g.noise(rest, 2.5, 3.0), 0.3, 0.7), colour, [c * 0.7 for c in colour])
    bump = g.add("Bump", {"Height": g.noise(rest, 8.0, 2.0), "Strength": 0.25, "Distance": 0.05})
    shader = g.add(
        "BsdfPrincipled",
        {
            "Base Color": tint,
            "Roughness": 0.28,
            "Subsurface Weight": 0.8,
            "Subsurface Radius": (1.0, 0.3, 0.2),
            "Subsurface Scale": 0.2,
            "Coat Weight": 0.35,
            "Coat Roughness": 0.12,
            "Normal": bump.outputs[0],
        },
    )
    return g.surface(shader)


def hair_material(hair: dict, name: str = "hair") -> bpy.types.Material:
    """Principled hair by melanin, varied per strand, with grey strands where asked."""
    g = Graph(name)
    info = g.add("HairInfo")
    random = info.outputs["Random"]
    shader = g.add(
        "BsdfHairPrincipled",
        {
            "Melanin": hair["melanin"],
            "Melanin Redness": hair["redness"],
            "Roughness": hair.get("roughness", 0.32),
            "Radial Roughness": hair.get("radial", 0.45),
            "Coat": hair.get("coat", 0.0),
            "Random Color": hair.get("vary", 0.4),
            "Random Roughness": 0.2,
            "Random": random,
        },
        model="CHIANG",
        parametrization="MELANIN",
    )
    if not hair.get("grey"):
        return g.surface(shader)
    grey = g.add(
        "BsdfHairPrincipled",
        {
            "Color": hair["grey_colour"],
            "Roughness": 0.3,
            "Radial Roughness": 0.4,
            "Random Roughness": 0.2,
            "Random": random,
        },
        model="CHIANG",
        parametrization="COLOR",
    )
    pick = g.math("LESS_THAN", g.attribute("strand"), hair["grey"])
    return g.surface(g.add("MixShader", {0: pick, 1: shader.outputs[0], 2: grey.outputs[0]}))


def cloth_material(cloth: dict) -> bpy.types.Material:
    """Knit or weave: colour, sheen and a fine periodic bump in the garment's own coordinates."""
    g = Graph("cloth")
    rest = g.attribute("rest", vector=True)
    uv = g.attribute("weave", vector=True)
    fuzz = g.range(g.noise(rest, 4.0, 4.0, 0.7), 0.3, 0.7, 0.82, 1.08)
    colour = g.mix(1.0, cloth["colour"], g.add("CombineColor", {0: fuzz, 1: fuzz, 2: fuzz}).outputs[0],
                   "MULTIPLY")  # fmt: skip
    wave = g.add(
        "TexWave",
        {"Vector": uv, "Scale": cloth.get("rib", 1.0), "Distortion": 0.6, "Detail": 1.0},
        bands_direction="X",
    )
    fold = g.noise(rest, 0.12, 2.0)
    bump = g.add("Bump", {"Height": fold, "Strength": cloth.get("fold", 0.6), "Distance": 2.5})
    bump = g.add("Bump", {"Height": wave.outputs["Fac"], "Strength": cloth.get("knit", 0.5),
                          "Distance": 0.08, "Normal": bump.outputs[0]})  # fmt: skip
    bump = g.add("Bump", {"Height": g.noise(rest, 9.0, 2.0), "Strength": 0.3, "Distance": 0.05,
                          "Normal": bump.outputs[0]})  # fmt: skip
    shader = g.add(
        "BsdfPrincipled",
        {
            "Base Color": colour,
            "Roughness": 0.85,
            "Specular IOR Level": 0.2,
            "Sheen Weight": cloth.get("sheen", 0.35),
            "Sheen Roughness": 0.4,
            "Normal": bump.outputs[0],
        },
    )
    return g.surface(shader)
