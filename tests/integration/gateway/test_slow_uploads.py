"""Clients that keep uploads open for as long as they can."""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from gateway.artifacts import places
from gateway.config import GatewaySettings
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres
_FORM = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
_IMAGE = _FORM + b"\x89PNG\r\n\x1a\n"
_WAYS = {
    "/api/v1/artifacts": ("application/octet-stream", b"begun"),
    "/api/v1/catalogue/products/bulk": ("application/x-ndjson", b'{"id": "'),
    "/api/v1/tasks/create/": ("multipart/form-data; boundary=b", _IMAGE),
}

Serve = Callable[[GatewaySettings], str]
Connect = Callable[[str, str], httpx.Client]


@contextmanager
def _begun(url: str, path: str, key: str) -> Iterator[socket.socket]:
    """An upload that has begun, and announces more than comes."""
    media_type, first = _WAYS[path]
    address = urlsplit(url)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: a\r\nX-API-Key: {key}\r\nContent-Length: 1000\r\n"
        f"Content-Type: {media_type}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=15) as client:
        client.sendall(head.encode() + first)
        yield client


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("path", _WAYS)
def test_a_body_that_drips_is_cut_off_and_leaves_nothing_behind(
    settings: GatewaySettings, serve: Serve, database: Any, tmp_path: Path, path: str
) -> None:
    url = serve(settings.model_copy(update={"upload_grace": 0.5, "upload_rate": 1000}))
    with _begun(url, path, database.key()) as client:
        # When a byte comes every twentieth of a second, far before anybody loses patience
        client.settimeout(0.05)
        answer = b""
        for _ in range(300):
            client.sendall(b"a")
            try:
                answer = client.recv(4096)
            except TimeoutError:
                continue
            break
    # Then it is told how fast it must be
    assert answer.startswith(b"HTTP/1.1 408 "), answer
    assert b"1000 bytes a second" in answer
    assert database.count("artifacts") == 0
    assert _files(tmp_path / "artifacts") == []


@pytest.mark.parametrize(
    ("limits", "own", "other"),
    [
        ({"uploads_per_key": 1}, (429, "too-many-uploads"), (201, None)),
        ({"uploads": 1}, (503, "no-upload-place"), (503, "no-upload-place")),
    ],
)
def test_uploads_that_find_no_place_are_told_when_to_come_again(
    settings: GatewaySettings,
    serve: Serve,
    connect: Connect,
    database: Any,
    monkeypatch: pytest.MonkeyPatch,
    limits: dict[str, int],
    own: tuple[int, str],
    other: tuple[int, str | None],
) -> None:
    monkeypatch.setattr(places, "_PATIENCE", 0.3)
    url = serve(settings.model_copy(update=limits))
    key = database.key()
    with _begun(url, "/api/v1/artifacts", key):
        # Given an upload that does not end, which has its place as soon as another finds none
        mine, others = connect(url, key), connect(url, database.key())
        eventually(lambda: mine.post("/api/v1/artifacts", content=b"x").status_code == own[0])
        for client, (status, name) in ((mine, own), (others, other)):
            # When another upload comes
            answer = client.post("/api/v1/artifacts", content=b"x")
            # Then it is told
            assert answer.status_code == status, answer.text
            if name:
                assert answer.json()["type"] == f"urn:warren:problem:{name}"
                assert answer.headers["Retry-After"] == "5"
    # And as soon as the place is free again, there is room
    eventually(lambda: mine.post("/api/v1/artifacts", content=b"x").status_code == 201)


def test_a_short_wait_for_a_place_is_not_noticed(
    settings: GatewaySettings,
    serve: Serve,
    connect: Connect,
    database: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(places, "_PATIENCE", 0.1)
    url = serve(settings.model_copy(update={"uploads_per_key": 1}))
    key = database.key()
    client = connect(url, key)
    with _begun(url, "/api/v1/artifacts", key) as first, ThreadPoolExecutor(1) as threads:
        # Given an upload that has the only place
        eventually(lambda: client.post("/api/v1/artifacts", content=b"x").status_code == 429)
        monkeypatch.setattr(places, "_PATIENCE", 20)
        arrived = Event()
        held = places._held

        def arrive(*given: Any) -> AbstractAsyncContextManager[None]:
            arrived.set()
            return held(*given)

        monkeypatch.setattr(places, "_held", arrive)
        second = threads.submit(client.post, "/api/v1/artifacts", content=b"x")
        # When it ends while another one waits
        assert arrived.wait(20)
        first.sendall(b"x" * (1000 - len(b"begun")))
        answer = second.result(20)
    # Then that has noticed nothing
    assert answer.status_code == 201, answer.text
