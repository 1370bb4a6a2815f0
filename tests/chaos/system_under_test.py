"""The stack of a run: everything twice where it can be, and every wire through a proxy."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.faults.disk import small_disk
from tests.chaos.journal import Journal
from tests.chaos.links import Links
from tests.chaos.plan import ChaosFolder, ChaosPlan
from tests.chaos.proxy import ProxyLoop
from warren.stack.plan import StackPlan, WorkerPlan
from warren.stack.ports import HOST, choose_port
from warren.stack.stack import Stack

WORKER = "chaos-worker"
#: What is left alone after failures is looked at again while a run lasts.
_SHORT_PAUSES = {"SYNC_CHATBOT_PAUSE": "3", "SYNC_CHATBOT_TIMEOUT": "15"}
#: What comes of these is gone after the next clean-up.
_SHORT_AGES = {"WARREN_ARTIFACT_DAYS_BY_KIND": json.dumps({"chaos.brief": 0})}
_SERVICE = Path(__file__).parent / "service"
_MUTATIONS = Path(__file__).parent / "mutations"


def gateway_names(plan: ChaosPlan) -> list[str]:
    """As the stack names them."""
    return ["gateway", *(f"gateway-{n}" for n in range(2, plan.gateways + 1))]


def gateway_port(folder: ChaosFolder, name: str) -> int:
    """The port of a gateway after the first, which the stack itself gives one."""
    return choose_port(folder.path / "ports.json", name)


def client_urls(plan: ChaosPlan, folder: ChaosFolder, stack: Stack, links: Links) -> list[str]:
    """Where clients find the gateways."""
    first, *others = gateway_names(plan)
    remembered = json.loads((folder.path / "ports.json").read_text()) if others else {}
    return [
        links.client_url(first, stack.descriptor.gateway_url),
        *(links.client_url(name, f"http://{HOST}:{remembered[name]}") for name in others),
    ]


@contextmanager
def started_stack(plan: ChaosPlan, folder: ChaosFolder) -> Iterator[tuple[Stack, Links]]:
    """A stack that is ready, and its wires; stopped at the end, whatever happens."""
    with ProxyLoop() as loop, Journal(folder.stack_log) as log:
        links = Links(loop)
        stack = Stack(
            folder.path,
            stack_plan(plan, folder, links),
            report=lambda line: log.write(line=line),
        )
        with small_disk(stack.folder.artifacts, plan.artifact_disk if plan.mounts_disk else 0):
            try:
                stack.start()
                yield stack, links
            finally:
                stack.stop()
                links.close()


def stack_plan(plan: ChaosPlan, folder: ChaosFolder, links: Links) -> StackPlan:
    """What runs, and how each process is wired."""
    ports = {name: gateway_port(folder, name) for name in gateway_names(plan)[1:]}

    def rewire(name: str, environment: Mapping[str, str]) -> dict[str, str]:
        port = {"WARREN_PORT": str(ports[name])} if name in ports else {}
        return {**links.rewire(name, environment), **port, "CHAOS_PROCESS": name}

    path = [str(_SERVICE), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {"CHAOS_EFFECT_LOG": str(folder.effect_log), **_SHORT_PAUSES, **_SHORT_AGES}
    environment |= plan.settings
    if plan.mutation:
        environment["CHAOS_MUTATION"] = plan.mutation
    if plan.artifact_disk and not plan.mounts_disk:
        environment["CHAOS_STORE_LIMIT"] = str(plan.artifact_disk)
    if environment.keys() & {"CHAOS_MUTATION", "CHAOS_STORE_LIMIT"}:
        path.append(str(_MUTATIONS))
    environment["PYTHONPATH"] = os.pathsep.join(path)
    return StackPlan(
        workers=[
            WorkerPlan(WORKER, replicas=plan.workers, concurrency=plan.concurrency),
            *(
                WorkerPlan(name, concurrency=service.concurrency or plan.concurrency)
                for name, service in plan.services.items()
            ),
        ],
        gateways=plan.gateways,
        relays=plan.relays,
        recorders=plan.recorders,
        rewire=rewire,
        environment=environment,
        database_url=None,
    )
