"""Texts that would be statements, patterns or markup elsewhere: here they are texts."""

from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

from tests.integration.gateway.whole_api.conftest import WholeApi

pytestmark = [pytest.mark.postgres, pytest.mark.rabbitmq]

_TEXTS = [
    "'; DROP TABLE tasks CASCADE; --",
    "' OR '1'='1",
    "%' OR payload::text ILIKE '%",
    "$1); SELECT pg_sleep(30); --",
    "%(id)s %s {0} ${jndi:ldap://127.0.0.1/a}",
    "a\nFAKE level=error event=hacked\r\n\x1b[2J",
]
_LISTS = {
    "tasks": ("kind", "queue", "user_id", "tag", "text"),
    "books": ("search",),
    "documents/list": ("search", "source"),
    "mobile-faqs": ("search",),
    "images": ("user_id", "kind"),
    "schedules": ("kind",),
    "dead-letters": ("queue", "kind", "cause"),
}


@pytest.fixture(scope="module")
def client(api: WholeApi) -> Iterator[httpx.Client]:
    url = f"{api.url}/api/v1/"
    with httpx.Client(
        base_url=url, headers={"X-API-Key": api.key}, trust_env=False, timeout=20
    ) as client:
        yield client


@pytest.mark.parametrize("text", _TEXTS)
def test_a_text_is_never_a_statement(
    client: httpx.Client, module_database_url: str, text: str
) -> None:
    # Given a task with the text wherever a text may be
    body: dict[str, Any] = {
        "kind": "tts.synthesize",
        "payload": {"text": text},
        "user_id": text,
        "unique_key": text,
        "tags": [text],
        "metadata": {text: text},
    }
    answer = client.post("tasks", json=body)
    # Then that is what is kept, and what is found by it
    assert answer.status_code in (200, 202), answer.text
    task = answer.json()["task_id"]
    view = client.get(f"tasks/{task}").json()
    assert (view["user_id"], view["tags"], view["metadata"]) == (text, [text], {text: text})
    for name in ("user_id", "tag", "text"):
        found = client.get("tasks", params={name: text}).json()["items"]
        assert [item["task_id"] for item in found] == [task], name
    with psycopg.connect(module_database_url) as connection:
        assert connection.execute("SELECT count(*) > 1 FROM tasks").fetchone() == (True,)


@pytest.mark.parametrize("text", _TEXTS)
def test_a_filter_by_it_finds_nothing_else(client: httpx.Client, text: str) -> None:
    for path, names in _LISTS.items():
        for name in names:
            answer = client.get(path, params={name: text})
            assert answer.status_code in (200, 400, 422), f"{path}?{name}: {answer.text}"
            if answer.status_code == 200 and path != "tasks":
                assert answer.json()["items"] == [], f"{path}?{name}"


@pytest.mark.parametrize("text", _TEXTS)
def test_a_file_by_that_name_is_kept_under_a_harmless_one(client: httpx.Client, text: str) -> None:
    made = client.post("artifacts", params={"name": text}, content=b"a file")

    shown = client.get(made.json()["url"].removeprefix("/api/v1/"))

    assert shown.content == b"a file"
    assert made.json()["name"].isprintable()
    assert shown.headers["content-disposition"].isprintable()
