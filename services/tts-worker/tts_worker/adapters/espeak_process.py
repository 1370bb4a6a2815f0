"""The other end of `tts_worker.espeak_program`: starts it, talks to it, replaces it."""

import json
import os
import selectors
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from tts_worker.errors import EngineFailed

_START_TIMEOUT = 20.0
_LONGEST_FRAME = 1 << 24


class EspeakProcess:
    """A running program; not thread-safe.

    After any failure it is killed, and the next call starts another one, so an answer that came
    too late is never taken for the next one's.
    """

    def __init__(self, library: Path, data: Path, *, timeout: float) -> None:
        self._command = [
            *(sys.executable, "-m", "tts_worker.espeak_program"),
            *(str(library), str(data), str(os.getpid())),
        ]
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._sample_rate = 0

    @property
    def pid(self) -> int | None:
        """Of the program, while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> int:
        """Start the program unless it runs; returns its sample rate (hertz)."""
        if self._process is not None and self._process.poll() is None:
            return self._sample_rate
        self.close()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - nothing in it comes from a caller
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
            )
            self._sample_rate = self._read_number(time.monotonic() + _START_TIMEOUT)
        except BaseException:
            self.close()
            raise
        return self._sample_rate

    def speak(self, text: str, voice: str, words_per_minute: int) -> bytes:
        """16-bit little-endian mono samples; raises EngineFailed."""
        self.start()
        request = {"text": text, "voice": voice, "words_per_minute": words_per_minute}
        deadline = time.monotonic() + self._timeout
        try:
            self._send(json.dumps(request).encode() + b"\n")
            return self._receive(deadline)
        except BaseException:
            # Half an answer may be on its way.
            self.close()
            raise

    def close(self) -> None:
        """Kill the program and wait for its end."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with process:  # closes the pipes and reaps
                process.wait(timeout=5)

    def _send(self, line: bytes) -> None:
        try:
            _pipe(self._running().stdin).write(line)
        except OSError as error:
            raise EngineFailed(f"eSpeak died before it was asked: {error}") from error

    def _receive(self, deadline: float) -> bytes:
        frames = bytearray()
        while length := self._read_number(deadline):
            if length < 0:
                message = self._read(-length, deadline).decode(errors="replace")
                raise EngineFailed(f"eSpeak cannot speak a passage: {message}")
            frames += self._read(length, deadline)
        return bytes(frames)

    def _read_number(self, deadline: float) -> int:
        (number,) = struct.unpack("<i", self._read(4, deadline))
        if abs(number) > _LONGEST_FRAME:
            raise EngineFailed(f"eSpeak announced {number} bytes at once: its answer is garbled")
        return int(number)

    def _read(self, size: int, deadline: float) -> bytes:
        output = _pipe(self._running().stdout)
        data = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while len(data) < size:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise EngineFailed(f"eSpeak gave no answer within {self._timeout:g} s")
                piece = os.read(output.fileno(), size - len(data))
                if not piece:
                    raise EngineFailed("eSpeak died while it was speaking")
                data += piece
        return bytes(data)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise EngineFailed("eSpeak is not running")
        return self._process


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise EngineFailed("eSpeak was started without pipes")
    return pipe
