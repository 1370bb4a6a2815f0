"""Documents that are refused, each naming its field, with nothing left behind."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from warren.contracts.documents import MAX_DOCUMENT_BYTES

pytestmark = pytest.mark.postgres
URL = "/api/v1/documents"
TEXT = {"text": "Words", "source": "handbook"}


@pytest.fixture
def nothing_left(database: Any, artifacts_folder: Path) -> Any:
    """Whatever was refused, there is no row of it and no file."""

    def files() -> set[Path]:
        return {path for path in artifacts_folder.rglob("*") if path.is_file()}

    before = files()

    def check() -> None:
        for table in ("documents", "syncs", "tasks", "outbox", "artifacts", "kept_artifacts"):
            assert database.count(table) == 0, table
        assert files() == before

    return check


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"source": "s"}, "text"),
        ({"text": "", "source": "s"}, "text"),
        ({"text": " \n\t", "source": "s"}, "text"),
        ({"text": "bin\u0001ary", "source": "s"}, "text"),
        ({"text": "nul\u0000", "source": "s"}, "text"),
        ({"text": "x"}, "source"),
        ({"text": "x", "source": " "}, "source"),
        ({"text": "x", "source": "s" * 201}, "source"),
        ({"text": "x", "source": "a\nb"}, "source"),
        ({**TEXT, "metadata": {"x": "y" * 5000}}, "metadata"),
        ({**TEXT, "metadata": []}, "metadata"),
        ({**TEXT, "document_id": "no-id"}, "document_id"),
        ({**TEXT, "sauce": "x"}, "sauce"),
    ],
)
def test_a_text_that_cannot_be_used(
    customer: httpx.Client, nothing_left: Any, body: dict[str, Any], field: str
) -> None:
    answer = customer.post(f"{URL}/upload-text", json=body)

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
    nothing_left()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", b""),
        ("a.txt", b"   "),
        ("a.pdf", b"no pdf"),
        ("a.txt", b"%PDF-1.7"),
        ("a.exe", b"MZ\x00\x00"),
        ("a.docx", b"PK\x03\x04"),
    ],
)
def test_a_file_that_cannot_be_used(
    customer: httpx.Client, nothing_left: Any, name: str, content: bytes
) -> None:
    answer = customer.post(
        f"{URL}/upload-file", files={"file": (name, content)}, data={"source": "s"}
    )

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == "file"
    nothing_left()


def test_a_file_of_more_than_fifty_megabytes(customer: httpx.Client, nothing_left: Any) -> None:
    def body() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        for _ in range(MAX_DOCUMENT_BYTES // 1_000_000 + 2):
            yield b"x" * 1_000_000
        yield b"\r\n--x--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = customer.post(f"{URL}/upload-file", content=body(), headers=headers)

    assert answer.status_code == 413
    nothing_left()


@pytest.mark.parametrize(
    ("data", "field"),
    [({}, "source"), ({"source": "s", "metadata": "{"}, "metadata"), ({"source": ""}, "source")],
)
def test_a_form_that_says_too_little(
    customer: httpx.Client, nothing_left: Any, data: dict[str, str], field: str
) -> None:
    answer = customer.post(f"{URL}/upload-file", files={"file": ("a.txt", b"text")}, data=data)

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
    nothing_left()


def test_an_upload_that_is_no_form(customer: httpx.Client, nothing_left: Any) -> None:
    raw = customer.post(f"{URL}/upload-file", content=b"text")
    without = customer.post(f"{URL}/upload-file", files={}, data={"source": "s"})

    assert raw.status_code == 400
    assert without.status_code == 400
    nothing_left()


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "http://localhost/", "ftp://example.com/", "nonsense", ""]
)
def test_an_address_that_cannot_be_used(
    customer: httpx.Client, nothing_left: Any, url: str
) -> None:
    answer = customer.post(f"{URL}/upload-url", json={"url": url, "source": "s"})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "url"
    nothing_left()


def test_what_is_another_customers_does_not_exist(
    customer: httpx.Client, stranger: httpx.Client
) -> None:
    document = stranger.post(f"{URL}/upload-text", json=TEXT).json()["document_id"]

    for answer, name in (
        (customer.get(f"{URL}/{document}"), "document-not-found"),
        (customer.get(f"{URL}/{uuid4()}"), "document-not-found"),
        (
            customer.post(f"{URL}/upload-text", json={**TEXT, "document_id": document}),
            "document-not-found",
        ),
        (
            customer.delete(f"{URL}/delete-by-source", params={"source": "handbook"}),
            "source-not-found",
        ),
    ):
        assert answer.status_code == 404
        assert answer.json()["type"] == f"urn:warren:problem:{name}"
    assert customer.get(f"{URL}/list").json()["items"] == []
    assert customer.get(f"{URL}/sources").json()["items"] == []
    assert customer.delete(f"{URL}/delete-all?confirm=true").json()["deleted"] == 0
    assert stranger.get(f"{URL}/{document}").status_code == 200


def test_what_names_no_source_or_place_is_refused(customer: httpx.Client) -> None:
    assert customer.delete(f"{URL}/delete-by-source").status_code == 422
    assert customer.get(f"{URL}/list?cursor=nonsense").status_code == 400
    assert customer.get(f"{URL}/sources?cursor=%FF").status_code == 400
    assert customer.get(f"{URL}/list?limit=0").status_code == 422
    assert customer.get(f"{URL}/list?sync=maybe").status_code == 422


@pytest.mark.parametrize("listed", ["documents/list", "documents-original/list"])
def test_a_list_of_a_source_that_cannot_be(customer: httpx.Client, listed: str) -> None:
    answer = customer.get(f"/api/v1/{listed}", params={"source": "nul\x00"})

    assert answer.status_code == 422, answer.text
