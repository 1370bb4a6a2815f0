"""Whatever a customer began to send before it was erased, and ends afterwards, leaves nothing."""

import hashlib
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from gateway.authentication import Caller
from gateway.customers.holding import hold_key
from gateway.customers.keys import Scope
from gateway.customers.problems import KeyGone
from gateway.housekeeping.erasing.closing import take_key
from tests.integration.gateway.bulk.waiting import customer_of
from tests.integration.gateway.conftest import Database
from tests.integration.gateway.housekeeping.conftest import House
from tests.integration.gateway.housekeeping.erasing.conftest import erase, left
from warren.artifacts import open_store
from warren.contracts.catalogue import NDJSON
from warren.testing.deadline import eventually

ROOT = Path(__file__).resolve().parents[5]

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("all_kinds")]

_PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
_FORM = {"task_type": "background_removal"}
_SPEECH = {"kind": "tts.synthesize", "payload": {"text": "Hello."}}
_PICTURE = {"kind": "image.generate", "payload": {"prompt": "a lamp"}}
_LONG = {"kind": "tts.synthesize", "payload": {"text": "A long text. " * 2000}}
_BOOK = ("walk.txt", b"Chapter One\n\nA path led through the pine forest.\n")
_NAMED = {"headers": {"Idempotency-Key": "k"}}
_HOOK = {"url": "https://hooks.example.com/a"}
#: How each thing that is written is sent.
_WAYS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "artifact": ("POST", "/artifacts", {"content": b"a file"}),
    "task": ("POST", "/tasks", {"json": _SPEECH}),
    "task with a key": ("POST", "/tasks", {"json": _SPEECH, **_NAMED}),
    "task with a long text": ("POST", "/tasks", {"json": _LONG}),
    "task of a picture": ("POST", "/tasks", {"json": _PICTURE}),
    "tasks": ("POST", "/tasks/batch", {"json": {"items": [_SPEECH, _LONG]}}),
    "batch": ("POST", "/batches", {"json": {"items": [_SPEECH], "total": 2}}),
    "form": ("POST", "/tasks/create/", {"data": _FORM, "files": {"image": ("a.png", _PNG)}}),
    "book": ("POST", "/books", {"files": {"file": _BOOK}}),
    "document": ("POST", "/documents/upload-text", {"json": {"source": "a", "text": "b"}}),
    "document's file": (
        "POST",
        "/documents/upload-file",
        {"data": {"source": "a"}, "files": {"file": ("a.txt", b"A text.")}},
    ),
    "document's address": (
        "POST",
        "/documents/upload-url",
        {"json": {"source": "a", "url": "https://example.com/a"}},
    ),
    "FAQ": ("POST", "/mobile-faq", {"json": {"question": "a", "answer": "b"}}),
    "FAQs": ("POST", "/mobile-faq/import", {"content": b"question,answer\nc,d\n"}),
    "item": ("PUT", "/catalogue/products/lamp-1", {"json": {"name": "Lamp"}}),
    "items": (
        "POST",
        "/catalogue/products/bulk",
        {"content": b'{"id": "lamp-1", "name": "Lamp"}\n', "headers": {"Content-Type": NDJSON}},
    ),
    "items that go": ("POST", "/catalogue/products/bulk-delete", {"json": {"ids": ["lamp-1"]}}),
    "text to speak": ("POST", "/speech", {"json": {"text": "Hello."}}),
    "texts to speak": ("POST", "/speech/batch", {"json": {"items": [{"text": "Hello."}]}}),
    "picture": ("POST", "/images/generate", {"json": {"prompt": "a lamp"}}),
    "description": ("POST", "/nlp/descriptions", {"json": {"text": "A path led into pines."}}),
    "cancellations": ("POST", "/tasks/cancel", {"json": {"filter": {"kind": "tts.synthesize"}}}),
    "retries": ("POST", "/tasks/retry", {"json": {"filter": {"kind": "tts.synthesize"}}}),
    "webhook": ("POST", "/webhooks", {"json": _HOOK}),
    "secret": ("POST", "/webhooks/secret", {"json": {}}),
    "schedule": ("POST", "/schedules", {"json": {**_SPEECH, "cron": "0 7 * * *"}}),
    "speech": ("POST", "speech", {"json": {"model": "tts-1", "input": "a", "voice": "alloy"}}),
    "pictures": ("POST", "generations", {"json": {"prompt": "a lamp"}}),
    "edit": (
        "POST",
        "edits",
        {"data": {"prompt": "sketch"}, "files": {"image": ("a.png", _PNG, "image/png")}},
    ),
}
#: What operators write.
_OF_OPERATORS = {
    *("POST /api/v1/customers", "POST /api/v1/keys"),
    *("POST /api/v1/dead-letters/discard", "POST /api/v1/dead-letters/replay"),
}
#: What names pictures that lie in the store, or descriptions: those go with the customer.
_OF_WHAT_IS_THERE = {
    f"POST /api/v1/images/{name}"
    for name in ("enhance", "for-descriptions", "remove-background", "swap-face", "transfer-style")
}
#: Likewise, what changes or adds to a thing that its address names.
_NAMES_A_THING = re.compile(r"\{(?!kind|item_id)")
_WAITS_FOR_A_LOCK = """
SELECT FROM pg_stat_activity WHERE application_name = 'closing' AND wait_event_type = 'Lock'
"""
_OPENAI = {
    "speech": "/v1/audio/speech",
    "edits": "/v1/images/edits",
    "generations": "/v1/images/generations",
}


def _address(path: str) -> str:
    return _OPENAI.get(path, "/api/v1" + path)


def _template(item: re.Match[str]) -> str:
    return "/{kind}/{item_id}" if item[1] else "/{kind}"


def test_every_body_that_a_customer_can_send_is_among_them() -> None:
    document = json.loads((ROOT / "docs" / "api" / "openapi.json").read_text())
    written = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "requestBody" in operation and not _NAMES_A_THING.search(path)
    }

    sent = {f"{method} {_address(path)}" for method, path, _ in _WAYS.values()}
    as_written = {re.sub("/products(/lamp-1)?", _template, each) for each in sent}
    assert written == as_written | _OF_OPERATORS | _OF_WHAT_IS_THERE


def test_what_was_begun_before_the_erasure_is_refused_after_it(
    customer: httpx.Client, customer_id: UUID, house: House, artifacts_folder: Path
) -> None:
    stored = open_store(str(artifacts_folder))
    before = {content.sha256 for content in stored.contents(0)}
    # Given requests of every sort, half of which have arrived
    begun, erased = Barrier(len(_WAYS) + 1), Event()

    def content(body: bytes) -> Iterator[bytes]:
        yield body[: len(body) // 2]
        begun.wait(20)
        assert erased.wait(20)
        yield body[len(body) // 2 :]

    def send(way: str) -> int:
        method, path, given = _WAYS[way]
        whole = customer.build_request(method, _address(path), **given)
        body = whole.read()
        del whole.headers["Content-Length"]
        return customer.request(
            method, whole.url, content=content(body), headers=whole.headers
        ).status_code

    with ThreadPoolExecutor(len(_WAYS)) as senders:
        sent = {way: senders.submit(send, way) for way in _WAYS}
        begun.wait(20)
        # When the customer is erased, and then the rest arrives
        erase(customer_id)
        erased.set()
        answers = {way: future.result(30) for way, future in sent.items()}

    # Then all are refused, but who deletes finds nothing, and nothing of the customer is there
    others = {"item": 404, "items": 404, "items that go": 200}
    assert answers == {way: others.get(way, 401) for way in _WAYS}
    assert left(house.database.url, customer_id) == {}
    # And what was stored of it is noted to go with the next cleaning, past the trash
    new = {content.sha256 for content in stored.contents(0)} - before
    goes = house.database.ask("SELECT sha256 FROM discarded_contents WHERE noted_at = '-infinity'")
    assert new
    assert new <= {sha256 for (sha256,) in goes}


def test_the_content_of_a_late_upload_goes(
    customer: httpx.Client, customer_id: UUID, house: House
) -> None:
    def content() -> Iterator[bytes]:
        yield b"begun"
        erase(customer_id)
        yield b" before"

    assert customer.post("/api/v1/artifacts", content=content()).status_code == 401

    goes = house.database.ask("SELECT sha256, noted_at = '-infinity' FROM discarded_contents")
    assert goes == [(hashlib.sha256(b"begun before").hexdigest(), True)]


def test_keys_go_when_what_is_being_written_with_them_is_committed(
    customer_id: UUID, house: House
) -> None:
    # Given somebody who writes with a key
    with (
        psycopg.connect(house.database.url) as writer,
        psycopg.connect(house.database.url, application_name="closing") as closer,
        ThreadPoolExecutor(1) as aside,
    ):
        ((key,),) = house.database.ask(
            "SELECT id FROM api_keys WHERE customer_id = %s", customer_id
        )
        caller = Caller(customer_id, "standard", "key:test", frozenset(), key_id=key)
        hold_key(writer, caller)
        # When it is taken away, Then that waits for the commit
        taken = aside.submit(take_key, closer, customer_id)
        try:
            eventually(lambda: house.database.ask(_WAITS_FOR_A_LOCK))
            assert not taken.done()
        finally:
            writer.commit()
        assert taken.result(10)
        closer.commit()
        # And whoever comes later is refused
        with pytest.raises(KeyGone):
            hold_key(writer, caller)


def test_what_an_operator_began_to_write_for_the_customer_is_refused_after_the_erasure(
    customer_id: UUID, database: Database, gateway_url: str, house: House, connect: Any
) -> None:
    operator = connect(gateway_url, database.key(scopes=[*Scope]))
    other = customer_of(operator, database)

    def content() -> Iterator[bytes]:
        yield b'{"id": "lamp-1",'
        erase(customer_id)
        yield b' "name": "Lamp"}\n'

    answer = operator.post(
        "/api/v1/catalogue/products/bulk",
        params={"customer_id": str(customer_id)},
        content=content(),
        headers={"Content-Type": NDJSON},
    )

    assert answer.status_code == 404, answer.text
    assert left(house.database.url, customer_id) == {}
    assert "api_keys" in left(house.database.url, other)
