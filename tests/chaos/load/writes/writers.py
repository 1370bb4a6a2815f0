"""Threads that write for some customers as long as the load lasts."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import psycopg

from gateway.customers.administration import create_customer, create_key
from gateway.customers.keys import Scope
from tests.chaos.journal import Journal
from tests.chaos.load.afterwards import Afterwards
from tests.chaos.load.asking import Asker, Gateways
from tests.chaos.load.writes.books import book_writes
from tests.chaos.load.writes.catalogue import catalogue_writes
from tests.chaos.load.writes.entities import document_writes, faq_writes
from tests.chaos.load.writes.known import Known
from tests.chaos.load.writes.pictures import picture_writes
from tests.chaos.load.writes.speech import speech_writes
from tests.chaos.load.writes.writer import Write, Writer
from tests.chaos.plan import DOMAINS, ChaosPlan

_SCOPES = [Scope.TASKS_READ, Scope.TASKS_WRITE]


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer of the run's own, with a key of theirs."""

    name: str
    id: str
    key: str


class Writers:
    """One thread for each customer and for each part of the plan's `writes`."""

    def __init__(
        self,
        plan: ChaosPlan,
        urls: Sequence[str],
        customers: Sequence[Customer],
        journal: Journal,
    ) -> None:
        self._plan = plan
        self._over = threading.Event()
        self._gateways: list[Gateways] = []
        self._afterwards: list[Afterwards] = []
        self._threads: list[threading.Thread] = []
        for customer in customers:
            name, gateways = customer.name, Gateways(urls, customer.key)
            self._gateways.append(gateways)
            asker = Asker(gateways, journal, Random(f"{plan.seed} {name} asker"))
            afterwards = Afterwards(asker, Random(f"{plan.seed} {name} afterwards"))
            self._afterwards.append(afterwards)
            for part in plan.writes:
                random = Random(f"{plan.seed} {name} {part}")
                choice = Random(f"{plan.seed} {name} {part} gateways")
                writer = Writer(customer.id, gateways, journal, choice, plan.seed)
                given = (part, writer, random, afterwards)
                self._threads.append(threading.Thread(target=self._run, args=given, name=part))

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()
        for afterwards in self._afterwards:
            afterwards.start()

    def stop(self) -> None:
        """Write nothing more; returns when every request has its answer or has lost it."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        for afterwards in self._afterwards:
            afterwards.stop()
        for gateways in self._gateways:
            gateways.close()

    def _run(self, part: str, writer: Writer, random: Random, afterwards: Afterwards) -> None:
        plan = self._plan
        rate = plan.write_rate * (plan.domain_share if part in DOMAINS else 1.0)
        writes, known = _writes(part, random, illustrated="pictures" in plan.writes)
        while not self._over.wait(random.expovariate(rate)):
            wanted = next(writes)
            document = writer.write(wanted)
            for ids in known:
                ids.learn(document)
            if document is not None and wanted.cancel_after is not None:
                afterwards.add(wanted.cancel_after, "cancel", document["task_id"])


def _writes(
    part: str, random: Random, *, illustrated: bool
) -> tuple[Iterator[Write], Sequence[Known]]:
    """What is written, and what has to learn from the answers."""
    known = Known()
    match part:
        case "catalogue":
            return catalogue_writes(random), ()
        case "documents":
            return document_writes(random, known), [known]
        case "speech":
            return speech_writes(random), ()
        case "books":
            books = Known(["book_id"])
            return book_writes(random, books, illustrated=illustrated), [books]
        case "pictures":
            uploads, tasks = Known(["artifact_id"]), Known(["task_id"])
            return picture_writes(random, uploads, tasks), [uploads, tasks]
    return faq_writes(random, known), [known]


def made_customer(database_url: str, name: str) -> Customer:
    """A new one."""
    with psycopg.connect(database_url, connect_timeout=10) as connection:
        customer = create_customer(connection, name)
        made = create_key(connection, customer, "chaos", _SCOPES)
    return Customer(name, str(customer), str(made))
