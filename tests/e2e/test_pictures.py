"""Pictures of what a book describes, from its upload on, through the whole system."""

import json
from typing import Any

import httpx
import pytest

from tests.e2e.client import Client
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres, pytest.mark.slow]

BOOK = """Chapter One

The old castle stood on a steep grey hill above the quiet sea, and its high stone walls were covered
with dark green ivy. A narrow crooked path led down to the small wooden harbour.

Chapter Two

The great hall was dark and cold, with a huge black fireplace and a long oak table under the window.
A tall pale woman in a faded green coat sat silently beside the only burning candle.
"""


def images_of(client: Client, book: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.http.get(f"/api/v1/books/{book}/images").json()["items"]
    return items


def test_a_book_is_pictured_as_its_upload_has_asked_and_then_by_choice(client: Client) -> None:
    # Given a book whose upload asks for a picture of the best description
    uploaded = client.http.post(
        "/api/v1/books",
        files={"file": ("castle.txt", BOOK.encode())},
        data={"language": "en", "user_id": "reader", "options": json.dumps({"illustrate": 1})},
    ).json()
    book = uploaded["book_id"]
    assert client.wait(uploaded["task_id"])["status"] == "succeeded"

    # Then it is there after a while, though nobody has asked for it by itself
    (item,) = eventually(lambda: images_of(client, book), within=90)
    assert (item["user_id"], item["kind"], item["provider"]) == (
        "reader",
        "image.generate",
        "procedural",
    )
    picture = httpx.get(f"{client.http.base_url}{item['image_url']}", trust_env=False)
    assert picture.content.startswith(b"\x89PNG")

    # And a chosen description gets one of its own, with a link in the answer
    found = client.http.get(f"/api/v1/books/{book}/descriptions").json()["items"]
    chosen = found[0]["description_id"]
    asked = {"description_ids": [chosen], "width": 64, "height": 64, "style": "watercolour"}
    task = client.http.post("/api/v1/images/for-descriptions", json=asked).json()["task_id"]
    assert client.wait(task)["status"] == "succeeded"
    (entry,) = client.result(task)["generated_images"]
    assert (entry["description_id"], entry["status"]) == (chosen, "generated")
    small = httpx.get(f"{client.http.base_url}{entry['image_url']}", trust_env=False)
    assert small.content.startswith(b"\x89PNG")

    # Until it is deleted
    assert len(images_of(client, book)) == 2
    client.http.delete(f"/api/v1/images/{entry['artifact_id']}").raise_for_status()
    assert [image["image_id"] for image in images_of(client, book)] == [item["image_id"]]
