"""What the load's customers note down of a request that was tried again."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.chaos.evidence.services import Write as Noted
from tests.chaos.evidence.services_reading import read_writes
from tests.chaos.journal import Journal
from tests.chaos.load.asking import Gateways
from tests.chaos.load.writes.writer import Write, Writer


class _Answering(BaseHTTPRequestHandler):
    """Answers as the server's list says; 0 hangs up instead."""

    def do_DELETE(self) -> None:
        server: Any = self.server
        code = server.answers.pop(0)
        if not code:
            self.close_connection = True
            return
        self.send_response(code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: the test says what it expects."""


@pytest.fixture
def gateway() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Answering)
    server.answers = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def noted(gateway: Any, folder: Path, *answers: int, keyed: bool = True) -> Noted:
    gateway.answers = [*answers]
    gateways = Gateways([f"http://127.0.0.1:{gateway.server_port}"], "key")
    with Journal(folder / "client.jsonl") as journal:
        writer = Writer("me", gateways, journal, Random(1), seed=1)
        writer.write(Write("books", "remove", "DELETE", "/book", "b", keyed=keyed))
    gateways.close()
    (write,) = read_writes(folder / "client.jsonl")
    return write


def test_a_yes_to_the_last_try_is_a_yes(gateway: Any, tmp_path: Path) -> None:
    assert noted(gateway, tmp_path, 0, 204).is_sure


def test_a_no_to_the_only_try_is_a_no(gateway: Any, tmp_path: Path) -> None:
    assert not noted(gateway, tmp_path, 404).may_have_worked


def test_a_no_to_the_last_try_says_nothing_of_those_before(gateway: Any, tmp_path: Path) -> None:
    write = noted(gateway, tmp_path, 503, 404)

    assert write.may_have_worked
    assert not write.is_sure


def test_without_a_key_there_is_one_try(gateway: Any, tmp_path: Path) -> None:
    write = noted(gateway, tmp_path, 503, 204, keyed=False)

    assert write.may_have_worked
    assert gateway.answers == [204]
