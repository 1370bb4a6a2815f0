"""Measure latency, idle processes and throughput of one system and write docs/benchmarks/jobs.md.

python -m bench [--tasks 5000] [--rounds 5] [--latency-tasks 300]
"""

import argparse
import tempfile
from pathlib import Path

from bench.idle import measure_idle
from bench.latency import measure_latency
from bench.report import write_report
from bench.system import WORKER, noop_stack
from bench.throughput import measure_throughput


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tasks", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--latency-tasks", type=int, default=300)
    parser.add_argument("--output", type=Path, default=Path("docs/benchmarks/jobs.md"))
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="warren-bench-") as root,
        noop_stack(Path(root)) as stack,
    ):
        latency = measure_latency(stack, options.latency_tasks)
        print(latency)
        idle = measure_idle(stack, calm=WORKER)
        print(idle)
        throughput = measure_throughput(stack, options.tasks, options.rounds)
    write_report(options.output, throughput, latency, idle, options.tasks)
    print(f"written to {options.output}")


if __name__ == "__main__":
    main()
