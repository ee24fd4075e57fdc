from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from omnitalker.base import timeline


def test_the_three_grids_meet_every_block() -> None:
    assert timeline.BLOCK_SAMPLES == 3_840
    assert timeline.BLOCK_MEL_FRAMES == 15
    assert timeline.BLOCK_SAMPLES % timeline.HOP_LENGTH == 0
    assert Fraction(375, 4) == timeline.MEL_RATE
    for seconds in (
        timeline.mel_frames_to_seconds(15),
        timeline.video_time(4),
        timeline.samples_to_seconds(3840),
    ):
        assert seconds == timeline.BLOCK_SECONDS


@given(st.integers(0, 10**9))
def test_conversions_of_whole_units_are_exact(count: int) -> None:
    assert timeline.seconds_to_samples(timeline.samples_to_seconds(count)) == count
    assert timeline.seconds_to_mel_frames(timeline.mel_frames_to_seconds(count)) == count
    assert timeline.seconds_to_video_frames(timeline.video_frames_to_seconds(count)) == count


@given(st.fractions(0, 3600))
def test_blocks_cover_and_never_by_more_than_one(seconds: Fraction) -> None:
    blocks = timeline.blocks_to_cover(seconds)
    assert blocks * timeline.BLOCK_SECONDS >= seconds
    assert (blocks - 1) * timeline.BLOCK_SECONDS < seconds


@given(st.integers(0, 10**7))
def test_length_laws(blocks: int) -> None:
    samples = blocks * timeline.BLOCK_SAMPLES
    mel = samples // timeline.HOP_LENGTH
    assert timeline.stft_frames(samples) == mel + 1
    assert timeline.mel_frames_to_samples(mel) == samples
    assert timeline.blocks_in_mel(mel) == blocks
    assert timeline.video_frames_to_samples(4 * blocks) == samples
