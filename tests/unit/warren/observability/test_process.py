"""What a process says about itself."""

import os
import subprocess
from datetime import UTC, datetime

from warren.observability.process import Identity, ResourceMeter


def test_an_incarnation_names_host_process_and_start() -> None:
    identity = Identity("host", 42, datetime.fromtimestamp(1.5, UTC))

    assert identity.incarnation == "host-42-1500"
    assert Identity.of_this_process().pid == os.getpid()


def test_children_count_and_their_end_is_no_error() -> None:
    meter = ResourceMeter()
    _, alone = meter.read()
    with subprocess.Popen(["sleep", "60"]) as child:
        _, together = meter.read()
        child.kill()
    cpu, _ = meter.read()

    assert together > alone / 2
    assert cpu >= 0
