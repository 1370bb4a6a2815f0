"""The gateway beside its peers, and beside what is asked of it.

    python -m bench.gateway [submission] [batch] [status] [streams]
        [--seconds 6] [--rounds 3] [--gateways 2] [--write]

Prints rows for docs/benchmarks/gateway.md; `--write` puts them there. The load comes from one
process on the same machine, whose load is printed first: at more than its cores, trust nothing.
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.gateway.batch import batch
from bench.gateway.stack import Served, served_stack
from bench.gateway.status import status
from bench.gateway.streams import streams
from bench.gateway.submission import submission
from bench.report import replace_section

_PAGE = Path("docs/benchmarks/gateway.md")
_PARTS: dict[str, Callable[[Served, float, int], list[str]]] = {
    "submission": submission,
    "batch": batch,
    "status": status,
    "streams": lambda system, _seconds, _rounds: streams(system),
}


def main() -> None:
    """Run the parts that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*_PARTS, []], metavar="part")
    parser.add_argument("--seconds", type=float, default=6.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--gateways", type=int, default=2, help="processes at most")
    parser.add_argument("--write", action="store_true", help=f"into {_PAGE}")
    options = parser.parse_args()
    print(f"load of the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for name in options.parts or _PARTS:
        with (
            tempfile.TemporaryDirectory(prefix="warren-bench-") as root,
            served_stack(Path(root), options.gateways) as system,
        ):
            rows = "\n".join(_PARTS[name](system, options.seconds, options.rounds)) + "\n"
        print(f"\n{name}\n\n{rows}", flush=True)
        if options.write:
            replace_section(_PAGE, f"gateway-{name}", rows)


if __name__ == "__main__":
    main()
