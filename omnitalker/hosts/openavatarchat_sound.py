"""OpenAvatarChat 0.5.1 and 0.6.0 with any voice: AVATAR_AUDIO of the host's TTS in, the same with pictures out.

    handler_search_path: ["src/handlers", "<folder of this file>"]
    handler_configs:
      OmniTalker: {module: openavatarchat_sound, character: ava}

Beside a TTS handler, in the place of an avatar handler. Exactly one HandlerBase subclass may be visible here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from chat_engine.common.handler_base import ChatDataConsumeMode, HandlerDataInfo, HandlerDetail
from chat_engine.data_models.chat_data.chat_data_model import ChatData
from chat_engine.data_models.chat_data_type import ChatDataType

from omnitalker.audio.pcm import from_int16
from omnitalker.hosts import openavatarchat as by_text

END_OF_SOUND = "avatar_speech_end"


class OmniTalkerSoundHandler(by_text.OmniTalkerHandler):  # type: ignore[misc]
    def get_handler_detail(self, session_context: Any, context: Any) -> HandlerDetail:
        """Sound instead of text comes in, and nobody else gets it."""
        detail = super().get_handler_detail(session_context, context)
        kind = ChatDataType.AVATAR_AUDIO
        detail.inputs = {
            kind: HandlerDataInfo(type=kind, input_consume_mode=ChatDataConsumeMode.ONCE)
        }
        return detail

    def handle(self, context: Any, inputs: ChatData, output_definitions: Any) -> None:  # noqa: ARG002
        """Sound goes into the session at once; nothing here waits."""
        if inputs.type is not ChatDataType.AVATAR_AUDIO or context.session is None:
            return
        stream = getattr(inputs, "stream_id", None)
        answer = stream.stream_key_str if stream else inputs.data.get_meta(by_text.SPEECH_ID, None)
        with context.lock:
            if answer in context.dead_streams:
                return
            is_other = answer != context.answer
            context.answer, context.text_stream = answer, stream
        if is_other:
            context.session.end_sound()
        sound = np.asarray(inputs.data.get_main_data()).reshape(-1)
        samples = from_int16(sound) if sound.dtype == np.int16 else sound.astype(np.float32)
        is_end = inputs.data.get_meta(END_OF_SOUND, False) or getattr(inputs, "is_last_data", False)
        if len(samples) and not (is_end and not samples.any()):  # an end comes with a few zeros
            context.session.push_sound(samples)
        if is_end:
            context.session.end_sound()
