"""The video that plays while it is made: Gradio's player and playlist, fed with our own segments.

Gradio cuts and encodes streamed videos with the programs ffmpeg and ffprobe; ours come as MPEG-TS already.
The methods are replaced on the object because Gradio writes a .pyi file beside the source of every subclass.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypedDict

import gradio as gr


class Piece(TypedDict):
    """What a handler yields to the player; Gradio keeps it in the visitor's session, so plain values."""

    segment: str
    """Path of an MPEG-TS file that goes on where the one before it ended."""
    seconds: float


def streaming_player(**options: Any) -> gr.Video:
    """A `gr.Video` to which `Piece`s can be yielded."""
    player = gr.Video(streaming=True, interactive=False, **options)
    vars(player).update(stream_output=_stream_output, flush_stream_output=_nothing_left)
    return player


async def _stream_output(piece: Piece | None, output_id: str, _first: bool) -> tuple[Any, Any]:
    """(segment for the playlist, the playlist as a value of the player)"""
    playlist = {
        "path": output_id,
        "is_stream": True,
        "orig_name": "omnitalker.mp4",
        "meta": {"_type": "gradio.FileData"},
    }
    if piece is None:
        return None, playlist
    data = Path(piece["segment"]).read_bytes()
    return {"data": data, "duration": piece["seconds"], "extension": ".ts"}, playlist


async def _nothing_left(_output_id: str) -> None:
    """Our last segment is whole."""
