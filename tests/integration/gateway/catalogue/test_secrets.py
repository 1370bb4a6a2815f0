"""A caller's key is sealed on arrival: nothing that is stored, sent, shown or logged has it."""

import json
import logging
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from warren.contracts.catalogue import api_key_context
from warren.contracts.sealed import is_sealed
from warren.sealing import Sealer, SealingSettings

pytestmark = pytest.mark.postgres

PRODUCTS = "/api/v1/catalogue/products"
PLANTED = "planted-Zx81qqTT-must-not-be-found"
KEY = {"X-Embedding-Api-Key": PLANTED}
LAMP = {"name": "Lamp"}


def _dump(database: Any) -> str:
    """Every row of every table, as text."""
    with psycopg.connect(database.url, autocommit=True) as connection:
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'"
            )
        ]
        texts = []
        for name in tables:
            query = f"SELECT row_to_json(t)::text FROM {name} t"  # noqa: S608 -- from the catalogue
            texts += [row[0] for row in connection.execute(query.encode())]
    return "\n".join(texts)


def _files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_the_indexer_can_open_what_the_gateway_has_sealed(shop: httpx.Client, indexer: Any) -> None:
    written = shop.put(f"{PRODUCTS}/lamp", json=LAMP, headers=KEY).json()

    payload = indexer.payload(written["task_id"])

    context = api_key_context(payload["customer_id"])
    assert Sealer.of(SealingSettings()).open(payload["api_key"], context) == PLANTED


def test_a_planted_secret_is_nowhere(
    shop: httpx.Client,
    indexer: Any,
    database: Any,
    artifacts_folder: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with caplog.at_level(logging.DEBUG):
        answers = [
            shop.put(f"{PRODUCTS}/lamp", json=LAMP, headers={**KEY, "Idempotency-Key": "a"}),
            shop.post(f"{PRODUCTS}/bulk", json={"items": [{"id": "b", **LAMP}]}, headers=KEY),
            # In places where it does not belong
            shop.put(f"{PRODUCTS}/wrong", json={**LAMP, "api_key": PLANTED}),
            shop.post(f"{PRODUCTS}/bulk", json={"items": [{"id": "c", "api_key": PLANTED}]}),
            shop.post(f"{PRODUCTS}/bulk", json={"items": [], "api_key": PLANTED}),
        ]
        indexer.fail(answers[0].json()["task_id"])
        views = [shop.get(a.json()["urls"]["task"]) for a in answers[:2]]
        letters = shop.get("/api/v1/dead-letters")

    assert [answer.status_code for answer in answers] == [202, 202, 422, 422, 422]
    seen = [*(a.text for a in [*answers, *views, letters]), caplog.text, *capfd.readouterr()]
    seen += [_dump(database), _files(artifacts_folder).decode(errors="replace")]
    assert [text for text in seen if PLANTED in text] == []


def test_no_view_shows_even_the_sealed_form(
    shop: httpx.Client, indexer: Any, database: Any
) -> None:
    written = shop.put(f"{PRODUCTS}/lamp", json=LAMP, headers=KEY).json()
    sealed = indexer.payload(written["task_id"])["api_key"]

    view = shop.get(written["urls"]["task"])

    assert is_sealed(sealed)
    assert view.json()["payload"]["api_key"] == "(sealed)"
    assert sealed not in view.text


def test_the_message_of_the_job_has_the_sealed_form_only(shop: httpx.Client, database: Any) -> None:
    shop.put(f"{PRODUCTS}/lamp", json=LAMP, headers=KEY)

    # What the relay publishes is the payload of the row
    ((payload,),) = database.ask("SELECT payload FROM tasks")

    assert PLANTED not in json.dumps(payload)
    assert is_sealed(payload["api_key"])


def test_a_key_that_cannot_be_sealed_is_not_taken(
    shop: httpx.Client, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    too_long = shop.put(
        f"{PRODUCTS}/lamp", json=LAMP, headers={**KEY, "X-Embedding-Api-Key": "k" * 5_000}
    )
    monkeypatch.delenv("WARREN_SEALING_KEYS")
    without_keys = shop.put(f"{PRODUCTS}/lamp", json=LAMP, headers=KEY)

    assert (too_long.status_code, without_keys.status_code) == (422, 503)
    assert without_keys.json()["type"] == "urn:warren:problem:secrets-not-taken"
    assert database.count("tasks") == 0
