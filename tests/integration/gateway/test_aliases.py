"""Former paths and names, and what is there without a key."""

from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.postgres


def test_the_start_says_where_to_go_on_without_a_key(client: httpx.Client) -> None:
    del client.headers["Authorization"]

    for path in ("/api/", "/api"):
        said = client.get(path).json()
        assert (said["name"], set(said)) == ("Warren", {"name", "version", "links"})
        assert {client.get(link).status_code for link in said["links"].values()} <= {200, 401, 503}


@pytest.mark.parametrize("path", ["/documents/sources", "/documents-original/list", "/mobile-faqs"])
def test_former_paths_lead_to_the_same(client: httpx.Client, path: str) -> None:
    former, current = client.get(path), client.get(f"/api/v1{path}")

    assert (former.status_code, former.json()) == (200, current.json())


def test_a_path_that_only_begins_alike_is_none(client: httpx.Client) -> None:
    assert client.get("/documentsx").status_code == 404
    assert client.get("/tasks").status_code == 404


def test_a_former_name_is_its_kind(client: httpx.Client, database: Any) -> None:
    body = {"kind": "process_tts_request", "payload": {"text": "Hello."}}

    one = client.post("/api/v1/tasks", json=body)
    many = client.post("/api/v1/tasks/batch?batch=false", json={"items": [body]})

    assert one.json()["kind"] == many.json()["items"][0]["kind"] == "tts.synthesize"
    assert database.ask("SELECT DISTINCT kind FROM tasks") == [("tts.synthesize",)]
