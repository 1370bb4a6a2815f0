"""eSpeak as a process: what happens when it dies, hangs or loses its parent."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tts_worker.adapters.espeak_process import EspeakProcess
from tts_worker.adapters.espeak_voices import data_folder
from tts_worker.errors import EngineFailed
from warren.errors import TransientError
from warren.testing.deadline import eventually

LIBRARY = data_folder().parent / "libespeak-ng.so"
LONG_TEXT = "слово " * 5000
PARENT = """
import sys
from pathlib import Path
from tts_worker.adapters.espeak_process import EspeakProcess
espeak = EspeakProcess(Path(sys.argv[1]), Path(sys.argv[2]), timeout=60)
espeak.start()
print(espeak.pid, flush=True)
while True:
    espeak.speak("слово " * 5000, "zle/ru", 80)
"""


@pytest.fixture
def start() -> Iterator[Callable[[float], EspeakProcess]]:
    started: list[EspeakProcess] = []

    def begin(timeout: float) -> EspeakProcess:
        started.append(EspeakProcess(LIBRARY, data_folder(), timeout=timeout))
        started[-1].start()
        return started[-1]

    yield begin
    for espeak in started:
        espeak.close()


def test_a_program_killed_while_it_speaks_is_replaced(
    start: Callable[[float], EspeakProcess],
) -> None:
    # Given a program that is busy for long
    espeak = start(30)
    first = espeak.pid
    assert first is not None
    threading.Timer(0.2, os.kill, (first, signal.SIGKILL)).start()
    # When it is killed, then the call fails as something that may work the next time
    with pytest.raises(TransientError, match="died"):
        espeak.speak(LONG_TEXT, "zle/ru", 80)
    # And the next call works
    assert len(espeak.speak("слово", "zle/ru", 175)) > 10_000
    assert espeak.pid != first


def test_a_program_that_died_while_idle_is_replaced_unnoticed(
    start: Callable[[float], EspeakProcess],
) -> None:
    espeak = start(30)
    first = espeak.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    psutil.Process(first).wait(timeout=10)
    assert len(espeak.speak("слово", "zle/ru", 175)) > 10_000


def test_a_program_that_hangs_is_given_up_in_time(start: Callable[[float], EspeakProcess]) -> None:
    # Given a program that is stopped
    espeak = start(0.3)
    first = espeak.pid
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    # When it is asked, then the call ends in time and the program is gone
    with pytest.raises(EngineFailed, match=r"no answer within 0.3 s"):
        espeak.speak("слово", "zle/ru", 175)
    assert not psutil.pid_exists(first)
    assert len(espeak.speak("слово", "zle/ru", 175)) > 10_000


def test_an_unknown_voice_is_an_error_with_its_name(
    start: Callable[[float], EspeakProcess],
) -> None:
    with pytest.raises(EngineFailed, match="no voice zle/xx"):
        start(30).speak("слово", "zle/xx", 175)


def test_a_library_that_cannot_be_loaded_is_an_engine_failure(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    espeak = EspeakProcess(tmp_path / "absent.so", data_folder(), timeout=5)
    with pytest.raises(EngineFailed):
        espeak.start()
    assert "absent.so" in capfd.readouterr().err


def test_the_program_dies_with_its_parent_in_the_middle_of_a_word() -> None:
    # Given a worker whose eSpeak is busy
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(LIBRARY), str(data_folder())], stdout=subprocess.PIPE
    )
    with parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        # When the worker is killed
        parent.kill()
    # Then eSpeak goes too
    eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
