"""docs/api.md from the docstrings of what users import: python scripts/api_reference.py

Reads the sources and imports nothing of them. tests/docs/test_api.py holds the page to what this makes.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "api.md"
Function = ast.FunctionDef | ast.AsyncFunctionDef

PUBLIC: dict[str, dict[str, tuple[str, ...]]] = {
    "Say something": {
        "omnitalker": ("OmniTalkerPipeline", "SpeakRequest"),
        "omnitalker.studio.output": ("OmniTalkerOutput",),
        "omnitalker.generation.sample": ("SamplingSettings",),
        "omnitalker.generation.pacing": ("Pacing", "live"),
        "omnitalker.text.frontend": ("TextFrontend",),
        "omnitalker.text.lexicon": ("read_lexicon",),
    },
    "What it is made of": {
        "omnitalker": ("AVChunk", "Speech", "MotionTrack", "StylePrompt", "Identity"),
        "omnitalker.base.types": ("TimedWord",),
        "omnitalker.audio.pcm": ("pcm_bytes",),
        "omnitalker.reference.style": ("save_style", "load_style", "mix_styles", "scale_style"),
        "omnitalker.reference.identity_file": ("save_identity", "load_identity"),
        "omnitalker.motion.made.idle": ("idle",),
        "omnitalker.motion.track.export": ("export_csv", "import_csv", "CurveWriter"),
    },
    "Orders, and files of them": {
        "omnitalker.studio.order": ("Order", "Voice", "Delivery", "Look", "Outputs", "parse"),
        "omnitalker.studio.casting": ("Casting",),
        "omnitalker.studio.produce": ("produce", "Made"),
        "omnitalker.studio.verify": ("verify_sound",),
    },
    "Live": {
        "omnitalker.agent.casting": ("open_session", "performer_of"),
        "omnitalker.live.session": ("AvatarSession",),
        "omnitalker.hosts.joint": ("JointVoice", "Piece"),
        "omnitalker.hosts.pipecat": ("OmniTalkerService",),
        "omnitalker.hosts.pipecat_sound": ("OmniTalkerFace",),
        "omnitalker.hosts.livekit": ("OmniTalkerTTS", "OmniTalkerVideo", "Film"),
        "omnitalker.hosts.livekit_sound": ("OmniTalkerSoundVideo",),
    },
    "Networks, data and training": {
        "omnitalker.models.dit": ("DualBranchDiT",),
        "omnitalker.models.prosody": ("ProsodyModel",),
        "omnitalker.models.duration": ("DurationModel",),
        "omnitalker.models.vocoder.vocoder": ("Vocoder",),
        "omnitalker.models.recogniser": ("PhonemeRecogniser",),
        "omnitalker.models.pretrained": ("Pretrained",),
        "omnitalker.corpus": ("build", "import_folder", "open_corpus"),
        "omnitalker.training.runner": ("train", "export"),
    },
}
HEAD = """# Reference

What other programs may import; the rest of the package may change. Made from the docstrings by `scripts/api_reference.py`; how things
are used together stands in [python.md](python.md), [live.md](live.md), [motion.md](motion.md) and [training.md](training.md).
"""


@dataclass(frozen=True)
class Member:
    """A field of a dataclass, with the string that follows it."""

    name: str
    type: str
    default: str
    words: str


def page() -> str:
    parts = [HEAD]
    for title, modules in PUBLIC.items():
        parts.append(f"## {title}\n")
        for module, names in modules.items():
            parts += [_entry(module, _found(module, name)) for name in names]
    return "\n".join(parts)


def _found(module: str, name: str) -> ast.ClassDef | Function:
    """What `from module import name` gives; packages pass it on from the file where it is."""
    folder = ROOT.joinpath(*module.split("."))
    path = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | Function) and node.name == name:
            return node
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}:
            return _found(str(node.module), name)
    raise LookupError(f"{module} has no {name}")


def _entry(module: str, node: ast.ClassDef | Function) -> str:
    title = f"### `{node.name}`\n\n`from {module} import {node.name}`\n"
    if not isinstance(node, ast.ClassDef):
        return f"{title}\n```py\n{_signature(node)}\n```\n\n{_words(node)}\n"
    bases = ", ".join(f"`{ast.unparse(base)}`" for base in node.bases)
    lines = [title, (_words(node) + (f" A {bases}." if bases else "")).strip() + "\n"]
    fields = list(_fields(node))
    if fields:
        lines += ["| | type | default | |", "|---|---|---|---|", *map(_row, fields), ""]
    for method in (part for part in node.body if isinstance(part, Function)):
        if method.name in ("__init__", "__call__") or not method.name.startswith("_"):
            lines.append(f"```py\n{_signature(method)}\n```\n\n{_words(method)}".rstrip() + "\n")
    return "\n".join(lines)


def _fields(node: ast.ClassDef) -> Iterator[Member]:
    for part, after in zip(node.body, [*node.body[1:], None], strict=True):
        if not isinstance(part, ast.AnnAssign) or not isinstance(part.target, ast.Name):
            continue
        if part.target.id.startswith("_"):
            continue
        said = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        words = inspect.cleandoc(str(after.value.value)) if said else ""
        default = ast.unparse(part.value) if part.value is not None else ""
        yield Member(part.target.id, ast.unparse(part.annotation), default, " ".join(words.split()))


def _row(field: Member) -> str:
    cells = [f"`{cell}`" if cell else "" for cell in (field.name, field.type, field.default)]
    return "| " + " | ".join([*cells, field.words]).replace(" | None", " \\| None") + " |"


def _signature(node: Function) -> str:
    """As one would write it: a property as its name, else `name(arguments) -> type`."""
    kinds = {ast.unparse(decorator) for decorator in node.decorator_list}
    returns = f" -> {ast.unparse(node.returns)}" if node.returns is not None else ""
    if kinds & {"property", "cached_property"}:
        return f"{node.name}:{returns.removeprefix(' ->')}"
    arguments = ast.unparse(node.args).removeprefix("self, ").removeprefix("cls, ")
    arguments = "" if arguments in ("self", "cls") else arguments
    before = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    line = f"{before}{node.name}({arguments}){returns}"
    if len(line) > 100:
        each = "".join(f"    {argument},\n" for argument in _split(arguments))
        line = f"{before}{node.name}(\n{each}){returns}"
    return line


def _split(arguments: str) -> list[str]:
    """At the commas that stand in no bracket."""
    found, depth, begin = [], 0, 0
    for at, letter in enumerate(arguments):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            found.append(arguments[begin:at].strip())
            begin = at + 1
    return [*found, arguments[begin:].strip()]


def _words(node: ast.ClassDef | Function) -> str:
    return ast.get_docstring(node) or ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
