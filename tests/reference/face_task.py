"""A FaceLandmarker bundle made of the models inside the mediapipe wheel, so that the Tasks back end runs offline.

Published bundles answer with all 478 points in one tensor. The model in the wheel has the mesh and both irises apart:
two operators more put them together.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import flatbuffers
import mediapipe
import numpy as np
from mediapipe.tasks.metadata import schema_py_generated as schema
from mediapipe.tasks.python.metadata.metadata_writers.metadata_writer import MetadataWriter

MODELS = Path(mediapipe.__file__).parent / "modules"
_MESH, _IRIS = 3 * 468, 2 * 5
_DEPTH_OF = (33, 263)
"""Points whose depth the irises get: the outer corners of the eyes, first that on the viewer's left."""


def write_task(path: Path) -> Path:
    detector = (MODELS / "face_detection/face_detection_short_range.tflite").read_bytes()
    mesh = (MODELS / "face_landmark/face_landmark_with_attention.tflite").read_bytes()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as bundle:
        bundle.writestr("face_detector.tflite", _described(detector, 127.5, 127.5))
        bundle.writestr("face_landmarks_detector.tflite", _described(_joined(mesh), 0.0, 255.0))
    return path


def _described(model: bytes, mean: float, deviation: float) -> bytes:
    writer = MetadataWriter.create(bytearray(model))
    writer.add_image_input([mean], [deviation])
    return bytes(writer.populate()[0])


def _joined(model: bytes) -> bytes:
    """Outputs: landmarks (1, 1, 1, 1434), then the certainty of a face."""
    network = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(model, 0))
    graph = network.subgraphs[0]
    outputs = {graph.tensors[index].name.decode(): index for index in graph.outputs}
    parts = [outputs[f"output_{name}"] for name in ("mesh_identity", "left_iris", "right_iris")]
    together = _tensor(network, "together", (1, 1, 1, _MESH + 2 * _IRIS))
    along = schema.ConcatenationOptionsT()
    along.axis = 3
    _operator(network, "Concatenation", along, parts, together)
    order = list(range(_MESH))
    for side, point in enumerate(_DEPTH_OF):
        for k in range(0, _IRIS, 2):
            x = _MESH + side * _IRIS + k
            order += [x, x + 1, 3 * point + 2]
    wanted = _tensor(network, "order", (len(order),), np.array(order, np.int32))
    landmarks = _tensor(network, "landmarks", (1, 1, 1, len(order)))
    pick = schema.GatherOptionsT()
    pick.axis = 3
    _operator(network, "Gather", pick, [together, wanted], landmarks)
    graph.outputs = [landmarks, outputs["conv_faceflag"]]
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(network.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _tensor(network, name, shape, values=None) -> int:
    buffer, tensor = schema.BufferT(), schema.TensorT()
    if values is not None:
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
    network.buffers.append(buffer)
    tensor.name, tensor.shape = name.encode(), list(shape)
    tensor.type = schema.TensorType.FLOAT32 if values is None else schema.TensorType.INT32
    tensor.buffer = len(network.buffers) - 1
    network.subgraphs[0].tensors.append(tensor)
    return len(network.subgraphs[0].tensors) - 1


def _operator(network, name, options, inputs, output) -> None:
    code, operator = schema.OperatorCodeT(), schema.OperatorT()
    code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, name.upper())
    code.version = 1
    network.operatorCodes.append(code)
    operator.opcodeIndex = len(network.operatorCodes) - 1
    operator.builtinOptionsType = getattr(schema.BuiltinOptions, f"{name}Options")
    operator.builtinOptions = options
    operator.inputs, operator.outputs = inputs, [output]
    network.subgraphs[0].operators.append(operator)
