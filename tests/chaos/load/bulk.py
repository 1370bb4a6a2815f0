"""An operator who cancels and starts again by filters, and does so with batches as a whole."""

import threading
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.chaos.load.asking import Asker
from tests.chaos.load.mix import USERS

_TASKS, _LETTERS = "/api/v1/tasks", "/api/v1/dead-letters"
#: Seconds back; with it each filter is one that nobody else has named.
_AGES = (10, 60, 300)
#: Not cancelled and started again by the dozen: they kill workers.
_DEADLY = frozenset({"chaos.poison", "chaos.poison_apart", "chaos.overrun"})
#: Failures of these are set aside by the dozen.
_GIVEN_UP = ("chaos.fail", "chaos.permanent", "chaos.part")
_CANCELLED = 0.15


class BulkOperator:
    """Acts on many tasks, or letters, at a time, and now and then stops such an action."""

    def __init__(self, asker: Asker, random: Random, kinds: Collection[str], every: float) -> None:
        self._asker = asker
        self._every = every
        self._random = random
        self._kinds = sorted(k for k in kinds if "." in k and k not in _DEADLY) or ["chaos.quick"]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bulk")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after what is being done."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        acts = [self._cancel, self._retry, self._batches, self._replay, self._discard]
        while not self._over.wait(self._random.uniform(0.5, 1.5) * self._every):
            self._random.choices(acts, [3, 3, 2, 1, 1])[0]()

    def _cancel(self) -> None:
        """One user's tasks of a kind."""
        self._act("bulk-cancel", f"{_TASKS}/cancel", self._filter())

    def _retry(self) -> None:
        """What one user's tasks of a kind have come to."""
        states = self._random.choice([["failed"], ["failed", "expired"], ["cancelled"]])
        self._act("bulk-retry", f"{_TASKS}/retry", {**self._filter(), "state": states})

    def _replay(self) -> None:
        """Failures of a kind."""
        self._act("bulk-replay", f"{_LETTERS}/replay", self._of_letters())

    def _discard(self) -> None:
        """Failures of a kind."""
        reason = {"reason": "nobody needs them"}
        self._act("bulk-discard", f"{_LETTERS}/discard", self._of_letters(), **reason)

    def _batches(self) -> None:
        """A batch that somebody else has asked for, a job perhaps."""
        action, state = self._random.choice([("cancel", "processing"), ("retry", "failed")])
        page = self._asker.get(f"{_TASKS}?kind=api.batch&state={state}&limit=20")
        if page and page["items"]:
            task = self._random.choice(page["items"])["task_id"]
            self._asker.ask(action, f"{_TASKS}/{task}/{action}", task=task)

    def _act(self, action: str, path: str, chosen: dict[str, Any], **more: str) -> None:
        answer = self._asker.ask(action, path, {"filter": chosen, **more}, filter=chosen)
        if answer is not None and answer.is_success and self._random.random() < _CANCELLED:
            task = answer.json()["task_id"]
            self._asker.ask("cancel", f"{_TASKS}/{task}/cancel", task=task)

    def _filter(self) -> dict[str, Any]:
        user = {"user_id": self._random.choice(USERS)}
        kind = self._random.choice(self._kinds)
        # Batches have no user.
        return {"kind": kind, **self._since(), **(user if kind != "api.batch" else {})}

    def _of_letters(self) -> dict[str, Any]:
        return {"kind": self._random.choice(_GIVEN_UP), **self._since()}

    def _since(self) -> dict[str, str]:
        age = timedelta(seconds=self._random.choice(_AGES))
        return {"since": (datetime.now(UTC) - age).isoformat()}
