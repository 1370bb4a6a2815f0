"""Operators see who gets which events."""

from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from gateway.customers.keys import Scope
from gateway.events.announced import record_subscriptions
from warren.cli.main import build_app
from warren.contracts.kinds import Announcement, KindDefinition, KindSubscription

pytestmark = pytest.mark.postgres


def _kind(*subscriptions: KindSubscription) -> KindDefinition:
    return KindDefinition(
        kind="mail.tell",
        version=2,
        service="mail",
        payload_schema={},
        subscriptions=list(subscriptions),
    )


@pytest.fixture
def announce(database: Any) -> Callable[..., None]:
    database.ask("DELETE FROM subscriptions")

    def record(release: str, kind: KindDefinition) -> None:
        with psycopg.connect(database.url) as connection:
            record_subscriptions(
                connection,
                Announcement(service="mail", release=release, incarnation="x", kinds=[kind]),
            )

    return record


def test_subscriptions_are_listed_and_ended_ones_on_request(
    client: httpx.Client, announce: Callable[..., None]
) -> None:
    # Given a kind with two subscriptions, one of which the next release gives up
    books = KindSubscription(event_type="book.processed.v1", envelope=True)
    speech = KindSubscription(event_type="speech.synthesized.v1")
    announce("1.0", _kind(books, speech))
    announce("1.1", _kind(books))

    live = client.get("/api/v1/subscriptions").json()["items"]
    every = client.get("/api/v1/subscriptions?ended=true").json()["items"]

    assert [(item["event_type"], item["kind"], item["version"]) for item in live] == [
        ("book.processed.v1", "mail.tell", 2)
    ]
    assert (live[0]["envelope"], live[0]["service"], live[0]["release"]) == (True, "mail", "1.1")
    assert [item["retired_because"] for item in every] == [None, "withdrawn"]
    of_speech = client.get("/api/v1/subscriptions?event_type=speech.synthesized.v1&ended=true")
    assert len(of_speech.json()["items"]) == 1


def test_only_operators_see_them(
    gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client]
) -> None:
    reader = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ]))

    assert reader.get("/api/v1/subscriptions").status_code == 403


def test_the_command_shows_the_same(
    gateway_url: str,
    database: Any,
    announce: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WARREN_URL", gateway_url)
    monkeypatch.setenv("WARREN_API_KEY", database.key())
    announce("1.0", _kind(KindSubscription(event_type="book.processed.v1")))
    announce("1.1", _kind())

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(build_app(), ["subscriptions", *arguments])
        assert result.exit_code == 0, result.output
        return result.output

    assert "nobody has subscribed to any event" in run()
    assert "(withdrawn)" in run("--ended")
    assert '"retired_because": "withdrawn"' in run("book.processed.v1", "--ended", "--json")
