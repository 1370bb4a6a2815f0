"""What a container's health check says."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from warren.observability.health_probe import problem


@contextmanager
def answering(status: int, body: str) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_words: object) -> None:
            return None

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("status", "body", "path", "said"),
    [
        (200, "{}", "/readyz", None),
        (503, "{}", "/readyz", "answers 503"),
        (200, "warren_broker_connections 2.0\n", "/metrics", None),
        (200, "a 1\nwarren_broker_connections 0.0\n", "/metrics", "no connection to the broker"),
        (200, "a 1\n", "/metrics", "no connection to the broker"),
    ],
)
def test_a_process_is_healthy_if_it_can_work(
    status: int, body: str, path: str, said: str | None
) -> None:
    with answering(status, body) as url:
        found = problem(url + path)

    assert found is None if said is None else said in str(found)


def test_a_process_that_does_not_answer_is_not() -> None:
    with answering(200, "") as url:
        gone = url

    assert "does not answer" in str(problem(f"{gone}/readyz"))
