"""Speech jobs beside their engines called directly; memory.

python -m bench.speech [--rounds 3] [--write]

Prints rows for docs/benchmarks/speech.md; `--write` puts them there. A job is measured as its
worker runs it, from the stored text to the stored file. At a load of more than the machine's cores,
trust the processor time.
"""

import argparse
import os
from pathlib import Path

from bench.report import replace_section
from bench.speech.memory import memory
from bench.speech.speed import speed

_PAGE = Path("docs/benchmarks/speech.md")
_HEAD = (
    "| voice and file | audio | job: seconds, of a processor | × real time | directly |"
    " overhead of processor time |\n|---|---|---|---|---|---|"
)


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help=f"into {_PAGE}")
    options = parser.parse_args()
    load = f"Load of the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(load, flush=True)
    lines = [_HEAD]
    for row in speed(options.rounds):
        print(row, flush=True)
        lines.append(row)
    lines += ["", memory()]
    print(lines[-1])
    if options.write:
        content = "\n".join([f"{load}; medians of {options.rounds} rounds.", "", *lines, ""])
        replace_section(_PAGE, "speech", content)


if __name__ == "__main__":
    main()
