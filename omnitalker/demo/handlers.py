"""What happens when something on the page is used. Errors of the visitor are shown in words."""

from __future__ import annotations

import base64
import html
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from omnitalker.base.errors import OmniTalkerError
from omnitalker.demo import checks, words
from omnitalker.demo.cast import FROM_REFERENCE, OPTIONS_SHOWN, SAVED
from omnitalker.demo.curves import inside
from omnitalker.demo.hearing import Ears, Heard
from omnitalker.demo.library import StyleShelf
from omnitalker.demo.live import LiveServer
from omnitalker.demo.player import Piece
from omnitalker.demo.scenes import DemoScenes, SceneStep
from omnitalker.demo.takes import DemoTakes, Progress, Take, Wish
from omnitalker.demo.turns import Turns
from omnitalker.demo.visitors import owner_of
from omnitalker.scenes.scene import Scene
from omnitalker.studio.order import parse
from omnitalker.studio.people import Presenter
from omnitalker.studio.verify import verify
from omnitalker.text.direction import read_direction

log = logging.getLogger(__name__)

TAKES_KEPT = 6


class Handlers:
    """One object for the page; all that belongs to a visitor is in `gr.State` or passes through."""

    def __init__(self, demo: DemoTakes, people: tuple[Presenter, ...], live: LiveServer) -> None:
        self._demo = demo
        self._people = people
        self._live = live
        self._ears = Ears(demo.studio.parts.recogniser)
        self._turns = Turns()
        self._scenes = DemoScenes(demo)

    def queue(self, request: gr.Request) -> tuple:
        """(status, buttons): the visitor waits from now on, and may cancel that."""
        self._turns.take(request.session_hash or "")
        return _status("Waiting for its turn …"), *_buttons(busy=True)

    def generate(self, takes: list[Take], request: gr.Request, *values: Any) -> Iterator[tuple]:
        """Yields (player, status, files, takes, generate button, cancel button)."""
        session = request.session_hash or ""
        turn, stop = self._turns.begin(session)
        if stop.event.is_set():  # cancelled while it waited; the page says so already
            self._turns.end(session, turn)
            yield (gr.skip(),) * 6
            return
        try:
            wish = _wish(values, owner_of(request))
            no_files = gr.update(value=None, visible=False)
            yield gr.skip(), _status(_preparing(wish)), no_files, gr.skip(), *_buttons(busy=True)
            for step in self._demo.speak(wish, stop):
                if step.take is None:
                    if stop.event.is_set():
                        continue  # the page says so already
                    yield _piece(step), _working(step), gr.skip(), gr.skip(), *_buttons(busy=True)
                    continue
                kept = [*takes, step.take][-TAKES_KEPT:]
                files = [str(path) for path in step.take.files]
                yield (
                    _piece(step), _finished(step.take), gr.update(value=files, visible=True), kept,
                    *_buttons(busy=False),
                )  # fmt: skip
        except OmniTalkerError as error:
            shown = "Stopped." if stop.event.is_set() else _sentence(str(error))
            kind = "" if stop.event.is_set() else "bad"
            yield gr.skip(), _status(shown, kind), gr.skip(), gr.skip(), *_buttons(busy=False)
        except Exception:  # the visitor is told that it failed, the log says why
            log.exception("generation failed")
            shown = "Something went wrong on this side; the log of the page has the details."
            yield gr.skip(), _status(shown, "bad"), gr.skip(), gr.skip(), *_buttons(busy=False)
        finally:
            self._turns.end(session, turn)

    def understand(self, direct: str) -> Any:
        """What a sentence of direction means, below its field."""
        told = " ".join(_sentence(line) for line in read_direction(direct or "").told)
        return gr.update(info=told or words.DIRECT_INFO)

    def check_script(self, script: str, layout: str, size: int) -> str:
        """What would be made of a script, and what is wrong with it."""
        try:
            return _found(self._scenes.read(script, layout, int(size)))
        except OmniTalkerError as error:
            return _status(_sentence(str(error)), "bad")

    def make_scene(
        self, script: str, layout: str, size: int, request: gr.Request
    ) -> Iterator[tuple]:
        """Yields (player, status, files, generate button, stop button)."""
        session = request.session_hash or ""
        turn, stop = self._turns.begin(session)
        try:
            scene = self._scenes.read(script, layout, int(size))
            no_files = gr.update(value=None, visible=False)
            yield gr.skip(), _status("Getting ready …"), no_files, *_buttons(busy=True)
            for step in self._scenes.make(scene, stop):
                piece: Piece = {"segment": str(step.piece), "seconds": step.piece_seconds}
                if not step.files:
                    told = _status(
                        f"{step.made:.1f} s made in {step.elapsed:.0f} s", share=step.share
                    )
                    yield piece, told, gr.skip(), *_buttons(busy=True)
                    continue
                files = [str(path) for path in step.files]
                yield piece, _found(scene, step), gr.update(value=files, visible=True), *_buttons(busy=False)  # fmt: skip
        except OmniTalkerError as error:
            shown = "Stopped." if stop.event.is_set() else _sentence(str(error))
            kind = "" if stop.event.is_set() else "bad"
            yield gr.skip(), _status(shown, kind), gr.skip(), *_buttons(busy=False)
        except Exception:  # the visitor is told that it failed, the log says why
            log.exception("a scene failed")
            shown = "Something went wrong on this side; the log of the page has the details."
            yield gr.skip(), _status(shown, "bad"), gr.skip(), *_buttons(busy=False)
        finally:
            self._turns.end(session, turn)

    def cancel(self, request: gr.Request) -> tuple:
        """Ends what the visitor waits for, and what is being made after its piece."""
        self._turns.stop(request.session_hash or "")
        return _status("Stopped."), *_buttons(busy=False)

    def left(self, request: gr.Request) -> None:
        """A visitor closed the page: nothing is made for nobody."""
        self._turns.stop(request.session_hash or "")

    def refused(self, request: gr.Request) -> tuple:
        """When the queue took nobody more, or not this visitor's values: (status, buttons)."""
        self._turns.refuse(request.session_hash or "")
        return _status(words.REFUSED, "bad"), *_buttons(busy=False)

    def speak(self, values: dict[str, Any], owner: str) -> str:
        """The API: a text becomes an mp4. Presenters and voices are names; what is empty means the default."""
        try:
            *_, last = self._demo.speak(Wish(parse(values), owner=owner))
        except OmniTalkerError as error:
            raise gr.Error(_sentence(str(error))) from error
        assert last.take is not None
        return str(last.take.video)

    def look_at(self, path: str | None, request: gr.Request) -> tuple:
        """Checks of a new reference: (its id, findings, voice choice, own face)."""
        if not path:
            return None, "", gr.skip(), gr.skip()
        findings = checks.check_reference(path)
        if not checks.is_usable(findings):
            return None, checks.as_html(findings), gr.skip(), gr.skip()
        held = self._demo.references.take(Path(path), owner_of(request))
        return held, checks.as_html(findings), FROM_REFERENCE, checks.shows_face(findings)

    def transcribe(self, reference: str | None, request: gr.Request) -> Any:
        """What is said in it, with a note under the field where words cannot be written down."""
        path = self._demo.references.show(reference, owner_of(request))
        heard = self._ears.listen(path) if path else Heard()
        return gr.update(value=heard.words, info=heard.note or words.TRANSCRIPT_INFO)

    def look_at_portrait(self, path: str | None, request: gr.Request) -> tuple:
        """(its id, findings, own face)."""
        if not path:
            return None, "", gr.skip()
        findings = checks.check_reference(path)
        if not checks.is_usable(findings):
            return None, checks.as_html(findings), False
        held = self._demo.references.take(Path(path), owner_of(request))
        return held, checks.as_html(findings), True

    def choose_presenter(self, event: gr.SelectData) -> tuple[str, str | None, str]:
        """(presenter, voice, poster): a face brings its voice, and waits in the empty player."""
        person = self._people[int(event.index)]
        return person.name, person.voice, self.poster(person)

    def poster(self, person: Presenter | None) -> str:
        """The presenter's picture for the player while it is empty."""
        if person is None or person.picture is None:
            return ""
        picture = base64.b64encode(person.picture.read_bytes()).decode()
        return (
            "<style>#player .empty { background: center / cover no-repeat "
            f"url(data:image/jpeg;base64,{picture}); }}</style>"
        )

    def save_style(self, request: gr.Request, name: str, *values: Any) -> tuple:
        """Keep what the controls mean: (name field, list, voices)."""
        shelf, wish = self._shelf(request), _wish(values, owner_of(request))
        return self._done(shelf, lambda: shelf.save(name, self._demo.style(wish)), "Saved")

    def rename_style(self, chosen: str | None, name: str, voice: str, request: gr.Request) -> tuple:
        old, shelf = chosen or "", self._shelf(request)
        in_use = voice == SAVED + old
        return self._done(shelf, lambda: shelf.rename(old, name), "Renamed to", in_use=in_use)

    def delete_style(self, chosen: str | None, voice: str, request: gr.Request) -> tuple:
        old, shelf = chosen or "", self._shelf(request)
        in_use = voice == SAVED + old
        return self._done(shelf, lambda: shelf.delete(old), "Deleted", in_use=in_use)

    def arrived(self, request: gr.Request) -> tuple:
        """(list, voices) of this visitor; the page itself was laid out when the program began."""
        names = self._shelf(request).names
        return gr.update(choices=names), gr.update(choices=self.voices(names))

    def voices(self, kept: Sequence[str] = ()) -> list[tuple[str, str]]:
        """(as it is shown, value): built-in ones, the visitor's own, those kept before."""
        built_in = [(name.title(), name) for name in self._demo.studio.parts.library.names]
        saved = [(f"{name} (saved)", SAVED + name) for name in kept]
        return [*built_in, ("My reference", FROM_REFERENCE), *saved]

    def use_style(self, chosen: str | None) -> tuple:
        """(voice, tab): a saved style becomes the voice of the first tab."""
        if not chosen:
            raise gr.Error("Choose a saved style first.")
        return SAVED + chosen, gr.update(selected="speak")

    def manners(self) -> set[str]:
        """Those that any built-in voice has."""
        catalogue = self._demo.studio.parts.library.catalogue()
        return {manner for known in catalogue.values() for manner in known}

    def takes_changed(self, takes: list[Take], reference: str | None) -> tuple:
        """(inside, left choices, right choices)."""
        names = _take_names(takes, reference)
        drawn = inside(takes[-1]) if takes else words.NO_TAKE
        left = names[-2] if len(names) > 1 else None
        right = names[-1] if names else None
        return drawn, gr.update(choices=names, value=left), gr.update(choices=names, value=right)

    def show_take(
        self, takes: list[Take], reference: str | None, chosen: str | None, request: gr.Request
    ) -> Any:
        names = _take_names(takes, None)
        if chosen in names:
            return str(takes[names.index(chosen)].video)
        return (
            self._demo.references.show(reference, owner_of(request))
            if chosen == _REFERENCE
            else None
        )

    def verify(self, path: str | None) -> str:
        """Whether a file was made by OmniTalker, and how that is known."""
        if not path:
            return ""
        try:
            verdict = verify(path)
        except OmniTalkerError as error:
            return _status(_sentence(str(error)), "bad")
        answer, *reasons = verdict.lines()
        listed = "".join(f"<li>{html.escape(reason.strip())}</li>" for reason in reasons)
        return f"{_status(_sentence(answer))}<ul class='quiet'>{listed}</ul>"

    def talk(self, event: gr.SelectData) -> str:
        """The live page while its tab is shown (a hidden one would go on working), or how to get it."""
        return self._live.shown() if event.value == words.TALK_TAB else ""

    def _shelf(self, request: gr.Request) -> StyleShelf:
        return self._demo.shelves.of(owner_of(request))

    def _done(
        self, shelf: StyleShelf, act: Callable[[], str | None], done: str, *, in_use: bool = False
    ) -> tuple:
        """`in_use`: the style is the chosen voice, which follows its name or becomes a built-in one."""
        try:
            name = act()
        except OmniTalkerError as error:
            raise gr.Error(_sentence(str(error))) from error
        gr.Info(f"{done} {name or ''}".strip() + ".")
        voices = self.voices(shelf.names)
        voice = gr.update(choices=voices)
        if in_use:
            voice = gr.update(choices=voices, value=SAVED + name if name else voices[0][1])
        return "", gr.update(choices=shelf.names, value=name), voice


_REFERENCE = "Your reference"


def _take_names(takes: list[Take], reference: str | None) -> list[str]:
    names = [f"{number}. {take.title}" for number, take in enumerate(takes, start=1)]
    return [_REFERENCE, *names] if reference else names


def _wish(values: tuple[Any, ...], owner: str) -> Wish:
    """The values of the page's controls: an order's options, what is said in the reference, and what is the visitor's."""
    count = len(OPTIONS_SHOWN)
    options = dict(zip(OPTIONS_SHOWN, values[:count], strict=True))
    ref_text, reference, portrait, own_face, consent = values[count:]
    order = parse({**options, "ref_text": ref_text})
    return Wish(order, reference, portrait, bool(own_face), bool(consent), owner)


def _piece(step: Progress) -> Piece:
    return {"segment": str(step.piece), "seconds": step.piece_seconds}


def _buttons(*, busy: bool) -> tuple[Any, Any]:
    return gr.update(interactive=not busy), gr.update(interactive=busy)


def _status(text: str, kind: str = "", share: float | None = None) -> str:
    bar = (
        "" if share is None else f"<div class='bar'><i style='width:{100 * share:.0f}%'></i></div>"
    )
    return f"<div class='status {kind}' role='status'>{html.escape(text)}{bar}</div>"


def _found(scene: Scene, done: SceneStep | None = None) -> str:
    """What was read, or made, of a script, and the lines that are left out."""
    made = f"Done: {done.made:.1f} s in {done.elapsed:.0f} s. " if done else ""
    who = ", ".join(name.title() for name in scene.cast)
    lines = "1 line" if len(scene.lines) == 1 else f"{len(scene.lines)} lines"
    told = _status(f"{made}{lines} by {who}.")
    left_out = "".join(f"<li>{html.escape(str(problem))}</li>" for problem in scene.problems)
    return told + (f"<ul class='status bad'>{left_out}</ul>" if left_out else "")


def _working(step: Progress) -> str:
    share = step.elapsed / (step.elapsed + step.remaining) if step.remaining is not None else None
    left = f", about {step.remaining:.0f} s left" if step.remaining is not None else ""
    return _status(f"{step.made:.1f} s made in {step.elapsed:.0f} s{left}", share=share)


def _preparing(wish: Wish) -> str:
    own = wish.order.voice.voice == FROM_REFERENCE or wish.own_face
    return "Getting to know your reference, once …" if own else "Getting ready …"


def _finished(take: Take) -> str:
    return _status(
        f"Done: {take.seconds:.1f} s of video in {take.wall_seconds:.1f} s; "
        f"the first picture after {take.first_seconds:.1f} s."
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
