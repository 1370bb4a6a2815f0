"""Which tasks are meant: the filter of lists and of bulk actions."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, LiteralString
from uuid import UUID

import orjson
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from gateway.aliases import current_kind
from warren.contracts.ids import lowest_id
from warren.contracts.lanes import Lane
from warren.contracts.states import TERMINAL_STATES, TaskState

# PostgreSQL stores no NUL.
Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Cancellable = Literal["scheduled", "pending", "processing", "retrying"]
Retryable = Literal["failed", "cancelled", "expired"]

SearchedText = Annotated[str, Field(min_length=3, max_length=200, pattern=r"^[^\x00]*$")]

#: How far back payloads are read for a text: there is no index of them.
TEXT_DAYS = 14
BAD_ENDS = frozenset({"failed", "cancelled", "expired"})
_FIRST = UUID(int=0)
_LAST = UUID(int=(1 << 128) - 1)
_FINISHED = {state.value for state in TERMINAL_STATES}
#: As callers see it: nothing turns `scheduled` into `pending` when the time has come.
STATE: LiteralString = (
    "CASE WHEN t.state = 'scheduled' AND t.due_at <= now() THEN 'pending' ELSE t.state END"
)
_CONDITIONS: dict[str, LiteralString] = {
    "kind": "t.kind = %(kind)s",
    "queue": "t.queue = %(queue)s",
    "lane": "t.lane = %(lane)s",
    "customer_id": "t.customer_id = %(customer_id)s",
    "user_id": "t.user_id = %(user_id)s",
    "parent_id": "t.parent_id = %(parent_id)s",
    "tag": "%(tag)s = ANY (t.tags)",
    "error": "t.error::text ILIKE %(error_like)s",
    "text": "(t.payload::text ILIKE %(like)s OR t.error::text ILIKE %(like)s"
    " OR t.message ILIKE %(like)s)",
}
_OF_STATE: LiteralString = f"{STATE} = ANY (%(state)s)"
#: The gateway's own tasks, bulk actions among them, are meant only where they are named.
_NOT_OURS: LiteralString = "t.kind NOT LIKE 'api.%%'"
_NO_ERASURE: LiteralString = "t.kind <> 'api.erase_customer'"


class TaskFilter(BaseModel):
    """All that is given must hold.

    `since` (included) and `until` (not included) go by the time in a task's id, at which it was
    accepted.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Annotated[Text, AfterValidator(current_kind)] | None = None
    queue: Text | None = None
    lane: Lane | None = None
    customer_id: UUID | None = None
    user_id: Text | None = None
    parent_id: UUID | None = None
    tag: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00]*$")] | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None

    @property
    def states(self) -> frozenset[str]:
        """The states that are meant; empty for all."""
        return frozenset(getattr(self, "state", None) or ())

    @property
    def searched_text(self) -> str | None:
        """What must stand in payload, error or message; bulk actions do not go by that."""
        return None

    @property
    def searched_error(self) -> str | None:
        """What must stand in the error; bulk actions do not go by that."""
        return None

    @property
    def is_empty(self) -> bool:
        """Whether it means every task there is."""
        return not self.model_dump(exclude_none=True)

    @property
    def is_live(self) -> bool:
        """Whether it means unfinished tasks only: those have a row in `outbox` or `in_flight`."""
        return bool(self.states) and not self.states & _FINISHED

    @property
    def bounds(self) -> tuple[UUID, UUID]:
        """All ids that are meant lie above the first and below the second of these."""
        low = UUID(int=max(0, lowest_id(self.since).int - 1)) if self.since else _FIRST
        return low, lowest_id(self.until) if self.until else _LAST

    def conditions(self, *, spare_ours: bool = False) -> list[LiteralString]:
        """Conditions on columns of `tasks t` beside its id, on the values of `values`.

        With `spare_ours` the gateway's own tasks are left out unless kind or queue is named.
        """
        given = self.model_dump(exclude_none=True)
        conditions = [_CONDITIONS[name] for name in given if name in _CONDITIONS]
        if self.states:
            conditions.append(_OF_STATE)
        if spare_ours and not (self.kind or self.queue):
            conditions.append(_NOT_OURS)
        return conditions or ["true"]

    @property
    def values(self) -> dict[str, Any]:
        """What the conditions name."""
        given = self.model_dump(exclude_none=True, exclude={"since", "until"})
        searched = {"like": self.searched_text, "error_like": self.searched_error}
        like = {name: _containing(text) for name, text in searched.items() if text}
        return {**given, **like, "state": sorted(self.states)}


def _containing(text: str) -> str:
    """A pattern of LIKE in which nothing of the text has a meaning of its own."""
    # As it stands in JSON.
    written = orjson.dumps(text)[1:-1].decode()
    escaped = written.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


class ListFilter(TaskFilter):
    """Of a list: any state.

    `text` stands in payload, error or message, in any case; only tasks of the last TEXT_DAYS are
    read for that. `error` stands in the error with which a task has ended, or is tried again;
    without `state`, tasks that have failed, were cancelled or have expired.
    """

    id: UUID | None = None
    state: Annotated[list[TaskState], Field(min_length=1)] | None = None
    text: SearchedText | None = None
    error: SearchedText | None = None

    @property
    def states(self) -> frozenset[str]:
        """Those that are named; an error alone means ends."""
        if self.error and not self.state:
            return BAD_ENDS
        return frozenset(self.state or ())

    @property
    def searched_text(self) -> str | None:
        """The text."""
        return self.text

    @property
    def searched_error(self) -> str | None:
        """The error's text."""
        return self.error

    @property
    def bounds(self) -> tuple[UUID, UUID]:
        """Also of the one id, and of what is read for a text."""
        low, high = super().bounds
        if self.id:
            low, high = max(low, UUID(int=max(0, self.id.int - 1))), min(high, _next(self.id))
        if self.text:
            low = max(low, lowest_id(datetime.now(UTC) - timedelta(days=TEXT_DAYS)))
        return low, high


def _next(task_id: UUID) -> UUID:
    return UUID(int=min(task_id.int + 1, _LAST.int))


class CancelFilter(TaskFilter):
    """Of a bulk cancel: without `state`, every task that has not ended."""

    state: Annotated[list[Cancellable], Field(min_length=1)] | None = None

    @property
    def states(self) -> frozenset[str]:
        """Whatever can be cancelled, unless it is named more closely."""
        return frozenset(self.state or ("scheduled", "pending", "processing", "retrying"))


class RetryFilter(TaskFilter):
    """Of a bulk retry: without `state`, failed tasks; what was stopped on purpose stays so."""

    state: Annotated[list[Retryable], Field(min_length=1)] | None = None

    @property
    def states(self) -> frozenset[str]:
        """Failed tasks, unless others are named."""
        return frozenset(self.state or ("failed",))

    def conditions(self, *, spare_ours: bool = False) -> list[LiteralString]:
        """Those of every filter; what erases customers is started again by administrators alone."""
        return [*super().conditions(spare_ours=spare_ours), _NO_ERASURE]
