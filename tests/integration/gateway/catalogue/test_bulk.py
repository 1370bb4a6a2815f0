"""Bulks: many items in one request, in tasks of up to 5,000 documents."""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import httpx
import pytest

from gateway.catalogue import bulk_writing
from gateway.catalogue.bulk_member import BulkTerms, Document, write_member
from gateway.catalogue.bulk_telling import BulkEntry
from gateway.config import GatewaySettings
from gateway.customers.keys import Scope

pytestmark = pytest.mark.postgres

PRODUCTS = "/api/v1/catalogue/products"
BULK = f"{PRODUCTS}/bulk"
NDJSON = {"Content-Type": "application/x-ndjson"}


def _items(*numbers: int, **more: Any) -> list[dict[str, Any]]:
    return [{"id": f"p{n}", "name": f"Product {n}", "price": n, **more} for n in numbers]


def _ndjson(items: list[Any]) -> str:
    return "\n".join(item if isinstance(item, str) else json.dumps(item) for item in items)


def _parsed(lines: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.splitlines()]


def _nested(levels: int) -> str:
    return '{"id": "deep", "name": "x", "tree": ' + '{"a": ' * levels + "1" + "}" * levels + "}"


@pytest.fixture
def small_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bulks make tasks of 3 documents."""
    monkeypatch.setattr(bulk_writing, "MAX_BULK_DOCUMENTS", 3)


def test_a_bulk_is_one_task_with_its_documents_in_an_artifact(
    shop: httpx.Client, indexer: Any
) -> None:
    answer = shop.post(BULK, json={"items": _items(1, 2, 3)})

    said = answer.json()
    assert (answer.status_code, said["kind"]) == (202, "catalogue.bulk_upsert_product")
    assert (said["accepted"], said["refused"], said["members"]) == (3, 0, [said["task_id"]])
    payload = indexer.payload(said["task_id"])
    lines = _parsed(indexer.lines(said["task_id"]))
    assert payload["count"] == 3
    first = payload["first_version"]
    assert [line["entity_version"] for line in lines] == [first, first + 1, first + 2]
    assert [line["item"] for line in lines] == _items(1, 2, 3)
    view = shop.get(f"{PRODUCTS}/p2").json()
    assert (view["desired_version"], view["task_id"]) == (first + 1, said["task_id"])


def test_ndjson_makes_the_same(shop: httpx.Client, indexer: Any) -> None:
    answer = shop.post(BULK, content=_ndjson(_items(1, 2)) + "\n\n", headers=NDJSON)

    assert answer.status_code == 202
    lines = _parsed(indexer.lines(answer.json()["task_id"]))
    assert [line["id"] for line in lines] == ["p1", "p2"]


def test_the_end_of_a_bulk_is_told_to_each_of_its_items(shop: httpx.Client, indexer: Any) -> None:
    said = shop.post(BULK, json={"items": _items(1, 2, 3, 4)}).json()
    overtaken = shop.put(f"{PRODUCTS}/p4", json={"name": "Newer"}).json()
    first = indexer.payload(said["task_id"])["first_version"]

    indexer.succeed(
        said["task_id"],
        applied=2,
        failed=2,
        failed_lines=[1, 2],
        failures=[
            {"id": "p2", "entity_version": first + 1, "line": 1, "field": "price", "reason": "bad"}
        ],
    )

    views = {n: shop.get(f"{PRODUCTS}/p{n}").json() for n in (1, 2, 3, 4)}
    assert [view["sync"] for view in views.values()] == ["indexed", "failed", "failed", "pending"]
    assert views[2]["last_error"]["message"] == "bad"
    assert views[2]["last_error"]["field"] == "price"
    assert views[3]["last_error"]["task_id"] == said["task_id"]
    assert views[4]["desired_version"] == overtaken["version"]


def test_a_bulk_whose_task_fails_leaves_every_item_with_the_reason(
    shop: httpx.Client, indexer: Any
) -> None:
    said = shop.post(BULK, json={"items": _items(1, 2)}).json()

    indexer.fail(said["task_id"], "IndexGone", "no index")

    failed = shop.get(PRODUCTS, params={"sync": "failed"}).json()["items"]
    assert [item["last_error"]["type"] for item in failed] == ["IndexGone", "IndexGone"]


def test_only_what_has_changed_is_written_again(
    shop: httpx.Client, indexer: Any, database: Any
) -> None:
    said = shop.post(BULK, json={"items": _items(1, 2, 3)}).json()
    indexer.succeed(said["task_id"])

    nothing = shop.post(BULK, json={"items": _items(1, 2, 3)})
    some = shop.post(BULK, json={"items": [*_items(1, 2), *_items(3, colour="red")]}).json()

    assert (nothing.status_code, nothing.json()["unchanged"]) == (200, 3)
    assert (some["accepted"], some["unchanged"]) == (1, 2)
    assert [line["id"] for line in _parsed(indexer.lines(some["task_id"]))] == ["p3"]
    assert database.count("tasks") == 2


def test_of_items_with_one_id_the_last_one_is_written(shop: httpx.Client, indexer: Any) -> None:
    items = [*_items(1, price=1), *_items(2), *_items(1, price=2)]

    said = shop.post(BULK, json={"items": items}).json()

    assert (said["accepted"], said["repeated"]) == (2, 1)
    lines = _parsed(indexer.lines(said["task_id"]))
    assert [(line["id"], line["item"]["price"]) for line in lines] == [("p2", 2), ("p1", 2)]


@pytest.mark.usefixtures("small_tasks")
def test_a_large_bulk_is_a_batch_that_ends_with_its_last_task(
    shop: httpx.Client, indexer: Any
) -> None:
    said = shop.post(BULK, content=_ndjson(_items(*range(8))), headers=NDJSON).json()

    assert (said["kind"], len(said["members"]), said["accepted"]) == ("api.batch", 3, 8)
    counts = [indexer.payload(member)["count"] for member in said["members"]]
    assert counts == [3, 3, 2]
    for member in said["members"]:
        assert shop.get(said["urls"]["status"]).json()["status"] == "processing"
        indexer.succeed(member)
    assert shop.get(said["urls"]["status"]).json()["status"] == "succeeded"
    assert {item["sync"] for item in shop.get(PRODUCTS).json()["items"]} == {"indexed"}


@pytest.mark.usefixtures("small_tasks")
def test_a_bulk_that_is_sent_again_makes_nothing_new(shop: httpx.Client, database: Any) -> None:
    body, key = _ndjson(_items(*range(8))), {"Idempotency-Key": "k", **NDJSON}

    first = shop.post(BULK, content=body, headers=key)
    second = shop.post(BULK, content=body, headers=key)
    other = shop.post(BULK, content=body + "\n{}", headers=key)

    assert second.content == first.content
    assert second.headers["idempotency-replayed"] == "true"
    assert other.status_code == 422
    assert database.count("tasks") == 4


def test_a_bulk_deletes_what_is_there(shop: httpx.Client, indexer: Any) -> None:
    shop.post(BULK, json={"items": _items(1, 2, 3)})

    answer = shop.post(f"{PRODUCTS}/bulk-delete", json={"ids": ["p1", "p3", "unknown", 7, "p1"]})

    said = answer.json()
    assert (said["accepted"], said["unchanged"], said["refused"], said["repeated"]) == (2, 1, 1, 1)
    assert [(e["position"], e["field"]) for e in said["errors"]] == [(3, "id")]
    lines = _parsed(indexer.lines(said["task_id"]))
    assert {line["id"] for line in lines} == {"p1", "p3"}
    assert all(set(line) == {"id", "entity_version"} for line in lines)
    assert [item["id"] for item in shop.get(PRODUCTS).json()["items"]] == ["p2"]


def test_bad_items_are_named_and_the_others_go_through(shop: httpx.Client, indexer: Any) -> None:
    bad = [
        '{"id": "nan", "name": "x", "price": NaN}',
        '{"id": "inf", "name": "x", "attributes": {"size": Infinity}}',
        '{"id": "huge", "name": 123456789012345678901234567890, "category": NaN}',
        _nested(2_000),
        json.dumps({"id": "long", "name": "x", "description": "d" * 1_000_000}),
        json.dumps({"id": "own", "name": "x", "colour": "c" * 300_000}),
        json.dumps({"id": "x" * 1_000, "name": "x"}),
        json.dumps({"id": "text", "name": "x", "price": "12"}),
        json.dumps({"id": "foreign", "name": "x", "customer_id": "not mine"}),
        json.dumps({"id": "secret", "name": "x", "api_key": "sk-abc"}),
        '{"id": "nul", "name": "x\\u0000"}',
        '{"id": "half", "name": "x\\ud800"}',
        '{"id": "cut off", "name": ',
        "[1, 2]",
        json.dumps({"id": "search", "name": "x"}),
    ]
    fields = [
        *[
            "price",
            "attributes.size",
            "name",
            "tree",
            "item",
            "colour",
            "id",
            "price",
            "customer_id",
        ],
        *["api_key", "name", "name", "item", "item", "id"],
    ]

    answer = shop.post(BULK, content=_ndjson([*bad, *_items(1)]), headers=NDJSON)

    said = answer.json()
    assert (answer.status_code, said["accepted"], said["refused"]) == (202, 1, len(bad))
    named = {error["position"]: error["field"] for error in said["errors"]}
    assert [named[position] for position in range(len(bad))] == fields
    assert "sk-abc" not in answer.text
    assert [item["id"] for item in shop.get(PRODUCTS).json()["items"]] == ["p1"]


def test_the_same_holds_for_a_json_body(shop: httpx.Client) -> None:
    items = ", ".join(
        [
            '{"id": "nan", "name": "x", "price": NaN}',
            json.dumps(_items(1)[0]),
            _nested(2_000),
            json.dumps({"id": "tricky", "name": 'a "quoted, ]} \\" text"'}),
        ]
    )

    said = shop.post(BULK, content=f'{{"items": [{items}]}}').json()

    assert (said["accepted"], said["refused"]) == (2, 2)
    assert [(e["position"], e["field"]) for e in said["errors"]] == [(0, "price"), (2, "tree")]


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("", "body"),
        ("[]", "body"),
        ('{"items": []}', "items"),
        ('{"items": {}}', "items"),
        ('{"items": [1], "with_embedding": true}', "with_embedding"),
        ('{"items": [NaN', "body"),
        ('{"items": [NaN], oops}', "body"),
        ('{"items": [{"id": "a", "name": NaN}]}', "items[0].name"),
    ],
)
def test_a_body_without_any_item_is_refused_and_leaves_nothing(
    shop: httpx.Client, database: Any, content: str, field: str
) -> None:
    answer = shop.post(BULK, content=content)

    assert answer.status_code in (400, 422)
    assert answer.json()["errors"][0]["field"] == field
    assert (database.count("tasks"), database.count("catalogue_items")) == (0, 0)


def test_the_items_of_a_bulk_that_the_index_is_wholly_ahead_of_say_so(
    shop: httpx.Client, indexer: Any
) -> None:
    # As after the gateway's database was restored from a backup, and the index was not.
    said = shop.post(BULK, json={"items": _items(1, 2)}).json()

    indexer.succeed(said["task_id"], applied=0, superseded=2, superseded_by=900)

    items = shop.get(PRODUCTS, params={"sync": "failed"}).json()["items"]
    assert [item["id"] for item in items] == ["p1", "p2"]
    assert {item["last_error"]["type"] for item in items} == {"IndexAhead"}
    assert "900" in items[0]["last_error"]["message"]


def test_a_bulk_deletion_names_the_ids_that_are_wrong(shop: httpx.Client) -> None:
    answer = shop.post(f"{PRODUCTS}/bulk-delete", json={"ids": ["x" * 600, 7]})

    fields = [error["field"] for error in answer.json()["errors"]]
    assert (answer.status_code, fields) == (422, ["ids[0]", "ids[1]"])


def test_ten_thousand_items_are_two_tasks(shop: httpx.Client) -> None:
    said = shop.post(BULK, content=_ndjson(_items(*range(10_000))), headers=NDJSON).json()

    assert (said["accepted"], len(said["members"])) == (10_000, math.ceil(10_000 / 5_000))


def test_bodies_of_bulks_take_no_more_room_than_they_may(
    shop: httpx.Client,
    settings: GatewaySettings,
    serve: Callable[[GatewaySettings], str],
    connect: Callable[[str, str], httpx.Client],
    database: Any,
) -> None:
    # Given room for 200 kB, half of which one customer may have
    url = serve(settings.model_copy(update={"max_spooled_bytes": 200_000}))
    mine = connect(url, shop.headers["authorization"].removeprefix("Bearer "))
    large = _ndjson(_items(*range(3_000)))

    refused = mine.post(BULK, content=large, headers=NDJSON)

    # Then more is refused, leaves nothing, and takes no room from what comes later
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
    assert refused.json()["type"].endswith("spool-full")
    assert database.count("tasks") == 0
    small = _ndjson(_items(*range(1_200)))
    for _ in range(3):
        assert mine.post(BULK, content=small, headers=NDJSON).status_code == 202


def test_an_unknown_kind_is_not_found(shop: httpx.Client) -> None:
    for answer in (
        shop.post("/api/v1/catalogue/planets/bulk", json={"items": _items(1)}),
        shop.put("/api/v1/catalogue/planets/p1", json={"name": "x"}),
        shop.get("/api/v1/catalogue/planets"),
    ):
        assert answer.status_code == 404


def test_bulks_need_the_scope_to_write(
    shop: httpx.Client, gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client]
) -> None:
    reader = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ]))

    assert reader.post(BULK, json={"items": _items(1)}).status_code == 403


@pytest.mark.usefixtures("small_tasks")
def test_a_bulk_that_broke_off_goes_on_where_it_stopped(
    shop: httpx.Client, indexer: Any, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a bulk whose gateway fails after two of three tasks, the first of which is done
    body, key = _ndjson(_items(*range(8))), {"Idempotency-Key": "k", **NDJSON}
    written: list[UUID] = []

    async def failing(terms: BulkTerms, documents: Sequence[Document], entry: BulkEntry) -> UUID:
        if len(written) == 2:
            raise RuntimeError("the process dies")
        written.append(await write_member(terms, documents, entry))
        return written[-1]

    with monkeypatch.context() as patch:
        patch.setattr(bulk_writing, "write_member", failing)
        assert shop.post(BULK, content=body, headers=key).status_code == 500
    indexer.succeed(str(written[0]))

    # When the request is sent again
    said = shop.post(BULK, content=body, headers=key).json()

    # Then what was there is not written again, and nothing is missing
    assert (said["accepted"], said["unchanged"]) == (5, 3)
    assert str(written[1]) in said["members"]
    assert database.ask("SELECT count(*) FROM tasks WHERE kind <> 'api.batch'") == [(3,)]
    for member in said["members"]:
        indexer.succeed(member)
    assert shop.get(said["urls"]["status"]).json()["status"] == "succeeded"
    assert {item["sync"] for item in shop.get(PRODUCTS).json()["items"]} == {"indexed"}
