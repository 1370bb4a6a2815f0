"""The history of a task, page by page."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.integration.gateway.following.conftest import Task

pytestmark = pytest.mark.postgres
Json = dict[str, Any]


def _pages(client: httpx.Client, task: Task, limit: int) -> Iterator[list[Json]]:
    chosen: Json = {"limit": limit}
    while True:
        page = client.get(task.urls["history"], params=chosen).json()
        yield page["items"]
        if page["next_cursor"] is None:
            return
        chosen["cursor"] = page["next_cursor"]


def _names(items: list[Json]) -> list[tuple[str, Any]]:
    return [(item["type"], item["data"].get("seq")) for item in items]


def test_a_long_history_comes_in_pages_in_the_order_in_which_it_happened(
    submit: Callable[[], Task], client: httpx.Client
) -> None:
    # Given a task with many parts, whose second attempt was recorded at one moment
    task = submit()
    task.record(task.processing(), *(task.part(number) for number in range(1, 53)))
    task.record(task.retrying())
    again = {"dispatch": 2, "attempt": 2}
    task.record(task.succeeded(**again), task.processing(**again))
    # When it is read, whole and in small pages
    default = client.get(task.urls["history"]).json()
    whole = client.get(task.urls["history"], params={"limit": 500}).json()
    pages = list(_pages(client, task, 7))
    # Then pages have fifty entries unless asked for, and nothing is missing or told twice
    assert len(default["items"]) == 50
    assert default["next_cursor"] is not None
    assert _names(whole["items"]) == [
        ("task.processing", None),
        *(("task.part", number) for number in range(1, 53)),
        ("task.retrying", None),
        ("task.processing", None),
        ("task.succeeded", None),
    ]
    assert {len(page) for page in pages[:-1]} == {7}
    assert [item for page in pages for item in page] == whole["items"]


def test_a_cursor_that_the_history_has_not_given_out_is_refused(
    submit: Callable[[], Task], client: httpx.Client
) -> None:
    task, other = submit(), submit()
    other.record(other.processing(), other.failed())
    theirs = client.get(other.urls["history"], params={"limit": 1}).json()["next_cursor"]

    for cursor in ("", "x", "-1", "9" * 30, theirs):
        refused = client.get(task.urls["history"], params={"cursor": cursor})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "cursor")
