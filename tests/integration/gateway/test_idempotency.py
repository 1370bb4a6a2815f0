"""Requests that are sent again with the same Idempotency-Key."""

import asyncio
import importlib
import pkgutil
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

import gateway
from gateway.authentication import Caller
from gateway.config import GatewaySettings
from gateway.idempotency import keyed
from gateway.idempotency.cleaning import forget_old_keys
from gateway.idempotency.route import OnceRoute
from warren.contracts.ids import new_id

pytestmark = pytest.mark.postgres

TASKS = "/api/v1/tasks"


def body(text: str = "a", **more: Any) -> dict[str, Any]:
    return {"kind": "tts.synthesize", "payload": {"text": text}, **more}


def with_key(key: str = "k-1") -> dict[str, str]:
    return {"Idempotency-Key": key}


def test_the_same_request_gets_the_first_answer(client: httpx.Client, database: Any) -> None:
    first = client.post(TASKS, json=body(), headers=with_key())
    again = client.post(TASKS, json=body(), headers=with_key())

    assert (first.status_code, again.status_code) == (202, 202)
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert database.count("tasks") == 1


def test_another_request_with_the_same_key_is_refused(client: httpx.Client, database: Any) -> None:
    client.post(TASKS, json=body(), headers=with_key())
    other = client.post(TASKS, json=body("b"), headers=with_key())
    elsewhere = client.post("/api/v1/speech", json=body()["payload"], headers=with_key())
    for answer in (other, elsewhere):
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:warren:problem:idempotency-key-reused"
    assert database.count("tasks") == 1


def test_other_keys_and_other_customers_make_other_tasks(
    client: httpx.Client, connect: Callable[..., httpx.Client], gateway_url: str, database: Any
) -> None:
    client.post(TASKS, json=body(), headers=with_key())
    client.post(TASKS, json=body(), headers=with_key("k-2"))
    connect(gateway_url, database.key()).post(TASKS, json=body(), headers=with_key())
    assert database.count("tasks") == 3


def test_requests_with_one_key_at_the_same_moment_make_one_task(
    client: httpx.Client, database: Any
) -> None:
    def submit(_: int) -> httpx.Response:
        return client.post(TASKS, json=body(), headers=with_key())

    with ThreadPoolExecutor(24) as threads:
        answers = list(threads.map(submit, range(48)))

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["task_id"] for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert (database.count("tasks"), database.count("outbox")) == (1, 1)


def test_two_gateways_make_one_task_of_requests_with_one_key(
    client: httpx.Client,
    connect: Callable[..., httpx.Client],
    serve: Callable[[GatewaySettings], str],
    settings: GatewaySettings,
    database: Any,
) -> None:
    other = connect(serve(settings), client.headers["authorization"].removeprefix("Bearer "))
    with ThreadPoolExecutor(16) as threads:
        answers = list(
            threads.map(
                lambda number: (client, other)[number % 2].post(
                    TASKS, json=body(), headers=with_key()
                ),
                range(32),
            )
        )
    assert len({answer.json()["task_id"] for answer in answers}) == 1
    assert database.count("tasks") == 1


def test_a_gateway_that_died_before_it_stored_its_answer_leaves_no_second_task(
    client: httpx.Client, database: Any
) -> None:
    # Given a task that was committed, and an answer that was not
    first = client.post(TASKS, json=body(), headers=with_key())
    database.ask("UPDATE idempotency_keys SET status = NULL, headers = NULL, body = NULL")
    # When the client asks again
    again = client.post(TASKS, json=body(), headers=with_key())
    # Then it gets the first task, and another request still cannot have the key
    assert (again.status_code, again.json()) == (202, first.json())
    assert client.post(TASKS, json=body("b"), headers=with_key()).status_code == 422
    assert database.count("tasks") == 1


def test_a_refused_request_can_be_corrected_under_the_same_key(
    client: httpx.Client, database: Any
) -> None:
    refused = client.post(TASKS, json=body(speed=1), headers=with_key())
    corrected = client.post(TASKS, json=body(), headers=with_key())
    assert (refused.status_code, corrected.status_code) == (422, 202)
    assert "idempotency-replayed" not in corrected.headers


def test_a_key_stands_for_its_request_for_a_day(client: httpx.Client, database: Any) -> None:
    client.post(TASKS, json=body(), headers=with_key())
    database.ask("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")
    assert client.post(TASKS, json=body("b"), headers=with_key()).status_code == 202
    assert database.count("tasks") == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there"])
def test_a_bad_key_is_refused(client: httpx.Client, key: str) -> None:
    answer = client.post(TASKS, json=body(), headers=with_key(key))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "idempotency-key"


def test_a_key_in_quotes_is_the_same_key(client: httpx.Client, database: Any) -> None:
    client.post(TASKS, json=body(), headers=with_key('"k-1"'))
    client.post(TASKS, json=body(), headers=with_key("k-1"))
    assert database.count("tasks") == 1


def test_an_upload_is_known_by_its_content(client: httpx.Client, database: Any) -> None:
    def upload(content: bytes) -> httpx.Response:
        headers = {**with_key(), "Content-Type": "text/plain"}
        return client.post("/api/v1/artifacts", content=content, headers=headers)

    first, again, other = upload(b"one"), upload(b"one"), upload(b"two")
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert database.count("artifacts") == 1


def test_a_second_retry_with_the_same_key_is_the_first_one(
    client: httpx.Client, database: Any
) -> None:
    task = client.post(TASKS, json=body()).json()["task_id"]
    database.ask("DELETE FROM outbox")
    database.ask("UPDATE tasks SET state = 'failed'")
    answers = [client.post(f"{TASKS}/{task}/retry", headers=with_key()) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()


def routers() -> list[APIRouter]:
    modules = pkgutil.walk_packages(gateway.__path__, "gateway.")
    names = [module.name for module in modules if not re.search("migrations|__main__", module.name)]
    return [
        value
        for name in names
        for value in vars(importlib.import_module(name)).values()
        if isinstance(value, APIRouter)
    ]


def test_every_post_obeys_idempotency_keys() -> None:
    posts = [
        route
        for router in routers()
        for route in router.routes
        if isinstance(route, APIRoute) and "POST" in (route.methods or ())
    ]
    assert "/api/v1/tasks" in {route.path for route in posts}
    # Uploads are known by their content, which is never held whole: they call the same by hand.
    others = {route.path for route in posts if not isinstance(route, OnceRoute)}
    assert others == {
        "/api/v1/artifacts",
        "/api/v1/books",
        "/api/v1/catalogue/{kind}/bulk",
        "/api/v1/catalogue/{kind}/bulk-delete",
        "/api/v1/documents/upload-file",
        "/api/v1/mobile-faq/import",
        "/api/v1/tasks/create",
        "/api/v1/tasks/create/",
        # Their keys stand for the task, not for the file that is answered.
        "/v1/audio/speech",
        "/v1/images/edits",
        "/v1/images/generations",
        # Cancelling twice is cancelling once.
        "/api/v1/tasks/{task_id}/cancel/",
        # Their answers have secrets, which are kept nowhere.
        "/api/v1/keys",
        "/api/v1/webhooks",
        "/api/v1/webhooks/secret",
        "/api/v1/webhooks/{webhook_id}/rotate-secret",
    }


def test_one_live_task_per_unique_key(client: httpx.Client, database: Any) -> None:
    first = client.post(TASKS, json=body(unique_key="book-1"))
    second = client.post(TASKS, json=body("b", unique_key="book-1"))
    other = client.post(TASKS, json=body(unique_key="book-2"))

    assert (first.status_code, second.status_code, other.status_code) == (202, 200, 202)
    assert (first.json()["unique"], second.json()["unique"]) == (False, True)
    assert second.json()["task_id"] == first.json()["task_id"]
    assert second.headers["location"] == first.headers["location"]
    assert database.count("tasks") == 2


def test_unique_tasks_submitted_at_the_same_moment(client: httpx.Client, database: Any) -> None:
    with ThreadPoolExecutor(16) as threads:
        answers = list(
            threads.map(
                lambda number: client.post(TASKS, json=body(unique_key=f"b-{number % 3}")),
                range(48),
            )
        )
    assert sorted({answer.status_code for answer in answers}) == [200, 202]
    assert len({answer.json()["task_id"] for answer in answers}) == 3
    assert (database.count("tasks"), database.count("outbox")) == (3, 3)


def test_a_unique_key_of_another_customer_is_another_key(
    client: httpx.Client, connect: Callable[..., httpx.Client], gateway_url: str, database: Any
) -> None:
    client.post(TASKS, json=body(unique_key="b"))
    other = connect(gateway_url, database.key())
    assert other.post(TASKS, json=body(unique_key="b")).status_code == 202


def test_a_retry_waits_for_the_live_task_with_its_unique_key(
    client: httpx.Client, database: Any
) -> None:
    # Given a failed task whose key another live task has by now
    failed = client.post(TASKS, json=body(unique_key="b")).json()["task_id"]
    database.ask("UPDATE tasks SET state = 'failed'")
    database.ask("DELETE FROM unique_keys")
    database.ask("DELETE FROM outbox")
    live = client.post(TASKS, json=body(unique_key="b")).json()["task_id"]
    # When the failed one is retried / Then it may not, until the other has ended
    assert client.post(f"{TASKS}/{failed}/retry").status_code == 409
    database.ask("DELETE FROM unique_keys WHERE task_id = %s", live)
    assert client.post(f"{TASKS}/{failed}/retry").status_code == 202
    assert client.post(TASKS, json=body(unique_key="b")).json()["task_id"] == failed


@pytest.mark.parametrize("state", ["failed", "cancelled", "expired"])
def test_a_double_click_on_retry_makes_one_generation(
    client: httpx.Client, database: Any, state: str
) -> None:
    task = client.post(TASKS, json=body()).json()["task_id"]
    database.ask("DELETE FROM outbox")
    database.ask("UPDATE tasks SET state = %s", state)
    with ThreadPoolExecutor(4) as threads:
        answers = list(
            threads.map(lambda _: client.post(f"{TASKS}/{task}/retry").status_code, range(4))
        )
    assert sorted(answers) == [202, 409, 409, 409]
    assert database.ask("SELECT generation, dispatch FROM outbox") == [(2, 1)]
    status = client.get(f"{TASKS}/{task}/status").json()
    assert (status["status"], status["generation"], status["attempt"]) == ("pending", 2, 1)
    assert status["next_run_at"] is not None


@pytest.mark.parametrize("state", ["pending", "processing", "retrying", "succeeded"])
def test_what_lives_or_has_succeeded_is_not_retried(
    client: httpx.Client, database: Any, state: str
) -> None:
    task = client.post(TASKS, json=body()).json()["task_id"]
    database.ask("UPDATE tasks SET state = %s", state)
    answer = client.post(f"{TASKS}/{task}/retry")
    assert (answer.status_code, answer.json()["state"]) == (409, state)


def test_nobody_retries_a_task_that_is_not_there(client: httpx.Client) -> None:
    assert client.post(f"{TASKS}/{new_id()}/retry").status_code == 404


def test_keys_are_forgotten_after_their_day(client: httpx.Client, database: Any) -> None:
    client.post(TASKS, json=body(), headers=with_key("old"))
    database.ask("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")
    client.post(TASKS, json=body(), headers=with_key("young"))
    with psycopg.connect(database.url, autocommit=True) as connection:
        assert forget_old_keys(connection) == 1
    assert database.ask("SELECT key FROM idempotency_keys") == [("young",)]


def test_a_key_is_held_for_longer_than_the_servers_patience_with_idle_transactions(
    client: httpx.Client, database: Any, settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given sessions that the server ends after a second in a transaction that does nothing
    monkeypatch.setattr(keyed, "_OPTIONS", "-c idle_in_transaction_session_timeout=1s")
    monkeypatch.setattr(keyed, "_BEAT", 0.2)
    customer, key = database.ask("SELECT customer_id, id FROM api_keys")[0]
    caller = Caller(customer, "standard", "key:test", frozenset(), key_id=key)

    # When a request takes longer than that
    async def take_long() -> bytes | None:
        async with keyed.key_pool(settings) as pool:
            claims = keyed.KeyedRequests(pool)
            async with claims.claim(caller, "k", b"the request") as mine, mine.kept():
                await asyncio.sleep(2.5)
                await mine.store(202, {}, b"the answer")
            async with claims.claim(caller, "k", b"the request") as again:
                return again.answer.body if again.answer else None

    # Then its answer is kept all the same
    assert asyncio.run(take_long()) == b"the answer"
