"""The whole system with one promise broken on purpose: each time the checks notice.

Takes about a minute each, so only when CHAOS_MUTATIONS is set; the checks themselves are tested
with made-up evidence in test_checks.py.
"""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.plan import ChaosPlan
from tests.chaos.run import run_chaos

pytestmark = [
    pytest.mark.rabbitmq,
    pytest.mark.postgres,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        not os.environ.get("CHAOS_MUTATIONS"), reason="set CHAOS_MUTATIONS=1 (some twenty minutes)"
    ),
]

#: Nothing has a name that begins so.
_NOTHING = "-"
#: What is disturbed so that the broken promise shows, and the names of which it must be given one.
MUTATIONS = {
    "ack-before-record": ("recorder", "stuck task"),
    "ack-before-outcome": ("chaos-worker", "stuck task"),
    "delete-before-confirm": (_NOTHING, "stuck task"),
    "answer-before-commit": ("postgres", "lost task"),
    "end-more-than-once": ("statuses", "wrong result"),
    "run-twice": (_NOTHING, "unexplained second execution"),
    "forget-files": (_NOTHING, "missing file"),
    "count-no-attempts": (_NOTHING, "wrong attempt"),
    "report-before-it-ran": (_NOTHING, "outcome without execution"),
    "ignore-limits": (_NOTHING, "rate exceeded"),
    "cancel-without-confirmation": (_NOTHING, "effect after cancellation"),
    "ignore-orders": (_NOTHING, "cancellation ignored"),
    "keep-retry-row": (_NOTHING, "execution ahead of its task"),
    "forget-effects": (_NOTHING, "repeated write"),
    "forget-letters": (_NOTHING, "wrong letters"),
    "suspect-nobody": (_NOTHING, "too many runs"),
    "forget-keys": ("client", "doubled task"),
    "low-before-urgent": (_NOTHING, "urgent waited"),
    "start-late": (_NOTHING, "too late"),
    "publish-too-early": (_NOTHING, "delay forgotten"),
    "no-lock-in-a-join": (_NOTHING, "stuck task"),
    "call-back-too-early": (_NOTHING, "untrue callback"),
    "no-callback": (_NOTHING, "missing callback"),
    "cancel-no-members": (_NOTHING, "member outlives its batch"),
    "name-children-anew": (_NOTHING, "unexplained task"),
    "spawn-for-the-cancelled": ("recorder", "asked by a cancelled task"),
    "lose-children": (_NOTHING, "missing descendant"),
    "tell-no-subscriber": (_NOTHING, "missing descendant"),
    "tell-subscribers-twice": (_NOTHING, "unexplained task"),
    "ignore-filters": (_NOTHING, "beyond its filter"),
    "act-on-a-few": (_NOTHING, "left out"),
    "answer-all-letters": (_NOTHING, "beyond its filter"),
    "forget-versions": ("indexer", "index out of date"),
    "lose-items": (_NOTHING, "missing in index"),
    "skip-deletions": (_NOTHING, "strange at chatbot"),
    "lose-changes": (_NOTHING, "chatbot out of date", "missing at chatbot"),
    "record-twice": (_NOTHING, "doubled description"),
    "forget-pictures": (_NOTHING, "wrong pictures"),
    "cut-recordings": (_NOTHING, "wrong content"),
    "fire-twice": (_NOTHING, "unexplained task"),
    "skip-due-times": (_NOTHING, "missed due time"),
    "fire-early": (_NOTHING, "too early"),
    "mix-up-unique-keys": (_NOTHING, "wrong task"),
    "forget-unique-keys": (_NOTHING, "unique key twice"),
    "leave-orphans": (_NOTHING, "file without owner"),
    "take-what-is-owned": (_NOTHING, "missing file"),
    "take-what-is-named": (_NOTHING, "missing file"),
    "keep-results": (_NOTHING, "kept too long"),
    "leave-history": (_NOTHING, "history without task"),
    "erase-others": (_NOTHING, "lost task"),
    "leave-elsewhere": (_NOTHING, "left of the erased"),
    "clean-the-living": (_NOTHING, "cleaned too early", "wrong end"),
}
_BATCHES: dict[str, Any] = {"jobs": ("api.batch", "chaos.batch", "chaos.part")}
_FAMILIES: dict[str, Any] = {"jobs": ("chaos.parent", "chaos.fact", "chaos.quick")}
_CATALOGUE: dict[str, Any] = {"writes": ("catalogue",), "rate": 0.5, "write_rate": 3.0}
_FAQS: dict[str, Any] = {"writes": ("faqs",), "rate": 0.5, "write_rate": 3.0}
_DOMAIN: dict[str, Any] = {"rate": 0.5, "domain_share": 1.0}
# A full minute comes in any case, however the run lies to it.
_SCHEDULES: dict[str, Any] = {"jobs": ("chaos.quick",), "rate": 0.5, "seconds": 70}
# An erasure waits for some while until gateways have forgotten keys, and for what runs.
_ERASURE: dict[str, Any] = {
    "jobs": ("chaos.quick",), "rate": 2.0, "seconds": 15, "erases": True, "rest_timeout": 40,
}  # fmt: skip
_MANY: dict[str, Any] = {
    "jobs": ("chaos.patient", "chaos.permanent", "chaos.part"),
    "rate": 8.0,
    "acts_every": 1.0,
}
#: What the load has more of, for promises of what is rare.
LOAD: dict[str, dict[str, Any]] = {
    # What is lost must be missed before the sweeper brings it back, also on a slow machine.
    "ack-before-outcome": {
        "jobs": ("chaos.patient",),
        "rate": 1.5,
        "kinds": ("kill",),
        "seconds": 40,
        # A worker that is hit must have come up and have taken something.
        "fault_every": 9.0,
        "settings": {"WARREN_SWEEP_AGE": "3600"},
    },
    "cancel-without-confirmation": {"jobs": ("chaos.effect",), "rate": 4.0, "bursts": 0.0},
    "low-before-urgent": {"jobs": ("chaos.urgent",), "rate": 2.0, "bursts": 0.4},
    "ignore-orders": {"jobs": ("chaos.deaf", "chaos.patient", "chaos.quick"), "rate": 2.0},
    "start-late": {"jobs": ("chaos.quick", "chaos.flaky")},
    "forget-keys": {"jobs": ("chaos.quick",), "rate": 14.0, "kinds": ("lose-answers",)},
    "suspect-nobody": {"jobs": ("chaos.poison", "chaos.quick"), "rate": 0.5, "bursts": 0.0},
    "no-lock-in-a-join": _BATCHES,
    "call-back-too-early": _BATCHES,
    "no-callback": _BATCHES,
    "cancel-no-members": _BATCHES,
    "name-children-anew": _FAMILIES,
    "spawn-for-the-cancelled": {
        "jobs": ("chaos.parent",),
        "kinds": ("freeze",),
        "rate": 5.0,
        "fault_every": 0.8,
    },
    "lose-children": _FAMILIES,
    "tell-no-subscriber": _FAMILIES,
    "tell-subscribers-twice": _FAMILIES,
    "ignore-filters": _MANY,
    "act-on-a-few": {"jobs": ("chaos.patient",), "rate": 8.0, "acts_every": 0.7},
    "answer-all-letters": _MANY,
    # What waits for a worker that stands still is done in the order of its lanes.
    "forget-versions": {**_CATALOGUE, "kinds": ("kill", "freeze"), "write_rate": 8.0},
    "lose-items": _CATALOGUE,
    "skip-deletions": _FAQS,
    "lose-changes": _FAQS,
    "record-twice": {**_DOMAIN, "writes": ("books",)},
    "forget-pictures": {**_DOMAIN, "writes": ("pictures",)},
    "cut-recordings": {**_DOMAIN, "writes": ("speech",)},
    "fire-twice": _SCHEDULES,
    # Nothing is missed in the first and the last twenty seconds.
    "skip-due-times": {**_SCHEDULES, "seconds": 110},
    "fire-early": _SCHEDULES,
    # More than the workers can do at once: keys are held for long, and asked for meanwhile.
    "mix-up-unique-keys": {"jobs": ("chaos.sleep",), "rate": 12.0},
    "forget-unique-keys": {"jobs": ("chaos.sleep",), "rate": 12.0},
    "leave-orphans": {"jobs": ("chaos.file",), "seconds": 5},
    "take-what-is-owned": {"jobs": ("chaos.file",), "seconds": 5},
    "leave-history": _ERASURE,
    "erase-others": _ERASURE,
    "leave-elsewhere": {**_ERASURE, "writes": ("catalogue", "faqs"), "write_rate": 2.0},
    "keep-results": {"jobs": ("chaos.brief",), "seconds": 5},
    "clean-the-living": {"jobs": ("chaos.brief",), "rate": 8.0, "acts_every": 1.0},
    "take-what-is-named": {"jobs": ("chaos.quick",), "rate": 0.5, "acts_every": 2.0},
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_promise_that_is_broken_is_noticed(mutation: str, chaos_root: Path) -> None:
    only, *names = MUTATIONS[mutation]
    plan = ChaosPlan(
        seed=21,
        seconds=25,
        root=chaos_root,
        fault_every=1.5,
        rest_timeout=15,
        only=only,
        mutation=mutation,
        erases=False,
    )

    verdict = run_chaos(replace(plan, **LOAD.get(mutation, {})), print)

    assert {*names} & {violation.name for violation in verdict.violations}
