"""A book from its upload to its descriptions, on real servers."""

import gzip
from collections.abc import Iterator

import httpx
import psycopg
import pytest

from gateway.customers.administration import create_customer, create_key
from gateway.customers.keys import Scope
from tests.e2e.library import Library
from tests.e2e.novel import novel
from tests.unit.nlp_worker.epubs import Epub, page, zipped
from warren.stack.stack import Stack
from warren.testing.deadline import eventually

pytestmark = [
    pytest.mark.rabbitmq,
    pytest.mark.postgres,
    pytest.mark.slow,
]
_ENCRYPTION = (
    '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" '
    'xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData>'
    '<enc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/>'
    '<enc:CipherData><enc:CipherReference URI="OEBPS/a.xhtml"/></enc:CipherData>'
    "</enc:EncryptedData></encryption>"
)
_GOOD = {"a.xhtml": page("<p>Text.</p>")}
_FRENCH = (
    "La vieille maison était grande et les volets verts étaient fermés depuis longtemps. " * 40
)
HOSTILE = [
    pytest.param(
        "drm.epub",
        Epub(_GOOD, extra={"META-INF/encryption.xml": _ENCRYPTION}).content(),
        "EncryptedBook",
        id="locked by DRM",
    ),
    pytest.param(
        "bomb.epub",
        Epub({"a.xhtml": page("ab " * 1_000_000)}).content(),
        "BookTooLarge",
        id="a zip bomb",
    ),
    pytest.param(
        "entities.epub",
        Epub(
            {
                "a.xhtml": "<!DOCTYPE x [<!ENTITY a SYSTEM "
                "'file:///etc/passwd'>]><html><body>&a;</body></html>"
            }
        ).content(),
        "UnsafeBook",
        id="external entities",
    ),
    pytest.param(
        "evil.epub",
        Epub(_GOOD, extra={"../../evil": "x"}).content(),
        "UnsafeBook",
        id="a path that leads out",
    ),
    pytest.param("french.txt", _FRENCH.encode(), "LanguageNotSupported", id="another language"),
]
RESULT = {
    "book_id",
    "total_chapters",
    "descriptions_found",
    "processing_time_seconds",
    "processors_used",
    "nlp_processors_used",
    "ensemble_consensus_rate",
    "cfi_locations_generated",
    "cache_status",
    "fallbacks",
    "status",
}


@pytest.fixture(scope="module")
def library(stack: Stack) -> Iterator[Library]:
    with Library(stack) as library:
        yield library


@pytest.fixture(scope="module")
def processed(library: Library) -> dict[str, object]:
    """A book of four chapters that has been processed, and the result of its task."""
    accepted = library.upload(novel(4), illustrate="3", language="en")
    result = library.done(accepted)
    return {**accepted, "result": result}


def test_a_book_is_read_analysed_and_its_descriptions_stand_where_they_say(
    library: Library, processed: dict[str, object]
) -> None:
    book_id, result = processed["book_id"], processed["result"]
    assert isinstance(result, dict)
    assert result.keys() >= RESULT
    assert (result["status"], result["cache_status"]) == ("completed", "cached")
    assert result["cfi_locations_generated"] == library.get(f"{book_id}")["counts"]["locations"]

    chapters = library.get(f"{book_id}/chapters")["items"]
    assert [each["kind"] for each in chapters].count("body") == 4
    found = library.get(f"{book_id}/descriptions", limit=200)["items"]
    assert len(found) == result["descriptions_found"] > 0
    texts = {
        n: library.get(f"{book_id}/chapters/{n}")["text"] for n in {f["chapter"] for f in found}
    }
    for each in found:
        assert texts[each["chapter"]][each["start"] : each["end"]] == each["text"]
        assert each["cfi"].startswith("epubcfi(")
    assert any("harbour" in each["text"] for each in found)


def test_descriptions_are_filtered_sorted_and_paged(
    library: Library, processed: dict[str, object]
) -> None:
    path = f"{processed['book_id']}/descriptions"
    everything = library.get(path, limit=200)["items"]

    first = library.get(path, order="score", limit=3)
    second = library.get(path, order="score", limit=200, cursor=first["next_cursor"])
    scores = [each["score"] for each in first["items"] + second["items"]]
    assert scores == sorted((each["score"] for each in everything), reverse=True)

    pages, cursor = [], None
    while True:
        page = library.get(path, limit=4, **({"cursor": cursor} if cursor else {}))
        pages += page["items"]
        if (cursor := page["next_cursor"]) is None:
            break
    assert pages == everything

    chapter = everything[-1]["chapter"]
    least = sorted(each["score"] for each in everything)[len(everything) // 2]
    some = library.get(path, chapter=chapter, min_score=least, limit=200)["items"]
    assert some == [e for e in everything if e["chapter"] == chapter and e["score"] >= least]


def test_a_processed_book_has_told_whoever_listens(
    library: Library, processed: dict[str, object]
) -> None:
    # (The copy for external consumers was published: what subscribers get is a test of its own.)
    book = library.get(f"{processed['book_id']}")

    assert book["state"] == "processed"
    assert book["title"] == "A Book"
    assert book["options"]["illustrate"] == 3
    assert book["counts"]["descriptions"] == book["result"]["descriptions_found"]
    assert book["timings"]["processing_time_seconds"] > 0


def test_the_file_comes_back_whole_in_part_and_not_again(
    library: Library, processed: dict[str, object]
) -> None:
    path = f"/api/v1/books/{processed['book_id']}/file"
    http = library.client.http

    whole = http.get(path)
    assert whole.content == novel(4)
    assert whole.headers["content-type"] == "application/epub+zip"
    part = http.get(path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, novel(4)[10:20])
    again = http.get(path, headers={"If-None-Match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_best_descriptions_are_chosen_from_all_chapters(
    library: Library, processed: dict[str, object]
) -> None:
    result = library.done(library.post(f"{processed['book_id']}/selection", limit=4))

    chosen = result["selected_descriptions"]
    assert len({each["chapter"] for each in chosen}) == 4
    assert [each["rank"] for each in chosen] == [1, 2, 3, 4]
    scores = [each["score"] for each in chosen]
    assert scores == sorted(scores, reverse=True)


def test_locations_can_be_made_anew_one_every_so_many_characters(
    library: Library, processed: dict[str, object]
) -> None:
    book_id = processed["book_id"]
    result = library.done(library.post(f"{book_id}/locations", characters_per_location=500))

    assert result.keys() >= {"book_id", "locations_generated", "generation_time_seconds"}
    assert (result["file_format"], result["status"]) == ("epub", "completed")
    listed = library.get(f"{book_id}/locations")
    assert len(listed["locations"]) == result["locations_generated"]
    assert listed["locations"][0]["fraction"] == 0
    ahead = [(each["chapter"], each["offset"]) for each in listed["locations"]]
    assert ahead == sorted(ahead)


def test_a_text_is_cached_compressed_and_served_so_to_whoever_takes_it(library: Library) -> None:
    text = ("The old harbour lay under a heavy grey sky. " * 400).encode()
    accepted = library.upload(text, "harbour.txt", plan="true", language="en")
    library.done(accepted)

    result = library.done(library.post(f"{accepted['book_id']}/cache"))

    assert result["cache_key"] == f"epub:{accepted['book_id']}"
    assert result["ttl_seconds"] == 86_400
    assert result["compressed_size_bytes"] < result["file_size_bytes"] == len(text)
    path = f"/api/v1/books/{accepted['book_id']}/file"
    with library.client.http.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join(answer.iter_raw())) == text
    plain = library.client.http.get(path, headers={"Accept-Encoding": "identity"})
    assert plain.content == text


def test_a_book_is_planned_changed_and_started(library: Library) -> None:
    # Given a book that waits
    accepted = library.upload(novel(3), start="false", language="en")
    library.done(accepted)
    plan = library.get(f"{accepted['book_id']}/plan")
    assert (plan["state"], plan["included_chapters"]) == ("planned", 3)
    assert plan["expected_seconds"] > 0
    # When all but its last chapter are taken out, and it is started
    bodies = [each["number"] for each in plan["chapters"] if each["kind"] == "body"]
    answer = library.client.http.put(
        f"/api/v1/books/{accepted['book_id']}/plan",
        json={"chapters": [{"number": n, "included": False} for n in bodies[:-1]]},
    )
    assert answer.json()["included_chapters"] == 1
    result = library.done(library.post(f"{accepted['book_id']}/start"))
    # Then only that one is analysed
    assert result["chapters_analysed"] == 1
    found = library.get(f"{accepted['book_id']}/descriptions", limit=200)["items"]
    assert {each["chapter"] for each in found} == {bodies[-1]}


def test_another_customers_book_is_not_there(
    library: Library, processed: dict[str, object]
) -> None:
    with stranger(library) as other:
        assert_hidden(other, processed["book_id"])


def assert_hidden(other: httpx.Client, book_id: object) -> None:
    for path in ("", "/plan", "/chapters", "/chapters/1", "/descriptions", "/locations", "/file"):
        answer = other.get(f"/api/v1/books/{book_id}{path}")
        assert answer.status_code == 404, path
    assert other.delete(f"/api/v1/books/{book_id}").status_code == 404
    assert other.post(f"/api/v1/books/{book_id}/start").status_code == 404
    assert other.get("/api/v1/books").json()["items"] == []


def stranger(library: Library) -> httpx.Client:
    with psycopg.connect(library.stack.descriptor.database_url, autocommit=True) as connection:
        customer = create_customer(connection, "another", "standard")
        key = str(create_key(connection, customer, "a key", list(Scope)))
    return httpx.Client(
        base_url=library.stack.descriptor.gateway_url,
        headers={"Authorization": f"Bearer {key}"},
        trust_env=False,
        timeout=15,
    )


def test_a_deleted_book_leaves_nothing_that_can_be_read(library: Library) -> None:
    accepted = library.upload(novel(3), language="en")

    answer = library.client.http.delete(f"/api/v1/books/{accepted['book_id']}")

    assert answer.status_code == 204
    assert library.client.http.get(f"/api/v1/books/{accepted['book_id']}").status_code == 404
    assert library.client.wait(accepted["task_id"])["status"] == "cancelled"
    assert library.ask(
        "SELECT count(*) FROM book_descriptions WHERE book_id = %s", accepted["book_id"]
    ) == [(0,)]


def test_a_killed_worker_goes_on_with_the_chapters_that_are_missing(library: Library) -> None:
    # Given a long book of which some chapters have been analysed
    accepted = library.upload(novel(8, paragraphs=25), language="en")
    done = "SELECT count(*) FROM batch_members m JOIN tasks b ON b.id = m.batch_id"
    eventually(
        lambda: (
            library.ask(
                done + " WHERE b.parent_id = %s AND m.state = 'succeeded'", accepted["task_id"]
            )[0][0]
            >= 4
        ),
        within=60,
    )
    # When the worker is killed
    library.stack.kill("nlp-worker")
    # Then the book is processed all the same, each chapter once
    result = library.done(accepted, within=120)
    assert result["chapters_analysed"] == 8
    ended = library.ask(
        "SELECT count(*), count(DISTINCT task_id) FROM task_history h"
        " JOIN batch_members m USING (task_id) JOIN tasks b ON b.id = m.batch_id"
        " WHERE b.parent_id = %s AND h.type = 'task.succeeded'",
        accepted["task_id"],
    )
    assert ended == [(11, 11)]
    rows = library.ask(
        "SELECT count(*), count(DISTINCT (chapter, first_character, type)) FROM book_descriptions"
        " WHERE book_id = %s",
        accepted["book_id"],
    )
    assert rows == [(result["descriptions_found"],) * 2]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.epub", b"", "empty"),
        ("cut.epub", novel(2)[:-400], "cut off"),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "neither text nor an EPUB"),
        ("archive.zip", zipped({"a.txt": "a"}), "no EPUB"),
        ("paper.pdf", b"%PDF-1.7\n" + b"text " * 50, "application/pdf"),
        ("binary.txt", b"text\x00\x01\x02" * 100, "neither text nor an EPUB"),
    ],
)
def test_what_is_no_book_is_refused_at_the_door(
    library: Library, name: str, content: bytes, said: str
) -> None:
    before = library.get()["items"]

    answer = library.client.http.post("/api/v1/books", files={"file": (name, content)})

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == "file"
    assert said in answer.json()["errors"][0]["message"]
    assert library.get()["items"] == before


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"mode": "GUESS"}, "options.mode"),
        ({"illustrate": "-1"}, "options.illustrate"),
        ({"illustrate": "many"}, "options.illustrate"),
        ({"options": "{"}, "options"),
        ({"options": '{"colour": 1}'}, "options.colour"),
        ({"language": "xx"}, "language"),
        ({"titel": "A Book"}, "titel"),
        ({"start": "perhaps"}, "start"),
    ],
)
def test_what_is_wrong_beside_the_file_is_named(
    library: Library, fields: dict[str, str], named: str
) -> None:
    answer = library.client.http.post(
        "/api/v1/books", files={"file": ("novel.epub", novel(1))}, data=fields
    )

    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [named]


@pytest.mark.parametrize(("name", "content", "type_"), HOSTILE)
def test_a_hostile_book_fails_with_its_reason_and_the_worker_lives(
    library: Library, name: str, content: bytes, type_: str
) -> None:
    accepted = library.upload(content, name)

    error = library.failed(accepted)

    assert (error["type"], error["field"]) == (type_, "file")
    book = library.get(f"{accepted['book_id']}")
    assert book["state"] == "failed"
    assert book["error"]["message"] == error["message"]
