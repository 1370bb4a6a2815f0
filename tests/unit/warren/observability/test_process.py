"""What a process says about itself."""

import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime

from warren.observability.process import Identity, ResourceMeter

_START = datetime.fromtimestamp(1.5, UTC)


def test_an_incarnation_names_host_process_and_start() -> None:
    identity = Identity("host", 42, _START, "0a1b2c")

    assert identity.incarnation == "host-42-1500-0a1b2c"
    assert Identity.of_this_process().pid == os.getpid()


def test_what_starts_in_one_moment_under_one_process_id_is_not_taken_for_one() -> None:
    # Given two containers of one host's name, each with its own process 1, or a relay and a
    # recorder in one process
    identities = [replace(Identity.of_this_process(), started_at=_START) for _ in range(2)]

    assert identities[0].incarnation != identities[1].incarnation


def test_children_count_and_their_end_is_no_error() -> None:
    meter = ResourceMeter()
    _, alone = meter.read()
    with subprocess.Popen(["sleep", "60"]) as child:
        _, together = meter.read()
        child.kill()
    cpu, _ = meter.read()

    assert together > alone / 2
    assert cpu >= 0
