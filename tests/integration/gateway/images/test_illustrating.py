"""Descriptions of one's own books are pictured, and nobody else's."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import psycopg
import pytest

from gateway.books.chores import forget_deleted_books

pytestmark = pytest.mark.postgres

FOR_DESCRIPTIONS = "/api/v1/images/for-descriptions"


class Library:
    """A book of the client's customer, as the jobs of books have recorded it."""

    def __init__(self, database: Any, painter: Any) -> None:
        self.database, self.painter = database, painter
        ((self.customer,),) = database.ask("SELECT customer_id FROM api_keys")
        self.book = self.add_book()

    def add_book(self) -> UUID:
        book = uuid4()
        self.database.ask(
            "INSERT INTO books (id, customer_id, format, file_name, file_id, options, state,"
            " task_id) VALUES (%s, %s, 'text', 'b.txt', %s, '{}', 'processed', %s)",
            book,
            self.customer,
            uuid4(),
            uuid4(),
        )
        return book

    def described(self, text: str, score: float = 50) -> UUID:
        description = uuid4()
        self.database.ask(
            "INSERT INTO book_descriptions (id, book_id, customer_id, chapter, first_character,"
            " last_character, type, text, score, confidence, voters, details)"
            " VALUES (%s, %s, %s, 3, 0, 9, 'location', %s, %s, 0.9, '{}', '{}')",
            description,
            self.book,
            self.customer,
            text,
            score,
        )
        return description

    def with_descriptions_file(self) -> UUID:
        file = self.painter.saved(str(uuid4()), "descriptions.ndjson", "application/x-ndjson")
        self.database.ask(
            "INSERT INTO artifacts (id, customer_id, sha256, size, media_type, name)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            file.id,
            self.customer,
            file.sha256,
            file.size,
            file.media_type,
            file.name,
        )
        self.database.ask("UPDATE books SET descriptions_id = %s", file.id)
        return UUID(str(file.id))


@pytest.fixture
def library(client: httpx.Client, database: Any, painter: Any) -> Library:
    database.ask("DELETE FROM books")
    return Library(database, painter)


def test_descriptions_travel_to_the_worker_as_a_file_in_their_order(
    client: httpx.Client, library: Library, painter: Any
) -> None:
    castle, river = library.described("an old castle"), library.described("a river")
    body = {"description_ids": [str(river), str(castle), str(river)], "style": "ink"}

    answer = client.post(FOR_DESCRIPTIONS, json={**body, "user_id": "anna", "width": 256})

    assert answer.status_code == 202, answer.text
    task = client.get(f"/api/v1/tasks/{answer.json()['task_id']}").json()
    payload = task["payload"]
    assert task["kind"] == "image.generate_for_descriptions"
    assert task["user_id"] == payload["user_id"] == "anna"
    assert (payload["count"], payload["width"], payload["style"]) == (2, 256, "ink")
    assert payload["book_id"] == str(library.book)
    lines = painter.artifacts.read(payload["descriptions"]["sha256"]).split(b"\n")
    read = [orjson.loads(line) for line in lines]
    assert [each["description_id"] for each in read] == [str(river), str(castle)]
    assert (read[1]["text"], read[1]["chapter"]) == ("an old castle", 3)
    stored = client.get(f"/api/v1/artifacts/{payload['descriptions']['id']}")
    assert stored.status_code == 200


def test_a_book_is_pictured_from_all_of_its_descriptions(
    client: httpx.Client, library: Library
) -> None:
    file = library.with_descriptions_file()

    answer = client.post(f"/api/v1/books/{library.book}/images", json={"limit": 4, "seed": 9})

    assert answer.status_code == 202, answer.text
    task = client.get(f"/api/v1/tasks/{answer.json()['task_id']}").json()
    assert task["kind"] == "image.generate_for_book"
    payload = task["payload"]
    assert (payload["limit"], payload["seed"]) == (4, 9)
    assert payload["descriptions"]["id"] == str(file)


def test_a_book_that_has_not_been_read_has_nothing_to_picture(
    client: httpx.Client, library: Library, database: Any
) -> None:
    answer = client.post(f"/api/v1/books/{library.book}/images", json={})

    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:warren:problem:nothing-to-picture"
    assert client.post(f"/api/v1/books/{uuid4()}/images", json={}).status_code == 404
    assert database.count("tasks") == 0


def test_descriptions_of_others_are_as_unknown_as_those_that_are_none(
    client: httpx.Client,
    library: Library,
    gateway_url: str,
    database: Any,
    connect: Callable[[str, str], httpx.Client],
) -> None:
    mine = library.described("an old castle")
    library.with_descriptions_file()
    stranger = connect(gateway_url, database.key())

    for ids in ([str(uuid4())], [str(mine)]):
        answer = stranger.post(FOR_DESCRIPTIONS, json={"description_ids": ids})
        assert answer.status_code == 404
        assert answer.json()["errors"][0]["field"] == "description_ids[0]"
    assert stranger.post(f"/api/v1/books/{library.book}/images", json={}).status_code == 404
    assert database.count("tasks") == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "description_ids"),
        ({"description_ids": []}, "description_ids"),
        ({"description_ids": ["x"]}, "description_ids[0]"),
        ({"description_ids": [str(uuid4()) for _ in range(101)]}, "description_ids"),
        ({"description_ids": [str(uuid4())], "width": 100}, "width"),
        ({"description_ids": [str(uuid4())], "num_inference_steps": 151}, "num_inference_steps"),
        ({"description_ids": [str(uuid4())], "style": "/etc/passwd"}, "style"),
        ({"description_ids": [str(uuid4())], "provider": "https://x"}, "provider"),
        ({"description_ids": [str(uuid4())], "limit": 5}, "limit"),
    ],
)
def test_what_is_wrong_with_an_order_is_named(
    client: httpx.Client, library: Library, database: Any, body: Any, field: str
) -> None:
    answer = client.post(FOR_DESCRIPTIONS, json=body)

    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert database.count("tasks") == 0


def test_an_order_that_is_sent_again_makes_one_task(
    client: httpx.Client, library: Library, database: Any
) -> None:
    body = {"description_ids": [str(library.described("a castle"))]}

    answers = [
        client.post(FOR_DESCRIPTIONS, json=body, headers={"Idempotency-Key": "once"})
        for _ in range(2)
    ]

    assert len({answer.json()["task_id"] for answer in answers}) == 1
    assert database.count("tasks") == 1
    assert database.ask("SELECT images FROM image_orders") == [(1,)]


def test_a_book_has_its_pictures_until_it_is_deleted(
    client: httpx.Client, library: Library, painter: Any, database: Any
) -> None:
    description, book = str(library.described("a castle")), str(library.book)
    body = {"prompt": "a castle", "book_id": book, "description_id": description}
    of_book = client.post("/api/v1/images/generate", json=body).json()["task_id"]
    other = client.post("/api/v1/images/generate", json={"prompt": "a hill"}).json()["task_id"]
    image, stays = painter.paint(of_book), painter.paint(other)

    (item,) = client.get(f"/api/v1/books/{book}/images").json()["items"]
    assert (item["image_id"], item["description_id"]) == (str(image), description)
    listed = client.get("/api/v1/images", params={"description_id": description}).json()["items"]
    assert listed == [item]

    assert client.delete(f"/api/v1/books/{book}").status_code == 204
    assert client.get(f"/api/v1/books/{book}/images").status_code == 404
    assert client.get(f"/api/v1/images/{image}").status_code == 404
    assert client.get(f"/api/v1/artifacts/{image}").status_code == 404
    assert client.get(f"/api/v1/images/{stays}").status_code == 200


def test_the_deletion_of_a_book_cancels_whatever_is_making_pictures_of_it(
    client: httpx.Client, library: Library, painter: Any, database: Any
) -> None:
    # Given tasks that picture the book, one that has done so, and others
    generate = "/api/v1/images/generate"
    book = str(library.book)

    def asked(address: str, **body: Any) -> str:
        answer = client.post(address, json=body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["task_id"])

    done = asked(generate, prompt="a hill", book_id=book)
    painter.paint(done)
    library.with_descriptions_file()
    of_book = [
        asked(generate, prompt="a castle", book_id=book.upper()),
        asked(f"/api/v1/books/{book}/images"),
        asked(FOR_DESCRIPTIONS, description_ids=[str(library.described("a river"))]),
    ]
    others = [
        asked(generate, prompt="a castle"),
        asked(generate, prompt="a castle", book_id=str(library.add_book())),
    ]
    # When the book is deleted
    assert client.delete(f"/api/v1/books/{book}").status_code == 204
    # Then they are cancelled, and nothing else is
    cancelled = database.ask("SELECT id::text FROM tasks WHERE state = 'cancelled'")
    assert {task for (task,) in cancelled} == set(of_book)
    pending = database.ask("SELECT id::text FROM tasks WHERE state = 'pending'")
    assert {task for (task,) in pending} == set(others)
    assert client.get(f"/api/v1/tasks/{done}/status").json()["status"] == "succeeded"


def test_a_picture_that_is_done_when_its_book_was_deleted_is_not_kept(
    client: httpx.Client, library: Library, painter: Any, database: Any
) -> None:
    # Given a worker that paints a picture of a book
    body = {"prompt": "a castle", "book_id": str(library.book)}
    task = client.post("/api/v1/images/generate", json=body).json()["task_id"]
    database.ask("DELETE FROM outbox RETURNING task_id")
    # When it comes to its end before it hears that the book was deleted
    assert client.delete(f"/api/v1/books/{library.book}").status_code == 204
    assert client.get(f"/api/v1/tasks/{task}/status").json()["status"] == "cancelling"
    painter.paint(task)
    # Then nothing of it is listed
    assert client.get(f"/api/v1/tasks/{task}/status").json()["status"] == "cancelled"
    assert client.get("/api/v1/images").json()["items"] == []
    assert database.count("artifacts") == 0


def test_a_picture_of_a_task_that_is_started_again_after_its_book_was_deleted_is_not_kept(
    client: httpx.Client, library: Library, painter: Any, database: Any
) -> None:
    # Given a picture of a book that was cancelled with it, and one of another book
    generate, book = "/api/v1/images/generate", str(library.book)
    books = (book.upper(), str(library.add_book()))
    bodies = [{"prompt": "a castle", "book_id": each} for each in books]
    gone, other = (client.post(generate, json=body).json()["task_id"] for body in bodies)
    assert client.delete(f"/api/v1/books/{book}").status_code == 204
    # When somebody starts it again, and it succeeds
    assert client.post(f"/api/v1/tasks/{gone}/retry").status_code == 202
    painter.paint(gone)
    painter.paint(other)
    # Then neither picture nor file of it is left, as if the book had been deleted afterwards
    assert client.get(f"/api/v1/tasks/{gone}/status").json()["status"] == "succeeded"
    assert [each["task_id"] for each in client.get("/api/v1/images").json()["items"]] == [other]
    assert {str(owner) for (owner,) in database.ask("SELECT task_id FROM artifacts")} == {other}


def test_a_deleted_book_is_forgotten_when_no_task_of_it_can_be_left(database: Any) -> None:
    database.ask(
        "INSERT INTO deleted_books SELECT gen_random_uuid(), now() - make_interval(days => age)"
        " FROM unnest(ARRAY[399, 401]) AS age"
    )
    with psycopg.connect(database.url) as connection:
        forget_deleted_books(connection)
    old = "SELECT count(*) FROM deleted_books WHERE deleted_at < now() - interval '390 days'"
    assert database.ask(old) == [(1,)]


def test_a_deletion_that_is_sent_again_is_answered_alike(
    client: httpx.Client, library: Library, painter: Any
) -> None:
    task = client.post("/api/v1/images/generate", json={"prompt": "a hill"}).json()["task_id"]
    image = painter.paint(task)

    answers = [
        client.delete(f"/api/v1/images/{image}", headers={"Idempotency-Key": "gone"})
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [204, 204]
