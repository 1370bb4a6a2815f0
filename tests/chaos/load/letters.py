"""An operator who works through the dead letters while the system is disturbed."""

import threading
from random import Random
from typing import Any

from tests.chaos.load.asking import Asker

_LETTERS = "/api/v1/dead-letters"
#: Replayed now and then only: each of them kills two workers again.
_RARELY = frozenset({"chaos.poison"})
_RARE = 0.05


class LetterOperator:
    """Replays some letters one by one, discards what nobody can read, replays a kind in bulk."""

    def __init__(self, asker: Asker, random: Random, every: float) -> None:
        self._asker = asker
        self._every = every
        self._random = random
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="letters")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after what is being done."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._random.uniform(0.5, 1.5) * self._every):
            if self._random.random() < 0.15:
                self._replay_a_kind()
            else:
                self._work_through_some()

    def _work_through_some(self) -> None:
        page = self._asker.get(f"{_LETTERS}?limit=30")
        letters: list[dict[str, Any]] = page["items"] if page else []
        for letter in self._random.sample(letters, min(3, len(letters))):
            self._resolve(letter)

    def _resolve(self, letter: dict[str, Any]) -> None:
        if letter["kind"] in _RARELY and self._random.random() > _RARE:
            return
        about = {"letter": letter["id"], "task": letter["task_id"]}
        if letter["source"] == "undecodable":
            reason = {"reason": "nobody can read it"}
            self._asker.ask("discard", f"{_LETTERS}/{letter['id']}/discard", reason, **about)
            return
        for _ in range(self._random.choice([1, 1, 2])):
            self._asker.ask("replay", f"{_LETTERS}/{letter['id']}/replay", **about)

    def _replay_a_kind(self) -> None:
        kind = self._random.choice(["chaos.permanent", "chaos.newest"])
        chosen = {"kind": kind}
        self._asker.ask("bulk-replay", f"{_LETTERS}/replay", {"filter": chosen}, filter=chosen)
