"""A message that kills its process, beside others that the same worker had at hand."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rabbitmq
INNOCENTS = 16


@pytest.fixture
def watched(start_worker: Any) -> Callable[..., Callable[[], bool]]:
    """A worker that is started again when it has died, as a supervisor does."""

    def start(*arguments: str) -> Callable[[], bool]:
        workers = [start_worker(*arguments)]

        def restart_if_dead() -> bool:
            if workers[-1].process.poll() is None:
                return False
            workers.append(start_worker(*arguments))
            return True

        return restart_if_dead

    return start


@pytest.mark.parametrize(
    ("kind", "deaths", "concurrency"), [("sample.act", 2, INNOCENTS + 1), ("sample.alone", 0, 2)]
)
def test_only_the_poison_fails_and_all_that_was_prefetched_beside_it_succeeds(
    watched: Any,
    submit: Any,
    reports: Any,
    performed: Callable[[uuid.UUID], int],
    kind: str,
    deaths: int,
    concurrency: int,
) -> None:
    # Given a poisonous message among sixteen innocent ones, all in the hands of one worker
    innocents = [submit("sleep", kind=kind, number=0.7) for _ in range(INNOCENTS)]
    poison = submit("crash", kind=kind, number=0.2)
    restart_if_dead = watched("--concurrency", str(concurrency))
    # When that worker runs them, and is started again whenever it dies
    seen = 0
    tasks = {poison, *innocents}

    def all_answered() -> bool:
        nonlocal seen
        seen += restart_if_dead()
        done = {s.task_id for s in reports.statuses if s.type in ("task.succeeded", "task.failed")}
        return tasks <= done

    reports.wait_until(all_answered, "outcome of each message", within=180)
    # Then the poison alone has failed, as crashed, and had no more than three deaths
    assert [reports.outcome(task).type for task in innocents] == ["task.succeeded"] * INNOCENTS
    outcome = reports.outcome(poison)
    assert (outcome.type, outcome.data.source) == ("task.failed", "crashed")
    assert "signal 9 SIGKILL" in outcome.data.error.message
    assert seen == deaths
    assert performed(poison) == max(2, deaths + 1)
