"""A host handler that keeps what a client would play."""

import time

from chat_engine.common.handler_base import (
    HandlerBase,
    HandlerBaseInfo,
    HandlerDataInfo,
    HandlerDetail,
)  # fmt: skip
from chat_engine.contexts.handler_context import HandlerContext
from chat_engine.data_models.chat_data_type import ChatDataType
from chat_engine.data_models.chat_engine_config_data import HandlerBaseConfigModel

KINDS = (ChatDataType.AVATAR_AUDIO, ChatDataType.AVATAR_VIDEO)
GOT = []
"""(kind, array, when)."""


class FakeClient(HandlerBase):
    def get_handler_info(self):
        return HandlerBaseInfo(config_model=HandlerBaseConfigModel)

    def load(self, engine_config, handler_config=None):
        pass

    def create_context(self, session_context, handler_config=None):
        return HandlerContext(session_context.session_info.session_id)

    def start_context(self, session_context, context):
        pass

    def get_handler_detail(self, session_context, context):
        return HandlerDetail(inputs={k: HandlerDataInfo(type=k) for k in KINDS}, outputs={})

    def handle(self, context, inputs, output_definitions):
        GOT.append((inputs.type.name, inputs.data.get_main_data(), time.monotonic()))

    def destroy_context(self, context):
        pass
