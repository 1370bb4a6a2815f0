"""Picture jobs beside their libraries called directly; quality; memory.

python -m bench.images [--rounds 3] [--write]

Prints rows for docs/benchmarks/pictures.md; `--write` puts them there. A job is measured as its
worker runs it, from the stored file to the stored file. The load of the machine is printed first:
at more than its cores, trust the processor time.
"""

from collections.abc import Iterator
from pathlib import Path

from bench.images.memory import peak_of_removing
from bench.images.quality import quality
from bench.images.speed import speed
from bench.rows import print_rows

_PAGE = Path("docs/benchmarks/pictures.md")
_OPERATIONS = (
    "| operation | job: seconds, of a processor | directly | overhead |\n|---|---|---|---|"
)
_QUALITY = "| quality, on painted pictures | this | beside it |\n|---|---|---|"


def _rows(rounds: int) -> Iterator[str]:
    yield _OPERATIONS
    yield from speed(rounds)
    yield ""
    yield _QUALITY
    yield from quality()
    yield ""
    peak = peak_of_removing(4000, 3000)
    yield f"Peak memory, background of 12 megapixels: {peak} MiB, the runtime included."


if __name__ == "__main__":
    print_rows(__doc__, _PAGE, "pictures", _rows)
