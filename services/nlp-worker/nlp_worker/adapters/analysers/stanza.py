"""Stanza, where it is installed and has models: it runs in a process of its own."""

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from nlp_worker.analysis import Annotation, Language, Sentence, Tag
from nlp_worker.errors import AnalyserFailed, AnalyserMissing

#: torch takes its time.
_START_TIMEOUT = 120.0
#: Of a batch.
_TIMEOUT = 60.0
_LONGEST_ANSWER = 64 << 20


class Stanza:
    """Implements `Analyser`; `folder` holds models as Stanza lays them out, `memory` is in MiB.

    After any failure its process is killed; the next text starts another one.
    """

    name = "stanza"

    def __init__(self, language: Language, folder: Path, memory: int) -> None:
        self.language = language
        self._folder = folder
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""

    @property
    def pid(self) -> int | None:
        """Of its process, while that runs."""
        return self._process.pid if self._process else None

    def load(self) -> None:
        if find_spec("stanza") is None:
            raise AnalyserMissing("it is not installed: pip install 'nlp-worker[stanza]'")
        if not (self._folder / self.language).is_dir():
            raise AnalyserMissing(f"NLP_STANZA_MODELS has no models of {self.language!r}")
        try:
            self._started()
        except AnalyserFailed as error:
            raise AnalyserMissing(f"it cannot be started: {error}") from error

    def annotate(self, sentences: Sequence[Sentence]) -> Sequence[Annotation]:
        words = [[word.text for word in sentence.words] for sentence in sentences]
        answer = self._asked(json.dumps(words).encode() + b"\n", _TIMEOUT)
        found = [Annotation([_tag(row) for row in rows]) for rows in answer["sentences"]]
        if [len(each.tags) for each in found] != [len(each) for each in words]:
            self.close()
            raise AnalyserFailed("Stanza has made other words of the sentences")
        return found

    def close(self) -> None:
        """Kill the process and wait for its end."""
        process, self._process, self._rest = self._process, None, b""
        if process is not None:
            process.kill()
            with process:  # closes the pipes and reaps
                process.wait(timeout=10)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        arguments = [self.language, str(self._folder), str(self._memory), str(os.getpid())]
        self._process = subprocess.Popen(  # noqa: S603 - nothing in it comes from a caller
            [sys.executable, "-m", "nlp_worker.stanza_program", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        self._answer(_START_TIMEOUT)
        return self._process

    def _asked(self, line: bytes, timeout: float) -> Any:
        process = self._started()
        try:
            _pipe(process.stdin).write(line)
        except OSError as error:
            self.close()
            raise AnalyserFailed(f"Stanza died before it was asked: {error}") from error
        return self._answer(timeout)

    def _answer(self, timeout: float) -> Any:
        try:
            answer = _checked(json.loads(self._line(time.monotonic() + timeout)))
        except BaseException:
            # Half an answer may be on its way.
            self.close()
            raise
        return answer

    def _line(self, deadline: float) -> bytes:
        output = _pipe(self._process.stdout if self._process else None)
        data = bytearray(self._rest)
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while b"\n" not in data:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise AnalyserFailed("Stanza gave no answer in time")
                piece = os.read(output.fileno(), 1 << 16)
                if not piece:
                    raise AnalyserFailed("Stanza died, of its limit on memory perhaps")
                data += piece
                if len(data) > _LONGEST_ANSWER:
                    raise AnalyserFailed("Stanza answers without end")
        line, _, self._rest = bytes(data).partition(b"\n")
        return line


def _checked(answer: Any) -> Any:
    if "error" in answer:
        raise AnalyserFailed(f"Stanza says: {answer['error']}")
    return answer


def _tag(row: Sequence[Any]) -> Tag:
    lemma, pos, listed, head, relation = row
    feats = dict(pair.split("=", 1) for pair in (listed or "").split("|") if "=" in pair)
    return Tag((lemma or "").lower(), pos or "X", feats, head, relation)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise AnalyserFailed("Stanza is not running")
    return pipe
