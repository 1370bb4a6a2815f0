"""Single items: versions, tasks beside rows, and what the ends of tasks make of them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.types.json import Jsonb

from gateway.customers.keys import Scope
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres

PRODUCTS = "/api/v1/catalogue/products"
LAMP = {"name": "Lamp", "price": 12.5, "currency": "EUR", "colour": "red"}


def test_a_write_is_a_row_and_a_task_with_the_item_in_its_version(
    shop: httpx.Client, indexer: Any
) -> None:
    answer = shop.put(f"{PRODUCTS}/lamp-1", json=LAMP)

    assert answer.status_code == 202
    said = answer.json()
    payload = indexer.payload(said["task_id"])
    assert (said["kind"], said["id"], said["status"]) == (
        "catalogue.upsert_product",
        "lamp-1",
        "queued",
    )
    assert said["message"]
    assert (payload["id"], payload["entity_version"]) == ("lamp-1", said["version"])
    assert payload["item"] == {**LAMP, "id": "lamp-1"}
    view = shop.get(f"{PRODUCTS}/lamp-1").json()
    assert (view["sync"], view["desired_version"], view["indexed_version"]) == (
        "pending",
        said["version"],
        0,
    )
    assert view["task_id"] == said["task_id"]


def test_writes_of_many_are_queued_under_the_id_of_their_task(shop: httpx.Client) -> None:
    russian = {"Accept-Language": "ru"}
    many = shop.post(f"{PRODUCTS}/bulk", json={"items": [{**LAMP, "id": "a"}]}, headers=russian)
    everything = shop.delete(PRODUCTS, params={"confirm": "true"}, headers=russian)

    for answer in (many, everything):
        said = answer.json()
        assert (answer.status_code, said["status"], said["id"]) == (202, "queued", said["task_id"])
        assert said["message"].startswith("Изменение")
        assert answer.headers["content-language"] == "ru"


def test_versions_of_a_customer_grow_whatever_is_written(shop: httpx.Client) -> None:
    paths = [f"{PRODUCTS}/a", "/api/v1/catalogue/services/a", f"{PRODUCTS}/a"]

    versions = [shop.put(path, json=LAMP).json()["version"] for path in paths]

    assert versions == sorted(set(versions))


def test_writes_at_the_same_moment_have_different_versions_and_the_last_one_stands(
    shop: httpx.Client, indexer: Any
) -> None:
    def write(number: int) -> dict[str, Any]:
        answer = shop.put(f"{PRODUCTS}/contended", json={**LAMP, "price": number})
        assert answer.status_code == 202
        return dict(answer.json())

    with ThreadPoolExecutor(16) as threads:
        written = list(threads.map(write, range(60)))

    last = max(written, key=lambda answer: answer["version"])
    assert len({answer["version"] for answer in written}) == 60
    view = shop.get(f"{PRODUCTS}/contended").json()
    assert view["desired_version"] == last["version"]
    assert view["item"] == indexer.payload(last["task_id"])["item"]


def test_an_item_is_indexed_when_its_task_has_succeeded(shop: httpx.Client, indexer: Any) -> None:
    written = shop.put(f"{PRODUCTS}/lamp", json=LAMP).json()

    indexer.succeed(written["task_id"], index="product-v1")

    view = shop.get(f"{PRODUCTS}/lamp").json()
    assert (view["sync"], view["indexed_version"]) == ("indexed", written["version"])
    assert view["indexed_at"] is not None


def test_the_index_moves_only_forward(shop: httpx.Client, indexer: Any) -> None:
    first, second, third = (
        shop.put(f"{PRODUCTS}/lamp", json={**LAMP, "price": n}).json() for n in (1, 2, 3)
    )

    indexer.succeed(second["task_id"])
    halfway = shop.get(f"{PRODUCTS}/lamp").json()
    indexer.succeed(first["task_id"])
    after_late_one = shop.get(f"{PRODUCTS}/lamp").json()
    indexer.succeed(third["task_id"])
    last = shop.get(f"{PRODUCTS}/lamp").json()

    assert (halfway["sync"], halfway["indexed_version"]) == ("pending", second["version"])
    assert after_late_one["indexed_version"] == second["version"]
    assert (last["sync"], last["indexed_version"]) == ("indexed", third["version"])


def test_a_failure_is_told_until_a_later_write_succeeds(shop: httpx.Client, indexer: Any) -> None:
    written = shop.put(f"{PRODUCTS}/lamp", json=LAMP).json()
    indexer.fail(written["task_id"], "MappingConflict", "price is a text")

    failed = shop.get(f"{PRODUCTS}/lamp").json()
    listed = shop.get(PRODUCTS, params={"sync": "failed"}).json()["items"]
    again = shop.put(f"{PRODUCTS}/lamp", json=LAMP)
    repaired = shop.get(f"{PRODUCTS}/lamp").json()

    assert failed["sync"] == "failed"
    assert failed["last_error"]["message"] == "price is a text"
    assert failed["last_error"]["task_id"] == written["task_id"]
    assert [item["id"] for item in listed] == ["lamp"]
    assert again.status_code == 202
    assert (repaired["sync"], repaired["last_error"]) == ("pending", None)


def test_an_old_failure_says_nothing_of_a_newer_version(shop: httpx.Client, indexer: Any) -> None:
    first = shop.put(f"{PRODUCTS}/lamp", json=LAMP).json()
    shop.put(f"{PRODUCTS}/lamp", json={**LAMP, "price": 1})

    indexer.fail(first["task_id"])

    assert shop.get(f"{PRODUCTS}/lamp").json()["sync"] == "pending"


def test_writing_what_the_index_has_already_makes_nothing(
    shop: httpx.Client, indexer: Any, database: Any
) -> None:
    written = shop.put(f"{PRODUCTS}/lamp", json=LAMP).json()
    indexer.succeed(written["task_id"])
    before = database.count("tasks")

    # The same content, whatever the order of its fields
    again = shop.put(f"{PRODUCTS}/lamp", json=dict(reversed(LAMP.items())))

    assert (again.status_code, again.json()["unchanged"]) == (200, True)
    assert again.json()["version"] == written["version"]
    assert database.count("tasks") == before


def test_a_vector_that_was_not_wanted_before_is_a_change(shop: httpx.Client, indexer: Any) -> None:
    without = shop.put(f"{PRODUCTS}/lamp?with_embedding=false", json=LAMP).json()
    indexer.succeed(without["task_id"])

    assert shop.put(f"{PRODUCTS}/lamp?with_embedding=false", json=LAMP).status_code == 200
    assert shop.put(f"{PRODUCTS}/lamp", json=LAMP).status_code == 202


def test_a_deleted_item_is_a_tombstone_until_it_is_written_again(
    shop: httpx.Client, indexer: Any
) -> None:
    written = shop.put(f"{PRODUCTS}/lamp", json=LAMP).json()
    deleted = shop.delete(f"{PRODUCTS}/lamp")
    tombstone = shop.get(f"{PRODUCTS}/lamp").json()
    indexer.succeed(deleted.json()["task_id"])
    again = shop.delete(f"{PRODUCTS}/lamp")
    listed = shop.get(PRODUCTS).json()["items"]
    back = shop.put(f"{PRODUCTS}/lamp", json=LAMP)

    assert deleted.json()["kind"] == "catalogue.delete_product"
    assert deleted.json()["version"] > written["version"]
    assert (tombstone["deleted"], tombstone["item"], tombstone["sync"]) == (True, None, "pending")
    assert (again.status_code, again.json()["unchanged"]) == (200, True)
    assert listed == []
    assert (back.status_code, shop.get(f"{PRODUCTS}/lamp").json()["deleted"]) == (202, False)


def test_nobody_deletes_what_was_never_written(shop: httpx.Client, database: Any) -> None:
    answer = shop.delete(f"{PRODUCTS}/lamp")

    assert answer.status_code == 404
    assert database.count("tasks") == 0


def test_deleting_everything_needs_to_be_confirmed_and_spares_other_kinds(
    shop: httpx.Client, indexer: Any
) -> None:
    shop.put(f"{PRODUCTS}/lamp", json=LAMP)
    shop.put("/api/v1/catalogue/services/repair", json={"name": "Repair"})
    unconfirmed = shop.delete(PRODUCTS)
    cleared = shop.delete(PRODUCTS, params={"confirm": "true"})

    assert (unconfirmed.status_code, unconfirmed.json()["errors"][0]["field"]) == (422, "confirm")
    assert cleared.status_code == 202
    assert indexer.payload(cleared.json()["task_id"])["floor"] == cleared.json()["floor"]
    assert shop.get(f"{PRODUCTS}/lamp").status_code == 404
    assert shop.get(PRODUCTS).json()["items"] == []
    assert shop.delete(f"{PRODUCTS}/lamp").status_code == 404
    assert shop.get("/api/v1/catalogue/services/repair").status_code == 200


def test_what_is_written_after_everything_was_deleted_is_no_old_content(
    shop: httpx.Client, indexer: Any
) -> None:
    first = shop.put(f"{PRODUCTS}/lamp", json=LAMP).json()
    indexer.succeed(first["task_id"])
    shop.delete(PRODUCTS, params={"confirm": "true"})

    again = shop.put(f"{PRODUCTS}/lamp", json=LAMP)

    assert again.status_code == 202
    assert shop.get(f"{PRODUCTS}/lamp").json()["desired_version"] == again.json()["version"]


def test_a_request_that_is_sent_again_writes_once(shop: httpx.Client, database: Any) -> None:
    key = {"Idempotency-Key": "k"}
    first = shop.put(f"{PRODUCTS}/lamp", json=LAMP, headers=key)
    second = shop.put(f"{PRODUCTS}/lamp", json=LAMP, headers=key)
    deleted = [shop.delete(f"{PRODUCTS}/lamp", headers={"Idempotency-Key": "d"}) for _ in range(2)]

    assert second.content == first.content
    assert deleted[0].content == deleted[1].content
    assert database.count("tasks") == 2


def test_an_answer_can_wait_for_the_index(shop: httpx.Client, indexer: Any, database: Any) -> None:
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(
            shop.put, f"{PRODUCTS}/lamp", params={"async_mode": "false"}, json=LAMP
        )
        while not database.count("tasks"):
            continue
        ((task,),) = database.ask("SELECT id::text FROM tasks")
        indexer.succeed(task)
        answer = waiting.result()

    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    assert answer.json()["result"]["applied"] == 1
    assert answer.json()["id"] == "lamp"


def test_a_catalogue_is_its_customers_own(
    shop: httpx.Client,
    gateway_url: str,
    database: Any,
    connect: Callable[[str, str], httpx.Client],
) -> None:
    shop.put(f"{PRODUCTS}/lamp", json=LAMP)
    ((owner,),) = database.ask("SELECT customer_id FROM catalogue_items")
    other = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ, Scope.TASKS_WRITE]))
    operator = connect(gateway_url, database.key())
    whose = {"customer_id": str(owner)}

    assert other.get(f"{PRODUCTS}/lamp").status_code == 404
    assert other.get(f"{PRODUCTS}/lamp", params=whose).status_code == 403
    assert other.put(f"{PRODUCTS}/lamp", params=whose, json=LAMP).status_code == 403
    assert operator.get(f"{PRODUCTS}/lamp", params=whose).status_code == 200
    written = operator.put(f"{PRODUCTS}/lamp", params=whose, json={**LAMP, "price": 1}).json()
    assert database.ask("SELECT customer_id FROM tasks WHERE id = %s", written["task_id"]) == [
        (owner,)
    ]


def test_pages_follow_each_other(shop: httpx.Client) -> None:
    for number in range(5):
        shop.put(f"{PRODUCTS}/p{number}", json=LAMP)

    first = shop.get(PRODUCTS, params={"limit": 3}).json()
    second = shop.get(PRODUCTS, params={"limit": 3, "cursor": first["next_cursor"]}).json()

    assert [item["id"] for item in first["items"] + second["items"]] == [f"p{n}" for n in range(5)]
    assert second["next_cursor"] is None


def test_no_item_has_a_nul_in_its_id(shop: httpx.Client) -> None:
    assert shop.get(f"{PRODUCTS}/a%00b").status_code == 404

    answer = shop.get(PRODUCTS, params={"cursor": "a\0b"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "cursor"


#: Takes the next version for the task of a request that waits for its turn.
_COMMITTED_BEFORE = """
INSERT INTO tasks SELECT (jsonb_populate_record(t, jsonb_build_object(
    'id', k.made_id, 'kind', %(kind)s::text, 'payload', %(payload)s::jsonb))).*
FROM tasks t, idempotency_keys k
"""
_WAITS = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = %s"


@pytest.mark.parametrize(
    ("method", "kind", "number"),
    [
        ("PUT", "catalogue.upsert_product", "entity_version"),
        ("DELETE", "catalogue.delete_all_product", "floor"),
    ],
)
def test_a_commit_whose_connection_broke_is_not_done_again_when_it_ends_late(
    shop: httpx.Client, database: Any, method: str, kind: str, number: str
) -> None:
    # Given a request whose first try is still being committed when it is tried again
    version = shop.put(f"{PRODUCTS}/lamp", json=LAMP).json()["version"]
    url, body = (f"{PRODUCTS}/lamp", {"name": "New"}) if method == "PUT" else (PRODUCTS, None)
    with ThreadPoolExecutor(1) as thread, psycopg.connect(database.url) as first_try:
        first_try.execute("UPDATE catalogue_versions SET last_version = last_version + 1")
        again = thread.submit(
            shop.request,
            method,
            url,
            json=body,
            params={"confirm": True},
            headers={"Idempotency-Key": "once"},
        )
        eventually(lambda: database.ask(_WAITS, first_try.info.dbname), within=10)

        # When that commit comes through after all
        payload = Jsonb({number: version + 1})
        first_try.execute(_COMMITTED_BEFORE, {"kind": kind, "payload": payload})
        first_try.commit()
        answer = again.result(10)

    # Then the answer is that of the first try, and nothing was written over it
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert told["floor" if method == "DELETE" else "version"] == version + 1
    assert database.ask("SELECT version FROM catalogue_items") == [(version,)]
    assert database.ask("SELECT floor FROM catalogue_floors") == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        # There is no such thing in JSON.
        ('{"name": "x", "price": NaN}', "body"),
        ('{"name": "x", "attributes": {"size": Infinity}}', "body"),
        ('{"name": "x", "price": "12"}', "price"),
        ('{"name": "x", "description": "%s"}' % ("d" * 1_000_000), "description"),
        ('{"name": "x", "customer_id": "not mine"}', "customer_id"),
        ('{"name": "x", "api_key": "sk-abc"}', "api_key"),
        ('{"name": "x\\u0000"}', "name"),
        (f'{{"name": "x", "tree": {"[" * 2_000}1{"]" * 2_000}}}', "body"),
        ("[1, 2]", "body"),
    ],
    ids=["nan", "infinity", "text", "long", "foreign", "secret", "nul", "deep", "list"],
)
def test_a_bad_item_is_refused_by_its_field_and_leaves_nothing(
    shop: httpx.Client, database: Any, body: str, field: str
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = shop.put(f"{PRODUCTS}/lamp", content=body.encode(), headers=headers)

    assert answer.status_code in {400, 413, 422}
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert "sk-abc" not in answer.text
    assert database.ask("SELECT id FROM tasks") == []
    assert shop.get(PRODUCTS).json()["items"] == []


@pytest.mark.parametrize("name", ["search", "bulk", "bulk-delete"])
def test_no_item_has_the_name_of_a_path(shop: httpx.Client, database: Any, name: str) -> None:
    written = shop.put(f"{PRODUCTS}/{name}", json=LAMP)
    deleted = shop.delete(f"{PRODUCTS}/{name}")

    for answer in (written, deleted):
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "id")
    assert database.ask("SELECT id FROM tasks") == []
