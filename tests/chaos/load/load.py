"""All clients together: a bounded rate of submissions drawn from the seed, and what follows."""

import threading
from collections.abc import Sequence
from random import Random

from tests.chaos.journal import Journal
from tests.chaos.load.afterwards import Afterwards
from tests.chaos.load.ask import AnyAsk, Ask, AskBatch
from tests.chaos.load.asking import Asker, Gateways
from tests.chaos.load.bulk import BulkOperator
from tests.chaos.load.client import Submitter
from tests.chaos.load.letters import LetterOperator
from tests.chaos.load.mix import KINDS, draw_some
from tests.chaos.load.schedules import begin_schedules
from tests.chaos.load.submissions import MoreMembers, submission
from tests.chaos.load.writes.writers import Writers, made_customer
from tests.chaos.plan import ChaosPlan
from warren.stack.descriptor import StackDescriptor

#: They write by way of services.
_CUSTOMERS = ("anna", "bert")


class Load:
    """Client threads; each draws from a generator of its own, so that none disturbs another."""

    def __init__(
        self,
        plan: ChaosPlan,
        urls: Sequence[str],
        stack: StackDescriptor,
        journal: Journal,
    ) -> None:
        self._plan = plan
        self._stop = threading.Event()
        self._gateways = Gateways(urls, stack.api_key)
        self._submitter = Submitter(self._gateways, journal, self._stop)
        self._threads = [
            threading.Thread(target=self._submit, args=(n,), name=f"client-{n}")
            for n in range(plan.clients)
        ]
        self._asker = asker = Asker(self._gateways, journal, Random(f"{plan.seed} asker"))
        self._afterwards = Afterwards(asker, Random(f"{plan.seed} afterwards"))
        kinds = plan.jobs or KINDS
        self._operators: list[LetterOperator | BulkOperator] = [
            LetterOperator(asker, Random(f"{plan.seed} letters"), plan.acts_every),
            BulkOperator(asker, Random(f"{plan.seed} bulk"), kinds, plan.acts_every),
        ]
        names = _CUSTOMERS if plan.writes else ()
        customers = [made_customer(stack.database_url, name) for name in names]
        self._writers = Writers(plan, urls, customers, journal)
        self._accepted = [0] * plan.clients

    @property
    def accepted(self) -> int:
        """How many submissions were answered with a yes so far."""
        return sum(self._accepted)

    def start(self) -> None:
        """Begin."""
        begin_schedules(self._asker)
        for thread in self._threads:
            thread.start()
        self._afterwards.start()
        self._writers.start()
        for operator in self._operators:
            operator.start()

    def stop(self) -> None:
        """Submit nothing more; returns when every request has its answer or has lost it."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._afterwards.stop()
        self._writers.stop()
        for operator in self._operators:
            operator.stop()
        self._gateways.close()

    def _submit(self, client: int) -> None:
        random = Random(f"{self._plan.seed} client {client}")
        # Apart, as how many tries there are does not follow from the seed.
        choice = Random(f"{self._plan.seed} gateways {client}")
        rate = self._plan.rate / self._plan.clients
        kinds = self._plan.jobs or KINDS
        number = 0
        while not self._stop.wait(random.expovariate(rate)):
            for ask in draw_some(random, self._plan.bursts, kinds):
                number += 1
                self._submit_one(client, f"{self._plan.seed}-{client}-{number}", ask, choice)

    def _submit_one(self, client: int, name: str, ask: AnyAsk, choice: Random) -> None:
        document = self._submitter.submit(name, submission(ask), choice)
        if document is None:
            return
        self._accepted[client] += 1 if isinstance(ask, Ask) else len(ask.items)
        if isinstance(ask, Ask):
            self._follow(document["task_id"], ask)
            return
        if isinstance(ask, AskBatch):
            self._follow(document["task_id"], ask)
            members = document["members"]
            if ask.is_in_parts:
                more = MoreMembers(ask, document["task_id"])
                later = self._submitter.submit(name, more, choice)
                members = members + (later["members"] if later else [])
        else:
            members = [item["task_id"] for item in document["items"]]
        for member, item in zip(members, ask.items, strict=False):
            self._follow(member, item)

    def _follow(self, task: str, ask: Ask | AskBatch) -> None:
        if ask.cancel_after is not None:
            self._afterwards.add(ask.cancel_after, "cancel", task)
        if ask.retry_after is not None:
            self._afterwards.add(ask.retry_after, "retry", task)
