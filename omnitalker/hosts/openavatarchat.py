"""OpenAvatarChat 0.5.1 and 0.6.0: one handler, loaded from outside its tree by `handler_search_path`.

    handler_search_path: ["src/handlers", "<folder of this file>"]
    handler_configs:
      OmniTalker: {module: openavatarchat, character: ava}

AVATAR_TEXT in; AVATAR_AUDIO and AVATAR_VIDEO out, one pair every 40 ms for as long as a user is connected.
See docs/hosts/openavatarchat.md. Exactly one HandlerBase subclass may be visible here.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import Any

import numpy as np

# The host puts its `src` on the path; nothing here works without it.
from chat_engine.common.handler_base import (
    ChatDataConsumeMode,
    HandlerBase,
    HandlerBaseInfo,
    HandlerDataInfo,
    HandlerDetail,
)
from chat_engine.contexts.handler_context import HandlerContext
from chat_engine.data_models.chat_data.chat_data_model import ChatData
from chat_engine.data_models.chat_data_type import ChatDataType
from chat_engine.data_models.chat_engine_config_data import HandlerBaseConfigModel
from chat_engine.data_models.runtime_data.data_bundle import (
    DataBundle,
    DataBundleDefinition,
    DataBundleEntry,
    VariableSize,
)

from omnitalker.base import timeline
from omnitalker.base.types import AVChunk
from omnitalker.live.session import AvatarSession, SessionEvent

try:
    from chat_engine.data_models.chat_stream_config import ChatStreamConfig
except ImportError:  # 0.5.1
    ChatStreamConfig = None

log = logging.getLogger(__name__)
RTC_CLIENT = "RtcClient"
END_OF_TEXT = "avatar_text_end"
SPEECH_ID = "speech_id"


class OmniTalkerConfig(HandlerBaseConfigModel):  # type: ignore[misc]
    character: str = "ava"
    """A built-in character, or a character file."""
    checkpoint: str = "checkpoints/tiny"
    size: int = 512
    renderer: str = ""
    """Another renderer than the character's."""


class OmniTalkerContext(HandlerContext):  # type: ignore[misc]
    """One user's avatar."""

    def __init__(self, session_id: str, shared_states: Any) -> None:
        super().__init__(session_id)
        self.shared_states = shared_states
        self.session: AvatarSession | None = None
        self.playback: Any = None
        self.text_stream: Any = None
        self.answer: str | None = None
        """Which answer the text belongs to, in either generation's words."""
        self.dead_streams: set[str] = set()
        self.lock = threading.RLock()


class OmniTalkerHandler(HandlerBase):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self._performer: Any = None
        self._definitions = {
            ChatDataType.AVATAR_AUDIO: _audio_definition(),
            ChatDataType.AVATAR_VIDEO: _video_definition(),
        }

    def get_handler_info(self) -> HandlerBaseInfo:
        # Loaded after RtcClient, so that its frame rate can be put right.
        return HandlerBaseInfo(config_model=OmniTalkerConfig, load_priority=1)

    def load(self, engine_config: Any, handler_config: Any = None) -> None:  # noqa: ARG002
        from omnitalker.agent.casting import performer_of
        from omnitalker.agent.character import load_character
        from omnitalker.pipeline import OmniTalkerPipeline

        config = handler_config or OmniTalkerConfig()
        character = load_character(config.character)
        look = replace(character.order.look, size=config.size)
        if config.renderer:
            look = replace(look, renderer=config.renderer)
        character = replace(character, order=replace(character.order, look=look))
        pipeline = OmniTalkerPipeline.from_pretrained(config.checkpoint)
        self._performer = performer_of(pipeline, character)
        _set_client_rate(self)

    def create_context(self, session_context: Any, handler_config: Any = None) -> HandlerContext:  # noqa: ARG002
        states = getattr(session_context, "shared_states", None)
        return OmniTalkerContext(session_context.session_info.session_id, states)

    def get_handler_detail(self, session_context: Any, context: Any) -> HandlerDetail:  # noqa: ARG002
        extra = {}
        if ChatStreamConfig is not None:
            # Continuous streams: cancelling one loses sound but not picture, and they would drift.
            extra["output_stream_config"] = ChatStreamConfig(
                cancelable=False, auto_link_input=False
            )
        kind = ChatDataType.AVATAR_TEXT
        text = HandlerDataInfo(type=kind, input_consume_mode=ChatDataConsumeMode.DEFAULT)
        return HandlerDetail(
            inputs={kind: text},
            outputs={
                kind: HandlerDataInfo(type=kind, definition=definition, **extra)
                for kind, definition in self._definitions.items()
            },
        )

    def start_context(self, session_context: Any, context: Any) -> None:  # noqa: ARG002
        session = context.session = AvatarSession(self._performer)
        if ChatStreamConfig is not None:
            context.playback = context.stream_manager.create_lifecycle_streamer(
                ChatDataType.CLIENT_PLAYBACK,
                producer_name=context.owner,
                config=ChatStreamConfig(cancelable=False, auto_link_input=False),
            )
        session.subscribe(lambda chunk: self._submit(context, chunk))
        session.listen(lambda event: _on_event(context, event))
        session.start()

    def handle(self, context: Any, inputs: ChatData, output_definitions: Any) -> None:  # noqa: ARG002
        """Text goes into the session at once; nothing here waits."""
        if inputs.type is not ChatDataType.AVATAR_TEXT or context.session is None:
            return
        stream = getattr(inputs, "stream_id", None)
        answer = stream.stream_key_str if stream else inputs.data.get_meta(SPEECH_ID, None)
        with context.lock:
            if answer in context.dead_streams:
                return
            is_other = answer != context.answer
            context.answer, context.text_stream = answer, stream
        if is_other:
            context.session.end_text()  # the one before may have been cut off without an end
        text = inputs.data.get_main_data()
        if isinstance(text, str) and text:
            context.session.push_text(text)
        if inputs.data.get_meta(END_OF_TEXT, False) or getattr(inputs, "is_last_data", False):
            context.session.end_text()
            if not context.session.is_speaking:
                _let_the_user_speak(context)  # an answer without a word

    def on_signal(self, context: Any, signal: Any) -> None:
        """0.6: what is cancelled is not said. An error here would end all signals, so none may leave."""
        try:
            if signal.type.name == "STREAM_CANCEL" and signal.related_stream is not None:
                _cancel(context, signal.related_stream)
        except Exception:
            log.exception("a signal could not be handled")

    def destroy_context(self, context: Any) -> None:
        if context.session is not None:
            context.session.close()
            context.session = None

    def _submit(self, context: Any, chunk: AVChunk) -> None:
        """One picture and its sound; the client plays what it is given, so this is paced."""
        picture = np.ascontiguousarray(chunk.frames[0][None, ..., ::-1])
        for kind, data in (
            (ChatDataType.AVATAR_VIDEO, picture),
            (ChatDataType.AVATAR_AUDIO, chunk.samples[None]),
        ):
            bundle = DataBundle(self._definitions[kind])
            bundle.set_main_data(data)
            context.submit_data(ChatData(source=context.owner, type=kind, data=bundle))


def _on_event(context: Any, event: SessionEvent) -> None:
    """0.6 tells the others by a playback stream that the avatar speaks; 0.5.1 by `enable_vad`."""
    if event.kind == "speech_started" and context.playback is not None:
        sources = [context.text_stream] if context.text_stream is not None else []
        with context.lock:
            context.playback.open_stream(sources=sources, name=f"omnitalker-{event.utterance}")
    elif event.kind in ("speech_ended", "interrupted", "error"):
        if context.playback is not None:
            with context.lock:
                context.playback.finish_current()
        _let_the_user_speak(context)


def _let_the_user_speak(context: Any) -> None:
    """0.5.1 is deaf from the user's last word until somebody says that the answer is over."""
    if hasattr(context.shared_states, "enable_vad"):
        context.shared_states.enable_vad = True


def _cancel(context: Any, stream: Any) -> None:
    """The playback of what is heard, or text (or given sound) of which nothing was heard yet (the user spoke on)."""
    is_playback = stream.data_type is ChatDataType.CLIENT_PLAYBACK
    incoming = (ChatDataType.AVATAR_TEXT, ChatDataType.AVATAR_AUDIO)
    if not is_playback and stream.data_type not in incoming:
        return
    with context.lock:
        is_ours = is_playback or stream.stream_key_str == context.answer
        dead = context.answer if is_playback else stream.stream_key_str
        if dead is not None:
            context.dead_streams.add(dead)
    if is_ours and context.session is not None:
        context.session.interrupt()


def _set_client_rate(handler: Any) -> None:
    """The client of 0.5.1 stamps its pictures at 30 a second, which would play ours too slowly."""
    engine = handler.engine() if handler.engine is not None else None
    manager = getattr(engine, "handler_manager", None)
    entry = getattr(manager, "handler_registries", {}).get(RTC_CLIENT)
    factory = getattr(getattr(entry, "handler", None), "rtc_streamer_factory", None)
    if factory is not None and hasattr(factory, "fps"):
        factory.fps = timeline.VIDEO_FPS


def _audio_definition() -> Any:
    definition = DataBundleDefinition()
    definition.add_entry(
        DataBundleEntry.create_audio_entry("avatar_audio", 1, timeline.SAMPLE_RATE)
    )
    return definition.lockdown()


def _video_definition() -> Any:
    definition = DataBundleDefinition()
    shape = [VariableSize(), VariableSize(), VariableSize(), 3]
    definition.add_entry(
        DataBundleEntry.create_framed_entry("avatar_video", shape, 0, timeline.VIDEO_FPS)
    )
    return definition.lockdown()
