"""What nobody says aloud is taken away: markup, code, tags, emoji, control characters, odd spellings.

The result is plain text in which `\\n` always means the end of a paragraph, item or heading.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

from omnitalker.text.aligned import AlignedText

_FENCED_CODE: Final = re.compile(r"```.*?(?:```|\Z)|~~~\n.*?(?:~~~|\Z)", re.DOTALL)
_SPECIAL_TAG: Final = re.compile(r"<\|[^|<>\n]{0,100}\|>|</think>")
_THINKING: Final = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_MATH_MARK: Final = re.compile(
    r"\\[()\[\]]|\$\$|\$(?=[^$\n]{0,80}[=^\\][^$\n]{0,80}\$)|(?<=[\w})])\$(?!\w)"
)
_EMPTY_BRACKETS: Final = re.compile(r"(?<=\w)\(\)")
_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_HTML_TAG: Final = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>\n]*)?/?>")
_BREAK_TAG: Final = re.compile(r"<(?:br|/p|/div|/li|/h[1-6]|hr)\s*/?>", re.IGNORECASE)
_ENTITY: Final = re.compile(r"&(?:#\d{1,6}|#x[0-9a-fA-F]{1,5}|[a-zA-Z]{2,8});")
_LINK: Final = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)")
_FOOTNOTE: Final = re.compile(r"\[\^?\d{1,3}\](?!\()|【\d+[^】\n]{0,20}】")
_RULE: Final = re.compile(r"^[ \t]*(?:[-*_=][ \t]*){3,}$", re.MULTILINE)
_TABLE_RULE: Final = re.compile(r"^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|)+[ \t:-]*$", re.MULTILINE)
_LINE_MARK: Final = re.compile(
    r"^[ \t]*(?:>[ \t]*)*(?:#{1,6}[ \t]+|[-*+•·▪◦‣][ \t]+(?:\[[ xX]\][ \t])?|>[ \t]*)", re.MULTILINE
)
_EMPHASIS: Final = re.compile(
    r"\*{1,3}(?=\S)|(?<=\S)\*{1,3}|~~|`+|(?<!\w)_{1,3}(?=\w)|(?<=[\w.!?])_{1,3}(?!\w)"
)
_TIMES: Final = re.compile(r"(?<=\d)[ ]?\*[ ]?(?=\d)")
_PIPE: Final = re.compile(r"[ \t]*\|[ \t]*")
_EMOTICON: Final = re.compile(r"(?<!\S)(?:[:;=8][-'^]?[)(DPpO/|*\]]|<3|\^_\^|T_T|XD|:'\()(?!\S)")
_INVISIBLE: Final = re.compile(
    "[\u0000-\u0008\u000b\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u061c\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffd\U000e0000-\U000e0fff\ud800-\udfff"
    "\ue000-\uf8ff\U000f0000-\U0010ffff]+"
)
_KEYCAP: Final = re.compile("([0-9#*])\u20e3")
_EMOJI: Final = re.compile(
    "[\u2300-\u23ff\u2460-\u24ff\u2580-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d"
    "\U0001f000-\U0001faff\u2122\u2139\u00a9\u00ae\u2190-\u21ff]+"
)
_ARROW: Final = re.compile("[→⇒➜➡]|(?<![-<])-?->|=>")
_COMPOSED: Final = re.compile("[^\\W\\d_][\u0300-\u036f]+|[\u0300-\u036f]+")
_WIDE: Final = re.compile(
    "[\uff01-\uff5e\ufb00-\ufb06\u3300-\u33ff\u2100-\u2121\u2123-\u2125\u212a-\u2138]"
)
_QUOTE: Final = re.compile("[\u2018\u2019\u02bc\u02b9\u00b4]")
_SPACES: Final = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_LINE_END: Final = re.compile(r"[ ]*(?:\r\n|[\n\r\u0085\u2028\u2029\f\v])[\s]*")
_SOFT_NEXT: Final = re.compile(r"[a-z]")


def clean(text: AlignedText) -> AlignedText:
    """Plain text for reading aloud, every character knowing its place in the source."""
    text = (
        text.sub(_THINKING, " ").sub(_FENCED_CODE, "\n").sub(_COMMENT, " ").sub(_SPECIAL_TAG, " ")
    )
    text = text.sub(_BREAK_TAG, "\n").sub(_HTML_TAG, "")
    text = text.sub(_ENTITY, lambda match: html.unescape(match[0]))
    text = text.rewrite(_LINK, lambda match: [(match[1], match.span(1))])
    text = text.sub(_MATH_MARK, "").sub(_EMPTY_BRACKETS, "")
    text = text.sub(_FOOTNOTE, "").sub(_TABLE_RULE, "").sub(_RULE, "\n")
    text = text.sub(_LINE_MARK, "\n").sub(_TIMES, " × ").sub(_EMOTICON, " ").sub(_EMPHASIS, "")
    text = text.sub(_PIPE, ", ").sub(_ARROW, ", ").sub(_KEYCAP, lambda match: match[1])
    text = text.sub(_EMOJI, " ")
    text = text.sub(_COMPOSED, lambda match: unicodedata.normalize("NFC", match[0]))
    text = text.sub(_WIDE, lambda match: unicodedata.normalize("NFKC", match[0]))
    text = text.sub(_QUOTE, "'").sub(_SPACES, " ")
    return text.sub(_LINE_END, lambda match: _line_end(match, text.text))


def strip_invisible(text: AlignedText) -> AlignedText:
    """Without control, formatting and private-use characters; these never stand between two words."""
    return text.sub(_INVISIBLE, "")


def _line_end(match: re.Match[str], text: str) -> str:
    """A line that merely wraps goes on in lower case; any other line end closes a paragraph."""
    is_blank_line = len(re.findall(r"\n|\r(?!\n)", match[0])) > 1
    following = text[match.end() : match.end() + 1]
    return " " if not is_blank_line and _SOFT_NEXT.match(following) else "\n"
