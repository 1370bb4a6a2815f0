"""What one look of the sweeper sees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from warren.contracts.message import Dispatch


@dataclass(frozen=True, slots=True)
class Custody:
    """A published dispatch whose end is not recorded; `held` if a live process has it."""

    dispatch: Dispatch
    queue: str
    published_at: datetime
    held: bool


@dataclass(frozen=True, slots=True)
class Start:
    """A dispatch that has been started: when it was published, and when its start was recorded."""

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
