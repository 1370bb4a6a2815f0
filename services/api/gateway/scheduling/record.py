"""A row of `schedules` as the gateway works with it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from gateway.authentication import Caller
from gateway.customers.keys import Scope
from gateway.customers.system import SYSTEM_CUSTOMER
from gateway.tasks.envelope import Envelope
from warren.contracts.cron import Cron
from warren.contracts.due_times import Rhythm
from warren.contracts.ids import id_at
from warren.contracts.kinds import Missed

#: Joined to `schedules` as `s`: what a row needs to be fired.
CUSTOMER_COLUMNS = "c.plan, c.waiting_limit"


@dataclass(frozen=True, slots=True)
class StoredSchedule:
    """One schedule, with what its customer may do."""

    id: UUID
    customer_id: UUID
    name: str
    kind: str
    submission: dict[str, Any]
    cron: str
    timezone: str
    missed: Missed
    jitter_seconds: float
    as_operator: bool
    revision: int
    next_due_at: datetime
    refusal: str | None
    plan: str | None
    waiting_limit: int | None

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        """Read a row that was joined with its customer."""
        values = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(**{**values, "missed": Missed(row["missed"])})

    @property
    def is_announced(self) -> bool:
        """Whether it belongs to a Worker class, and so to the system."""
        return self.customer_id == SYSTEM_CUSTOMER

    @property
    def rhythm(self) -> Rhythm:
        """Raises InvalidCron or UnknownZone should this machine not know what another accepted."""
        return Rhythm(self.id, Cron.parse(self.cron, self.timezone), self.jitter_seconds)

    def task_id(self, due: datetime) -> UUID:
        """The id of the task that `due` becomes, whoever fires it (contracts.md, *task*)."""
        return id_at(due, f"schedule:{self.id}")

    def envelope(self, due: datetime | None = None) -> Envelope:
        """What is submitted: for a due time, or (None) at somebody's order."""
        when = {"run_at": due.isoformat()} if due else {}
        return Envelope.model_validate({**self.submission, "kind": self.kind, **when})

    def caller(self, actor: str | None = None) -> Caller:
        """On whose behalf it is submitted."""
        trusted = self.is_announced or self.as_operator
        return Caller(
            customer_id=self.customer_id,
            plan=self.plan or "standard",
            actor=actor or f"schedule:{self.name}",
            scopes=frozenset({Scope.TASKS_WRITE, *([Scope.OPERATE] if trusted else [])}),
            waiting_limit=self.waiting_limit,
            is_system=self.is_announced,
        )
