"""A running stack whose every wire can be cut, shared by the tests of this folder."""

import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chaos.links import Links
from tests.chaos.proxy import ProxyLoop
from warren.errors import ConfigurationError
from warren.stack.plan import StackPlan, WorkerPlan
from warren.stack.stack import Stack
from warren.testing.servers import missing_server, run_folder

_SERVICE = Path(__file__).parents[2] / "chaos" / "service"


@dataclass(frozen=True, slots=True)
class WiredStack:
    """The whole system, and its wires."""

    stack: Stack
    links: Links


@pytest.fixture(scope="module")
def wired(pytestconfig: pytest.Config) -> Iterator[WiredStack]:
    """One of everything, each process with wires of its own; every test leaves them whole."""
    folder = run_folder(pytestconfig) / f"recovery-{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    with ProxyLoop() as loop:
        links = Links(loop)
        stack = Stack(folder, _plan(folder, links))
        try:
            stack.start()
            yield WiredStack(stack, links)
        except ConfigurationError as missing:
            missing_server(str(missing))
        finally:
            stack.stop()
            links.close()
            shutil.rmtree(folder, ignore_errors=True)


def _plan(folder: Path, links: Links) -> StackPlan:
    path = os.pathsep.join([str(_SERVICE), *filter(None, [os.environ.get("PYTHONPATH")])])
    return StackPlan(
        workers=[WorkerPlan("chaos-worker", concurrency=2)],
        environment={"PYTHONPATH": path, "CHAOS_EFFECT_LOG": str(folder / "effects.jsonl")},
        rewire=links.rewire,
        database_url=None,
    )
