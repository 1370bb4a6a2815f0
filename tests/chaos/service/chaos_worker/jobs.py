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
    """Fail for good."""

    kind: ClassVar[str] = "chaos.permanent"


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
    """Save a file whose content follows from the task's id; in a thread."""

    kind: ClassVar[str] = "chaos.file"

    size: Annotated[int, Field(ge=1, le=10_000_000)]


class SaveFileApart(SaveFile):
    """The same in a process of its own."""

    kind: ClassVar[str] = "chaos.file_apart"
