"""The jobs of the chaos service; what each must end in is written down in tests/chaos/checks."""

from typing import Annotated, ClassVar

from pydantic import Field

from warren.contracts.job import Job

Seconds = Annotated[float, Field(ge=0, le=60)]


class Quick(Job):
    """Do nothing."""

    kind: ClassVar[str] = "chaos.quick"


class Sleep(Job):
    """Sleep in a thread."""

    kind: ClassVar[str] = "chaos.sleep"

    seconds: Seconds


class Long(Job):
    """Work for some seconds in a process of its own and tell how far it is."""

    kind: ClassVar[str] = "chaos.long"

    seconds: Seconds


class Flaky(Job):
    """Fail the first attempts, then succeed."""

    kind: ClassVar[str] = "chaos.flaky"

    failures: Annotated[int, Field(ge=1, le=3)]


class Fail(Job):
    """Fail every attempt by something that might have passed."""

    kind: ClassVar[str] = "chaos.fail"


class Permanent(Job):
    """Fail for good, until the generation in which the reason is gone (0: never)."""

    kind: ClassVar[str] = "chaos.permanent"

    cured_in: Annotated[int, Field(ge=0, le=5)] = 0


class Rejected(Job):
    """Find the caller's input unusable."""

    kind: ClassVar[str] = "chaos.rejected"


class Waiting(Job):
    """Miss something in the first dispatches, which spends no attempt."""

    kind: ClassVar[str] = "chaos.waiting"

    times: Annotated[int, Field(ge=1, le=5)]


class Overrun(Job):
    """Run past every limit, deaf to what is raised within."""

    kind: ClassVar[str] = "chaos.overrun"


class SaveFile(Job):
    """Save a file whose content follows from the task's id, or from a name that several share; in
    a thread."""

    kind: ClassVar[str] = "chaos.file"

    size: Annotated[int, Field(ge=1, le=10_000_000)]
    of: str | None = None


class SaveFileApart(SaveFile):
    """The same in a process of its own."""

    kind: ClassVar[str] = "chaos.file_apart"


class SaveFileBriefly(SaveFile):
    """The same; what comes of it is kept for no time (WARREN_ARTIFACT_DAYS_BY_KIND)."""

    kind: ClassVar[str] = "chaos.brief"


class ReadFile(Job):
    """Read a file that somebody else has stored, and no other content than it has."""

    kind: ClassVar[str] = "chaos.read"

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Effect(Job):
    """Write to a sink outside in some steps, with time in between; fail the first attempts then."""

    kind: ClassVar[str] = "chaos.effect"

    steps: Annotated[int, Field(ge=1, le=5)]
    failures: Annotated[int, Field(ge=0, le=2)] = 0
    seconds: Seconds


class Patient(Job):
    """Run long in a thread, and look now and then whether it was cancelled."""

    kind: ClassVar[str] = "chaos.patient"

    seconds: Seconds


class Deaf(Job):
    """Run long in a process of its own, and never look."""

    kind: ClassVar[str] = "chaos.deaf"

    seconds: Seconds


class Limited(Job):
    """Start no more often than its key may."""

    kind: ClassVar[str] = "chaos.limited"

    key: str


class Alone(Job):
    """Be the only one of its key that runs."""

    kind: ClassVar[str] = "chaos.alone"

    key: str
    seconds: Seconds


class Poison(Job):
    """Kill the worker."""

    kind: ClassVar[str] = "chaos.poison"


class PoisonApart(Job):
    """Kill the slot process that it runs in."""

    kind: ClassVar[str] = "chaos.poison_apart"


class Newest(Job):
    """Known to the first worker only, as while a release is rolled out."""

    kind: ClassVar[str] = "chaos.newest"


class Urgent(Job):
    """Do nothing, before all others."""

    kind: ClassVar[str] = "chaos.urgent"
