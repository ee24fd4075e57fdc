"""On the real engine: set OAC_ROOT to a checkout of OpenAvatarChat 0.5.1 or 0.6.0."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from tests.live.waiting import wait_until

ROOT = os.environ.get("OAC_ROOT", "")
HERE = Path(__file__).parent
ADAPTERS = HERE.parents[1] / "omnitalker/hosts"
HAS_SIGNALS = (Path(ROOT) / "src/handlers/logic/interrupt").exists()
"""0.6.0, not 0.5.1."""
EXAMPLE = HERE.parents[1] / "docs/hosts/openavatarchat.yaml"
pytestmark = pytest.mark.skipif(not ROOT, reason="set OAC_ROOT to an OpenAvatarChat checkout")
LONG = "This is a long answer, which goes on and on, until somebody has heard enough of it. " * 4


@pytest.fixture(scope="module")
def session(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    source = str(Path(ROOT) / "src")
    sys.path.insert(0, source)
    from chat_engine.chat_engine import ChatEngine
    from chat_engine.data_models.chat_engine_config_data import ChatEngineConfigModel
    from chat_engine.data_models.session_info_data import SessionInfoData

    character = tmp_path_factory.mktemp("characters") / "ada.yaml"
    character.write_text(
        yaml.safe_dump({"name": "Ada", "persona": "p", "voice": "ada", "renderer": "sketch"})
    )
    example = yaml.safe_load(EXAMPLE.read_text())["default"]["chat_engine"]
    assert ChatEngineConfigModel(**example).handler_search_path == example["handler_search_path"]
    ours = {**example["handler_configs"]["OmniTalker"], "character": str(character), "size": 256}
    handlers = {
        "FakeLLM": {"module": "fake_llm"},
        "OmniTalker": {**ours, "checkpoint": str(tiny_checkpoint)},
        "FakeClient": {"module": "fake_client"},
    }
    if HAS_SIGNALS:
        handlers["InterruptHandler"] = {"module": "logic/interrupt/interrupt_handler"}
    config = ChatEngineConfigModel(
        handler_search_path=[str(HERE / "host"), str(ADAPTERS), str(Path(source) / "handlers")],
        handler_configs=handlers,
    )
    engine = ChatEngine()
    engine.initialize(config)
    info = SessionInfoData(session_id="test")
    is_old = not hasattr(engine, "logic_manager")
    made = engine._create_session(info, {}, {}) if is_old else engine._create_session(info)
    made.start()
    yield made
    made.stop()


def loud(got: list[tuple[str, Any, float]]) -> list[float]:
    return [when for kind, data, when in got if kind == "AVATAR_AUDIO" and np.abs(data).max() > 0]


def test_text_becomes_paired_sound_and_pictures_at_25_a_second(session: Any) -> None:
    import fake_client
    import fake_llm

    time.sleep(1.0)
    for delta in ("Hello there, ", "my friend. ", "How are you?"):
        fake_llm.say(delta, is_end=False)
    fake_llm.say("", is_end=True)
    wait_until(lambda: len(loud(fake_client.GOT)) > 20, 20)
    wait_until(lambda: time.monotonic() - loud(fake_client.GOT)[-1] > 0.6, 20)
    got = list(fake_client.GOT)
    sounds = [data for kind, data, _ in got if kind == "AVATAR_AUDIO"]
    pictures = [data for kind, data, _ in got if kind == "AVATAR_VIDEO"]
    assert abs(len(sounds) - len(pictures)) <= 1
    assert {sound.shape for sound in sounds} == {(1, 960)}
    assert {picture.shape for picture in pictures} == {(1, 256, 256, 3)}
    rate = len(pictures) / (got[-1][2] - got[0][2])
    assert 23 < rate < 27
    states = session.session_context.shared_states
    if hasattr(states, "enable_vad"):
        assert states.enable_vad


def test_an_answer_without_a_word_lets_the_user_speak_again(session: Any) -> None:
    import fake_llm

    states = session.session_context.shared_states
    if not hasattr(states, "enable_vad"):
        pytest.skip("0.6.0 mutes the user only while a playback is open")
    for text in ("", "😀 ..."):
        states.enable_vad = False  # as its VAD does after the user's last word
        fake_llm.say(text, is_end=False)
        fake_llm.say("", is_end=True)
        wait_until(lambda: states.enable_vad, 20)


def test_text_cancelled_before_it_was_heard_is_not_said(session: Any) -> None:
    """The user pauses, an answer begins, and the user goes on."""
    import fake_llm

    if not HAS_SIGNALS:
        pytest.skip("0.5.1 has no signals on the server")
    avatar = session.handlers["OmniTalker"].env.context.session
    said: list[str] = []
    avatar.subscribe(lambda chunk: said.extend(word.text for word in chunk.words))
    fake_llm.say("This was ", is_end=False)  # not yet a clause
    time.sleep(0.3)
    fake_llm.cancel()
    time.sleep(0.3)
    fake_llm.say("Yes.", is_end=False)
    fake_llm.say("", is_end=True)
    wait_until(lambda: bool(said), 20)
    wait_until(lambda: not avatar.is_speaking, 20)
    assert said == ["Yes."]


def test_an_interruption_on_0_6_is_silence_within_a_frame_or_two(session: Any) -> None:
    import fake_client
    import fake_llm

    if not HAS_SIGNALS:
        pytest.skip("0.5.1 has no interruption on the server")
    from chat_engine.data_models.chat_signal import ChatSignal
    from chat_engine.data_models.chat_signal_type import ChatSignalSourceType, ChatSignalType

    before = len(loud(fake_client.GOT))
    fake_llm.say(LONG, is_end=False)
    fake_llm.say("", is_end=True)
    wait_until(lambda: len(loud(fake_client.GOT)) > before + 15, 20)
    session.emit_signal(
        ChatSignal(type=ChatSignalType.INTERRUPT, source_type=ChatSignalSourceType.CLIENT)
    )
    at = time.monotonic()
    time.sleep(1.0)
    assert all(when < at + 0.15 for when in loud(fake_client.GOT))
    before = len(loud(fake_client.GOT))
    fake_llm.say("And a new answer.", is_end=False)
    fake_llm.say("", is_end=True)
    wait_until(lambda: len(loud(fake_client.GOT)) > before, 20)
