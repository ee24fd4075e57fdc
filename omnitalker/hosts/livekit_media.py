"""What both LiveKit generators share: the form of their pictures and of the sound that they are given."""

from __future__ import annotations

from omnitalker.base import timeline
from omnitalker.base.errors import InputError, MissingExtra
from omnitalker.base.types import Frame
from omnitalker.hosts.joint import JointVoice

try:
    from livekit import rtc
    from livekit.agents.voice.avatar import AvatarOptions
except ImportError as error:
    raise MissingExtra("livekit-agents", "livekit", "the LiveKit plug-in") from error


def options_of(voice: JointVoice) -> AvatarOptions:
    width, height = voice.size
    return AvatarOptions(
        video_width=width,
        video_height=height,
        video_fps=timeline.VIDEO_FPS,
        audio_sample_rate=timeline.SAMPLE_RATE,
        audio_channels=1,
    )


def check_sound(frame: rtc.AudioFrame) -> None:
    if frame.sample_rate != timeline.SAMPLE_RATE or frame.num_channels != 1:
        raise InputError(
            f"sound at {frame.sample_rate} Hz with {frame.num_channels} channels; give the audio output "
            f"sample_rate={timeline.SAMPLE_RATE} and one channel"
        )


def video_of(picture: Frame) -> rtc.VideoFrame:
    height, width = picture.shape[:2]
    return rtc.VideoFrame(width, height, rtc.VideoBufferType.RGB24, picture.tobytes())


def audio_of(sound: bytes) -> rtc.AudioFrame:
    return rtc.AudioFrame(sound, timeline.SAMPLE_RATE, 1, len(sound) // 2)
