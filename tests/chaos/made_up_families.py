"""Made-up tasks that have brought others about, to be doctored by tests of the checks."""

import json
from typing import Any

from tests.chaos.evidence.descent import SUBSCRIBERS, derived_id
from tests.chaos.made_up_run import MadeUpRun
from warren.contracts.ids import new_id

LABEL = "made up"


def parent(run: MadeUpRun, children: int = 1) -> tuple[str, list[str]]:
    """A task that has asked for children, and these; all have succeeded."""
    fates = ["well"] * children
    task = run.task("chaos.parent", payload={"fates": fates, "failures": 0})
    ids = []
    for number in range(children):
        run.spawn(task, f"child-{number}")
        child = derived_id(task, f"child:key:child-{number}")
        run.descendant(child, "chaos.part", task, payload={"fate": "well"})
        ids.append(child)
    return task, ids


def fact(run: MadeUpRun) -> tuple[str, list[str]]:
    """A task that has stated a fact, and those of the subscribers."""
    task = run.task("chaos.fact", payload={"facts": 1, "fate": "well"})
    said = {"origin": task, "number": 1}
    event = derived_id(task, "event:1")
    plain, whole = (derived_id(event, f"subscriber:{kind}") for kind in SUBSCRIBERS)
    run.descendant(plain, SUBSCRIBERS[0], task, payload=said)
    run.descendant(whole, SUBSCRIBERS[1], task, payload={"id": event, "data": said})
    return task, [plain, whole]


def batch(run: MadeUpRun, members: int = 2) -> tuple[str, list[str], str]:
    """A batch that a client has opened, its members, and its callback; all have succeeded."""
    task = str(new_id())
    ids = [run.task("chaos.part", payload={"fate": "well"}) for _ in range(members)]
    for member in ids:
        run.effect(member)
    run.request("api.batch", task, payload={"total": members, "label": LABEL})
    run.row(task, "api.batch", None, state="succeeded", queue="api.default")
    run.entry(task, "task.succeeded")
    run.sql("INSERT INTO batches (task_id, total, callback) VALUES (%s, %s, '{}')", task, members)
    for position, member in enumerate(ids):
        run.sql(
            "INSERT INTO batch_members (task_id, batch_id, position, state)"
            " VALUES (%s, %s, %s, 'succeeded')",
            *[member, task, position],
        )
    callback = derived_id(task, "child:callback:1")
    payload = {"label": LABEL, "batch": outcome(task, ids)}
    run.descendant(callback, "chaos.joined", task, payload=payload)
    return task, ids, callback


def outcome(task: str, members: list[str], **states: str) -> dict[str, Any]:
    """What a callback is told; `states` by position, as `p0`, where not succeeded."""
    told = [
        {"position": n, "task_id": member, "state": states.get(f"p{n}", "succeeded")}
        for n, member in enumerate(members)
    ]
    counts = {
        state: sum(member["state"] == state for member in told)
        for state in ("succeeded", "failed", "cancelled", "expired")
    }
    total = {"batch_id": task, "generation": 1, "total": len(members)}
    return {**total, **counts, "detail": "results", "members": told}


def tell(run: MadeUpRun, callback: str, told: dict[str, Any]) -> None:
    """Doctor what a callback was told."""
    payload = json.dumps({"label": LABEL, "batch": told})
    run.sql("UPDATE tasks SET payload = %s WHERE id = %s", payload, callback)
