"""The job that erases a customer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import Any, LiteralString, TypeVar
from uuid import UUID

from psycopg import Connection

from gateway.auditing.changes import Action, Change, responsible
from gateway.housekeeping.config import HousekeepingSettings
from gateway.housekeeping.erasing.closing import (
    await_writers,
    cancel_some,
    forget_webhooks,
    is_living,
    mark,
    stop_schedules,
    take_key,
    tell_nobody,
    told_tasks,
)
from gateway.housekeeping.erasing.contents import erase_contents
from gateway.housekeeping.erasing.emptying import KEPT, begin_emptying, emptying_ids
from gateway.housekeeping.erasing.jobs import EraseCustomer, ErasedCustomer
from gateway.housekeeping.erasing.rows import (
    TABLES,
    erase_customer_row,
    erase_some_books,
    erase_some_files,
    erase_some_quarantined,
    erase_some_rows,
    erase_some_tasks,
    has_more,
)
from gateway.housekeeping.surroundings import database_of
from warren.artifacts import ArtifactStore, open_store
from warren.contracts.kinds import Audience
from warren.contracts.lanes import Lane
from warren.errors import Unavailable
from warren.worker import JobContext, Worker

#: Seconds after each step: others want the database, too.
_PAUSE = 0.1
#: Seconds for which a gateway may still know a key that has gone, and a bit.
_KEYS_REMEMBERED = 6.0
#: Seconds after which running tasks, and other systems, are looked at again.
_PATIENCE = 15.0
_STATES: LiteralString = """
SELECT kind, state FROM tasks WHERE id = ANY (%s::uuid[]) ORDER BY id
"""
_ENDED = frozenset({"succeeded", "failed", "cancelled", "expired"})
T = TypeVar("T")


@dataclass(slots=True)
class Erasing:
    """One run; repeated, it erases what is left."""

    connection: Connection[Any]
    job: EraseCustomer
    context: JobContext
    store: ArtifactStore
    counts: dict[str, int] = field(default_factory=dict)

    def step(self, act: Callable[[Connection[Any], UUID], T]) -> T:
        """A transaction; a cancellation of the job ends it before, and not within."""
        self.context.check_cancelled()
        with self.connection.transaction():
            return act(self.connection, self.job.customer_id)

    def stop_everything(self) -> None:
        """No more comes, and nothing runs any more. Raises Unavailable while something does."""
        self.mark()
        keys = self.take_keys()
        self.close()
        forgotten = self.context.effect(f"keys-forgotten-{self.context.generation}")
        if keys or not forgotten.receipt():
            # Also if an earlier run has taken the keys, just before it died.
            self._pause(_KEYS_REMEMBERED)
            forgotten.put(document=True)
        asked = 1
        while asked:
            ended, asked = self.step(self._cancel)
            self._count("cancelled_tasks", ended)
            self._pause(_PAUSE)
        if self.step(partial(is_living, spared=self._emptying)):
            raise Unavailable(
                "tasks of the customer are running still, or wait where no worker is: `warren"
                f" tasks list --customer {self.job.customer_id} --state cancelling` shows them",
                retry_after=_PATIENCE,
            )

    def mark(self) -> None:
        """Operators write no more for the customer, and no more keys are made."""
        other = self.step(partial(mark, erasing=self.context.task_id))
        if other is not None:
            raise Unavailable(
                f"the customer is being erased by task {other} already", retry_after=_PATIENCE
            )
        self.step(await_writers)

    def take_keys(self) -> bool:
        """Whether there were any."""
        while self.step(take_key):
            self._count("keys", 1)
        return "keys" in self.counts

    def close(self) -> None:
        """Schedules go, and whoever is told of ends; repeated, what is left of them."""
        self.step(stop_schedules)
        for task_ids in self.step(told_tasks):
            self.step(partial(tell_nobody, task_ids=task_ids))
        self.step(forget_webhooks)

    def begin_emptying(self) -> None:
        """What other systems have is being deleted, all that was written while there were keys."""
        run = self.context
        for what in KEPT:
            begin = partial(begin_emptying, erasing=run.task_id, generation=run.generation)
            self.step(partial(begin, what=what))

    def left_elsewhere(self) -> list[str]:
        """What other systems did not delete. Raises Unavailable until all of them were asked."""
        rows = self.connection.execute(_STATES, [self._emptying]).fetchall()
        waiting = [kind for kind, state in rows if state not in _ENDED]
        if waiting:
            what = ", ".join(waiting)
            raise Unavailable(
                f"what is kept elsewhere is being deleted: {what}", retry_after=_PATIENCE
            )
        return [kind for kind, state in rows if state != "succeeded"]

    def erase_entities(self) -> None:
        """Books, documents, FAQs, items, and what tells of them."""
        self._all("books", erase_some_books)
        for table in TABLES:
            self._all(table, partial(erase_some_rows, table=table))

    def erase_tasks(self) -> None:
        """With what was said of them, but for those that tell what is left elsewhere."""
        self._all("quarantined", erase_some_quarantined)
        self._all("tasks", partial(erase_some_tasks, store=self.store, spared=self._emptying))

    def erase_files(self) -> None:
        """Their rows; contents are noted to go at once."""
        self._all("artifacts", erase_some_files)

    def finish(self, left: list[str]) -> ErasedCustomer:
        """Erase the customer itself, and note who has asked for that."""
        return self.step(partial(self._erase_customer, left=left))

    def _erase_customer(
        self, connection: Connection[Any], customer_id: UUID, left: list[str]
    ) -> ErasedCustomer:
        if has_more(connection, customer_id, self._emptying):
            raise Unavailable("something of the customer came meanwhile", retry_after=_PAUSE)
        self._count("tasks", erase_some_tasks(connection, customer_id, self.store))
        names = set(ErasedCustomer.model_fields) - {"customer_id", "left_elsewhere"}
        report = ErasedCustomer(
            customer_id=customer_id,
            left_elsewhere=left,
            **{name: self.counts.get(name, 0) for name in names},
        )
        stop_schedules(connection, customer_id)
        forget_webhooks(connection, customer_id)
        erase_customer_row(connection, customer_id)
        details = report.model_dump(mode="json", exclude={"customer_id"})
        actor = responsible(connection, f"task:{self.context.task_id}")
        target = f"customer:{customer_id}"
        Change(actor, Action.DATA_ERASED, target, customer_id, details).record(connection)
        return report

    @property
    def _emptying(self) -> list[UUID]:
        return list(emptying_ids(self.context.task_id, self.context.generation).values())

    def _cancel(self, connection: Connection[Any], customer_id: UUID) -> tuple[int, int]:
        actor = f"task:{self.context.task_id}"
        return cancel_some(connection, customer_id, self._emptying, actor)

    def _all(self, name: str, act: Callable[[Connection[Any], UUID], int]) -> None:
        while erased := self.step(act):
            self._count(name, erased)
            self.context.progress(50, f"{self.counts[name]} {name.replace('_', ' ')} erased")
            self._pause(_PAUSE)

    def _count(self, name: str, more: int) -> None:
        self.counts[name] = self.counts.get(name, 0) + more

    @staticmethod
    def _pause(seconds: float) -> None:
        Event().wait(seconds)


class EraseCustomerWorker(Worker[EraseCustomer, ErasedCustomer]):
    """A run that is repeated goes on with what is left."""

    audience = Audience.INTERNAL
    lane = Lane.LOW
    time_limit = 6 * 3600
    #: For so long other systems may be away.
    max_age = 7 * 86_400

    def perform(self, job: EraseCustomer, context: JobContext) -> ErasedCustomer:
        settings = HousekeepingSettings()
        store = open_store(settings.artifacts_url)
        with database_of(settings) as connection:
            erasing = Erasing(connection, job, context, store)
            erasing.stop_everything()
            erasing.begin_emptying()
            left = erasing.left_elsewhere()
            erasing.erase_entities()
            erasing.erase_tasks()
            erasing.erase_files()
            erase_contents(connection, store, context.check_cancelled)
            return erasing.finish(left)
