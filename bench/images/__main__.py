"""Picture jobs beside their libraries called directly; quality; memory.

python -m bench.images [--rounds 3]

Prints rows for docs/benchmarks.md. A job is measured as its worker runs it, from the stored file to
the stored file. The load of the machine is printed first: at more than its cores, trust the
processor time.
"""

import argparse
import os

from bench.images.memory import peak_of_removing
from bench.images.quality import quality
from bench.images.speed import speed


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"load of the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print("| operation | job: seconds, of a processor | directly | overhead |\n|---|---|---|---|")
    for row in speed(options.rounds):
        print(row)
    print("\n| quality | this | beside it |\n|---|---|---|")
    for row in quality():
        print(row)
    print(f"\npeak memory, background of 12 megapixels: {peak_of_removing(4000, 3000)} MiB")


if __name__ == "__main__":
    main()
