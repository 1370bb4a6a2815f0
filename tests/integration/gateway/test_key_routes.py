"""Keys and customers over HTTP."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from typer.testing import CliRunner

from gateway.commands import app
from gateway.config import GatewaySettings
from gateway.customers.keys import Scope
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres
Connect = Callable[[str, str], httpx.Client]
KEYS = "/api/v1/keys"
CALLER = [Scope.TASKS_READ, Scope.TASKS_WRITE]
BEYOND = "urn:warren:problem:beyond-own-key"


def _in(**time: float) -> str:
    return (datetime.now(UTC) + timedelta(**time)).isoformat()


def _make(client: httpx.Client, **body: Any) -> dict[str, Any]:
    answer = client.post(KEYS, json={"name": "a name", **body})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@pytest.fixture
def caller(gateway_url: str, database: Any, connect: Connect) -> httpx.Client:
    return connect(gateway_url, database.key(scopes=CALLER))


def test_a_key_is_shown_once_works_and_is_useless_everywhere_once_it_is_revoked(
    caller: httpx.Client,
    gateway_url: str,
    database: Any,
    connect: Connect,
    serve: Callable[[GatewaySettings], str],
    settings: GatewaySettings,
) -> None:
    # Given a key that a caller makes, and two gateways that know it
    answer = caller.post(KEYS, json={"name": "for the nightly run", "scopes": ["tasks:read"]})
    made = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    users = [connect(url, made["key"]) for url in (gateway_url, serve(settings))]
    assert [user.get("/api/v1/tasks").status_code for user in users] == [200, 200]

    # Then it is listed without its secret, which is stored nowhere
    shown = caller.get(answer.headers["location"]).json()
    assert (shown["name"], shown["scopes"]) == ("for the nightly run", ["tasks:read"])
    assert shown["last_used_at"] is not None
    assert shown in caller.get(KEYS).json()["items"]
    secret = made["key"].rpartition("_")[2]
    assert secret not in str(database.ask("SELECT k::text FROM api_keys k"))
    assert secret not in str(database.ask("SELECT e::text FROM audit_entries e"))

    # When it is revoked, twice
    for _ in range(2):
        assert caller.delete(f"{KEYS}/{made['id']}").status_code == 204
    # Then no gateway takes it any more, and the list says so
    eventually(
        lambda: {user.get("/api/v1/tasks").status_code for user in users} == {401}, within=6.5
    )
    assert caller.get(f"{KEYS}/{made['prefix']}").json()["state"] == "revoked"
    assert caller.patch(f"{KEYS}/{made['id']}", json={"name": "b"}).status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scopes": ["tasks:read", "operate"]}, "scopes"),
        ({"scopes": ["admin"]}, "scopes"),
        ({"customer_id": "01936b2e-0000-7000-8000-000000000000"}, "customer_id"),
        ({"requests_per_minute": 5}, "requests_per_minute"),
        ({"tasks_per_day": 5}, "tasks_per_day"),
    ],
)
def test_nobody_makes_a_key_that_may_do_more_than_the_own_one(
    caller: httpx.Client, database: Any, body: dict[str, Any], field: str
) -> None:
    before = database.count("api_keys")
    answer = caller.post(KEYS, json={"name": "b", **body})
    assert (answer.status_code, answer.json()["type"]) == (403, BEYOND)
    assert answer.json()["errors"][0]["field"] == field
    assert database.count("api_keys") == before


def test_a_key_that_ends_makes_none_that_lives_longer_and_a_limited_one_makes_none(
    client: httpx.Client, gateway_url: str, connect: Connect
) -> None:
    ending = connect(gateway_url, _make(client, expires_at=_in(hours=1))["key"])
    assert ending.post(KEYS, json={"name": "b"}).status_code == 403
    assert ending.post(KEYS, json={"name": "b", "expires_at": _in(hours=2)}).status_code == 403
    assert ending.post(KEYS, json={"name": "b", "expires_at": _in(minutes=5)}).status_code == 201

    limited = connect(gateway_url, _make(client, requests_per_minute=1000)["key"])
    assert limited.post(KEYS, json={"name": "b"}).json()["type"] == BEYOND


def test_scopes_are_added_to_a_key_as_to_a_new_one(
    client: httpx.Client, gateway_url: str, connect: Connect
) -> None:
    # Given a key without end, one that ends in an hour and may do more, and one with limits
    lasting = _make(client, scopes=["tasks:read"])["id"]
    more = ["tasks:read", "tasks:write", "operate"]
    ending = connect(gateway_url, _make(client, scopes=more, expires_at=_in(hours=1))["key"])
    limited = connect(gateway_url, _make(client, scopes=more, tasks_per_day=9)["key"])
    path, added = f"{KEYS}/{lasting}", {"scopes": ["tasks:read", "operate"]}

    # When these give the first one what they have, Then it may not last longer than they do
    refused = [
        ending.patch(path, json=added),
        ending.patch(path, json={**added, "expires_at": _in(hours=2)}),
        limited.patch(path, json=added),
    ]
    assert {(a.status_code, a.json()["type"]) for a in refused} == {(403, BEYOND)}
    assert client.get(path).json()["scopes"] == ["tasks:read"]
    # And what adds none is theirs to change
    assert ending.patch(path, json={"scopes": ["tasks:read"], "name": "b"}).status_code == 200
    assert ending.patch(path, json={**added, "expires_at": _in(minutes=5)}).status_code == 200


def test_keys_that_may_do_more_are_seen_and_not_changed_those_of_others_do_not_exist(
    client: httpx.Client, caller: httpx.Client, gateway_url: str, connect: Connect
) -> None:
    # Given an administrator's key, and one of the same customer that may do less
    boss = client.headers["authorization"].split("_")[1]
    lesser = connect(gateway_url, _make(client)["key"])
    assert lesser.get(f"{KEYS}/{boss}").status_code == 200
    # When it changes or revokes the other, gives itself more, or takes its limits away
    mine = lesser.headers["authorization"].split("_")[1]
    refused = [
        lesser.delete(f"{KEYS}/{boss}"),
        lesser.patch(f"{KEYS}/{boss}", json={"name": "b"}),
        lesser.patch(f"{KEYS}/{mine}", json={"scopes": ["admin"]}),
        lesser.patch(f"{KEYS}/{mine}", json={"tasks_per_day": None}),
    ]
    # Then it may not
    assert {(a.status_code, a.json()["type"]) for a in refused} == {(403, BEYOND)}
    # And another customer's key is nowhere
    for answer in (
        caller.get(f"{KEYS}/{boss}"),
        caller.delete(f"{KEYS}/{boss}"),
        caller.patch(f"{KEYS}/{boss}", json={"name": "b"}),
        caller.get(f"{KEYS}/unknown"),
    ):
        assert answer.status_code == 404
    assert boss not in {key["prefix"] for key in caller.get(KEYS).json()["items"]}


def test_administrators_manage_customers_and_the_keys_of_all(
    client: httpx.Client, gateway_url: str, database: Any, connect: Connect
) -> None:
    # Given a customer that an administrator makes, with a key
    acme = client.post("/api/v1/customers", json={"name": "Acme", "plan": "premium"}).json()
    made = _make(client, customer_id=acme["id"], scopes=["tasks:read", "tasks:write"])
    assert (made["customer_id"], made["plan"]) == (acme["id"], "premium")
    theirs = connect(gateway_url, made["key"])
    speech = {"kind": "tts.synthesize", "payload": {"text": "a"}, "lane": "critical"}
    assert theirs.post("/api/v1/tasks", json=speech).status_code == 202

    # When the administrator changes plan, scopes and limits
    path = f"/api/v1/customers/{acme['id']}"
    change = {"plan": "standard", "weight": 7, "waiting_limit": 9}
    assert change.items() <= client.patch(path, json=change).json().items()
    limits = {"scopes": ["tasks:write"], "requests_per_minute": 600, "tasks_per_day": 60}
    assert limits.items() <= client.patch(f"{KEYS}/{made['id']}", json=limits).json().items()

    # Then they hold within five seconds, and a little for the machine
    eventually(lambda: theirs.get("/api/v1/tasks").status_code == 403, within=6.5)
    answer = theirs.post("/api/v1/tasks", json=speech)
    assert answer.json()["type"] == "urn:warren:problem:lane-not-allowed"
    assert answer.headers["ratelimit-policy"].startswith('"default";q=600;w=60, "tasks";q=60;')
    # And the audit tells of all of it
    told = client.get("/api/v1/audit", params={"customer_id": acme["id"]}).json()["items"]
    assert [item["action"] for item in told] == [
        "key.changed",
        "customer.changed",
        "key.created",
        "customer.created",
    ]
    assert told[1]["details"] == change
    # And a limit is taken away by null
    limit = {"tasks_per_day": None}
    assert client.patch(f"{KEYS}/{made['id']}", json=limit).json()["tasks_per_day"] is None
    listed = client.get(KEYS, params={"customer_id": acme["id"]}).json()["items"]
    assert [key["id"] for key in listed] == [made["id"]]


def test_lists_have_pages(client: httpx.Client, database: Any) -> None:
    for number in range(3):
        _make(client, name=f"key {number}")
        client.post("/api/v1/customers", json={"name": f"customer {number}"})
    for path in (KEYS, "/api/v1/customers"):
        whole = [item["id"] for item in client.get(path).json()["items"]]
        seen: list[str] = []
        page: dict[str, Any] = {"next_cursor": ""}
        while page["next_cursor"] is not None:
            page = client.get(f"{path}?limit=2&cursor={page['next_cursor']}").json()
            seen += [item["id"] for item in page["items"]]
        assert seen == whole == sorted(whole)
        assert client.get(f"{path}?cursor=x").status_code == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "\0"}, "name"),
        ({"name": "b", "scopes": []}, "scopes"),
        ({"name": "b", "scopes": ["root"]}, "scopes[0]"),
        ({"name": "b", "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "b", "expires_at": "tomorrow"}, "expires_at"),
        ({"name": "b", "expires_at": "9999-12-31T23:59:59-14:00"}, "expires_at"),
        ({"name": "b", "tasks_per_day": 0}, "tasks_per_day"),
        ({"name": "b", "tasks_per_day": 2**31}, "tasks_per_day"),
        ({"name": "b", "secret": "mine"}, "secret"),
    ],
)
def test_what_is_wrong_with_a_key_is_named(
    client: httpx.Client, body: dict[str, Any], field: str
) -> None:
    answer = client.post(KEYS, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field


def test_what_is_wrong_with_a_change_is_named(client: httpx.Client) -> None:
    made = _make(client)
    wrong: list[dict[str, Any]] = [{"name": None}, {"name": ""}, {"scopes": None}, {"scopes": []}]
    for change in [*wrong, {"plan": "premium"}]:
        assert client.patch(f"{KEYS}/{made['id']}", json=change).status_code == 422, change
    customer = f"/api/v1/customers/{made['customer_id']}"
    wrong = [{"weight": 0}, {"weight": 1001}, {"plan": "gold"}, {"name": None}, {"id": "b"}]
    for change in wrong:
        assert client.patch(customer, json=change).status_code == 422, change
    assert client.patch(f"/api/v1/customers/{UUID(int=1)}", json={"weight": 2}).status_code == 404
    nowhere = {"name": "b", "customer_id": str(UUID(int=1))}
    assert client.post(KEYS, json=nowhere).status_code == 404


def test_commands_change_keys_and_plans(
    client: httpx.Client, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARREN_DATABASE_URL", database.url)
    made = _make(client)

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    run("keys", "change", made["prefix"], "--requests-per-minute", "60", "--expires", "2099-01-01")
    run("customers", "plan", made["customer_id"], "premium", "--weight", "3")

    line = next(line for line in run("keys", "list").splitlines() if made["prefix"] in line)
    assert "(premium)" in line
    assert "60 requests a minute" in line
    assert "expires 2099-01-01" in line
    run("keys", "change", made["prefix"], "--plan-limits")
    assert client.get(f"{KEYS}/{made['id']}").json()["requests_per_minute"] is None
