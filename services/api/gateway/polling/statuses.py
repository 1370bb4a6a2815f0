"""Answers to polls of statuses, remembered until the database says that they have changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.authentication import Caller
from gateway.database import Pool
from gateway.polling.reading import changed_rows
from gateway.polling.shared_reads import SharedReads
from gateway.problems import NotFound
from gateway.tasks.conditional import etag_of
from gateway.tasks.explaining import MAY_WAIT, explanations
from gateway.tasks.schemas import TaskStatus
from warren.observability.caches import cache_numbers

#: Answers that a process remembers, of about a kilobyte each.
_REMEMBERED = 10_000
#: Tasks that wait and are explained by one statement.
_EXPLAINED = 32


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """A status as it is sent, and the ETag of that."""

    body: bytes
    etag: str
    is_terminal: bool

    @classmethod
    def of(cls, row: DictRow, *, for_operator: bool = False) -> "StatusAnswer":
        """The answer that tells of a row, read as for a TaskStatus."""
        status = TaskStatus.of(row, for_operator=for_operator)
        body = status.model_dump_json().encode()
        return cls(body, etag_of(body), status.status.is_terminal)


@dataclass(frozen=True, slots=True)
class _Asked:
    task_id: UUID
    for_operator: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """What was answered of a task in this version."""

    version: str
    customer_id: UUID
    answer: StatusAnswer


class StatusPolls:
    """Asks the database at each poll (decision 0035), though it asks little.

    All that are polled at the same time are asked for together, and only for what is not remembered
    in the version that the database has now.
    """

    def __init__(self, pool: Pool) -> None:
        self._reads: SharedReads[_Asked, _Known | DictRow] = SharedReads(pool, self._look)
        # By themselves, as places in long queues are counted: others need not wait for that.
        self._explanations = SharedReads(pool, explanations, most=_EXPLAINED)
        self._remembered: dict[_Asked, _Known] = {}

    async def answer(self, task_id: UUID, caller: Caller) -> StatusAnswer:
        """Where the task stands now; raises NotFound if there is none that the caller may see."""
        asked = _Asked(task_id, caller.is_operator)
        found = await self._reads.find(asked)
        if found is None:
            raise _not_found(task_id)
        if isinstance(found, _Known):
            _ensure_visible(task_id, found.customer_id, caller)
            self._remember(asked, found)
            return found.answer
        _ensure_visible(task_id, found["customer_id"], caller)
        return await self._tell(asked, found)

    async def _look(
        self, connection: AsyncConnection[DictRow], asked: Sequence[_Asked]
    ) -> Mapping[_Asked, _Known | DictRow]:
        known = [self._remembered.get(one) for one in asked]
        changed = await changed_rows(
            connection,
            [
                (one.task_id, answered.version if answered else "")
                for one, answered in zip(asked, known, strict=True)
            ],
        )
        cache_numbers().looked("statuses", hits=len(asked) - len(changed), misses=len(changed))
        now = (changed.get(place, answered) for place, answered in enumerate(known))
        return {one: found for one, found in zip(asked, now, strict=True) if _is_there(found)}

    async def _tell(self, asked: _Asked, row: DictRow) -> StatusAnswer:
        if row["state"] in MAY_WAIT:
            # What it waits for changes without it: that is not remembered.
            if explanation := await self._explanations.find(asked.task_id):
                row = explanation.of(row)
            return StatusAnswer.of(row, for_operator=asked.for_operator)
        answer = StatusAnswer.of(row, for_operator=asked.for_operator)
        self._remember(asked, _Known(row["version"], row["customer_id"], answer))
        return answer

    def _remember(self, asked: _Asked, known: _Known) -> None:
        """What was asked for last stands last, and is forgotten last."""
        self._remembered.pop(asked, None)
        self._remembered[asked] = known
        if len(self._remembered) > _REMEMBERED:
            del self._remembered[next(iter(self._remembered))]


def _is_there(found: _Known | DictRow | None) -> TypeGuard[_Known | DictRow]:
    return isinstance(found, _Known) or (found is not None and found["id"] is not None)


def _ensure_visible(task_id: UUID, customer_id: UUID, caller: Caller) -> None:
    if not caller.is_operator and customer_id != caller.customer_id:
        raise _not_found(task_id)


def _not_found(task_id: UUID) -> NotFound:
    return NotFound(f"there is no task {task_id}")
