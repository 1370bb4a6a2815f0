"""Reads what the clients, the jobs and the harness wrote down."""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.chaos.evidence.families import Spawn
from tests.chaos.evidence.kept import Upload
from tests.chaos.evidence.model import Demand, Effect, Execution, Fault, Request
from tests.chaos.journal import read_journal

_WRITES = frozenset({"write", "effect"})
_SPAWNS = frozenset({"spawn", "spawned"})


def read_requests(path: Path) -> list[Request]:
    """The client log; what has no answer counts as unknown.

    Of several tries with one key a yes counts, else what nobody knows, else the no.
    """
    requests: dict[str, Request] = {}
    unanswered: Counter[str] = Counter()
    for line in read_journal(path):
        name = str(line.get("request"))
        if line["event"] == "sent":
            unanswered[name] += 1
            requests.setdefault(name, _sent(line))
        elif line["event"] == "answered":
            unanswered[name] -= 1
            requests[name] = _answered(requests[name], line)
    return [
        replace(request, end="unknown")
        if request.end == "refused" and unanswered[request.id]
        else request
        for request in requests.values()
    ]


def _sent(line: dict[str, Any]) -> Request:
    return Request(
        line["request"], line["kind"], line["payload"], line["delay"], line["wall"], "unknown",
        expires_in=line.get("expires_in"), unique_key=line.get("unique_key"),
    )  # fmt: skip


def _answered(request: Request, line: dict[str, Any]) -> Request:
    code = line["code"]
    if code < 300:
        if request.end == "accepted" and request.task != line["task"]:
            return replace(request, others=(*request.others, line["task"]))
        unique = line.get("unique", False)
        told = {"unique": unique, "told_at": line.get("wall")}
        return replace(request, end="accepted", task=line["task"], code=code, **told)
    if request.end == "accepted":
        return request
    # 409: the same request is being answered elsewhere.
    unknown = code >= 500 or code == 409 or (request.code is not None and request.code >= 500)
    return replace(request, end="unknown" if unknown else "refused", code=code)


def read_expired(path: Path) -> frozenset[str]:
    """The tasks whose files the harness has let expire."""
    return frozenset(line["task"] for line in read_journal(path) if line["event"] == "expired")


def read_uploads(path: Path) -> list[Upload]:
    """Uploads that are old enough to go, unless a task names them."""
    return [
        Upload(line["artifact"], line["is_named"])
        for line in read_journal(path)
        if line["event"] == "upload"
    ]


def read_demands(path: Path) -> list[Demand]:
    """What clients asked for about tasks and letters that existed."""
    demands: dict[int, Demand] = {}
    for line in read_journal(path):
        if line["event"] == "asked":
            demands[line["ask"]] = Demand(
                line["ask"], line["action"], line.get("task"), line.get("letter"), line["mono"],
                schedule=line.get("schedule"), wall=line["wall"], filter=line.get("filter"),
            )  # fmt: skip
        elif line["event"] == "told":
            demands[line["ask"]] = replace(
                demands[line["ask"]], told=line["mono"], code=line["code"], state=line["state"],
                made=line.get("made"),
            )  # fmt: skip
    return list(demands.values())


def read_effects(path: Path, without: Collection[str] = ()) -> list[Effect]:
    """Writes to the sink outside: each as it begins, and once more when the sink took it.

    Not of customers `without` whom the run ends.
    """
    return [
        Effect(
            line["task"],
            line["step"],
            line["event"] == "effect",
            line["generation"],
            line["dispatch"],
            line["process"],
            line["pid"],
            line["mono"],
            line["wall"],
        )
        for line in _of_others(path, without)
        if line["event"] in _WRITES
    ]


def read_sink(folder: Path) -> dict[str, frozenset[str]]:
    """By task, the steps that were written, also by a process that died before it could log so."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in folder.glob("*"):
        task, _, step = path.name.partition(":")
        found[task].add(step)
    return {task: frozenset(steps) for task, steps in found.items()}


def read_spawns(path: Path, without: Collection[str] = ()) -> list[Spawn]:
    """What runs asked for: each as it begins, and once more when it was promised."""
    return [
        Spawn(line["task"], line["generation"], line["key"], line["event"] == "spawned")
        for line in _of_others(path, without)
        if line["event"] in _SPAWNS
    ]


def read_executions(path: Path, without: Collection[str] = ()) -> list[Execution]:
    """The effect log: a start with its end, which a killed execution has not."""
    executions: dict[tuple[str, int], Execution] = {}
    for line in _of_others(path, without):
        if line["event"] in _WRITES | _SPAWNS:
            continue
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
                apart=line.get("apart", False),
            )
        else:
            executions[key] = replace(executions[key], ended=line["mono"], end=line["event"])
    return list(executions.values())


def _of_others(path: Path, without: Collection[str]) -> Iterator[dict[str, Any]]:
    return (line for line in read_journal(path) if line.get("customer") not in without)


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


def read_garbage(path: Path) -> dict[str, bool]:
    """Hashes of the unreadable messages, and whether the broker has confirmed them."""
    return {
        line["sha256"]: line["confirmed"]
        for line in read_journal(path)
        if line["event"] == "garbage"
    }
