from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from omnitalker.base.errors import InputError
from omnitalker.base.types import Phoneme
from omnitalker.corpus.item import CorpusItem, ItemInfo
from omnitalker.corpus.store import ShardWriter, open_corpus
from omnitalker.models.recogniser import PhonemeRecogniser
from omnitalker.text.symbols import SILENT, SYMBOL_IDS, SYMBOLS
from omnitalker.training.loop import BatchRng, LoopConfig, run
from omnitalker.training.recipes.recogniser.data import (
    IGNORE,
    TimedSpeech,
    Transcribed,
    from_corpus,
    load_times,
    make_batch,
    save_times,
    self_aligned,
)
from omnitalker.training.recipes.recogniser.train import (
    RECIPE,
    RecogniserTask,
    RecogniserTraining,
    edit_distance,
    measure,
)

SPOKEN = [SYMBOL_IDS[s] for s in ("k", "æ", "t", "s", "i", "m")]


def made_up(name: str, seed: int, blocks: int = 10) -> CorpusItem:
    """Every symbol has a spectral shape of its own, so that there is something to learn."""
    rng = np.random.default_rng(seed)
    seconds = blocks * 0.16
    symbols = np.array([SYMBOL_IDS["sil"], *rng.permutation(SPOKEN * 2), SYMBOL_IDS["."]])
    cuts = np.sort(rng.choice(np.arange(6, int(seconds * 93.75) - 6, 6), 13, replace=False)) / 93.75
    shapes = np.random.default_rng(99).normal(-4, 2.5, (len(SYMBOLS), 100))
    frames = np.searchsorted(cuts, np.arange(blocks * 15) / 93.75, side="right")
    mel = shapes[symbols[frames]] + 0.3 * rng.normal(size=(blocks * 15, 100))
    return CorpusItem(
        info=ItemInfo(name, "someone", "en", "kokoro", blocks=blocks),
        samples=np.zeros(3840 * blocks, np.int16),
        mel=mel.astype(np.float16),
        symbols=symbols.astype(np.int16),
        tones=np.where(np.isin(symbols, SPOKEN), 1, 0).astype(np.int16),
        starts=np.array([0, *cuts, seconds], np.float32),
        motion=np.zeros((4 * blocks, 61), np.float16),
        pitch=np.zeros(15 * blocks, np.float16),
        energy=mel.mean(axis=1).astype(np.float16),
    )


@pytest.fixture
def config(tmp_path: Path) -> RecogniserTraining:
    ShardWriter(tmp_path / "corpus").write("a", [made_up(f"item-{i}", i) for i in range(40)])
    return RecogniserTraining(
        corpus=str(tmp_path / "corpus"),
        width=48,
        layers=2,
        loop=LoopConfig(
            steps=60, learning_rate=1e-2, warmup_steps=8, clip=5.0, ema_decay=0.5, precision="no",
            log_steps=1, validate_steps=1000, checkpoint_minutes=0,
        ),
        batch_size=6,
        frames=140,
        ctc_weight=0.2,
        valid_items=6,
    )  # fmt: skip


def test_crops_are_whole_phonemes_with_their_labels(config: RecogniserTraining) -> None:
    speech = from_corpus(open_corpus(config.corpus))
    batch = make_batch(speech, np.random.default_rng(0), 8, 60)
    assert batch.mel.shape[:2] == batch.valid.shape == batch.symbols.shape == batch.tones.shape
    for row in range(8):
        labels = batch.symbols[row][batch.valid[row]]
        assert (batch.symbols[row][~batch.valid[row]] == IGNORE).all()
        heard = [int(s) for s in torch.unique_consecutive(labels) if SYMBOLS[int(s)] not in SILENT]
        target = batch.targets[row].tolist()
        assert heard == [s for i, s in enumerate(target) if i == 0 or s != target[i - 1]]
        spoken = torch.isin(labels, torch.tensor(SPOKEN))
        assert torch.equal(batch.tones[row][batch.valid[row]], spoken.long())


def test_masked_phonemes_teach_nothing() -> None:
    masked = TimedSpeech("a", np.zeros((50, 100), np.float32), np.array([0]), np.array([0]),
                         np.array([0, 50], np.float32))  # fmt: skip
    batch = make_batch([masked], np.random.default_rng(0), 2, 40)
    assert (batch.symbols == IGNORE).all()
    assert all(len(target) == 0 for target in batch.targets)


def test_it_learns_what_is_said_and_when(config: RecogniserTraining, tmp_path: Path) -> None:
    torch.manual_seed(0)
    task = RecogniserTask(config, RECIPE.untrained(config), tmp_path)
    before = measure(task.model, task.unseen[:6])
    run(task, replace(config.loop, checkpoint_minutes=5), tmp_path / "run")
    after = measure(task.model, task.unseen[:6])
    assert after.median_ms < 20 < before.median_ms
    assert after.within_20_ms > 0.6


@pytest.fixture
def voices(tmp_path: Path) -> Path:
    """Three recordings with words but without times."""
    rng = np.random.default_rng(0)
    for name in ("lj", "librispeech"):
        (tmp_path / "voices" / name).mkdir(parents=True)
        (tmp_path / "voices" / name / "transcripts.csv").write_text("")
    for index in range(3):
        sound = (0.1 * rng.standard_normal(36_000)).astype(np.float32)
        soundfile.write(tmp_path / "voices" / "lj" / f"a{index}.flac", sound, 24_000)
    rows = "".join(f"a{index}|A cat sat.\n" for index in range(3))
    (tmp_path / "voices" / "lj" / "transcripts.csv").write_text(rows)
    return tmp_path / "voices"


def test_a_run_that_goes_on_has_the_times_it_had_found(
    config: RecogniserTraining, voices: Path, tmp_path: Path
) -> None:
    """Killed after it had aligned real speech, by weights that are no longer there."""
    config = replace(config, voices=str(voices), align_at=(2,), real_share=0.7, dropped=0.3)

    def begun() -> RecogniserTask:
        return RecogniserTask(config, RECIPE.untrained(config), tmp_path)

    def drawn(task: RecogniserTask, step: int) -> list[torch.Tensor]:
        batch = task.batch(BatchRng(np.random.default_rng(step), torch.Generator(), step))
        return [batch.mel, batch.symbols, batch.tones]

    torch.manual_seed(0)
    whole = begun()
    drawn(whole, 0)
    assert not whole.aligned
    drawn(whole, 2)
    assert len(whole.aligned) == 2
    later = begun()
    for step in range(4, 9):
        assert all(map(torch.equal, drawn(later, step), drawn(whole, step)))
    assert [item.edges.tolist() for item in later.aligned] == [
        item.edges.tolist() for item in whole.aligned
    ]


def test_times_are_kept_for_the_recordings_that_were_kept(tmp_path: Path) -> None:
    mel = np.zeros((40, 100), np.float32)
    speech = [Transcribed(name, mel, (Phoneme("k"),)) for name in "abc"]
    timed = TimedSpeech("b", mel, np.array([3, 4]), np.array([0, 1]), np.float32([0, 7.5, 40]))
    save_times([timed], tmp_path / "times.safetensors")
    (back,) = load_times(speech, tmp_path / "times.safetensors")
    assert back.name == "b"
    assert back.symbols.tolist() == [3, 4]
    assert back.edges.tolist() == [0, 7.5, 40]
    with pytest.raises(InputError, match="cannot be resumed"):
        load_times(speech, tmp_path / "none.safetensors")


def test_what_fits_worst_is_dropped() -> None:
    torch.manual_seed(0)
    model = PhonemeRecogniser(SYMBOLS, sorted(SILENT), width=16, layers=1)
    rng = np.random.default_rng(0)
    speech = [
        Transcribed(str(i), rng.normal(size=(60, 100)).astype(np.float32),
                    tuple(Phoneme(s, 0, k) for k, s in enumerate("kæts")))
        for i in range(10)
    ]  # fmt: skip
    kept = self_aligned(model, speech, drop=0.3)
    assert len(kept) == 7
    assert all(item.edges[-1] == pytest.approx(60) for item in kept)
    assert all((np.diff(item.edges) > 0).all() for item in kept)


def test_edit_distance() -> None:
    assert edit_distance([1, 2, 3], [1, 2, 3]) == 0
    assert edit_distance([1, 2, 3, 4], [2, 3, 5]) == 2
    assert edit_distance([], [1, 1]) == 2
