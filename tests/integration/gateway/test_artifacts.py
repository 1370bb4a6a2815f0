"""Uploading files and getting them back."""

import hashlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from gateway.artifacts.recognising import Beginning

pytestmark = pytest.mark.postgres


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_comes_back_as_it_was_uploaded(client: httpx.Client) -> None:
    # Given a file of several megabytes
    content = b"RIFF\0\0\0\0WAVE" + bytes(range(256)) * 20_000
    # When it is uploaded as a raw body
    answer = client.post(
        "/api/v1/artifacts",
        params={"name": "folder/Звук.wav"},
        content=content,
        headers={"Content-Type": "audio/wav"},
    )
    # Then its hash, size, name and type are known
    assert answer.status_code == 201, answer.text
    kept = answer.json()
    assert answer.headers["location"] == kept["url"]
    digest = hashlib.sha256(content).hexdigest()
    assert (kept["sha256"], kept["size"]) == (digest, len(content))
    assert (kept["name"], kept["media_type"]) == ("Звук.wav", "audio/wav")
    # And it comes back with the right headers
    file = client.get(kept["url"])
    assert file.content == content
    assert file.headers["etag"] == f'"{digest}"'
    assert file.headers["content-type"] == "audio/wav"
    assert file.headers["content-length"] == str(len(content))
    assert "filename*=UTF-8''%D0%97" in file.headers["content-disposition"]
    # And need not be sent again to whoever has it
    unchanged = client.get(kept["url"], headers={"If-None-Match": file.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_a_form_upload_keeps_the_first_file(client: httpx.Client) -> None:
    answer = client.post(
        "/api/v1/artifacts",
        data={"note": "not the file"},
        files={"file": ("text.txt", b"from a form", "text/plain; charset=utf-8")},
    )
    assert answer.status_code == 201, answer.text
    kept = answer.json()
    assert (kept["name"], kept["media_type"]) == ("text.txt", "text/plain; charset=utf-8")
    assert client.get(kept["url"]).content == b"from a form"


@pytest.mark.parametrize(
    ("content", "claimed", "kept"),
    [
        (b"<script>alert(1)</script>", "image/png", "application/octet-stream"),
        (b"\x89PNG\r\n\x1a\n", "text/html", "image/png"),
        (b"<script>alert(1)</script>", "text/html", "text/html"),
        (b"<svg onload='alert(1)'/>", "image/svg+xml", "image/svg+xml"),
    ],
)
def test_a_file_is_kept_as_what_it_is_and_runs_in_no_browser(
    client: httpx.Client, content: bytes, claimed: str, kept: str
) -> None:
    for body in (
        {"content": content, "headers": {"Content-Type": claimed}},
        {"files": {"file": ("a", content, claimed)}},
    ):
        stored = client.post("/api/v1/artifacts", **body).json()
        assert stored["media_type"] == kept
        file = client.get(stored["url"])
        assert (file.content, file.headers["content-type"]) == (content, kept)
        assert file.headers["x-content-type-options"] == "nosniff"
        assert file.headers["content-disposition"].startswith("attachment;")


def test_an_upload_sent_again_after_an_upgrade_that_sees_another_type_is_the_same_one(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {"Content-Type": "application/pdf", "Idempotency-Key": "upload-1"}
    with monkeypatch.context() as before:
        before.setattr(Beginning, "kept_type", lambda *_: "application/octet-stream")
        first = client.post("/api/v1/artifacts", content=b"%PDF-1.4", headers=headers)
    again = client.post("/api/v1/artifacts", content=b"%PDF-1.4", headers=headers)
    assert (again.status_code, again.content) == (201, first.content)

    headers["Content-Type"] = "image/png"
    other = client.post("/api/v1/artifacts", content=b"%PDF-1.4", headers=headers)
    assert other.json()["type"] == "urn:warren:problem:idempotency-key-reused"


@pytest.mark.parametrize("size", [10_000, 3_000_000])
@pytest.mark.parametrize(
    ("header", "start", "stop"), [("bytes=5-9", 5, 10), ("bytes=9990-", 9990, None)]
)
def test_a_range_of_a_file_is_sent(
    client: httpx.Client, size: int, header: str, start: int, stop: int | None
) -> None:
    content = (b"0123456789" * size)[:size]
    url = client.post("/api/v1/artifacts", content=content).json()["url"]
    part = client.get(url, headers={"Range": header})
    assert part.status_code == 206
    assert part.content == content[start:stop]
    end = (stop or size) - 1
    assert part.headers["content-range"] == f"bytes {start}-{end}/{size}"


def test_a_range_beyond_the_end_is_refused(client: httpx.Client) -> None:
    url = client.post("/api/v1/artifacts", content=b"abc").json()["url"]
    answer = client.get(url, headers={"Range": "bytes=3-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */3")


def test_a_payload_names_an_artifact_by_id_and_the_job_gets_the_reference(
    client: httpx.Client, database: Any
) -> None:
    kept = client.post("/api/v1/artifacts", content=b"Hello").json()
    answer = client.post("/api/v1/speech", json={"artifact_id": kept["artifact_id"]})
    assert answer.status_code == 202, answer.text
    ((payload,),) = database.ask("SELECT payload FROM tasks")
    assert payload == {
        "artifact_id": {
            "id": kept["artifact_id"],
            "sha256": hashlib.sha256(b"Hello").hexdigest(),
            "size": 5,
            "media_type": "application/octet-stream",
            "name": "upload",
        }
    }


def test_another_customers_artifact_does_not_exist(
    client: httpx.Client,
    gateway_url: str,
    database: Any,
    connect: Callable[[str, str], httpx.Client],
) -> None:
    # Given an artifact of one customer
    kept = client.post("/api/v1/artifacts", content=b"mine").json()
    # When another one asks for it, or names it in a payload
    stranger = connect(gateway_url, database.key())
    assert stranger.get(kept["url"]).status_code == 404
    answer = stranger.post("/api/v1/speech", json={"artifact_id": kept["artifact_id"]})
    # Then it is not there
    assert answer.status_code == 404
    assert [error["field"] for error in answer.json()["errors"]] == ["artifact_id"]
    assert database.count("tasks") == 0


def test_damaged_and_lost_content_is_told_apart_from_good_content(
    client: httpx.Client, artifacts_folder: Path
) -> None:
    kept = client.post("/api/v1/artifacts", content=b"precious").json()
    (stored,) = [file for file in _files(artifacts_folder) if file.read_bytes() == b"precious"]
    stored.chmod(0o644)
    stored.write_bytes(b"damaged!")
    answer = client.get(kept["url"])
    assert (answer.status_code, answer.json()["type"]) == (
        500,
        "urn:warren:problem:corrupt-content",
    )
    stored.unlink()
    assert client.get(kept["url"]).status_code == 410


def test_a_file_over_the_limit_is_refused_and_leaves_nothing_behind(
    settings: Any,
    serve: Callable[[Any], str],
    connect: Callable[[str, str], httpx.Client],
    database: Any,
    tmp_path: Path,
) -> None:
    url = serve(settings.model_copy(update={"max_artifact_bytes": 100_000}))
    client = connect(url, database.key())

    def unannounced() -> Any:
        for _ in range(20):
            yield b"x" * 10_000

    # When a file is too large by its own account, and when it only turns out so
    for content in (b"x" * 200_000, unannounced()):
        answer = client.post("/api/v1/artifacts", content=content)
        assert answer.status_code == 413, answer.text
    assert database.count("artifacts") == 0
    assert _files(tmp_path / "artifacts") == []


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b"not a form"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="a"'),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\ncut off',
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nno file\r\n--b--\r\n',
        ),
    ],
)
def test_a_broken_form_is_refused_and_leaves_nothing_behind(
    client: httpx.Client,
    database: Any,
    artifacts_folder: Path,
    content_type: str,
    content: bytes,
) -> None:
    before = _files(artifacts_folder)
    answer = client.post(
        "/api/v1/artifacts", content=content, headers={"Content-Type": content_type}
    )
    assert (answer.status_code, answer.json()["type"]) == (
        400,
        "urn:warren:problem:malformed-upload",
    )
    assert database.count("artifacts") == 0
    assert _files(artifacts_folder) == before


def test_an_upload_that_stops_is_cut_off_and_leaves_nothing_behind(
    settings: Any, serve: Callable[[Any], str], database: Any, tmp_path: Path
) -> None:
    # Given a client that announces more than it sends
    url = serve(settings.model_copy(update={"upload_idle_timeout": 0.2}))
    address = urlsplit(url)
    head = (
        "POST /api/v1/artifacts HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
        f"X-API-Key: {database.key()}\r\n\r\nonly this"
    )
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(head.encode())
        # When it falls silent, then it is told so
        assert connection.recv(4096).startswith(b"HTTP/1.1 408")
    assert _files(tmp_path / "artifacts") == []


def test_parts_that_are_no_file_count_toward_the_limit_too(
    settings: Any, serve: Callable[[Any], str], connect: Callable[[str, str], httpx.Client],
    database: Any,
) -> None:  # fmt: skip
    url = serve(settings.model_copy(update={"max_artifact_bytes": 1000}))

    def form() -> Iterator[bytes]:
        # Given a form of unknown length whose first part is no file and does not end
        yield b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\n'
        for _ in range(1000):
            yield b"x" * 10_000

    answer = connect(url, database.key()).post(
        "/api/v1/artifacts",
        content=form(),
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert (answer.status_code, answer.json()["limit_bytes"]) == (413, 1000)


def test_a_head_request_tells_what_a_file_is_without_sending_it(client: httpx.Client) -> None:
    url = client.post("/api/v1/artifacts", content=b"content").json()["url"]
    asked, got = client.head(url), client.get(url)
    assert (asked.status_code, asked.content) == (200, b"")
    wanted = ("content-length", "etag", "content-type", "content-disposition")
    assert [asked.headers[name] for name in wanted] == [got.headers[name] for name in wanted]


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_can_be_asked_without_a_body(client: httpx.Client, path: str) -> None:
    answer = client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")
