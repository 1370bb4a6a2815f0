"""What one look of the sweeper sees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from warren.contracts.message import Dispatch


@dataclass(frozen=True, slots=True)
class Custody:
    """A published dispatch whose end is not recorded; `held` if a live process has it.

    `queued_at`: when its message was put at the end of its queue for the last time.
    """

    dispatch: Dispatch
    queue: str
    queued_at: datetime
    held: bool


@dataclass(frozen=True, slots=True)
class Start:
    """A dispatch that has been started: when it was published, and when its start was recorded.

    A worker may have put it at the end of its queue again since: that makes what it proves the
    stronger, and the moment of that is known too inexactly to count for anything.
    """

    published_at: datetime
    started_at: datetime


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """One job queue; `ready` is None if the broker did not tell how many messages wait in it."""

    ready: int | None
    paused: bool = False
    #: Of the started dispatches that have not ended, the one that was published last.
    newest: Start | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a decision rests on; all moments are the database's."""

    now: datetime
    custody: Sequence[Custody]
    queues: Mapping[str, QueueFacts]
    #: Why what is seen cannot be believed, and what was seen before no longer counts.
    blind: str | None = None
    #: Why nothing may be issued now, though what is seen is true.
    hold: str | None = None
