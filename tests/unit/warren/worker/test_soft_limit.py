"""The soft limit leaves alone what must not be left half done."""

import subprocess
import sys

PROGRAM = """
import time
from warren.errors import TimeLimitExceeded
from warren.worker.soft_limit import SoftLimit

limit = SoftLimit()
done = False
try:
    with limit.of(0.05):
        with limit.deferred():
            time.sleep(0.3)
            done = True
        raise AssertionError("nothing was raised at the end of what was deferred")
except TimeLimitExceeded:
    assert done
try:
    with limit.of(0.05):
        time.sleep(30)
except TimeLimitExceeded:
    print("interrupted")
"""


def test_a_limit_that_passes_amid_a_message_is_told_after_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.returncode, done.stdout) == (0, "interrupted\n"), done.stderr
