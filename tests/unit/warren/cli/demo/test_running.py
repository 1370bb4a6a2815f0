"""Steps run side by side; what follows a failure on its track is not begun."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from warren.cli.demo.client import DemoClient, DemoFailed
from warren.cli.demo.domain import Domain
from warren.cli.demo.exhibits import Outcome
from warren.cli.demo.running import Ran, run_all
from warren.cli.demo.step import Bench, Report, Step
from warren.cli.demo.table import table_of
from warren.cli.demo.tracks import services_of, tracks_of

NOBODY = cast("DemoClient", SimpleNamespace())


@dataclass
class Sample:
    title: str
    act: Callable[[Outcome | None], Outcome]
    domain: str = "speech"
    process: str = "a-worker"

    def run(self, bench: Bench, before: Outcome | None) -> Outcome:
        bench.report(50, "half")
        return self.act(before)


class Board:
    def __init__(self) -> None:
        self.told: list[str] = []

    def begin(self, step: Step) -> Report:
        self.told.append(f"{step.title} begins")
        return lambda percent, said: self.told.append(f"{step.title} {percent} {said}")

    def end(self, ran: Ran) -> None:
        self.told.append(f"{ran.step.title} ends")


def fail(_before: Outcome | None) -> Outcome:
    raise DemoFailed("it broke", process="a-worker")


def test_tracks_run_side_by_side_and_steps_of_one_track_in_order(tmp_path: Path) -> None:
    both = threading.Barrier(2, timeout=10)

    def meet(_before: Outcome | None) -> Outcome:
        both.wait()
        return Outcome("met", "/", artifacts={"a": "1"})

    tracks = [
        [Sample("one", meet), Sample("then", lambda b: Outcome(str(b and b.artifacts), "/"))],
        [Sample("two", meet)],
    ]

    ran = run_all(tracks, NOBODY, tmp_path / "demo", Board())

    assert [one.step.title for one in ran] == ["one", "then", "two"]
    assert [one.outcome and one.outcome.summary for one in ran] == ["met", "{'a': '1'}", "met"]
    assert all(0 <= one.began <= one.ended for one in ran)


def test_a_failure_stays_with_its_step_and_ends_its_track(tmp_path: Path) -> None:
    board = Board()
    later = Sample("later", lambda _b: Outcome("never", "/"))
    other = Sample("other", lambda _b: Outcome("fine", "file.png"))

    ran = run_all([[Sample("first", fail), later], [other]], NOBODY, tmp_path, board)

    assert [(one.step.title, str(one.failure)) for one in ran] == [
        ("first", "it broke"),
        ("other", "None"),
    ]
    assert "later begins" not in board.told
    assert {"first 50 half", "first ends", "other ends"} <= set(board.told)
    columns: Any = table_of(ran, tmp_path).columns
    assert list(columns[3].cells) == ["", str(tmp_path / "file.png")]


def test_only_steps_whose_worker_runs_are_chosen() -> None:
    here = {"gateway", "tts-worker", "indexer"}

    chosen = [step.process for track in tracks_of(here) for step in track]

    assert set(chosen) == {"tts-worker", "indexer"}


def test_only_steps_of_the_domains_that_were_named_are_chosen_with_every_worker_they_need() -> None:
    chosen = tracks_of({"nlp-worker", "image-worker", "tts-worker"}, [Domain.BOOK, Domain.SEARCH])

    assert [step.domain for track in chosen for step in track] == ["book"]
    assert services_of([Domain.BOOK, Domain.SEARCH]) == ["image-worker", "indexer", "nlp-worker"]
    assert services_of(list(Domain)) == [
        *("image-worker", "indexer", "nlp-worker", "sync-worker", "tts-worker")
    ]
