"""Reads what the clients, the jobs and the harness wrote down."""

import math
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.chaos.evidence.model import Execution, Fault, Request
from tests.chaos.journal import read_journal


def read_requests(path: Path) -> list[Request]:
    """The client log; what has no answer counts as unknown."""
    requests: dict[str, Request] = {}
    for line in read_journal(path):
        name = line["request"]
        if line["event"] == "sent":
            requests[name] = Request(
                name, line["kind"], line["payload"], line["delay"], line["wall"], "unknown"
            )
        elif line["event"] == "answered":
            requests[name] = _answered(requests[name], line)
    return list(requests.values())


def _answered(request: Request, line: dict[str, Any]) -> Request:
    code = line["code"]
    if code < 300:
        return replace(request, end="accepted", task=line["task"], code=code)
    return replace(request, end="refused" if code < 500 else "unknown", code=code)


def read_executions(path: Path) -> list[Execution]:
    """The effect log: a start with its end, which a killed execution has not."""
    executions: dict[tuple[str, int], Execution] = {}
    for line in read_journal(path):
        # The run's id alone would hide a run that a process performs twice.
        key = (line["run"], line["pid"])
        if line["event"] == "start":
            found = executions.get(key)
            if found is not None:
                key = (line["run"] + " again", line["pid"])
            executions[key] = Execution(
                line["task"],
                line["generation"],
                line["dispatch"],
                line["attempt"],
                line["run"],
                line["process"],
                line["pid"],
                line["mono"],
                line["wall"],
            )
        else:
            executions[key] = replace(executions[key], ended=line["mono"], end=line["event"])
    return list(executions.values())


def read_faults(path: Path) -> list[Fault]:
    """The fault log; what has no end lasted to the end of the run."""
    faults: dict[int, Fault] = {}
    for line in read_journal(path):
        if line["event"] == "begin":
            faults[line["number"]] = Fault(line["kind"], line["target"], line["mono"], math.inf)
        elif line["event"] == "end":
            faults[line["number"]] = replace(faults[line["number"]], ended=line["mono"])
    return list(faults.values())


def read_killed_slots(path: Path) -> frozenset[int]:
    """The process ids of slots that the harness killed."""
    return frozenset(line["pid"] for line in read_journal(path) if line["event"] == "slot")


def read_duplicates(path: Path) -> dict[str, list[float]]:
    """Ids of the job messages that were published again, and when."""
    found: dict[str, list[float]] = defaultdict(list)
    for line in read_journal(path):
        if line["event"] == "duplicate":
            found[line["message"]].append(line["mono"])
    return dict(found)
