"""What a worker process counts."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from prometheus_client import generate_latest

from warren.contracts.ids import new_id
from warren.contracts.states import WaitingFor
from warren.contracts.status import (
    ErrorInfo,
    Failed,
    Succeeded,
    TaskFailed,
    TaskSucceeded,
    TaskWaiting,
    Waiting,
)
from warren.providers import Hold
from warren.providers.board import ProviderBoard
from warren.worker.custody import HeldRun
from warren.worker.measures import Measures


def held(kind: str, seconds: float, worker: Any = None, *, alone: bool = False) -> HeldRun:
    run = SimpleNamespace(task_id=new_id(), kind=kind, attempt=1)
    made = SimpleNamespace(run=run, seconds=seconds, worker=worker, alone=alone)
    return cast("HeldRun", made)


def head() -> dict[str, Any]:
    ids = {name: new_id() for name in ("id", "task_id", "run_id")}
    numbers = {"generation": 1, "dispatch": 1, "attempt": 1}
    return {**ids, **numbers, "incarnation": "a", "at": datetime.now(UTC)}


def test_runs_are_counted_by_kind_and_outcome_and_slots_and_holds_are_told() -> None:
    measures = Measures("sync", slots=4)
    board = ProviderBoard()
    board.circuit("chatbot")
    board.heed(Hold("chatbot", "failing", 12.5))
    measures.watch(lambda: [held("faq.create", 1)] * 3, board)
    error = ErrorInfo(type="Broken", message="it broke")
    failed = Failed(source="rejected", error=error, processing_seconds=1)
    waiting = Waiting(reason=WaitingFor.PROVIDER_DOWN, delay=1)

    measures.note(held("faq.create", 0.3), TaskFailed(**head(), data=failed))
    measures.note(held("faq.create", 0.3), TaskWaiting(**head(), data=waiting))
    text = generate_latest(measures.registry).decode()

    runs = 'warren_runs_total{kind="faq.create",outcome="%s",service="sync"} 1.0'
    assert runs % "failed" in text
    assert runs % "waiting" in text
    assert 'warren_run_seconds_count{kind="faq.create",service="sync"} 2.0' in text
    assert 'warren_slots{service="sync",state="busy"} 3.0' in text
    assert 'warren_slots{service="sync",state="free"} 1.0' in text
    assert 'warren_provider_held_seconds{provider="chatbot",reason="failing"} 12.' in text
    assert 'warren_circuit_open{provider="chatbot"} 1.0' in text


def test_suspects_are_counted_by_kind_and_outcome_and_told_while_they_run() -> None:
    measures = Measures("tts", slots=4)
    suspect, innocent = held("tts.synthesize", 1, alone=True), held("tts.synthesize", 1)
    running = [suspect, innocent]
    measures.watch(lambda: running, ProviderBoard())
    crash = ErrorInfo(type="JobCrashed", message="its process died")
    crashed = TaskFailed(**head(), data=Failed(source="crashed", error=crash, processing_seconds=1))

    def value(name: str, **labels: str) -> float | None:
        return measures.registry.get_sample_value(name, {"service": "tts", **labels})

    assert value("warren_suspects_running") == 1
    measures.note(suspect, crashed)
    measures.note(innocent, crashed)
    running.clear()

    counted = {"kind": "tts.synthesize", "outcome": "failed"}
    assert value("warren_suspects_total", **counted) == 1
    assert value("warren_suspects_running") == 0


def test_what_runs_made_is_summed_up_as_their_class_counts_it() -> None:
    measures = Measures("tts", slots=1)
    worker = SimpleNamespace(counted={"duration_seconds": "audio_seconds", "parts": "parts"})

    for result in ({"duration_seconds": 2.5, "parts": ["a", "b"]}, {"duration_seconds": 1}, None):
        success = Succeeded(result=result, processing_seconds=1)
        measures.note(held("tts.synthesize", 0.1, worker), TaskSucceeded(**head(), data=success))

    def made(unit: str) -> float | None:
        labels = {"service": "tts", "kind": "tts.synthesize", "unit": unit}
        return measures.registry.get_sample_value("warren_output_total", labels)

    assert (made("audio_seconds"), made("parts")) == (3.5, 2)
