"""Dead letters over HTTP."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from gateway.customers.keys import Scope
from gateway.dead_letters.commands import app
from gateway.dead_letters.resolving import discard_letter
from gateway.dead_letters.writing import NewLetter, insert_letters
from gateway.tasks.ending import end_tasks
from warren.contracts.endings import failed
from warren.contracts.ids import new_id
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres

LETTERS = "/api/v1/dead-letters"


def fail_task(client: httpx.Client, database: Any, message: str = "no voice 'x'") -> str:
    task: str = client.post(
        "/api/v1/tasks", json={"kind": "tts.synthesize", "payload": {"text": "a"}}
    ).json()["task_id"]
    with psycopg.connect(database.url) as connection:
        end_tasks(connection, [UUID(task)], lambda row: failed("lost", "Lost", message))
    return task


def undecodable(database: Any, body: bytes = b"\xff\xfe") -> None:
    error = {"type": "UndecodableMessage", "message": "not JSON", "source": "undecodable"}
    with psycopg.connect(database.url) as connection:
        insert_letters(connection, [NewLetter("undecodable", "tts.default", error, body)])


def test_a_failed_task_is_found_looked_at_and_replayed(client: httpx.Client, database: Any) -> None:
    task = fail_task(client, database)

    (listed,) = client.get(LETTERS, params={"queue": "tts.default", "source": "lost"}).json()[
        "items"
    ]
    assert (listed["task_id"], listed["moot"], listed["attempts"]) == (task, False, 1)
    letter = client.get(f"{LETTERS}/{listed['id']}").json()
    assert letter["message"]["message_id"] == f"{task}.1.1"
    replayed = client.post(f"{LETTERS}/{listed['id']}/replay")

    assert replayed.status_code == 200
    assert replayed.json()["resolution"] == "replayed"
    assert replayed.json()["resolved_by"].startswith("key:")
    status = client.get(f"/api/v1/tasks/{task}/status").json()
    assert (status["status"], status["generation"], status["error"]) == ("pending", 2, None)
    assert client.get(LETTERS).json()["items"] == []
    assert client.post(f"{LETTERS}/{listed['id']}/replay").status_code == 409


def test_a_letter_that_somebody_discards_meanwhile_starts_nothing(
    client: httpx.Client, database: Any
) -> None:
    task = fail_task(client, database)
    (letter,) = client.get("/api/v1/dead-letters").json()["items"]
    answers: list[httpx.Response] = []

    def replay() -> None:
        answers.append(client.post(f"/api/v1/dead-letters/{letter['id']}/replay"))

    # Given somebody who is discarding it when another one replays it
    with psycopg.connect(database.url) as connection:
        discard_letter(connection, UUID(letter["id"]), "key:other", reason="no use")
        replaying = threading.Thread(target=replay, daemon=True)
        replaying.start()
        eventually(lambda: database.ask("SELECT 1 FROM pg_locks WHERE NOT granted"))
    replaying.join(20)

    # Then that one is refused, and the task stays as it is
    assert [answer.status_code for answer in answers] == [409]
    assert client.get(f"/api/v1/tasks/{task}/status").json()["generation"] == 1


def test_a_letter_whose_task_was_retried_is_moot(client: httpx.Client, database: Any) -> None:
    task = fail_task(client, database)
    assert client.post(f"/api/v1/tasks/{task}/retry").status_code == 202
    (letter,) = client.get(LETTERS).json()["items"]
    assert letter["moot"] is True
    answer = client.post(f"{LETTERS}/{letter['id']}/replay")
    assert (answer.status_code, answer.json()["type"]) == (
        409,
        "urn:warren:problem:dead-letter-moot",
    )


def test_an_undecodable_message_can_be_shown_and_discarded_only(
    client: httpx.Client, database: Any
) -> None:
    undecodable(database)
    (listed,) = client.get(LETTERS).json()["items"]
    address = f"{LETTERS}/{listed['id']}"
    assert client.get(address).json()["message_base64"] == "//4="
    assert client.post(f"{address}/replay").status_code == 409
    assert client.post(f"{address}/discard", json={"reason": ""}).status_code == 422
    discarded = client.post(f"{address}/discard", json={"reason": "a stray client"})
    assert discarded.json()["resolution_reason"] == "a stray client"
    assert client.post(f"{address}/discard", json={"reason": "again"}).status_code == 409
    assert client.get(LETTERS).json()["items"] == []
    kept = client.get(LETTERS, params={"resolution": "discarded"}).json()["items"]
    assert [letter["id"] for letter in kept] == [listed["id"]]


def test_letters_are_grouped_by_cause(client: httpx.Client, database: Any) -> None:
    for name in ("a", "b", "c"):
        fail_task(client, database, f"no voice '{name}'")
    undecodable(database)
    causes = client.get(f"{LETTERS}/causes").json()["items"]
    assert [(cause["count"], cause["source"]) for cause in causes] == [
        (3, "lost"),
        (1, "undecodable"),
    ]
    assert causes[0]["cause"] == "Lost: no voice …"
    sample = client.get(f"{LETTERS}/{causes[0]['sample_id']}").json()
    assert sample["cause"] == causes[0]["cause"]
    chosen = client.get(LETTERS, params={"cause": causes[0]["cause"]}).json()["items"]
    assert len(chosen) == 3


def test_a_long_list_is_read_page_by_page(client: httpx.Client, database: Any) -> None:
    for number in range(5):
        undecodable(database, bytes([255, number]))
    seen: list[str] = []
    cursor = None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get(LETTERS, params=params).json()
        seen += [letter["id"] for letter in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"cursor": "x"}, 400),
        ({"source": "bad luck"}, 422),
        ({"limit": 0}, 422),
        ({"since": "yesterday"}, 422),
        ({"queue": "\x00"}, 422),
        ({"sauce": "lost"}, 422),
    ],
)
def test_a_bad_filter_is_refused(client: httpx.Client, params: Any, status: int) -> None:
    assert client.get(LETTERS, params=params).status_code == status


def test_time_filters_hold(client: httpx.Client, database: Any) -> None:
    undecodable(database)
    later = {"since": "2100-01-01T00:00:00Z"}
    assert client.get(LETTERS, params=later).json()["items"] == []
    assert len(client.get(LETTERS, params={"until": "2100-01-01T00:00:00Z"}).json()["items"]) == 1


def test_dead_letters_are_for_operators(
    connect: Callable[..., httpx.Client], gateway_url: str, database: Any
) -> None:
    client = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ, Scope.TASKS_WRITE]))
    letter = new_id()
    for answer in (
        client.get(LETTERS),
        client.get(f"{LETTERS}/causes"),
        client.get(f"{LETTERS}/{letter}"),
        client.post(f"{LETTERS}/{letter}/replay"),
        client.post(f"{LETTERS}/{letter}/discard", json={"reason": "no"}),
    ):
        assert answer.status_code == 403


def test_a_letter_that_is_not_there(client: httpx.Client) -> None:
    assert client.get(f"{LETTERS}/{new_id()}").status_code == 404
    assert client.post(f"{LETTERS}/{new_id()}/replay").status_code == 404


def test_the_commands_list_show_replay_and_discard(
    client: httpx.Client, gateway_url: str, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an operator's key in the environment, a failed task and a message that nobody can read
    monkeypatch.setenv("WARREN_URL", gateway_url)
    monkeypatch.setenv("WARREN_API_KEY", client.headers["authorization"].removeprefix("Bearer "))
    task = fail_task(client, database)
    undecodable(database)
    lost, stray = (
        client.get(LETTERS, params={"source": source}).json()["items"][0]["id"]
        for source in ("lost", "undecodable")
    )

    def warren(*arguments: str) -> str:
        result = CliRunner().invoke(app, list(arguments))
        assert result.exit_code == 0, result.output
        return result.output

    # When they are looked at / Then each shows what an operator needs
    assert "Lost: no voice …" in warren("causes")
    assert lost in warren("list", "--source", "lost")
    assert f"{task}.1.1" in warren("show", lost)
    # And when they are resolved / Then none is left
    assert task in warren("replay", lost)
    warren("discard", stray, "--reason", "a stray client")
    assert warren("list") == warren("causes") == "no dead letters\n"
    assert client.get(f"/api/v1/tasks/{task}/status").json()["generation"] == 2


def test_a_command_that_is_refused_says_why(
    client: httpx.Client, gateway_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARREN_URL", gateway_url)
    monkeypatch.setenv("WARREN_API_KEY", client.headers["authorization"].removeprefix("Bearer "))
    result = CliRunner().invoke(app, ["replay", str(new_id())])
    assert result.exit_code != 0
    assert "there is no dead letter" in str(result.exception)
