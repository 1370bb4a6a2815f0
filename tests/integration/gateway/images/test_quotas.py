"""A user gets so many pictures a day, however they are asked for."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from gateway.config import GatewaySettings
from warren.contracts.batch_end import callback_key
from warren.contracts.books import ProcessBook
from warren.contracts.intake import child_id
from warren.contracts.kinds import Audience, KindDefinition

pytestmark = pytest.mark.postgres

BOOK_KINDS = [
    KindDefinition(
        kind=ProcessBook.kind,
        version=1,
        service="nlp",
        audience=Audience.INTERNAL,
        payload_schema=ProcessBook.submission_schema(),
    )
]


@pytest.fixture
def client(
    settings: GatewaySettings,
    serve: Callable[[GatewaySettings], str],
    connect: Callable[[str, str], httpx.Client],
    database: Any,
) -> httpx.Client:
    """Of a gateway that grants five pictures a day."""
    return connect(serve(settings.model_copy(update={"images_per_day": 5})), database.key())


def ask(client: httpx.Client, n: int, user: str | None = None, **headers: str) -> httpx.Response:
    body = {"prompt": "a castle", "n": n, "user_id": user}
    return client.post("/api/v1/images/generate", json=body, headers=headers)


def test_more_than_the_days_pictures_are_refused_until_midnight(
    client: httpx.Client, painter: Any
) -> None:
    assert ask(client, 3, "anna").status_code == 202
    refused = ask(client, 3, "anna")

    assert refused.status_code == 429
    problem = refused.json()
    assert (problem["limit"], problem["used"]) == (5, 3)
    assert 0 < int(refused.headers["Retry-After"]) <= 86_400
    assert ask(client, 2, "anna").status_code == 202
    assert ask(client, 5, "boris").status_code == 202
    assert ask(client, 5).status_code == 202


def test_all_ways_of_asking_count_and_other_kinds_do_not(
    client: httpx.Client, painter: Any
) -> None:
    payload = {"prompt": "x", "n": 4}
    task = {"kind": "image.generate", "payload": payload, "user_id": "anna"}
    assert client.post("/api/v1/tasks", json=task).status_code == 202

    assert ask(client, 2, "anna").status_code == 429
    batch = {"items": [{**task, "payload": {"prompt": "x", "n": 2}}]}
    assert client.post("/api/v1/tasks/batch", json=batch).status_code == 429
    speech = {"kind": "tts.synthesize", "payload": {"text": "x"}, "user_id": "anna"}
    assert client.post("/api/v1/tasks", json=speech).status_code == 202


def test_pictures_that_could_not_be_made_are_given_back(client: httpx.Client, painter: Any) -> None:
    task = ask(client, 5, "anna").json()["task_id"]
    assert ask(client, 1, "anna").status_code == 429

    painter.fail(task)

    assert ask(client, 5, "anna").status_code == 202


def test_a_cancelled_order_is_not_given_back_as_it_may_be_started_again(
    client: httpx.Client, painter: Any
) -> None:
    task = ask(client, 5, "anna").json()["task_id"]
    assert client.post(f"/api/v1/tasks/{task}/cancel").json()["status"] == "cancelled"

    assert ask(client, 1, "anna").status_code == 429
    assert client.post(f"/api/v1/tasks/{task}/retry").status_code == 202
    assert ask(client, 1, "anna").json()["used"] == 5


def test_an_order_of_yesterday_that_is_started_again_counts_today(
    client: httpx.Client, painter: Any, database: Any
) -> None:
    task = ask(client, 3, "anna").json()["task_id"]
    painter.fail(task)
    database.ask("UPDATE image_orders SET created_at = now() - interval '1 day'")

    assert client.post(f"/api/v1/tasks/{task}/retry").status_code == 202

    refused = ask(client, 3, "anna")
    assert (refused.status_code, refused.json()["used"]) == (429, 3)


def test_what_follows_a_batch_counts_for_the_task_that_it_becomes(
    client: httpx.Client, painter: Any, database: Any
) -> None:
    file = client.post("/api/v1/artifacts", content=b"{}").json()["artifact_id"]
    then = {
        "kind": "image.generate_for_descriptions",
        "payload": {"descriptions": file, "count": 4},
        "user_id": "anna",
    }
    items = [{"kind": "tts.synthesize", "payload": {"text": "x"}}]

    answer = client.post("/api/v1/batches", json={"items": items, "on_complete": then})

    assert answer.status_code == 202, answer.text
    follows = child_id(UUID(answer.json()["task_id"]), callback_key(1))
    assert database.ask("SELECT task_id, images FROM image_orders") == [(follows, 4)]
    # Also after the minute in which a task must be there, until the batch ends without it.
    database.ask("UPDATE image_orders SET created_at = created_at - interval '61 s'")
    assert ask(client, 2, "anna").status_code == 429
    cancel = f"/api/v1/tasks/{answer.json()['task_id']}/cancel"
    assert client.post(cancel).json()["status"] == "cancelled"
    assert ask(client, 2, "anna").status_code == 202


def test_a_user_whom_only_the_payload_names_has_the_same_quota(
    client: httpx.Client, painter: Any, database: Any
) -> None:
    file = client.post("/api/v1/artifacts", content=b"{}").json()["artifact_id"]

    def order(**user: str) -> httpx.Response:
        payload = {"descriptions": file, "count": 4, "user_id": "anna"}
        kind = "image.generate_for_descriptions"
        return client.post("/api/v1/tasks", json={"kind": kind, "payload": payload, **user})

    assert order().status_code == 202
    assert database.ask("SELECT user_id FROM tasks") == [("anna",)]
    assert ask(client, 2, "anna").status_code == 429
    other = order(user_id="boris")
    assert (other.status_code, other.json()["errors"][0]["field"]) == (422, "payload.user_id")


def test_a_request_that_is_sent_again_counts_once(client: httpx.Client, painter: Any) -> None:
    for _ in range(3):
        assert ask(client, 4, "anna", **{"Idempotency-Key": "once"}).status_code == 202

    assert ask(client, 1, "anna").status_code == 202


def test_a_refused_payload_costs_nothing(client: httpx.Client, painter: Any) -> None:
    assert ask(client, 9, "anna").status_code == 422

    assert ask(client, 5, "anna").status_code == 202


def test_the_pictures_of_a_book_are_counted_when_it_is_uploaded(
    client: httpx.Client, painter: Any, database: Any
) -> None:
    database.announce(*BOOK_KINDS, release="9.0")

    def upload(illustrate: int) -> httpx.Response:
        options = json.dumps({"illustrate": illustrate})
        return client.post(
            "/api/v1/books",
            files={"file": ("b.txt", b"A castle.")},
            data={"user_id": "anna", "language": "en", "options": options},
        )

    assert upload(4).status_code == 202
    refused = upload(2)

    assert refused.status_code == 429, refused.text
    assert refused.json()["type"] == "urn:warren:problem:image-quota-spent"
    assert upload(0).status_code == 202
    assert database.count("books") == 2
