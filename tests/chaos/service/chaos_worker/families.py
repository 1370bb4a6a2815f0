"""Jobs that bring others about: children, events with their subscribers, batches with a callback.

What each must bring about is written down in tests/chaos/evidence/descent.py.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from chaos_worker.jobs import Seconds
from warren.contracts.batches import BatchCallback
from warren.contracts.events import Event
from warren.contracts.job import Job

Fate = Literal["well", "flaky", "reject", "break"]
Fates = Annotated[list[Fate], Field(min_length=1, max_length=40)]
Failures = Annotated[int, Field(ge=0, le=2)]


class Part(Job):
    """Have one effect, and then end as it was told: a child, or a member of a batch."""

    kind: ClassVar[str] = "chaos.part"

    fate: Fate
    seconds: Seconds = 0.0


class Parent(Job):
    """Ask for a child of each fate, one after the other; fail the first attempts after that."""

    kind: ClassVar[str] = "chaos.parent"

    fates: Fates
    failures: Failures = 0
    #: Before each child.
    seconds: Seconds = 0.0


class Fact(Job):
    """State facts, and then end as it was told."""

    kind: ClassVar[str] = "chaos.fact"

    facts: Annotated[int, Field(ge=1, le=3)]
    fate: Fate


class Happened(Event):
    """A fact, by its number among those of one task."""

    type: ClassVar[str] = "chaos.happened.v1"

    origin: str
    number: int


class Heard(Job):
    """Subscribes to facts."""

    kind: ClassVar[str] = "chaos.heard"

    origin: str
    number: int


class HeardWhole(Job):
    """Subscribes to facts with all that is said about them."""

    kind: ClassVar[str] = "chaos.heard_whole"

    id: str
    type: str
    subject: str
    data: Heard


class Batch(Job):
    """Ask for a batch with a member of each fate; fail the first attempts after that."""

    kind: ClassVar[str] = "chaos.batch"

    fates: Fates
    failures: Failures = 0
    seconds: Seconds = 0.0


class Joined(BatchCallback):
    """Follows a batch."""

    kind: ClassVar[str] = "chaos.joined"

    label: str
