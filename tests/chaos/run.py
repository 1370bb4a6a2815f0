"""One chaos run from the first process to the verdict."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from tests.chaos.checks import violations
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.collection import collect
from tests.chaos.evidence.model import Evidence
from tests.chaos.faults.runner import FaultRunner
from tests.chaos.faults.schedule import schedule
from tests.chaos.faults.system import System
from tests.chaos.journal import Journal
from tests.chaos.load.cleaning import clean_up
from tests.chaos.load.housework import Housework
from tests.chaos.load.last_things import bring_to_an_end
from tests.chaos.load.leaving import Leaving
from tests.chaos.load.load import Load
from tests.chaos.plan import ChaosFolder, ChaosPlan
from tests.chaos.progress import watch
from tests.chaos.report import details, summary
from tests.chaos.rest import lie_down, stop_the_clock, wait_for_rest
from tests.chaos.system_under_test import client_urls, started_stack

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checks found; `text` is what the report says."""

    violations: list[Violation]
    text: str


def run_chaos(plan: ChaosPlan, report: Report) -> Verdict:
    """Load, disturb, heal, wait and check; all evidence stays in the run's folder.

    Raises what the stack raises when it does not start.
    """
    folder = ChaosFolder(plan.root / ".warren" / "chaos" / str(plan.seed))
    folder.renew()
    report(f"seed {plan.seed}; logs and evidence: {folder.path}")
    with started_stack(plan, folder) as (stack, links), ExitStack() as journals:
        client_log = journals.enter_context(Journal(folder.client_log))
        system = System(plan, stack, links, journals.enter_context(Journal(folder.fault_log)))
        urls = client_urls(plan, folder, stack, links)
        load = Load(plan, urls, stack.descriptor, client_log)
        left_log = journals.enter_context(Journal(folder.left_log))
        others = Housework(system, urls, client_log), Leaving(system, urls, client_log, left_log)
        _storm(system, load, others, report)
        rest = wait_for_rest(system, report)
        report("no rest in time" if rest is None else f"at rest after {rest:.1f} s")
        if rest is not None:
            rest = _last_things(system, urls, client_log, report)
        report("checking")
        queues = lie_down(system)
        evidence = collect(
            folder, stack.descriptor.database_url, stack.folder.artifacts, queues, rest
        )
    return _verdict(folder, evidence, report)


def _storm(
    system: System, load: Load, others: Sequence[Housework | Leaving], report: Report
) -> None:
    orders = schedule(system.plan, system.programs, system.servers, system.links.names)
    faults = FaultRunner(system, orders)
    load.start()
    for other in others:
        other.start()
    faults.start()
    try:
        watch(system, load, faults, report)
    finally:
        load.stop()
        for other in others:
            other.stop()
        faults.stop()


def _last_things(
    system: System, urls: Sequence[str], client_log: Journal, report: Report
) -> float | None:
    """What is done at rest only; seconds of the last wait for rest, None if there was none."""
    bring_to_an_end(system.plan, urls, system.stack.descriptor.api_key, client_log)
    stop_the_clock(system)
    rest = wait_for_rest(system, report)
    if rest is None:
        return None

    def is_rest() -> bool:
        return wait_for_rest(system, report) is not None

    return rest if clean_up(system, urls, client_log, is_rest) else None


def _verdict(folder: ChaosFolder, evidence: Evidence, report: Report) -> Verdict:
    found = violations(evidence)
    text = summary(evidence, found)
    if found:
        text += "\n\n" + details(evidence, found)
    folder.report.write_text(text + "\n")
    report(text)
    return Verdict(found, text)
