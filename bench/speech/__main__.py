"""Speech jobs beside their engines called directly; memory.

python -m bench.speech [--rounds 3] [--write]

Prints rows for docs/benchmarks/speech.md; `--write` puts them there. A job is measured as its
worker runs it, from the stored text to the stored file. At a load of more than the machine's cores,
trust the processor time.
"""

from collections.abc import Iterator
from pathlib import Path

from bench.rows import print_rows
from bench.speech.memory import memory
from bench.speech.speed import speed

_PAGE = Path("docs/benchmarks/speech.md")
_HEAD = (
    "| voice and file | audio | job: seconds, of a processor | × real time | directly |"
    " overhead of processor time |\n|---|---|---|---|---|---|"
)


def _rows(rounds: int) -> Iterator[str]:
    yield _HEAD
    yield from speed(rounds)
    yield ""
    yield memory()


if __name__ == "__main__":
    print_rows(__doc__, _PAGE, "speech", _rows)
