"""The most memory that a job takes, in a process of its own."""

import resource
import subprocess
import sys

from bench.images.samples import composite, jpeg, resized
from image_worker.workers.background import RemoveBackgroundWorker
from tests.unit.image_worker.faces import FAIR
from warren.contracts.images import RemoveBackground
from warren.testing.worker import FakeContext


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
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    print(_remove(sys.stdin.buffer.read()))
