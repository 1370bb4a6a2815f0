"""Items that the index has as text, and whose vectors could not be made."""

from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.postgres

PRODUCTS = "/api/v1/catalogue/products"
LAMP = {"name": "Lamp"}


def _indexed(shop: httpx.Client, indexer: Any, name: str = "lamp") -> int:
    written = shop.put(f"{PRODUCTS}/{name}", json=LAMP).json()
    indexer.succeed(written["task_id"])
    return int(written["version"])


def test_the_same_content_is_tried_again_once_its_vector_has_failed(
    shop: httpx.Client, indexer: Any
) -> None:
    version = _indexed(shop, indexer)
    asked = indexer.ask_for_vectors({"lamp": version})
    while_it_is_made = shop.put(f"{PRODUCTS}/lamp", json=LAMP)

    indexer.fail(asked, "ProviderRefused", "the key is wrong")
    told = shop.get(f"{PRODUCTS}/lamp").json()
    as_text = shop.put(f"{PRODUCTS}/lamp?with_embedding=false", json=LAMP)
    again = shop.put(f"{PRODUCTS}/lamp", json=LAMP)
    waiting = shop.get(f"{PRODUCTS}/lamp").json()

    assert while_it_is_made.json()["unchanged"]
    assert (told["sync"], told["last_error"]) == ("indexed", None)
    assert (told["vector_error"]["message"], told["vector_error"]["task_id"]) == (
        "the key is wrong",
        asked,
    )
    assert as_text.json()["unchanged"]
    assert again.status_code == 202
    assert again.json()["version"] > version
    assert waiting["vector_error"] is None


def test_a_bulk_tries_again_what_has_no_vector_and_only_that(
    shop: httpx.Client, indexer: Any
) -> None:
    versions = {name: _indexed(shop, indexer, name) for name in ("with", "without")}
    indexer.make_vectors(indexer.ask_for_vectors({"with": versions["with"]}))
    indexer.fail(indexer.ask_for_vectors({"without": versions["without"]}))

    items = [{"id": name, **LAMP} for name in versions]
    said = shop.post(f"{PRODUCTS}/bulk", json={"items": items}).json()

    assert (said["accepted"], said["unchanged"]) == (1, 1)


def test_only_the_vectors_that_the_index_has_refused_are_tried_again(
    shop: httpx.Client, indexer: Any
) -> None:
    versions = {name: _indexed(shop, indexer, name) for name in ("fine", "bad")}
    refusal = {"id": "bad", "entity_version": versions["bad"], "reason": "zero vector"}

    indexer.make_vectors(indexer.ask_for_vectors(versions), made=2, refused=[refusal])

    assert shop.put(f"{PRODUCTS}/fine", json=LAMP).json()["unchanged"]
    assert shop.get(f"{PRODUCTS}/bad").json()["vector_error"]["message"] == "zero vector"
    assert shop.put(f"{PRODUCTS}/bad", json=LAMP).status_code == 202


def test_a_failure_that_comes_before_the_end_of_the_text_counts(
    shop: httpx.Client, indexer: Any
) -> None:
    # A bulk asks for vectors as it goes.
    said = shop.post(f"{PRODUCTS}/bulk", json={"items": [{"id": "lamp", **LAMP}]}).json()
    version = shop.get(f"{PRODUCTS}/lamp").json()["desired_version"]

    indexer.fail(indexer.ask_for_vectors({"lamp": version}))
    indexer.succeed(said["task_id"])

    assert shop.get(f"{PRODUCTS}/lamp").json()["vector_error"] is not None
    assert shop.put(f"{PRODUCTS}/lamp", json=LAMP).status_code == 202


def test_a_failure_says_nothing_of_a_version_that_came_later(
    shop: httpx.Client, indexer: Any
) -> None:
    version = _indexed(shop, indexer)
    asked = indexer.ask_for_vectors({"lamp": version})
    later = shop.put(f"{PRODUCTS}/lamp", json={"name": "Better lamp"}).json()
    indexer.succeed(later["task_id"])

    indexer.fail(asked)

    assert shop.get(f"{PRODUCTS}/lamp").json()["vector_error"] is None


def test_a_task_that_makes_the_vector_when_it_is_retried_is_the_end_of_it(
    shop: httpx.Client, indexer: Any
) -> None:
    version = _indexed(shop, indexer)
    asked = indexer.ask_for_vectors({"lamp": version})
    indexer.fail(asked)

    assert shop.post(f"/api/v1/tasks/{asked}/retry").status_code == 202
    indexer.make_vectors(asked, generation=2)

    assert shop.get(f"{PRODUCTS}/lamp").json()["vector_error"] is None
    assert shop.put(f"{PRODUCTS}/lamp", json=LAMP).json()["unchanged"]
