"""The field for a portrait: what is no picture reaches our own checks, which say so in words."""

from __future__ import annotations

from typing import Any

import gradio as gr


def portrait_field(**options: Any) -> gr.Image:
    """A `gr.Image` that gives the path of whatever was uploaded; Gradio's own fails at a broken file.

    The method is replaced on the object because Gradio writes a .pyi file beside the source of every subclass.
    """
    field = gr.Image(type="filepath", **options)
    decoded = field.preprocess

    def path_of(upload: Any) -> Any:
        return upload.path if upload is not None and upload.path else decoded(upload)

    vars(field).update(preprocess=path_of)
    return field
