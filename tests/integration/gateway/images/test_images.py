"""What was painted is listed, given out by links, and deleted."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from gateway.config import GatewaySettings

pytestmark = pytest.mark.postgres

IMAGES = "/api/v1/images"
BOOK = UUID("0199c0de-0000-7000-8000-00000000abcd")


def submitted(client: httpx.Client, operation: str = "generate", **payload: Any) -> str:
    payload = payload or {"prompt": "a castle"}
    answer = client.post(f"{IMAGES}/{operation}", json=payload)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["task_id"])


def test_a_picture_is_listed_with_how_it_came_to_be(client: httpx.Client, painter: Any) -> None:
    task = submitted(client, prompt="a castle at night", user_id="reader-7")

    image = painter.paint(task, "a castle at night, moonlight")

    (item,) = client.get(IMAGES, params={"user_id": "reader-7"}).json()["items"]
    assert item == client.get(f"{IMAGES}/{image}").json()
    expected = {
        "image_id": str(image),
        "task_id": task,
        "kind": "image.generate",
        "prompt": "a castle at night, moonlight",
        "provider": "procedural",
        "width": 512,
        "height": 256,
        "seconds": 2.5,
        "media_type": "image/png",
        "user_id": "reader-7",
    }
    assert {name: item[name] for name in expected} == expected
    assert client.get(IMAGES, params={"user_id": "somebody-else"}).json()["items"] == []


def test_a_result_has_links_to_its_files_that_need_no_key(
    settings: GatewaySettings,
    serve: Callable[[GatewaySettings], str],
    connect: Callable[[str, str], httpx.Client],
    database: Any,
    painter: Any,
    artifacts_folder: Path,
) -> None:
    # Given a gateway that signs links, over the store that the painter writes to
    keys = {"link_keys": "k" * 32, "artifacts_url": str(artifacts_folder)}
    url = serve(GatewaySettings(**{**settings.model_dump(), **keys}))
    client = connect(url, database.key())
    task = submitted(client)

    image = painter.paint(task)

    result = client.get(f"/api/v1/tasks/{task}/result").json()
    viewed = client.get(f"/api/v1/tasks/{task}").json()["result"]
    assert viewed["artifacts"][0]["image_url"].startswith(f"/api/v1/artifacts/{image}?expires=")
    assert result["artifacts"][0]["thumbnail_url"]
    content = httpx.get(url + result["image_url"], trust_env=False)
    assert content.content == f"{task} image.png".encode()
    assert "mask_url" not in result


def test_a_deleted_picture_is_gone_for_everybody_and_its_file_is_left_to_the_clean_up(
    client: httpx.Client, painter: Any, database: Any
) -> None:
    image = painter.paint(submitted(client))

    assert client.delete(f"{IMAGES}/{image}").status_code == 204

    assert client.get(f"{IMAGES}/{image}").json()["type"] == "urn:warren:problem:image-not-found"
    assert client.get(f"/api/v1/artifacts/{image}").status_code == 404
    assert client.delete(f"{IMAGES}/{image}").status_code == 404
    told = database.ask("SELECT action FROM audit_entries WHERE target = %s", str(image))
    assert told == [("image.deleted",)]
    assert database.count("artifacts") == 0
    assert database.ask("SELECT count(*) FROM discarded_contents WHERE trashed_at IS NULL") == [
        (2,)
    ]


def test_the_mask_of_a_picture_is_deleted_with_it(
    client: httpx.Client, painter: Any, database: Any
) -> None:
    photo = client.post("/api/v1/artifacts", content=b"photo").json()["artifact_id"]
    task = submitted(client, "remove-background", image=photo, return_mask=True)
    mask = painter.saved(task, "mask.png")
    image = painter.paint(task, None, mask)
    assert client.get(f"/api/v1/artifacts/{mask.id}").status_code == 200

    assert client.delete(f"{IMAGES}/{image}").status_code == 204

    assert client.get(f"/api/v1/artifacts/{mask.id}").status_code == 404
    assert database.ask("SELECT id::text FROM artifacts") == [(photo,)]
    noted = database.ask("SELECT sha256 FROM discarded_contents")
    assert (mask.sha256,) in noted


def test_the_owner_keeps_a_picture_and_lets_it_go_again(
    client: httpx.Client, painter: Any, database: Any
) -> None:
    image = painter.paint(submitted(client))
    assert client.get(f"{IMAGES}/{image}").json()["keep"] is False

    kept = client.patch(f"{IMAGES}/{image}", json={"keep": True})

    assert (kept.status_code, kept.json()["keep"]) == (200, True)
    assert client.get(IMAGES).json()["items"] == [client.get(f"{IMAGES}/{image}").json()]
    assert client.patch(f"{IMAGES}/{image}", json={"keep": True}).status_code == 200
    assert client.patch(f"{IMAGES}/{image}", json={"keep": False}).json()["keep"] is False
    told = database.ask(
        "SELECT action, details FROM audit_entries WHERE target = %s ORDER BY at", str(image)
    )
    assert told == [("image.changed", {"keep": True}), ("image.changed", {"keep": False})]


@pytest.mark.parametrize("body", [{}, {"keep": "yes"}, {"keep": None}, {"kept": True}])
def test_what_is_no_flag_is_refused_with_its_field(
    client: httpx.Client, painter: Any, body: dict[str, Any]
) -> None:
    image = painter.paint(submitted(client))

    refused = client.patch(f"{IMAGES}/{image}", json=body)

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] in {"keep", "kept"}
    assert client.get(f"{IMAGES}/{image}").json()["keep"] is False


def test_a_kept_picture_goes_with_its_task_all_the_same(
    client: httpx.Client, painter: Any, database: Any
) -> None:
    task = submitted(client)
    image = painter.paint(task)
    client.patch(f"{IMAGES}/{image}", json={"keep": True}).raise_for_status()

    assert client.delete(f"/api/v1/tasks/{task}").status_code == 204

    assert (database.count("generated_images"), database.count("artifacts")) == (0, 0)


def test_nobody_sees_or_deletes_the_pictures_of_another_customer(
    client: httpx.Client,
    painter: Any,
    gateway_url: str,
    database: Any,
    connect: Callable[[str, str], httpx.Client],
) -> None:
    image = painter.paint(submitted(client))
    stranger = connect(gateway_url, database.key())

    assert stranger.get(IMAGES).json()["items"] == []
    assert stranger.get(f"{IMAGES}/{image}").status_code == 404
    assert stranger.delete(f"{IMAGES}/{image}").status_code == 404
    assert stranger.patch(f"{IMAGES}/{image}", json={"keep": True}).status_code == 404
    assert client.get(f"{IMAGES}/{image}").status_code == 200


def test_pages_of_pictures_have_each_of_them_once(client: httpx.Client, painter: Any) -> None:
    painted = {str(painter.paint(submitted(client))) for _ in range(5)}

    seen: list[str] = []
    cursor = None
    while cursor is not None or not seen:
        page = client.get(IMAGES, params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        seen += [item["image_id"] for item in page.json()["items"]]
        cursor = page.json()["next_cursor"]

    assert seen == sorted(painted, reverse=True)


@pytest.mark.parametrize(
    ("operation", "payload", "field"),
    [
        ("generate", {}, "prompt"),
        ("generate", {"prompt": " "}, "prompt"),
        ("generate", {"prompt": "x" * 5_001}, "prompt"),
        ("generate", {"prompt": "a\x1bcastle"}, "prompt"),
        ("generate", {"prompt": "x", "width": 100}, "width"),
        ("generate", {"prompt": "x", "height": 2_056}, "height"),
        ("generate", {"prompt": "x", "width": 56}, "width"),
        ("generate", {"prompt": "x", "num_inference_steps": 151}, "num_inference_steps"),
        ("generate", {"prompt": "x", "num_inference_steps": 0}, "num_inference_steps"),
        ("generate", {"prompt": "x", "model_path": "/etc/passwd"}, "model_path"),
        ("generate", {"prompt": "x", "user_id": ""}, "user_id"),
        ("swap-face", {"image": str(uuid4())}, "target_image"),
        ("swap-face", {"target_image": str(uuid4())}, "image"),
        ("swap-face", {"image": "/etc/passwd", "target_image": str(uuid4())}, "image"),
        ("remove-background", {}, "image"),
        ("remove-background", {"image": "https://example.org/a.png"}, "image"),
        ("remove-background", {"image": str(uuid4()), "background": "file:///x"}, "background"),
        ("remove-background", {"image": str(uuid4()), "background": "reddish"}, "background"),
        ("remove-background", {"image": str(uuid4()), "output_format": "jpeg"}, "background"),
        (
            "remove-background",
            {"image": str(uuid4()), "background": "red", "background_image": str(uuid4())},
            "background",
        ),
        ("transfer-style", {"image": str(uuid4()), "style": "../../oil"}, "style"),
        ("enhance", {}, "image"),
        ("enhance", {"image": str(uuid4()), "scale": 3}, "scale"),
    ],
)
def test_what_no_picture_can_be_made_of_is_refused_by_its_field(
    client: httpx.Client, painter: Any, database: Any, operation: str, payload: Any, field: str
) -> None:
    answer = client.post(f"{IMAGES}/{operation}", json=payload)

    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert database.count("tasks") == 0


def test_a_blend_ratio_is_a_share(client: httpx.Client, painter: Any) -> None:
    images = {"image": str(uuid4()), "target_image": str(uuid4())}

    answer = client.post(f"{IMAGES}/swap-face", json={**images, "blend_ratio": 1.01})

    assert answer.json()["errors"] == [{"field": "blend_ratio", "message": "must be at most 1"}]


def test_an_image_that_the_caller_does_not_have_is_refused(
    client: httpx.Client, painter: Any
) -> None:
    answer = client.post(f"{IMAGES}/enhance", json={"image": str(uuid4())})

    assert answer.status_code == 404
    assert answer.json()["errors"][0]["field"] == "image"


def test_a_result_of_another_release_is_recorded_without_being_listed(
    client: httpx.Client, painter: Any
) -> None:
    task = submitted(client)

    painter.succeed(task, {"pictures": "of a shape that nobody knows"}, [])

    assert client.get(f"/api/v1/tasks/{task}/status").json()["status"] == "succeeded"
    assert client.get(IMAGES).json()["items"] == []


@pytest.mark.parametrize(
    ("kind", "named", "listed"),
    [
        ("image.generate", "../../etc/passwd", None),
        ("image.generate", str(BOOK)[:-1], None),
        ("image.generate", BOOK.hex.upper(), str(BOOK)),
        ("image.enhance", "not one of its fields", None),
        ("image.enhance", str(BOOK), None),
    ],
)
def test_a_picture_is_recorded_whatever_a_task_that_came_by_sql_says_of_its_book(
    client: httpx.Client, painter: Any, database: Any, kind: str, named: str, listed: str | None
) -> None:
    ((customer,),) = database.ask("SELECT customer_id FROM api_keys")
    payload = json.dumps({"prompt": "a hill", "book_id": named, "description_id": named})
    ((task,),) = database.ask(
        "SELECT warren_enqueue(kind => %s, payload => %s::jsonb, customer => %s)",
        kind,
        payload,
        customer,
    )

    image = painter.paint(str(task))

    assert client.get(f"/api/v1/tasks/{task}/status").json()["status"] == "succeeded"
    found = client.get(f"{IMAGES}/{image}").json()
    assert (found["book_id"], found["description_id"]) == (listed, listed)


def test_a_report_of_many_pictures_has_a_link_for_each_that_was_made(
    client: httpx.Client, painter: Any
) -> None:
    file = client.post("/api/v1/artifacts", content=b"{}").json()["artifact_id"]
    payload = {"descriptions": file, "count": 2}
    body = {"kind": "image.generate_for_descriptions", "payload": payload}
    task = client.post("/api/v1/tasks", json=body).json()["task_id"]
    picture = painter.saved(task, "one.png")
    made = {"description_id": str(uuid4()), "status": "generated", "artifact_id": str(picture.id)}
    failed = {"description_id": str(uuid4()), "status": "failed", "artifact_id": None}

    painter.succeed(task, {"generated_images": [made, failed]}, [picture])

    shown = client.get(f"/api/v1/tasks/{task}/result").json()["generated_images"]
    assert shown[0]["image_url"] == f"/api/v1/artifacts/{picture.id}"
    assert shown[1] == {**failed, "image_url": None}


def test_ids_that_are_none_are_refused(client: httpx.Client, painter: Any) -> None:
    for address in (f"{IMAGES}/nothing", f"{IMAGES}?book_id=x", "/api/v1/books/x/images"):
        assert client.get(address).status_code in {404, 422}, address
    assert client.get(f"{IMAGES}/{UUID(int=1)}").status_code == 404
