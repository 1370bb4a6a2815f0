"""What a step of the demonstration is, and what it works with."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from warren.cli.demo.client import POLL, DemoClient, DemoFailed
from warren.cli.demo.exhibits import Outcome

T = TypeVar("T")
#: Percent and a few words.
Report = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Bench:
    """What a step finds: the gateway, the folder for its files, and who wants to hear of it."""

    client: DemoClient
    folder: Path
    report: Report
    #: The worker that does it, for whoever has to look when it fails.
    process: str

    def task(self, path: str, body: Any) -> dict[str, Any]:
        """Ask for a job by POST and wait for its result; raises DemoFailed."""
        return self.finished(str(self.client.post(path, body)["task_id"]))

    def finished(self, task_id: str) -> dict[str, Any]:
        """The result of a task, when it has ended; raises DemoFailed."""
        self.client.follow(
            task_id, self.process, lambda state, percent, said: self.report(percent, said or state)
        )
        return self.client.result(task_id)

    def saved(self, artifact_id: str, name: str) -> str:
        """Fetch an artifact into the folder; its name there."""
        self.client.download(artifact_id, self.folder / name)
        return name

    def kept(self, name: str, content: bytes, media_type: str) -> str:
        """Upload a file, and keep a copy in the folder for the page; the artifact's id."""
        (self.folder / name).write_bytes(content)
        answer = self.client.upload("/api/v1/artifacts", (name, content, media_type))
        return str(answer["id"])

    def until(self, ask: Callable[[], T | None], seconds: float, what: str) -> T:
        """Ask again and again for something that follows by itself; raises DemoFailed."""
        deadline = time.monotonic() + seconds
        while (found := ask()) is None:
            if time.monotonic() > deadline:
                raise DemoFailed(f"{what} is not there after {seconds:.0f} s", process=self.process)
            threading.Event().wait(POLL)
        return found


class Step(Protocol):
    """One job, or a few that belong together."""

    @property
    def title(self) -> str:
        """What it does, in some words."""
        ...

    @property
    def domain(self) -> str:
        """Where it belongs on the page."""
        ...

    @property
    def process(self) -> str:
        """The worker that does it."""
        ...

    def run(self, bench: Bench, before: Outcome | None) -> Outcome:
        """Do it; `before` came of the step before it on its track. Raises DemoFailed."""
        ...
