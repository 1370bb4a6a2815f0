"""What a key may ask for, over several gateways."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from gateway.config import GatewaySettings
from gateway.database import connection_pool
from gateway.limits.leases import Leases, Policy

pytestmark = pytest.mark.postgres
Connect = Callable[[str, str], httpx.Client]
SPEECH = {"kind": "tts.synthesize", "payload": {"text": "Hello."}}
#: Long enough that nothing drains while a test runs.
POLICY = Policy("test", 10**9, "requests")


def limited(database: Any, **limits: int) -> str:
    key = str(database.key())
    for name, value in limits.items():
        statement = {
            "requests": "UPDATE api_keys SET requests_per_minute = %s WHERE prefix = %s",
            "tasks": "UPDATE api_keys SET tasks_per_day = %s WHERE prefix = %s",
        }[name]
        database.ask(statement, value, key.split("_")[1])
    return key


@pytest.fixture
def key(database: Any) -> UUID:
    """The id of a key."""
    database.key()
    ((id_,),) = database.ask("SELECT id FROM api_keys")
    assert isinstance(id_, UUID)
    return id_


def with_leases(
    settings: GatewaySettings, processes: int, act: Callable[[list[Leases]], Awaitable[Any]]
) -> Any:
    async def run() -> Any:
        async with connection_pool(settings) as pool:
            return await act([Leases(pool, POLICY) for _ in range(processes)])

    return asyncio.run(run())


@pytest.mark.parametrize("quota", [7, 1_000])
def test_together_gateways_let_through_what_the_quota_says_and_hardly_less(
    settings: GatewaySettings, key: UUID, quota: int
) -> None:
    async def ask(gateways: list[Leases]) -> int:
        # When a client asks three gateways by turns, much more than it may
        asked = [gateways[n % 3].take(key, quota) for n in range(quota * 3)]
        return sum(await asyncio.gather(*asked))

    let_through = with_leases(settings, 3, ask)

    # Then never more, and a hundredth less for each of the others at most
    assert quota - 2 * max(1, quota // 100) <= let_through <= quota


def test_who_asks_one_gateway_of_three_has_all_of_the_quota(
    settings: GatewaySettings, key: UUID
) -> None:
    async def ask(gateways: list[Leases]) -> list[bool]:
        return [await gateways[0].take(key, 30) for _ in range(31)]

    assert with_leases(settings, 3, ask) == [True] * 30 + [False]


@pytest.mark.parametrize("seconds", [60, 86_400])
def test_no_moment_doubles_a_quota(
    settings: GatewaySettings, key: UUID, database: Any, seconds: int
) -> None:
    policy = Policy("test", 100 * seconds, "requests")

    def used_up_after(parts: float) -> int:
        """How many of a hundred are let through after so much of the time that all takes."""

        async def ask() -> int:
            async with connection_pool(settings) as pool:
                fresh = Leases(pool, policy)
                return sum([await fresh.take(key, 100) for _ in range(110)])

        database.ask(
            "UPDATE key_usage SET counted_at = counted_at - make_interval(secs => %s)",
            policy.seconds * parts,
        )
        return asyncio.run(ask())

    # Given a key that has used all, at whatever time of the minute or day
    # When it goes on, Then it has as much as has drained since, and never twice the quota at once
    assert [used_up_after(parts) for parts in (0, 0.001, 0.5, 0.255, 7, 0)] == [
        100, 0, 50, 25, 100, 0
    ]  # fmt: skip


def test_hardly_a_request_asks_the_database(
    settings: GatewaySettings, key: UUID, database: Any
) -> None:
    async def ask(gateways: list[Leases]) -> int:
        for _ in range(1_000):
            await gateways[0].take(key, 100_000)
        return 0

    with_leases(settings, 1, ask)

    # One lease of a thousand, and perhaps the next, before it was used up
    (used,) = database.ask("SELECT used FROM key_usage WHERE key_id = %s", key)[0]
    assert used in (1_000, 2_000)


def test_what_is_refused_as_too_much_leaves_the_quota_to_others(
    settings: GatewaySettings, key: UUID
) -> None:
    async def ask(gateways: list[Leases]) -> list[bool]:
        one, other = gateways
        asked = [(other, 60), (one, 500), (one, 50), (other, 35)]
        return [await leases.take_all(key, 100, count) is not None for leases, count in asked]

    assert with_leases(settings, 2, ask) == [True, False, False, True]


def test_what_was_given_back_can_be_used_again_unless_it_has_drained_anyway(
    settings: GatewaySettings,
    key: UUID,
) -> None:
    async def ask(gateways: list[Leases]) -> list[bool]:
        (one,) = gateways
        taken = await one.take_all(key, 10, 8)
        assert taken is not None
        one.give_back(replace(taken, at=taken.at - POLICY.seconds), 8)
        before = await one.take_all(key, 10, 5)
        one.give_back(taken, 3)
        return [before is not None, *[await one.take(key, 10) for _ in range(6)]]

    assert with_leases(settings, 1, ask) == [False, *[True] * 5, False]


def test_what_a_gateway_refused_can_be_submitted_at_another_one(
    settings: GatewaySettings,
    key: UUID,
) -> None:
    async def ask(gateways: list[Leases]) -> list[bool]:
        one, other = gateways
        # Given a batch of all of the quota that is refused at one gateway
        refused = await one.take_all(key, 1_000, 1_000)
        assert refused is not None
        one.give_back(refused, 1_000)
        await one.close()
        # When it is submitted again, at another one, and here
        asked = [await leases.take_all(key, 1_000, 1_000) for leases in (other, one)]
        return [taken is not None for taken in asked]

    assert with_leases(settings, 2, ask) == [True, False]


def test_what_was_refused_can_be_submitted_at_the_same_gateway_at_once(
    settings: GatewaySettings,
    key: UUID,
) -> None:
    async def ask(gateways: list[Leases]) -> list[bool]:
        (one,) = gateways
        answers = []
        for _ in range(3):
            taken = await one.take_all(key, 1_000, 1_000)
            answers.append(taken is not None)
            if taken is not None:
                one.give_back(taken, 1_000)
        return answers

    assert with_leases(settings, 1, ask) == [True] * 3


def test_what_was_given_back_does_not_double_the_quota_a_day_later(
    settings: GatewaySettings, key: UUID, database: Any
) -> None:
    policy, now = Policy("test", 86_400, "tasks"), [0.0]
    later = "UPDATE key_usage SET counted_at = counted_at - make_interval(secs => 86399)"

    async def ask() -> int:
        async with connection_pool(settings) as pool:
            leases = Leases(pool, policy, lambda: now[0])
            # Given all of a quota, taken and given back
            taken = await leases.take_all(key, 100, 100)
            assert taken is not None
            leases.give_back(taken, 100)
            await leases.close()
            # When a day has nearly gone
            database.ask(later)
            now[0] = 86_399.0
            # Then as much is let through as the quota says
            return sum([await leases.take(key, 100) for _ in range(210)])

    assert asyncio.run(ask()) == 100


def test_what_is_given_back_is_there_a_second_later_where_it_was_asked_for_in_vain(
    settings: GatewaySettings,
    key: UUID,
) -> None:
    policy, now = Policy("test", 86_400, "tasks"), [0.0]

    async def ask() -> list[bool]:
        async with connection_pool(settings) as pool:
            one, other = (Leases(pool, policy, lambda: now[0]) for _ in range(2))
            refused = await one.take_all(key, 1_000, 1_000)
            assert refused is not None
            taken = [await other.take_all(key, 1_000, 1_000)]
            one.give_back(refused, 1_000)
            await one.close()
            now[0] = 1.0
            taken.append(await other.take_all(key, 1_000, 1_000))
            return [each is not None for each in taken]

    assert asyncio.run(ask()) == [False, True]


def test_another_quota_holds_at_once_for_what_was_used(
    settings: GatewaySettings, key: UUID
) -> None:
    async def ask(gateways: list[Leases]) -> list[bool]:
        return [await gateways[0].take(key, quota) for quota in (2, 2, 2, 3, 3)]

    assert with_leases(settings, 1, ask) == [True, True, False, True, False]


def test_without_a_database_nothing_is_refused(
    settings: GatewaySettings, key: UUID, database: Any
) -> None:
    async def ask(gateways: list[Leases]) -> list[bool]:
        return [await gateways[0].take(key, 5) for _ in range(5)]

    database.ask("ALTER TABLE key_usage RENAME TO elsewhere")
    try:
        assert all(with_leases(settings, 1, ask))
    finally:
        database.ask("ALTER TABLE elsewhere RENAME TO key_usage")


def test_a_key_that_asks_too_often_is_told_when_to_go_on(
    gateway_url: str, database: Any, connect: Connect
) -> None:
    client = connect(gateway_url, limited(database, requests=3))
    # When it asks until it is refused; on a slow machine some may drain meanwhile
    answers = [client.get("/api/v1/kinds")]
    while answers[-1].status_code == 200 and len(answers) < 8:
        answers.append(client.get("/api/v1/kinds"))

    # Then each answer says what is left, and the last one why, and for how long
    first, refused = answers[0].headers, answers[-1]
    assert first["ratelimit-policy"] == '"default";q=3;w=60'
    assert re.fullmatch(r'"default";r=2;t=(20|1\d)', first["ratelimit"])
    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/problem+json"
    seconds = int(refused.headers["retry-after"])
    assert re.fullmatch(r'"default";r=0;t=(60|5\d|4\d)', refused.headers["ratelimit"])
    assert 1 <= seconds <= 20
    problem = refused.json()
    assert problem["type"] == "urn:warren:problem:quota-used-up"
    assert problem["violated-policies"] == ["default"]
    # And it is one key's own
    assert connect(gateway_url, database.key()).get("/api/v1/kinds").status_code == 200


def test_a_request_with_an_idempotency_key_counts_once(
    gateway_url: str, database: Any, connect: Connect
) -> None:
    client = connect(gateway_url, limited(database, requests=50))
    answer = client.post("/api/v1/tasks", json=SPEECH, headers={"Idempotency-Key": "a"})
    assert answer.headers["ratelimit"].startswith('"default";r=49;t=')


def test_tasks_of_a_day_are_counted_over_gateways_and_batches(
    gateway_url: str,
    database: Any,
    connect: Connect,
    serve: Callable[[GatewaySettings], str],
    settings: GatewaySettings,
) -> None:
    # Given a key that may submit ten tasks in a day, and two gateways
    key = limited(database, tasks=10)
    one, other = connect(gateway_url, key), connect(serve(settings), key)

    # When a batch of five and three single tasks are submitted
    batch = one.post("/api/v1/tasks/batch", json={"items": [SPEECH] * 5})
    assert batch.status_code in (200, 202), batch.text
    assert [other.post("/api/v1/tasks", json=SPEECH).status_code for _ in range(3)] == [202] * 3
    # What is refused for another reason does not count.
    assert one.post("/api/v1/tasks", json={**SPEECH, "kind": "no.kind"}).status_code == 404
    bad = {"items": [SPEECH, {**SPEECH, "kind": "no.kind"}]}
    assert one.post("/api/v1/tasks/batch", json=bad).status_code == 404

    # Then a batch of three is too much, and nothing of it is there
    refused = one.post("/api/v1/tasks/batch", json={"items": [SPEECH] * 3})
    assert refused.status_code == 429
    assert refused.json()["violated-policies"] == ["tasks"]
    assert '"tasks";q=10;w=86400;qu="tasks"' in refused.headers["ratelimit-policy"]
    assert database.count("tasks WHERE kind = 'tts.synthesize'") == 8
    # And reading goes on
    assert one.get("/api/v1/tasks").status_code == 200


def test_the_plan_says_what_a_key_may_ask_for_that_has_no_limits_of_its_own(
    database: Any, connect: Connect, serve: Callable[[GatewaySettings], str], settings: Any
) -> None:
    more = {"requests_per_minute": 11, "requests_per_minute_premium": 22, "tasks_per_day": 33}
    url = serve(settings.model_copy(update=more))
    policies = [
        connect(url, database.key(plan=plan)).get("/api/v1/kinds").headers["ratelimit-policy"]
        for plan in ("standard", "premium")
    ]
    tasks = '"tasks";q=33;w=86400;qu="tasks"'
    assert policies == [f'"default";q=11;w=60, {tasks}', '"default";q=22;w=60']


def test_many_requests_at_once_do_not_exceed_a_small_quota(
    gateway_url: str, database: Any, connect: Connect
) -> None:
    client = connect(gateway_url, limited(database, tasks=5))

    def submit(_: int) -> int:
        return client.post("/api/v1/tasks", json=SPEECH).status_code

    with ThreadPoolExecutor(8) as threads:
        codes = list(threads.map(submit, range(20)))

    assert sorted(codes) == [202] * 5 + [429] * 15


@pytest.mark.parametrize("path", ["/api/v1/tasks/batch", "/api/v1/batches"])
def test_many_batches_at_once_do_not_exceed_a_quota_either(
    gateway_url: str, database: Any, connect: Connect, path: str
) -> None:
    client = connect(gateway_url, limited(database, tasks=100))
    unique = {**SPEECH, "unique_key": "one"}

    def submit(_: int) -> int:
        return client.post(path, json={"items": [SPEECH] * 40}).status_code

    with ThreadPoolExecutor(8) as threads:
        codes = list(threads.map(submit, range(16)))

    # Then two of 40 fit into 100, and what is there already leaves the rest as it is
    assert [code < 300 for code in codes].count(True) == 2
    assert database.count("tasks WHERE kind = 'tts.synthesize'") == 80
    rest = [client.post("/api/v1/tasks", json=unique).status_code for _ in range(25)]
    assert rest == [202] + [200] * 24
    last = [client.post("/api/v1/tasks", json=SPEECH).status_code for _ in range(20)]
    assert last == [202] * 19 + [429]
