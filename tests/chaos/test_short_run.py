"""The whole system under faults for about a minute, with a fixed seed."""

import os
from pathlib import Path

import pytest

from tests.chaos.plan import ChaosPlan
from tests.chaos.run import run_chaos
from warren.errors import ConfigurationError

pytestmark = [
    pytest.mark.rabbitmq,
    pytest.mark.postgres,
    pytest.mark.slow,
    pytest.mark.timeout(400),
]

#: In bytes: more than the files of such a run.
_STORE = 64 << 20
_FIRST = ("fill-disk", "kill-at-work")


def test_every_promise_is_kept_while_everything_is_killed_frozen_and_cut(chaos_root: Path) -> None:
    plan = ChaosPlan(
        seed=11,
        seconds=35,
        root=chaos_root,
        rate=6,
        longest_freeze=4,
        # Where nobody may mount a disk it is filled as well.
        artifact_disk=_STORE,
        mounts_disk=False,
        first=_FIRST,
        # It waits for gateways to forget keys, and for all that runs.
        erases=False,
    )

    try:
        verdict = run_chaos(plan, print)
    except ConfigurationError as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))

    assert verdict.violations == [], verdict.text
    assert all(kind in verdict.text for kind in _FIRST), verdict.text
