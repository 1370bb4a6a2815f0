"""The most memory that a job takes, in a process of its own."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil

from bench.speech.jobs import ESPEAK, NEURAL
from warren.contracts.speech import AudioFormat

_BY_NAME = {voice.name: voice for voice in (NEURAL, ESPEAK)}


def memory() -> str:
    """A sentence for the page."""
    found = {
        voice.title: " and ".join(str(_peak_of(voice.name, times)) for times in (1, 10))
        for voice in (NEURAL, ESPEAK)
    }
    told = "; ".join(f"{title} {peaks} MiB" for title, peaks in found.items())
    return f"Memory at most, runtime and eSpeak's program included, once and ten times: {told}."


def _peak_of(name: str, times: int) -> int:
    command = [sys.executable, "-m", "bench.speech.memory", name, str(times)]
    return int(subprocess.run(command, capture_output=True, check=True).stdout)


def _peak(pid: int) -> int:
    # Not getrusage: what that says begins with the memory of the process that started this one.
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1])


def _speak(name: str, times: int) -> int:
    """MiB."""
    replace(_BY_NAME[name], times=times).job(AudioFormat.WAV)
    process = psutil.Process()
    return sum(_peak(each.pid) for each in (process, *process.children())) // 1024


if __name__ == "__main__":
    print(_speak(sys.argv[1], int(sys.argv[2])))
