"""`python -m tests.chaos --seed 7 --minutes 5`: the system under faults, and a verdict."""

import argparse
import sys
import time
from pathlib import Path

from tests.chaos.faults.disk import may_mount
from tests.chaos.faults.schedule import FAULTS
from tests.chaos.plan import ALL_WRITES, ChaosPlan
from tests.chaos.run import run_chaos
from warren.cli.stop_signals import stop_signals
from warren.errors import WarrenError

#: For artifacts, in bytes: so much, and so much more for each minute of load.
_DISK, _A_MINUTE = 64 << 20, 10 << 20
#: In seconds: longer than a transaction may be idle, and than a heartbeat may be late.
_ENDLESS_FREEZE = 45.0
#: In minutes.
_LONG_RUN = 2.0
_CHECKOUT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Run; 0 if every promise was kept, 1 if not, 2 if the system did not start."""
    options = _options()
    plan = ChaosPlan(
        seed=options.seed,
        seconds=60 * options.minutes,
        root=_CHECKOUT,
        rate=options.rate,
        rest_timeout=options.rest,
        only=options.only,
        kinds=tuple(options.kinds),
        writes=tuple(options.writes),
        mutation=options.mutation,
        fault_every=options.fault_every,
        endless_freeze=_ENDLESS_FREEZE if options.minutes >= _LONG_RUN else 0.0,
        artifact_disk=0 if options.no_disk else _disk(options.minutes),
        mounts_disk=not options.no_mount and may_mount(),
    )
    try:
        with stop_signals(lambda: None):
            verdict = run_chaos(plan, _print)
    except WarrenError as error:
        _print(f"chaos: {error}")
        return 2
    except KeyboardInterrupt:
        _print("chaos: interrupted; nothing was checked")
        return 2
    return 1 if verdict.violations else 0


def _disk(minutes: float) -> int:
    return _DISK + int(minutes * _A_MINUTE)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--rate", type=float, default=6.0, help="submissions a second")
    parser.add_argument(
        "--fault-every", type=float, default=3.0, help="seconds between faults in a storm"
    )
    parser.add_argument("--rest", type=float, default=300.0, help="seconds until stuck")
    parser.add_argument("--only", default="", help="disturb only what is named so, e.g. relay")
    parser.add_argument("--kinds", nargs="*", default=[], choices=sorted(FAULTS), help="of faults")
    parser.add_argument(
        "--writes",
        nargs="*",
        default=ALL_WRITES,
        choices=ALL_WRITES,
        help="what is asked of the services of this repository; nothing: without them",
    )
    parser.add_argument("--mutation", help="break a promise on purpose: see tests/chaos/mutations")
    parser.add_argument(
        "--no-disk", action="store_true", help="leave artifacts on the disk they are on, unfilled"
    )
    parser.add_argument(
        "--no-mount", action="store_true", help="limit the store, as where nobody may mount a disk"
    )
    return parser.parse_args()


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
