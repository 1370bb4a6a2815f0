"""How long speech takes by the clock and of a processor, and how much of it the job adds."""

import statistics
import time
from collections.abc import Callable, Iterator

import psutil

from bench.speech.jobs import CASES, Voice
from warren.contracts.speech import AudioFormat

#: Seconds by the clock, and of a processor.
Times = tuple[float, float]


def speed(rounds: int) -> Iterator[str]:
    """A row of a table for each voice and format."""
    for voice, output_format in CASES:
        # Loads the models, too.
        duration = voice.job(output_format).duration_seconds
        own, beside = _measured(voice, output_format, rounds)
        yield (
            f"| {voice.title}, `{output_format}` | {duration:.0f} s |"
            f" {_seconds(own)} | {duration / own[1]:.0f} × |"
            f" {_seconds(beside)} | {own[1] / beside[1] - 1:+.0%} |"
        )


def _measured(voice: Voice, output_format: AudioFormat, rounds: int) -> tuple[Times, Times]:
    """Medians of the job and of the library, in turns."""
    voice.direct(output_format)
    own, beside = [], []
    for _ in range(rounds):
        own.append(_timed(lambda: voice.job(output_format)))
        beside.append(_timed(lambda: voice.direct(output_format)))
    return _medians(own), _medians(beside)


def _timed(work: Callable[[], object]) -> Times:
    began, used = time.perf_counter(), _processor()
    work()
    return time.perf_counter() - began, _processor() - used


def _processor() -> float:
    """Seconds of this process and of eSpeak's program, with the forks that have spoken."""
    children = [child.cpu_times() for child in psutil.Process().children()]
    return time.process_time() + sum(sum(times[:4]) for times in children)


def _medians(times: list[Times]) -> Times:
    return statistics.median(t[0] for t in times), statistics.median(t[1] for t in times)


def _seconds(times: Times) -> str:
    return f"{times[0]:.2f}, {times[1]:.2f}"
