"""A thin writer for shader nodes."""

from __future__ import annotations

import bpy


class Graph:
    """Nodes of one material: `add` makes a node, sets inputs and links outputs."""

    def __init__(self, name: str) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.tree.nodes.clear()
        self.output = self.tree.nodes.new("ShaderNodeOutputMaterial")

    def add(self, kind: str, inputs: dict | None = None, **properties: object):
        node = self.tree.nodes.new(f"ShaderNode{kind}")
        for key, value in properties.items():
            setattr(node, key, value)
        for key, value in (inputs or {}).items():
            self.set(node.inputs[key], value)
        return node

    def set(self, socket, value) -> None:
        if isinstance(value, bpy.types.NodeSocket):
            self.tree.links.new(value, socket)
        elif isinstance(value, (tuple, list)) and socket.type == "RGBA" and len(value) == 3:
            socket.default_value = (*value, 1.0)
        else:
            socket.default_value = value

    def attribute(self, name: str, vector: bool = False):
        node = self.add("Attribute", attribute_name=name)
        return node.outputs["Vector" if vector else "Fac"]

    def math(self, operation: str, a, b=0.0, clamp: bool = False):
        node = self.add("Math", {0: a, 1: b}, operation=operation, use_clamp=clamp)
        return node.outputs[0]

    def mix(self, factor, a, b, blend: str = "MIX"):
        node = self.add("Mix", data_type="RGBA", blend_type=blend)
        self.set(node.inputs[0], factor)
        self.set(node.inputs[6], a)
        self.set(node.inputs[7], b)
        return node.outputs[2]

    def noise(self, vector, scale: float, detail: float = 2.0, roughness: float = 0.5):
        node = self.add(
            "TexNoise",
            {"Vector": vector, "Scale": scale, "Detail": detail, "Roughness": roughness},
        )
        return node.outputs["Fac"]

    def range(self, value, low: float, high: float, to_low: float = 0.0, to_high: float = 1.0):
        node = self.add(
            "MapRange",
            {"Value": value, 1: low, 2: high, 3: to_low, 4: to_high},
            interpolation_type="SMOOTHSTEP",
        )
        return node.outputs[0]

    def surface(self, shader) -> bpy.types.Material:
        self.tree.links.new(shader.outputs[0], self.output.inputs["Surface"])
        return self.material
