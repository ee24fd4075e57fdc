"""A small animated preview: half the pictures, 256 colours chosen for the clip, for ever repeating."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import av.filter
import numpy as np

from omnitalker.base import timeline
from omnitalker.base.errors import InputError
from omnitalker.base.types import Frame

KEEP_EVERY = 2
_GRAPH = (
    ("split", ""),
    ("palettegen", "stats_mode=full"),
    ("paletteuse", "dither=bayer:bayer_scale=4:diff_mode=rectangle"),
)


def write_gif(path: str | Path, frames: Sequence[Frame], max_side: int = 320) -> None:
    """(H, W, 3) pictures at 25/s; every second one is kept."""
    kept = frames[::KEEP_EVERY]
    if not kept:
        raise InputError("a GIF needs at least one picture")
    height, width = kept[0].shape[:2]
    shrink = min(1.0, max_side / max(height, width))
    size = (max(2, round(width * shrink)), max(2, round(height * shrink)))
    with av.open(str(path), "w", format="gif", options={"loop": "0"}) as container:
        stream = container.add_stream("gif", rate=Fraction(timeline.VIDEO_FPS, KEEP_EVERY))
        stream.width, stream.height, stream.pix_fmt = *size, "pal8"  # type: ignore[attr-defined]
        graph, entry, exit_ = _palette_graph((width, height), size)
        for index, pixels in enumerate(kept):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts = index
            entry.push(frame)
        entry.push(None)
        for index in range(len(kept)):
            coloured = exit_.pull()
            coloured.pts = index
            container.mux(stream.encode(coloured))  # type: ignore[attr-defined, arg-type]
        container.mux(stream.encode(None))  # type: ignore[attr-defined]
        del graph


def _palette_graph(
    source: tuple[int, int], size: tuple[int, int]
) -> tuple[av.filter.Graph, av.filter.context.FilterContext, av.filter.context.FilterContext]:
    """scale -> split -> (palettegen) -> paletteuse; keep the graph alive while its ends are used."""
    graph = av.filter.Graph()
    rate = Fraction(timeline.VIDEO_FPS, KEEP_EVERY)
    entry = graph.add(
        "buffer",
        f"video_size={source[0]}x{source[1]}:pix_fmt=rgb24:time_base={1 / rate}:frame_rate={rate}:pixel_aspect=1/1",
    )
    scale = graph.add("scale", f"{size[0]}:{size[1]}:flags=area")
    split, palette, use = (graph.add(name, options) for name, options in _GRAPH)
    sink = graph.add("buffersink")
    entry.link_to(scale)
    scale.link_to(split)
    split.link_to(use, 0, 0)
    split.link_to(palette, 1, 0)
    palette.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    return graph, entry, sink
