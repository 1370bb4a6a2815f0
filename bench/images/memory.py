"""The most memory that a job takes, in a process of its own."""

import subprocess
import sys
from pathlib import Path

from bench.images.samples import composite, jpeg, resized
from image_worker.workers.background import RemoveBackgroundWorker
from tests.unit.image_worker.faces import FAIR
from warren.contracts.images import RemoveBackground
from warren.testing.worker import FakeContext

_STATUS = Path("/proc/self/status")


def peak_of_removing(width: int, height: int) -> int:
    """MiB that removing the background of a picture of this size takes, the runtime included."""
    photo = jpeg(resized(composite(FAIR, "hills by day", 512)[0], width, height))
    command = [sys.executable, "-m", "bench.images.memory"]
    done = subprocess.run(command, input=photo, capture_output=True, check=True)
    return int(done.stdout)


def _remove(photo: bytes) -> int:
    context = FakeContext()
    job = RemoveBackground(image=context.given("photo", photo, "image/jpeg"))
    RemoveBackgroundWorker().perform(job, context)
    # Not getrusage: what that says begins with the memory of the process that started this one.
    peak = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(peak.split()[1]) // 1024


if __name__ == "__main__":
    print(_remove(sys.stdin.buffer.read()))
