"""The page: layout, and which control goes to which handler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import Parameter, Signature
from typing import Any

import gradio as gr

from omnitalker.base.types import MANNERS
from omnitalker.demo import words
from omnitalker.demo.cast import OPTIONS_SHOWN
from omnitalker.demo.handlers import Handlers
from omnitalker.demo.player import streaming_player
from omnitalker.demo.portrait import portrait_field
from omnitalker.demo.visitors import owner_of
from omnitalker.rendering.aspect import ASPECTS
from omnitalker.studio.framing import COLOURS
from omnitalker.studio.option import Option
from omnitalker.studio.order import LAYOUTS, OPTIONS, SIZES
from omnitalker.studio.people import Presenter

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
QUICK: dict[str, Any] = {**PRIVATE, "queue": False}
"""Done at once, however full the queue is. Only what is in the queue can show messages (`gr.Info`, `gr.Error`)."""
DELETE_EVERY, DELETE_OLDER = 600, 3600
"""Seconds: Gradio's copies of files."""
THEME = gr.themes.Soft(
    primary_hue="indigo",
    neutral_hue="slate",
    text_size="md",
    radius_size="lg",
    font=["system-ui", "-apple-system", "Segoe UI", "Noto Sans", "sans-serif"],
    font_mono=["ui-monospace", "monospace"],
).set(
    block_title_background_fill="transparent",
    block_title_background_fill_dark="transparent",
    block_title_padding="0",
    block_title_text_color="*body_text_color",
    block_title_text_color_dark="*body_text_color",
    body_background_fill="*neutral_50",
    body_text_color_subdued="*neutral_600",
    body_text_color_subdued_dark="*neutral_400",
    checkbox_label_background_fill_selected="*primary_600",
    checkbox_label_background_fill_selected_dark="*primary_600",
    button_primary_background_fill="*primary_600",
    button_primary_background_fill_hover="*primary_700",
    button_primary_background_fill_dark="*primary_600",
    button_primary_background_fill_hover_dark="*primary_700",
    checkbox_border_color="*neutral_400",
    block_label_background_fill="*background_fill_secondary",
    block_label_text_color="*body_text_color",
    block_label_text_color_dark="*body_text_color",
    link_text_color_dark="*primary_300",
    link_text_color_hover_dark="*primary_200",
    link_text_color_visited_dark="*primary_300",
    link_text_color_active_dark="*primary_300",
)


@dataclass
class _Page:
    """The components that talk to one another."""

    handlers: Handlers
    people: tuple[Presenter, ...]
    emotions: tuple[str, ...]
    at_once: int
    controls: dict[str, Any] = field(default_factory=dict)
    """By the name of the option they set."""

    def build(self) -> gr.Blocks:
        with gr.Blocks(
            title=words.TITLE, delete_cache=(DELETE_EVERY, DELETE_OLDER), analytics_enabled=False
        ) as blocks:
            gr.HTML(words.HEADER, padding=False)
            self.takes = gr.State([])
            with gr.Tabs() as self.tabs:
                with gr.Tab("Speak", id="speak"):
                    self._speak_tab()
                with gr.Tab("Scene"):
                    self._scene_tab()
                with gr.Tab("See inside"):
                    self.inside = gr.HTML(words.NO_TAKE, padding=False)
                with gr.Tab("Compare"):
                    self._compare_tab()
                with gr.Tab("Styles"):
                    self._styles_tab()
                with gr.Tab("Verify"):
                    self._verify_tab()
                with gr.Tab(words.TALK_TAB):
                    talk = gr.HTML(padding=False, elem_id="talk")
            gr.HTML(words.FOOTER, padding=False)
            blocks.load(None, None, None, js=words.NAMES)
            blocks.load(self.handlers.arrived, None, [self.saved, self.voice], **QUICK)
            blocks.unload(self.handlers.left)
            self.tabs.select(self.handlers.talk, None, talk, **QUICK)
            self._wire()
            self._service()
        return blocks

    def _service(self) -> None:
        """The public API: components that nobody sees, so that the video travels as a file."""
        with gr.Row(visible=False):
            gr.Button("speak").click(
                _service_of(self.handlers),
                [_input(OPTIONS[name]) for name in OPTIONS_SHOWN],
                gr.File(label="video"),
                api_name="speak",
                concurrency_limit=self.at_once,
                concurrency_id="making",
            )

    def _speak_tab(self) -> None:
        with gr.Row(equal_height=False, elem_id="speak"):
            with gr.Column(scale=6, min_width=280):
                self._presenters()
                self.text = gr.Textbox(
                    value=words.ENGLISH, label="What to say", lines=3, max_lines=10, elem_id="text"
                )
                self.controls["text"] = self.text
                gr.Examples(
                    [[words.ENGLISH], [words.MANDARIN]], [self.text], label="Examples",
                    example_labels=["English", "中文"], api_visibility="private",
                )  # fmt: skip
                self.direct = gr.Textbox(
                    label="How to say it", info=words.DIRECT_INFO, lines=1, elem_id="direct"
                )
                self.controls["direct"] = self.direct
                with gr.Row(elem_id="go"):
                    self.generate = gr.Button(
                        "Generate", variant="primary", elem_id="generate", scale=3, min_width=140
                    )
                    self.cancel = gr.Button(
                        "Cancel", variant="secondary", elem_id="cancel", scale=1, min_width=90,
                        interactive=False,
                    )  # fmt: skip
                self.status = gr.HTML(words.READY, elem_id="status", padding=False)
                self._controls()
            with gr.Column(scale=5, min_width=280):
                self.player = streaming_player(
                    label="Video", show_label=False, autoplay=True, elem_id="player", buttons=[]
                )
                self.files = gr.Files(
                    label="Downloads: video, sound, subtitles, ARKit curves, style",
                    visible=False, interactive=False, elem_id="files",
                )  # fmt: skip
        self._more_controls()
        self._reference()

    def _presenters(self) -> None:
        first = self.people[0] if self.people else None
        self.presenter = gr.State(first.name if first else None)
        self.controls["face"] = self.presenter
        pictures = [(str(p.picture), p.title) for p in self.people if p.picture]
        self.gallery = gr.Gallery(
            value=pictures, label="Presenter", show_label=False, columns=max(3, len(pictures)), rows=1, height="auto",
            allow_preview=False, selected_index=0 if pictures else None, object_fit="cover",
            elem_id="presenters", buttons=[], interactive=False, visible=bool(pictures),
        )  # fmt: skip
        self.poster = gr.HTML(self.handlers.poster(first), elem_id="poster", padding=False)

    def _controls(self) -> None:
        voices = self.handlers.voices()
        first = self.people[0].voice if self.people else voices[0][1]
        with gr.Row(elem_id="main-controls"):
            self.controls["emotion"] = gr.Dropdown(
                [(emotion.title(), emotion) for emotion in self.emotions], value=self.emotions[0],
                label="Emotion", min_width=130,
            )  # fmt: skip
            self.controls["language"] = gr.Dropdown(
                [("Detect", "auto"), ("English", "en"), ("中文", "zh")], value="auto",
                label="Language", min_width=130,
            )  # fmt: skip
            self.voice = gr.Dropdown(voices, value=first, label="Voice", min_width=150)
            self.controls["voice"] = self.voice

    def _more_controls(self) -> None:
        """A slider for every number of the delivery, and the look."""
        with gr.Accordion("More controls", open=False, elem_id="more"):
            with gr.Row():
                for name in OPTIONS_SHOWN:
                    if OPTIONS[name].kind is float:
                        self.controls[name] = _slider(OPTIONS[name])
            with gr.Row():
                self.controls["size"] = gr.Radio(
                    list(SIZES), value=512, label="Size in pixels", min_width=230
                )
                self.controls["aspect"] = gr.Radio(
                    list(ASPECTS), value="1:1", label="Aspect", min_width=230
                )
                self.controls["background"] = gr.Dropdown(
                    [("Own", ""), ("Blurred", "blur"), *((c.title(), c) for c in COLOURS)],
                    value="",
                    label="Background",
                    min_width=130,
                )
                self.controls["seed"] = gr.Number(0, label="Seed", precision=0, min_width=90)
                self.controls["subtitles"] = gr.Checkbox(
                    True, label="Subtitle files", min_width=130
                )

    def _reference(self) -> None:
        with gr.Accordion("Your own reference", open=False, elem_id="reference"):
            gr.Markdown(words.REFERENCE_HINT)
            with gr.Row():
                self.clip = gr.Video(
                    label="A clip (voice, manner, face)", sources=["upload", "webcam"], height=310,
                    include_audio=True, buttons=[], min_width=220,
                )  # fmt: skip
                self.voice_clip = gr.Audio(
                    label="Or a voice alone", sources=["upload", "microphone"], type="filepath",
                    buttons=[], min_width=220,
                )  # fmt: skip
                self.portrait = portrait_field(
                    label="And a portrait", sources=["upload", "webcam"], height=310,
                    buttons=[], min_width=220, elem_id="portrait",
                )  # fmt: skip
            self.reference = gr.State(None)
            self.portrait_taken = gr.State(None)
            self.findings = gr.HTML("", elem_id="findings", padding=False)
            self.portrait_findings = gr.HTML("", elem_id="portrait-findings", padding=False)
            self.transcript = gr.Textbox(
                label="What is said in it", info=words.TRANSCRIPT_INFO, lines=1,
                elem_id="transcript",
            )  # fmt: skip
            self.own_face = gr.Checkbox(False, label="Show this face instead of the presenter")
            self.consent = gr.Checkbox(False, label=words.CONSENT, elem_id="consent")

    def _scene_tab(self) -> None:
        gr.Markdown(words.SCENE_HINT)
        with gr.Row(equal_height=False):
            with gr.Column(scale=6, min_width=280):
                self.script = gr.Textbox(
                    value=words.SCENE, label="Script", lines=12, max_lines=30, elem_id="script"
                )
                with gr.Row():
                    self.layout = gr.Dropdown(
                        [(name.replace("-", " ").capitalize(), name) for name in LAYOUTS],
                        value=LAYOUTS[0], label="Layout", min_width=150,
                    )  # fmt: skip
                    self.scene_size = gr.Radio(list(SIZES), value=256, label="Size in pixels")
                with gr.Row():
                    self.check_script = gr.Button("Check", min_width=90)
                    self.make_scene = gr.Button(
                        "Generate the scene", variant="primary", elem_id="make-scene", min_width=160
                    )
                    self.stop_scene = gr.Button("Stop", min_width=90, interactive=False)
                self.scene_status = gr.HTML(words.READY, elem_id="scene-status", padding=False)
            with gr.Column(scale=5, min_width=280):
                self.scene_player = streaming_player(
                    label="Scene", show_label=False, autoplay=True, elem_id="scene", buttons=[]
                )
                self.scene_files = gr.Files(
                    label="Downloads: film and subtitles", visible=False, interactive=False
                )

    def _compare_tab(self) -> None:
        gr.Markdown(words.COMPARE_HINT)
        with gr.Row(elem_id="compare"):
            sides = []
            for label in ("Left", "Right"):
                with gr.Column(min_width=280):
                    choice = gr.Dropdown([], label=label)
                    video = gr.Video(
                        label=label, show_label=False, interactive=False, height=420, buttons=[]
                    )
                    sides.append((choice, video))
        (self.left, self.left_video), (self.right, self.right_video) = sides
        gr.Button("Play both").click(None, None, None, js=words.PLAY_BOTH)

    def _styles_tab(self) -> None:
        gr.Markdown(words.STYLES_HINT)
        with gr.Row(elem_classes="shelf"):
            self.style_name = gr.Textbox(label="Name for the current style", max_length=40, scale=3)
            self.save = gr.Button("Save", variant="primary", min_width=110)
        with gr.Row(elem_classes="shelf"):
            self.saved = gr.Dropdown([], value=None, label="Saved styles", scale=3)
            self.use = gr.Button("Use as voice", min_width=110)
            self.delete = gr.Button("Delete", variant="stop", min_width=110)
        with gr.Row(elem_classes="shelf"):
            self.new_name = gr.Textbox(label="New name", max_length=40, scale=3)
            self.rename = gr.Button("Rename", min_width=110)

    def _verify_tab(self) -> None:
        gr.Markdown(words.VERIFY_HINT)
        file = gr.File(label="A film or a sound", elem_id="doubted", height=140)
        found = gr.HTML("", elem_id="verdict", padding=False)
        file.change(
            self.handlers.verify,
            file,
            found,
            api_name="verify",
            concurrency_limit=1,
            concurrency_id="verifying",
        )

    def _wish(self) -> list[Any]:
        """What `Handlers` reads: the options shown, and what is the visitor's own."""
        own = [self.transcript, self.reference, self.portrait_taken, self.own_face, self.consent]
        return [*(self.controls[name] for name in OPTIONS_SHOWN), *own]

    def _wire(self) -> None:
        hands = self.handlers
        buttons = [self.generate, self.cancel]
        waiting = self.generate.click(hands.queue, None, [self.status, *buttons], **QUICK)
        made = waiting.then(
            hands.generate,
            [self.takes, *self._wish()],
            [self.player, self.status, self.files, self.takes, *buttons],
            concurrency_limit=self.at_once,
            concurrency_id="making",
            trigger_mode="multiple",  # a cancelled one may still wait in front of the next
            **PRIVATE,
        )
        made.failure(hands.refused, None, [self.status, *buttons], **QUICK)
        self.cancel.click(hands.cancel, None, [self.status, *buttons], **QUICK)
        self._wire_scene()
        self.direct.blur(hands.understand, self.direct, self.direct, **QUICK)
        self.gallery.select(
            hands.choose_presenter, None, [self.presenter, self.voice, self.poster], **QUICK
        )
        looked_at = [self.reference, self.findings, self.voice, self.own_face]
        for source in (self.clip, self.voice_clip):
            source.change(hands.look_at, source, looked_at, api_visibility="private").then(
                hands.transcribe, self.reference, self.transcript, api_visibility="private"
            )
        self.portrait.change(
            hands.look_at_portrait,
            self.portrait,
            [self.portrait_taken, self.portrait_findings, self.own_face],
            api_visibility="private",
        )
        made.then(
            hands.takes_changed,
            [self.takes, self.reference],
            [self.inside, self.left, self.right],
            **QUICK,
        )
        for choice, video in ((self.left, self.left_video), (self.right, self.right_video)):
            inputs = [self.takes, self.reference, choice]
            choice.change(hands.show_take, inputs, video, **QUICK)
        shelf = [self.style_name, self.saved, self.voice]
        self.save.click(hands.save_style, [self.style_name, *self._wish()], shelf, **PRIVATE)
        renamed = [self.new_name, self.saved, self.voice]
        self.rename.click(
            hands.rename_style, [self.saved, self.new_name, self.voice], renamed, **PRIVATE
        )
        self.delete.click(hands.delete_style, [self.saved, self.voice], shelf, **PRIVATE)
        self.use.click(hands.use_style, self.saved, [self.voice, self.tabs], **PRIVATE)

    def _wire_scene(self) -> None:
        hands = self.handlers
        asked = [self.script, self.layout, self.scene_size]
        buttons = [self.make_scene, self.stop_scene]
        self.check_script.click(hands.check_script, asked, self.scene_status, **QUICK)
        waiting = self.make_scene.click(hands.queue, None, [self.scene_status, *buttons], **QUICK)
        made = waiting.then(
            hands.make_scene,
            asked,
            [self.scene_player, self.scene_status, self.scene_files, *buttons],
            concurrency_limit=self.at_once,
            concurrency_id="making",
            **PRIVATE,
        )
        made.failure(hands.refused, None, [self.scene_status, *buttons], **QUICK)
        self.stop_scene.click(hands.cancel, None, [self.scene_status, *buttons], **QUICK)


def _slider(option: Option) -> gr.Slider:
    assert option.span is not None
    low, high = option.span
    label = option.name.replace("_", " ").capitalize()
    step = 0.05 if high <= 4 else 0.5
    return gr.Slider(low, high, option.default, step=step, label=label, min_width=220)


def _input(option: Option) -> Any:
    """What a program fills in."""
    if option.kind is bool:
        return gr.Checkbox(option.default, label=option.name)
    if option.kind is str:
        return gr.Textbox(option.default or "", label=option.name)
    precision = 0 if option.kind is int else None
    return gr.Number(option.default, label=option.name, precision=precision)


def _service_of(handlers: Handlers) -> Callable[..., str]:
    """A function whose parameters are the options shown, by which a program names them."""

    def speak(request: gr.Request, *values: Any) -> str:
        return handlers.speak(dict(zip(OPTIONS_SHOWN, values, strict=True)), owner_of(request))

    kind = Parameter.POSITIONAL_OR_KEYWORD
    named = [Parameter(n, kind, default=OPTIONS[n].default) for n in OPTIONS_SHOWN]
    first = Parameter("request", kind, annotation=gr.Request)
    speak.__signature__ = Signature([first, *named])  # type: ignore[attr-defined]
    speak.__annotations__ = {"request": gr.Request}
    return speak


def build_page(handlers: Handlers, people: tuple[Presenter, ...], *, at_once: int = 1) -> gr.Blocks:
    """The whole page, not yet launched."""
    emotions = tuple(name for name in MANNERS if name in handlers.manners())
    return _Page(handlers, people, emotions, at_once).build()
