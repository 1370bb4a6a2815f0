"""Threads that write for some customers as long as the load lasts."""

import threading
from collections.abc import Iterator, Sequence
from random import Random

import psycopg

from gateway.customers.administration import create_customer, create_key
from gateway.customers.keys import Scope
from tests.chaos.journal import Journal
from tests.chaos.load.asking import Gateways
from tests.chaos.load.writes.catalogue import catalogue_writes
from tests.chaos.load.writes.entities import Known, document_writes, faq_writes
from tests.chaos.load.writes.writer import Write, Writer
from tests.chaos.plan import ChaosPlan

_CUSTOMERS = ("anna", "bert")
_SCOPES = [Scope.TASKS_READ, Scope.TASKS_WRITE]


class Writers:
    """One thread for each customer and for each part of the plan's `writes`."""

    def __init__(
        self, plan: ChaosPlan, urls: Sequence[str], database_url: str, journal: Journal
    ) -> None:
        self._plan = plan
        self._over = threading.Event()
        self._gateways: list[Gateways] = []
        self._threads: list[threading.Thread] = []
        for name in _CUSTOMERS if plan.writes else ():
            customer, key = _made(database_url, name)
            gateways = Gateways(urls, key)
            self._gateways.append(gateways)
            for part in plan.writes:
                random = Random(f"{plan.seed} {name} {part}")
                choice = Random(f"{plan.seed} {name} {part} gateways")
                writer = Writer(customer, gateways, journal, choice, plan.seed)
                given = (part, writer, random)
                self._threads.append(threading.Thread(target=self._run, args=given, name=part))

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Write nothing more; returns when every request has its answer or has lost it."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        for gateways in self._gateways:
            gateways.close()

    def _run(self, part: str, writer: Writer, random: Random) -> None:
        known = Known()
        writes = _writes(part, random, known)
        while not self._over.wait(random.expovariate(self._plan.write_rate)):
            known.learn(writer.write(next(writes)))


def _writes(part: str, random: Random, known: Known) -> Iterator[Write]:
    match part:
        case "catalogue":
            return catalogue_writes(random)
        case "documents":
            return document_writes(random, known)
    return faq_writes(random, known)


def _made(database_url: str, name: str) -> tuple[str, str]:
    """The customer's id, and a key of theirs."""
    with psycopg.connect(database_url, connect_timeout=10) as connection:
        customer = create_customer(connection, name)
        made = create_key(connection, customer, "chaos", _SCOPES)
    return str(customer), str(made)
