"""Runs the steps of all tracks side by side."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from warren.cli.demo.client import DemoClient, DemoFailed
from warren.cli.demo.exhibits import Outcome
from warren.cli.demo.step import Bench, Report, Step

#: Steps that follow each other.
Track = Sequence[Step]


@dataclass(frozen=True, slots=True)
class Ran:
    """A step that has ended: in seconds since the demonstration began, and what came of it."""

    step: Step
    began: float
    ended: float
    outcome: Outcome | None
    failure: DemoFailed | None = None

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.began


class Board(Protocol):
    """Who shows how far each step is."""

    def begin(self, step: Step) -> Report:
        """A step has begun; what to tell of it."""
        ...

    def end(self, ran: Ran) -> None:
        """A step has ended."""
        ...


def run_all(tracks: Sequence[Track], client: DemoClient, folder: Path, board: Board) -> list[Ran]:
    """Run them, each track in a thread; in the order of the tracks. Failures stay with their step.

    What follows a step that failed on its track is not begun.
    """
    folder.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()

    def run(track: Track) -> list[Ran]:
        done: list[Ran] = []
        for step in track:
            before = done[-1].outcome if done else None
            done.append(_ran(step, before, client, folder, board, start))
            if done[-1].failure is not None:
                break
        return done

    with ThreadPoolExecutor(max_workers=len(tracks), thread_name_prefix="demo") as pool:
        return [ran for done in pool.map(run, tracks) for ran in done]


def _ran(
    step: Step,
    before: Outcome | None,
    client: DemoClient,
    folder: Path,
    board: Board,
    start: float,
) -> Ran:
    began = time.monotonic() - start
    bench = Bench(client, folder, board.begin(step), step.process)
    outcome, failure = None, None
    try:
        outcome = step.run(bench, before)
    except DemoFailed as error:
        failure = error
    ran = Ran(step, began, time.monotonic() - start, outcome, failure)
    board.end(ran)
    return ran
