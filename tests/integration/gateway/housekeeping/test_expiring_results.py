"""Results say until when they are kept, are gone after that, and are kept longer on request."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from gateway.customers.keys import Scope
from gateway.housekeeping.cleaning.jobs import CleanAudio, CleanTasks
from gateway.housekeeping.cleaning.workers import CleanAudioWorker, CleanTasksWorker
from tests.integration.gateway.bulk.waiting import customer_of
from tests.integration.gateway.housekeeping.conftest import House
from warren.testing.worker import FakeContext

pytestmark = pytest.mark.postgres


@pytest.fixture
def owner(
    house: House, gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client]
) -> httpx.Client:
    return connect(gateway_url, database.key(scopes=[Scope.TASKS_READ, Scope.TASKS_WRITE]))


@pytest.fixture
def made(house: House, owner: httpx.Client) -> Callable[..., str]:
    """A task of the owner's that ended so many days ago."""

    def make(days: float, **how: Any) -> str:
        task = house.task(days, **how)
        customer = customer_of(owner, house.database)
        house.database.ask("UPDATE tasks SET customer_id = %s WHERE id = %s", customer, task)
        return str(task)

    return make


def result(owner: httpx.Client, task: str) -> httpx.Response:
    return owner.get(f"/api/v1/tasks/{task}/result")


def extend(owner: httpx.Client, task: str, days: Any = 60) -> httpx.Response:
    return owner.post(f"/api/v1/tasks/{task}/extend", json={"days": days})


def clean_up() -> None:
    CleanTasksWorker().perform(CleanTasks(), FakeContext())
    CleanAudioWorker().perform(CleanAudio(), FakeContext())


@pytest.mark.parametrize(("kind", "days"), [("test.any", 7), ("tts.synthesize", 30)])
def test_a_result_says_until_when_it_is_kept(
    owner: httpx.Client, made: Callable[..., str], kind: str, days: int
) -> None:
    task = made(1, kind=kind)

    status = owner.get(f"/api/v1/tasks/{task}/status").json()
    view = owner.get(f"/api/v1/tasks/{task}").json()
    answer = result(owner, task)

    expires = datetime.fromisoformat(status["result_expires_at"])
    ended = datetime.fromisoformat(status["finished_at"])
    assert expires - ended == timedelta(days=days)
    assert view["result_expires_at"] == status["result_expires_at"]
    (told,) = re.findall(
        '"result_expires_at":"([^"]+)"', owner.get(f"/api/v1/tasks/{task}/events").text
    )
    assert datetime.fromisoformat(told) == expires
    assert parsedate_to_datetime(answer.headers["sunset"]) == expires.replace(microsecond=0)


@pytest.mark.parametrize("state", ["failed", "processing", "cancelled"])
def test_what_has_no_result_has_nothing_that_expires(
    owner: httpx.Client, made: Callable[..., str], state: str
) -> None:
    task = made(1, state=state)

    assert owner.get(f"/api/v1/tasks/{task}/status").json()["result_expires_at"] is None
    refused = extend(owner, task)
    assert (refused.status_code, refused.json()["state"]) == (409, state)


@pytest.mark.parametrize("cleaned", [False, True])
def test_an_expired_result_is_gone_and_its_summary_stays(
    owner: httpx.Client, made: Callable[..., str], cleaned: bool
) -> None:
    task = made(7.1)
    if cleaned:
        clean_up()

    gone = result(owner, task)

    assert (gone.status_code, gone.json()["type"]) == (410, "urn:warren:problem:result-gone")
    assert owner.get(f"/api/v1/tasks/{task}/result/").status_code == 410
    assert extend(owner, task).status_code == 410
    summary = owner.get(f"/api/v1/tasks/{task}").json()
    assert (summary["status"], summary["kind"]) == ("succeeded", "test.any")


def test_an_extended_result_outlives_the_age_of_its_kind_with_its_files(
    house: House, owner: httpx.Client, made: Callable[..., str]
) -> None:
    # Given speech that is kept for ten days more than its kind, and other speech
    longer, other = made(29, kind="tts.synthesize"), made(29, kind="tts.synthesize")
    files = [house.artifact(task.encode(), 29, UUID(task))[0] for task in (longer, other)]
    house.database.ask("UPDATE artifacts SET expires_at = now() + interval '1 day'")
    answer = extend(owner, longer, 11)
    assert answer.status_code == 200, answer.text
    expires = datetime.fromisoformat(answer.json()["result_expires_at"])
    assert timedelta(days=10.9) < expires - datetime.now(UTC) <= timedelta(days=11)
    # When the age of the kind has passed
    house.database.ask(
        "UPDATE tasks SET finished_at = finished_at - interval '2 days',"
        " result_kept_until = result_kept_until - interval '2 days'"
    )
    house.database.ask("UPDATE artifacts SET created_at = created_at - interval '2 days'")
    clean_up()
    # Then the one is there, and the other is not
    assert result(owner, longer).json() == {"made": True}
    assert result(owner, other).status_code == 410
    assert [house.has_row(file) for file in files] == [True, False]
    kept = "SELECT expires_at > now() + interval '10 days' FROM artifacts"
    assert house.database.ask(kept) == [(True,)]
    # And when its own time has passed, it is gone, too
    house.database.ask("UPDATE tasks SET result_kept_until = now() - interval '1 minute'")
    clean_up()
    assert result(owner, longer).status_code == 410
    assert not house.has_row(files[0])


def test_a_batch_is_kept_longer_with_what_its_members_have_made(
    house: House, owner: httpx.Client, made: Callable[..., str]
) -> None:
    # Given speech that a batch has asked for, some that failed, and some that it has not asked for
    batch = made(1, kind="tts.batch")
    spoken, failed, other = (
        made(1, kind="tts.synthesize", state=state)
        for state in ("succeeded", "failed", "succeeded")
    )
    house.database.ask(
        "UPDATE tasks SET parent_id = %s WHERE id = ANY (%s)", batch, [UUID(spoken), UUID(failed)]
    )
    file, _ = house.artifact(b"spoken", 1, UUID(spoken))
    house.database.ask("UPDATE artifacts SET expires_at = now() + interval '1 day'")
    # And a batch whose members were given to it
    given, member = made(1, kind="api.batch"), made(1)
    house.database.ask(
        "INSERT INTO batch_members (batch_id, position, task_id) VALUES (%s, 0, %s)", given, member
    )
    # When both are kept longer
    expires = {
        task: datetime.fromisoformat(extend(owner, task, 60).json()["result_expires_at"])
        for task in (batch, given)
    }
    # Then so is what their members have made, and nothing else
    until = dict(house.database.ask("SELECT id::text, result_kept_until FROM tasks"))
    assert (until[spoken], until[member]) == (expires[batch], expires[given])
    assert (until[failed], until[other]) == (None, None)
    assert house.database.ask("SELECT expires_at FROM artifacts WHERE id = %s", file) == [
        (expires[batch],)
    ]


def test_an_extension_makes_nothing_shorter(owner: httpx.Client, made: Callable[..., str]) -> None:
    task = made(1, kind="tts.synthesize")
    before = owner.get(f"/api/v1/tasks/{task}/status").json()["result_expires_at"]

    assert extend(owner, task, 2).json()["result_expires_at"] == before


def test_no_result_is_kept_longer_than_its_task_is_known(
    house: House, owner: httpx.Client, made: Callable[..., str]
) -> None:
    task = made(6)
    house.database.ask("UPDATE tasks SET created_at = now() - interval '395 days'")

    kept = datetime.fromisoformat(extend(owner, task, 90).json()["result_expires_at"])

    assert kept - datetime.now(UTC) < timedelta(days=5)


@pytest.mark.parametrize("days", [0, 91, 1.5, "7", None])
def test_a_span_that_is_none_is_refused(
    owner: httpx.Client, made: Callable[..., str], days: Any
) -> None:
    refused = extend(owner, made(1), days)

    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "days")


def test_only_the_owner_extends(
    house: House,
    made: Callable[..., str],
    gateway_url: str,
    connect: Callable[[str, str], httpx.Client],
) -> None:
    operator = connect(gateway_url, house.database.key())

    assert extend(operator, made(1)).status_code == 404
