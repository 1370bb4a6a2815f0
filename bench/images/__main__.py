"""Picture jobs beside their libraries called directly; quality; memory.

python -m bench.images [--rounds 3] [--write]

Prints rows for docs/benchmarks/pictures.md; `--write` puts them there. A job is measured as its
worker runs it, from the stored file to the stored file. The load of the machine is printed first:
at more than its cores, trust the processor time.
"""

import argparse
import os
from pathlib import Path

from bench.images.memory import peak_of_removing
from bench.images.quality import quality
from bench.images.speed import speed
from bench.report import replace_section

_PAGE = Path("docs/benchmarks/pictures.md")
_OPERATIONS = (
    "| operation | job: seconds, of a processor | directly | overhead |\n|---|---|---|---|"
)
_QUALITY = "| quality, on painted pictures | this | beside it |\n|---|---|---|"


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help=f"into {_PAGE}")
    options = parser.parse_args()
    load = f"Load of the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(load, flush=True)
    lines = [_OPERATIONS, *speed(options.rounds), "", _QUALITY, *quality()]
    peak = peak_of_removing(4000, 3000)
    lines += ["", f"Peak memory, background of 12 megapixels: {peak} MiB, the runtime included."]
    print("\n".join(lines))
    if options.write:
        content = "\n".join([f"{load}; medians of {options.rounds} rounds.", "", *lines, ""])
        replace_section(_PAGE, "pictures", content)


if __name__ == "__main__":
    main()
