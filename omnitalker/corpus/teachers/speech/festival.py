"""Festival's voices, spoken by one long-lived `festival --pipe` process."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

from omnitalker.base.errors import InputError
from omnitalker.corpus.teachers.speech.cmu import CmuSegment, fold_segments
from omnitalker.corpus.teachers.speech.teacher import Spoken, TeacherError

VOICES = {"slt-hts": "cmu_us_slt_arctic_hts", "kal": "kal_diphone", "kdl": "ked_diphone"}
_PATIENCE_SECONDS = 300
_DONE = "omnitalker-done"
_SCHEME = """
(define (omnitalker_say text wav)
  (let ((u (utt.synth (eval (list 'Utterance 'Text text)))))
    (mapcar
      (lambda (s)
        (format t "%s %f %s %s %s\\n"
          (item.name s) (item.feat s "end")
          (item.feat s "R:SylStructure.parent.stress")
          (item.feat s "R:SylStructure.parent.parent.name")
          (item.feat s "R:SylStructure.parent.parent.R:Token.parent.punc")))
      (utt.relation.items u 'Segment))
    (utt.save.wave u wav 'riff)
    t))
"""


class FestivalTeacher:
    """One festival voice: `slt-hts` (woman), `kal`, `kdl` (men, diphones)."""

    def __init__(self, voice: str) -> None:
        if voice not in VOICES:
            raise InputError(
                f"festival has no voice '{voice}' here. Choose from {', '.join(VOICES)}"
            )
        if shutil.which("festival") is None:
            raise InputError("festival is not installed. Run scripts/install_teachers.sh")
        self._voice = VOICES[voice]
        self._folder = tempfile.TemporaryDirectory(prefix="festival-")
        self._wav = Path(self._folder.name) / "spoken.wav"
        self._process = self._start()

    def say(self, text: str) -> Spoken:
        import soundfile

        if self._process.poll() is not None:
            self._stop()
            self._process = self._start()
        quoted = text.replace("\\", " ").replace('"', " ")
        self._wav.unlink(missing_ok=True)
        lines = self._ask(f'(omnitalker_say "{quoted}" "{self._wav}")')
        if not self._wav.exists():
            raise TeacherError(f"festival could not say: {text}")
        samples, rate = soundfile.read(self._wav, dtype="float32")
        segments = [s for s in (_parse(line) for line in lines) if s is not None]
        return Spoken(samples, rate, fold_segments(segments, len(samples) / rate, text))

    def close(self) -> None:
        self._stop()
        self._folder.cleanup()

    def _start(self) -> subprocess.Popen[str]:
        self._process = subprocess.Popen(
            ["festival", "--pipe"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._ask(_SCHEME + f"(voice_{self._voice})")
        return self._process

    def _stop(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def _ask(self, command: str) -> list[str]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        try:
            stdin.write(f'{command}\n(format t "\\n{_DONE}\\n")\n(fflush nil)\n')
            stdin.flush()
        except BrokenPipeError:
            raise TeacherError(f"festival ended before it was asked: {command[:80]}") from None
        lines = []
        watchdog = threading.Timer(_PATIENCE_SECONDS, self._process.kill)
        watchdog.start()
        try:
            for line in stdout:
                if line.strip() == _DONE:
                    return lines
                lines.append(line.strip())
        finally:
            watchdog.cancel()
        raise TeacherError(f"festival ended while asked: {command[:80]}")


def _parse(line: str) -> CmuSegment | None:
    fields = line.split()
    if len(fields) != 5:
        return None
    name, end, stress, word, punctuation = fields
    return CmuSegment(
        name=name,
        end=float(end),
        stress=int(stress) if stress.isdigit() else 0,
        word="" if word == "0" else word,
        punctuation="" if punctuation == "0" else punctuation,
    )
