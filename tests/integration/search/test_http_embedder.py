"""Vectors by OpenAI's protocol: from a real server, and from one that fails in every way."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import orjson
import pytest
from pydantic import SecretStr

from indexer.adapters.http_embedder import HttpEmbedder
from indexer.adapters.nano_embedder import NanoEmbedder
from indexer.config import EmbeddingSettings
from indexer.errors import VectorDoesNotFit
from tests.integration.search.openai_server import openai_server
from warren.contracts.ids import new_id
from warren.providers import ProviderDown, ProviderFailed, ProviderRefused
from warren.stack.ports import free_port

KEY = "sk-a-secret-of-a-caller"
TEXTS = ["A red cup", "Красная чашка", "Đèn bàn"]


@contextmanager
def embedder(url: str, **settings: Any) -> Iterator[HttpEmbedder]:
    made = HttpEmbedder(
        EmbeddingSettings(url=url, model="a-model", **settings), SecretStr(KEY), str(new_id())
    )
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def real_server() -> Iterator[str]:
    with openai_server() as url:
        yield url


def test_a_real_server_gives_the_vectors_of_its_model(real_server: str) -> None:
    with embedder(real_server, batch=2) as http:
        vectors = http.passages(TEXTS)

    expected = NanoEmbedder().passages(TEXTS)
    assert [vector.shape for vector in vectors] == [(384,)] * 3
    for vector, other in zip(vectors, expected, strict=True):
        assert float(vector @ other) == pytest.approx(1, abs=0.01)


class Script(BaseHTTPRequestHandler):
    """Answers as its server is told, and remembers what it was asked."""

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        server: Any = self.server
        server.asked.append((dict(self.headers), orjson.loads(self.rfile.read(length))))
        status, headers, body = server.answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def scripted() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Script)
    server.asked, server.answer = [], (200, {}, b"{}")
    server.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def answer(*vectors: list[float]) -> tuple[int, dict[str, str], bytes]:
    data = [{"index": n, "embedding": vector} for n, vector in enumerate(vectors)]
    return 200, {}, orjson.dumps({"data": list(reversed(data))})


def test_it_asks_with_the_callers_key_for_vectors_that_fit(scripted: Any) -> None:
    scripted.answer = answer([3.0] * 384, [0.0] * 383 + [2.0])

    with embedder(scripted.url) as http:
        one, other = http.passages(["a", ""])

    ((headers, body),) = scripted.asked
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert (body["model"], body["dimensions"], body["input"]) == ("a-model", 384, ["a", " "])
    assert float(np.linalg.norm(one)) == pytest.approx(1)
    assert float(other[383]) == 1.0


FAILURES: dict[str, tuple[tuple[int, dict[str, str], bytes], type[Exception]]] = {
    "the key is refused": ((401, {}, b'{"error": "no such key"}'), ProviderRefused),
    "too many requests": ((429, {"Retry-After": "9"}, b""), ProviderDown),
    "out of order": ((503, {}, b""), ProviderDown),
    "a failure": ((500, {}, b""), ProviderFailed),
    "no JSON": ((200, {}, b"<html>"), ProviderFailed),
    "another shape": ((200, {}, b'{"data": 5}'), ProviderFailed),
    "too few vectors": (answer(), ProviderFailed),
    "another dimension": (answer([1.0] * 1_536), VectorDoesNotFit),
    "a vector of zeros": (answer([0.0] * 384), VectorDoesNotFit),
}


@pytest.mark.parametrize(("said", "raised"), FAILURES.values(), ids=FAILURES.keys())
def test_each_failure_means_what_it_should_and_never_tells_the_key(
    scripted: Any, said: Any, raised: type[Exception]
) -> None:
    scripted.answer = said
    with embedder(scripted.url) as http, pytest.raises(raised) as failure:
        http.passages(["a"])

    assert KEY not in str(failure.value)
    assert KEY not in repr(failure.value.__cause__)


def test_a_provider_that_is_not_there_is_waited_for() -> None:
    with (
        embedder(f"http://127.0.0.1:{free_port()}/v1") as http,
        pytest.raises(ProviderDown, match="not reached"),
    ):
        http.question("a")
