"""`python -m tests.chaos.soak --hours 8`: a steady load, and whether anything grows under it."""

import argparse
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.chaos.journal import Journal
from tests.chaos.load.load import Load
from tests.chaos.load.mix import KINDS
from tests.chaos.plan import ChaosFolder, ChaosPlan
from tests.chaos.soak.growth import trends, warm_up
from tests.chaos.soak.page import page, table
from tests.chaos.soak.sampling import Sample, sample
from tests.chaos.system_under_test import client_urls, started_stack
from warren.cli.stop_signals import stop_signals
from warren.errors import WarrenError
from warren.stack.stack import Stack

_CHECKOUT = Path(__file__).resolve().parents[3]
#: A process that is killed begins anew, and shows no growth.
_DEADLY = frozenset({"chaos.poison", "chaos.poison_apart", "chaos.overrun"})


def main() -> int:
    """Run; 0 if nothing grew, 1 if something did, 2 if the system did not start."""
    options = _options()
    plan = ChaosPlan(
        seed=options.seed,
        seconds=3600 * options.hours,
        root=_CHECKOUT,
        rate=options.rate,
        bursts=0.0,
        jobs=tuple(sorted(KINDS - _DEADLY)),
    )
    folder = ChaosFolder(plan.root / ".warren" / "soak")
    folder.renew()
    try:
        with stop_signals(lambda: None):
            samples, accepted = _run(plan, folder, options.every)
    except WarrenError as error:
        _print(f"soak: {error}")
        return 2
    return _judge(samples, folder, accepted)


def _run(plan: ChaosPlan, folder: ChaosFolder, every: float) -> tuple[list[Sample], int]:
    samples: list[Sample] = []
    with started_stack(plan, folder) as (stack, links), Journal(folder.client_log) as log:
        urls = client_urls(plan, folder, stack, links)
        load = Load(plan, urls, stack.descriptor, log)
        load.start()
        try:
            for moment in _sampled(stack, plan.seconds, every):
                samples += moment
                _print(f"{moment[0].seconds:7.0f} s  accepted {load.accepted}")
        except KeyboardInterrupt:
            _print("soak: interrupted; judged is what was measured until now")
        finally:
            load.stop()
    return samples, load.accepted


def _sampled(stack: Stack, seconds: float, every: float) -> Iterator[list[Sample]]:
    began = time.monotonic()
    while (now := time.monotonic() - began) < seconds:
        yield sample(stack, began)
        threading.Event().wait(min(every, max(0.0, seconds - now)))


def _judge(samples: list[Sample], folder: ChaosFolder, accepted: int) -> int:
    # An interrupted run is judged as the shorter one that it was.
    seconds = samples[-1].seconds if samples else 0.0
    after = warm_up(seconds)
    found = trends(samples, after)
    growing = [trend for trend in found if not trend.is_flat]
    summary = (
        f"{accepted} tasks in {seconds / 60:.0f} min; judged after {after / 60:.0f} min; "
        f"{len(growing)} of {len(found)} series grow"
    )
    target = folder.path / "soak.html"
    target.write_text(page(samples, found, summary))
    _print(f"{table(found)}\n{summary}; chart: {target}")
    return 1 if growing or not found else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.soak", description=__doc__)
    parser.add_argument("--hours", type=float, default=8.0, help="may be a fraction")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=5.0, help="submissions a second")
    parser.add_argument("--every", type=float, default=10.0, help="seconds between samples")
    return parser.parse_args()


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
