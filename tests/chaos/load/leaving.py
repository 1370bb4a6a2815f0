"""A customer who asks for what all ask for, goes, and is erased while everything is disturbed.

What she asked for is in a log of its own: in the end there must be nothing of it.
"""

import threading
import time
from collections.abc import Sequence
from random import Random

from tests.chaos.faults.system import System
from tests.chaos.journal import Journal
from tests.chaos.load.afterwards import Afterwards
from tests.chaos.load.ask import Ask
from tests.chaos.load.asking import Asker, Gateways
from tests.chaos.load.client import Submitter
from tests.chaos.load.mix import KINDS, draw_some
from tests.chaos.load.submissions import submission
from tests.chaos.load.writes.writers import Writers, made_customer

_NAME = "cora"
#: Of the run; and of what all clients together ask for.
_STAYS_FOR, _SHARE = 0.4, 0.2
#: Their limits are everybody's, or they kill workers.
_SPARED = frozenset({
    "chaos.limited", "chaos.alone", "chaos.newest", "chaos.poison", "chaos.poison_apart",
    "chaos.overrun", "chaos.urgent",
})  # fmt: skip
#: Seconds in which an administrator insists, and pauses.
_PATIENCE, _PAUSE = 60.0, 0.5
_GONE = 404


class Leaving:
    """Her clients, and whoever erases her."""

    def __init__(
        self, system: System, urls: Sequence[str], journal: Journal, own_journal: Journal
    ) -> None:
        self._plan = plan = system.plan
        self._journal = journal
        self._over = threading.Event()
        stack = system.stack.descriptor
        self._customer = made_customer(stack.database_url, _NAME)
        self._hers, self._admins = Gateways(urls, self._customer.key), Gateways(urls, stack.api_key)
        asker = Asker(self._hers, own_journal, Random(f"{plan.seed} {_NAME} asker"))
        self._afterwards = Afterwards(asker, Random(f"{plan.seed} {_NAME} afterwards"))
        self._submitter = Submitter(self._hers, own_journal, self._over)
        self._writers = Writers(plan, urls, [self._customer], own_journal)
        self._administrator = Asker(self._admins, journal, Random(f"{plan.seed} administrator"))
        self._thread = threading.Thread(target=self._run, name=_NAME)

    def start(self) -> None:
        """Begin, unless nobody is erased in this run."""
        if self._plan.erases:
            self._thread.start()

    def stop(self) -> None:
        """Returns when she is being erased, or the administrator has given up."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()
        for gateways in (self._hers, self._admins):
            gateways.close()

    def _run(self) -> None:
        self._writers.start()
        self._afterwards.start()
        try:
            self._ask_for_things()
        finally:
            self._writers.stop()
            self._afterwards.stop()
        self._erase()

    def _ask_for_things(self) -> None:
        random = Random(f"{self._plan.seed} {_NAME}")
        choice = Random(f"{self._plan.seed} {_NAME} gateways")
        kinds = [kind for kind in self._plan.jobs or sorted(KINDS) if kind not in _SPARED]
        leaves = time.monotonic() + _STAYS_FOR * self._plan.seconds
        rate, number = _SHARE * self._plan.rate, 0
        while kinds and time.monotonic() < leaves and not self._over.is_set():
            self._over.wait(min(random.expovariate(rate), max(0.0, leaves - time.monotonic())))
            for ask in draw_some(random, 0.0, kinds):
                number += 1
                name = f"{self._plan.seed}-{_NAME}-{number}"
                document = self._submitter.submit(name, submission(ask), choice)
                if document is not None and isinstance(ask, Ask):
                    self._follow(document["task_id"], ask)

    def _follow(self, task: str, ask: Ask) -> None:
        if ask.cancel_after is not None:
            self._afterwards.add(ask.cancel_after, "cancel", task)
        if ask.retry_after is not None:
            self._afterwards.add(ask.retry_after, "retry", task)

    def _erase(self) -> None:
        """Ask for it until somebody has said yes, or that she is gone."""
        path = f"/api/v1/customers/{self._customer.id}/erase?confirm=true"
        self._journal.write(event="erasing", customer=self._customer.id)
        given_up = time.monotonic() + _PATIENCE
        while time.monotonic() < given_up:
            answer = self._administrator.ask("erase", path)
            if answer is not None and (answer.is_success or answer.status_code == _GONE):
                return
            threading.Event().wait(_PAUSE)
