"""eSpeak NG as a program of its own: passages come in by stdin, samples go out by stdout.

eSpeak's library is under the GPL and is not thread-safe, so it is loaded here and nowhere else; the
worker talks to this program through pipes.

Each passage is spoken by a fork of the program that has not spoken before: the library carries the
phase of its oscillators from one passage into the next, also across `espeak_Terminate`, and a task
that runs twice must yield the same samples, so that its file is stored once. A fork and loading the
voice take 2 to 5 ms.

Start: `python -m tts_worker.espeak_program LIBRARY DATA PID`, with the pid of the worker.

In: one JSON object a line, `{"text": …, "voice": …, "words_per_minute": …}`.
Out: the sample rate as four bytes, once; then for each line frames of a length (four bytes, signed)
and as many bytes of 16-bit samples; length 0 ends the passage; a negative length comes before an
error message of that many bytes. All numbers are little-endian. Ends when stdin does.
"""

import ctypes
import json
import os
import signal
import struct
import sys
from typing import Any, BinaryIO

_PR_SET_PDEATHSIG = 1
# From espeak_ng/speak_lib.h
_SYNCHRONOUS_SAMPLES = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples go to the callback
_DONT_EXIT = 0x8000
_BUFFER_MILLISECONDS = 200
_RATE = 1
_UTF8 = 1

_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class Espeak:
    """The library, initialised once."""

    def __init__(self, library: str, data: str, output: BinaryIO) -> None:
        self._output = output
        self._library = ctypes.CDLL(library)
        self._library.espeak_Initialize.restype = ctypes.c_int
        self.sample_rate: int = self._library.espeak_Initialize(
            _SYNCHRONOUS_SAMPLES, _BUFFER_MILLISECONDS, data.encode(), _DONT_EXIT
        )
        if self.sample_rate <= 0:
            raise OSError(f"eSpeak cannot use its data in {data}")
        # Kept: the library holds no reference to it.
        self._callback = _CALLBACK(self._send)
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voice: str, words_per_minute: int) -> None:
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise LookupError(f"eSpeak has no voice {voice}")
        self._library.espeak_SetParameter(_RATE, words_per_minute, 0)
        data = text.encode()
        failed = self._library.espeak_Synth(
            data, ctypes.c_size_t(len(data) + 1), 0, 1, 0, _UTF8, None, None
        )
        if failed:
            raise RuntimeError(f"espeak_Synth answered {failed}")

    def _send(self, samples: Any, count: int, _events: Any) -> int:
        if count > 0:
            self._output.write(struct.pack("<i", 2 * count))
            self._output.write(ctypes.string_at(samples, 2 * count))
        return 0


def die_with_parent(parent: int) -> None:
    """Be killed when the parent dies, also while a passage is being spoken (Linux)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit(f"process {parent} died before eSpeak was ready")


def answer(espeak: Espeak, line: bytes, output: BinaryIO) -> None:
    """Speak the passage that a line asks for, or send what is wrong with it."""
    try:
        espeak.speak(**json.loads(line))
    except (LookupError, RuntimeError, TypeError, ValueError) as error:
        message = str(error).encode()
        output.write(struct.pack("<i", -len(message)) + message)
    else:
        output.write(struct.pack("<i", 0))
    output.flush()


def answer_in_a_fork(espeak: Espeak, line: bytes, output: BinaryIO) -> None:
    """Let a child answer; end this program when the child dies, since its answer is cut.

    Raises:
        SystemExit: the child did not end by itself.
    """
    program = os.getpid()
    child = os.fork()  # noqa: TID251 -- this program has one thread, and no model
    if child == 0:
        exit_code = 1
        try:
            die_with_parent(program)
            answer(espeak, line, output)
            exit_code = 0
        finally:
            os._exit(exit_code)  # nothing of the program's own may run twice
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise SystemExit(f"eSpeak ended with status {os.waitstatus_to_exitcode(status)}")


def serve(library: str, data: str) -> None:
    """Answer lines until there are no more."""
    output = sys.stdout.buffer
    espeak = Espeak(library, data, output)
    output.write(struct.pack("<i", espeak.sample_rate))
    output.flush()
    for line in sys.stdin.buffer:
        answer_in_a_fork(espeak, line, output)


if __name__ == "__main__":
    # Ctrl-C reaches the whole process group; the worker decides when this program ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(int(sys.argv[3]))
    serve(sys.argv[1], sys.argv[2])
