"""Which of the 478 face points are what: MediaPipe's numbering, left and right being the person's own.

Paths run from the person's right to the left (viewer's left to right) unless they are loops.
"""

from __future__ import annotations

from typing import Final

OUTER_LIP_UPPER: Final = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
OUTER_LIP_LOWER: Final = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
INNER_LIP_UPPER: Final = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
INNER_LIP_LOWER: Final = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
"""Point k of the upper edge lies over point k of the lower one."""
OUTER_LIPS: Final = OUTER_LIP_UPPER + OUTER_LIP_LOWER[-2:0:-1]
INNER_LIPS: Final = INNER_LIP_UPPER + INNER_LIP_LOWER[-2:0:-1]

_UPPER_BETWEEN = (
    184, 74, 73, 72, 11, 302, 303, 304, 408,
    183, 42, 41, 38, 12, 268, 271, 272, 407,
)  # fmt: skip
_LOWER_BETWEEN = (
    77, 90, 180, 85, 16, 315, 404, 320, 307,
    96, 89, 179, 86, 15, 316, 403, 319, 325,
)  # fmt: skip
LIP_CORNERS: Final = (61, 76, 62, 78, 291, 306, 292, 308)
UPPER_LIP: Final = OUTER_LIP_UPPER[1:-1] + _UPPER_BETWEEN + INNER_LIP_UPPER[1:-1]
LOWER_LIP: Final = OUTER_LIP_LOWER[1:-1] + _LOWER_BETWEEN + INNER_LIP_LOWER[1:-1]
LIPS: Final = UPPER_LIP + LOWER_LIP + LIP_CORNERS

RIGHT_LID_UPPER: Final = (33, 246, 161, 160, 159, 158, 157, 173, 133)
RIGHT_LID_LOWER: Final = (33, 7, 163, 144, 145, 153, 154, 155, 133)
LEFT_LID_UPPER: Final = (362, 398, 384, 385, 386, 387, 388, 466, 263)
LEFT_LID_LOWER: Final = (362, 382, 381, 380, 374, 373, 390, 249, 263)
RIGHT_EYE: Final = RIGHT_LID_UPPER + RIGHT_LID_LOWER[-2:0:-1]
LEFT_EYE: Final = LEFT_LID_UPPER + LEFT_LID_LOWER[-2:0:-1]
"""The edge of the lids, a loop."""
LIDS: Final = RIGHT_EYE + LEFT_EYE
OUTER_EYE_CORNERS: Final = (33, 263)
SIDES: Final = (234, 454)
"""Where the face ends before the ears."""
ENDS: Final = (10, 152)
"""Top of the forehead and chin."""

RIGHT_BROW: Final = (46, 53, 52, 65, 55, 107, 66, 105, 63, 70)
LEFT_BROW: Final = (285, 295, 282, 283, 276, 300, 293, 334, 296, 336)

RIGHT_IRIS: Final = (468, 469, 470, 471, 472)
LEFT_IRIS: Final = (473, 474, 475, 476, 477)
"""Middle, viewer's right, top, viewer's left, bottom."""

OVAL: Final = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip

RIGID: Final = (
    6, 168, 197, 195, 5, 4, 1, 33, 133, 362, 263, 9, 8, 10, 151, 108, 337, 109, 338, 67, 297,
    103, 332, 54, 284, 21, 251, 162, 389, 127, 356, 234, 454, 122, 351, 196, 419,
    193, 417, 245, 465, 188, 412, 174, 399, 2, 94, 19,
)  # fmt: skip
"""Points that expressions hardly move: forehead, temples, bridge and tip of the nose, eye corners."""


def other_side(name: str) -> str:
    """`browDownLeft` -> `browDownRight`; names without a side are their own mirror image."""
    if name.endswith("Left"):
        return name[:-4] + "Right"
    if name.endswith("Right"):
        return name[:-5] + "Left"
    return name
