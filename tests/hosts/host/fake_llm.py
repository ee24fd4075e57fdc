"""A host handler that says what the test tells it to."""

import inspect

from chat_engine.common.handler_base import (
    HandlerBase,
    HandlerBaseInfo,
    HandlerDataInfo,
    HandlerDetail,
)  # fmt: skip
from chat_engine.contexts.handler_context import HandlerContext
from chat_engine.data_models.chat_data.chat_data_model import ChatData
from chat_engine.data_models.chat_data_type import ChatDataType
from chat_engine.data_models.chat_engine_config_data import HandlerBaseConfigModel
from chat_engine.data_models.runtime_data.data_bundle import (
    DataBundle,
    DataBundleDefinition,
    DataBundleEntry,
)  # fmt: skip

CONTEXTS = []


class FakeLLM(HandlerBase):
    def get_handler_info(self):
        return HandlerBaseInfo(config_model=HandlerBaseConfigModel)

    def load(self, engine_config, handler_config=None):
        definition = DataBundleDefinition()
        definition.add_entry(DataBundleEntry.create_text_entry("avatar_text"))
        self.definition = definition.lockdown()

    def create_context(self, session_context, handler_config=None):
        context = HandlerContext(session_context.session_info.session_id)
        context.definition = self.definition
        CONTEXTS.append(context)
        return context

    def start_context(self, session_context, context):
        pass

    def get_handler_detail(self, session_context, context):
        kind = ChatDataType.AVATAR_TEXT
        return HandlerDetail(
            inputs={}, outputs={kind: HandlerDataInfo(type=kind, definition=self.definition)}
        )

    def handle(self, context, inputs, output_definitions):
        pass

    def destroy_context(self, context):
        pass


def say(text: str, is_end: bool) -> None:
    """As the LLM handlers of either generation do."""
    context = CONTEXTS[-1]
    bundle = DataBundle(context.definition)
    bundle.set_main_data(text)
    data = ChatData(source=context.owner, type=ChatDataType.AVATAR_TEXT, data=bundle)
    if "finish_stream" in inspect.signature(context.submit_data).parameters:
        context.submit_data(data, finish_stream=is_end)
        return
    if is_end:
        bundle.add_meta("avatar_text_end", True)
    context.submit_data(data)


def cancel() -> None:
    """As the VAD of 0.6.0 does when the user speaks on: what was answered so far is void."""
    CONTEXTS[-1].data_submitter.get_streamer(ChatDataType.AVATAR_TEXT).cancel_current()
