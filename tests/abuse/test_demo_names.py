"""The page's public and private calls, made by a program that wants what is not its own (as the audit's did)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest

from omnitalker.demo.cast import OPTIONS_SHOWN
from omnitalker.marks.sound import mark_sound
from omnitalker.media.sound import write_wav
from omnitalker.studio.order import OPTIONS, parse
from tests.demo.conftest import served
from tests.marks.test_sound import babble

if TYPE_CHECKING:
    from omnitalker.pipeline import OmniTalkerPipeline


def asked(**values: Any) -> list[Any]:
    """What a program sends for the options of an order."""
    return [values.get(name, OPTIONS[name].default) for name in OPTIONS_SHOWN]


@dataclass
class Caller:
    """One browser or program: its cookies are its own."""

    address: str

    def __post_init__(self) -> None:
        self.client = httpx.Client(timeout=60)
        self.config = self.client.get(f"{self.address}config").json()

    def visit(self) -> Caller:
        self.client.get(self.address)
        return self

    def number(self, name: str) -> int:
        """Of a handler, by the name Gradio gives it."""
        return next(d["id"] for d in self.config["dependencies"] if d["api_name"] == name)

    def call(self, name: str, data: list[Any], session: str = "") -> tuple[bool, str]:
        session = session or uuid.uuid4().hex
        body = {"fn_index": self.number(name), "data": data, "session_hash": session}
        joined = self.client.post(f"{self.address}gradio_api/queue/join", json=body)
        assert joined.status_code == 200, joined.text
        events = f"{self.address}gradio_api/queue/data"
        with self.client.stream("GET", events, params={"session_hash": session}) as stream:
            for line in stream.iter_lines():
                message = json.loads(line[5:]) if line.startswith("data:") else {}
                if message.get("msg") == "process_completed":
                    return message["success"], json.dumps(message["output"])
        raise AssertionError("no answer")

    def speak(
        self, presenter: str = "", voice: str = "ada", text: str = "Hello."
    ) -> tuple[bool, str]:
        return self.call("speak", asked(text=text, face=presenter, voice=voice, size=256))

    def upload(self, path: Path) -> str:
        with path.open("rb") as file:
            answer = self.client.post(
                f"{self.address}gradio_api/upload", files={"files": (path.name, file)}
            )
        return str(answer.json()[0])


@pytest.fixture(scope="module")
def page(
    tiny_pipeline: OmniTalkerPipeline, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with served(tiny_pipeline, tmp_path_factory.mktemp("styles")) as address:
        yield address


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture of the host that nobody brought."""
    import cv2

    path = tmp_path / "boss-portrait.jpg"
    cv2.imwrite(str(path), np.full((256, 256, 3), 128, np.uint8))
    return path


def test_a_path_is_no_presenter_and_nothing_is_written_beside_it(page: str, photo: Path) -> None:
    caller = Caller(page)
    before = sorted(photo.parent.iterdir())
    folder, name = str(photo.parent), photo.name
    padded = folder + "/" * max(1, 49 - len(folder) - len("boss-portrait")) + name
    seen = set()
    for wanted in (
        str(photo), padded, "../../../etc/passwd", "/etc/passwd", "/etc/nothing", "/root", "a\\b",
        "a\0b", "x" * 300, f"{photo}/../{name}", str(photo.with_suffix("")), "nobody",
    ):  # fmt: skip
        success, said = caller.speak(wanted)
        assert not success
        assert "is not known" in said, said
        seen.add(said.split("is not known")[1].split("Valid")[1])
    assert len(seen) == 1, "what exists and what does not are told apart"
    assert sorted(photo.parent.iterdir()) == before


def test_an_upload_is_no_presenter_and_no_voice(page: str, photo: Path) -> None:
    caller = Caller(page)
    uploaded = caller.upload(photo)
    assert not caller.speak(uploaded)[0]
    assert not caller.speak(voice=uploaded)[0]
    assert not caller.speak(voice="my reference")[0]


def test_the_shipped_presenters_stay_as_they_are(page: str) -> None:
    from omnitalker.base import assets

    name = assets.presenter_names()[0]
    file = assets.presenter_file(name)
    assert file is not None
    before = file.read_bytes()
    folder = str(file.parent.resolve())
    padded = folder + "/" * max(1, 49 - len(folder) - len(f"/{name}")) + file.name
    for wanted in (str(file.resolve()), padded, f"{name}.safetensors", f"../presenters/{name}"):
        assert not Caller(page).speak(wanted)[0]
    assert file.read_bytes() == before
    assert Caller(page).speak(name)[0]


def test_styles_are_their_owners_alone(page: str) -> None:
    bob, eve = Caller(page).visit(), Caller(page).visit()
    wish = [*asked(text="Hi.", voice="ada", size=256), "", None, None, False, False]
    saved, said = bob.call("save_style", ["Bobs private voice", *wish])
    assert saved, said
    assert bob.speak(voice="saved: Bobs private voice")[0]
    success, theirs = eve.speak(voice="saved: Bobs private voice")
    _, nobodys = eve.speak(voice="saved: Nobodys private voice")
    assert not success
    assert theirs.replace("Bobs", "Nobodys") == nobodys
    eve.call("delete_style", ["Bobs private voice", "ada"])
    eve.call("rename_style", ["Bobs private voice", "Mine", "ada"])
    assert bob.speak(voice="saved: Bobs private voice")[0]
    assert Caller(page).speak(voice="saved: Bobs private voice")[0] is False


def test_a_reference_serves_only_who_brought_it_once_agreed(
    tiny_pipeline: OmniTalkerPipeline, tmp_path: Path
) -> None:
    from dataclasses import replace

    from omnitalker.base.errors import InputError
    from omnitalker.demo.cast import FROM_REFERENCE
    from omnitalker.demo.library import Shelves
    from omnitalker.demo.takes import DemoTakes, Wish
    from omnitalker.studio.casting import Casting
    from tests.demo.test_studio import hum

    write_wav(tmp_path / "me.wav", hum(3.0))
    demo = DemoTakes(Casting(tiny_pipeline.parts), Shelves(tmp_path / "styles"), renderer="sketch")
    bob, eve = "0" * 32, "1" * 32
    brought = demo.references.take(tmp_path / "me.wav", bob)
    wish = Wish(parse({"text": "Hi.", "voice": FROM_REFERENCE}), reference=brought, owner=bob)
    with pytest.raises(InputError, match="agreed"):
        demo.style(wish)
    for wanted in (brought, "no such id", str(tmp_path / "me.wav")):
        with pytest.raises(InputError, match="record or upload a clip first"):
            demo.style(replace(wish, reference=wanted, owner=eve, consent=True))
    with pytest.raises(InputError, match="agreed"):
        demo.style(wish)  # another's tick is none
    assert demo.style(replace(wish, consent=True)).has_voice
    demo.close()


@pytest.mark.parametrize("face", ["/", "..", "\\", "\0", "a/b/c", "x" * 300, "", "C:\\x", "a\nb"])
def test_a_take_lies_in_its_own_folder(tmp_path: Path, face: str) -> None:
    from omnitalker.demo.takes import Wish, file_name_of

    for text in ("Hello there.", face, "../../x"):
        name = file_name_of(Wish(parse({"text": text, "face": face})))
        made = (tmp_path / f"{name}.mp4").resolve()
        assert made.parent == tmp_path.resolve()
        assert 0 < len(name) <= 48


def test_anybody_may_ask_of_a_file_of_their_own_whether_it_was_made_here(
    page: str, tmp_path: Path
) -> None:
    tone = 0.1 * np.sin(np.arange(72_000) / 9).astype(np.float32)
    write_wav(tmp_path / "real.wav", tone)
    write_wav(tmp_path / "ours.wav", mark_sound(babble(), 4711))
    (tmp_path / "<b>.mp4").write_bytes(b"nonsense")
    caller = Caller(page)
    for name, says in (
        ("real.wav", "No mark of OmniTalker was found"),
        ("ours.wav", "Made by OmniTalker, maker 4711"),
        ("<b>.mp4", "Cannot read"),
    ):
        uploaded = {"path": caller.upload(tmp_path / name), "meta": {"_type": "gradio.FileData"}}
        success, said = caller.call("verify", [uploaded])
        assert success
        assert says in said
        assert "<b>" not in said
    for path in ("/etc/passwd", "/etc/nothing", str(tmp_path / "ours.wav")):
        success, said = caller.call(
            "verify", [{"path": path, "meta": {"_type": "gradio.FileData"}}]
        )
        assert not success
        assert path not in said
