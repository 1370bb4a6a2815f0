"""The load's client brings to its end what it has begun, also when the run is over."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.chaos.journal import Journal
from tests.chaos.load.ask import Ask, AskBatch
from tests.chaos.load.asking import Gateways
from tests.chaos.load.client import Submitter
from tests.chaos.load.submissions import MoreMembers, Single

_ASK = Ask("chaos.quick", {})
_IN_TWO_PARTS = AskBatch((_ASK, _ASK), first=1, label=None)


class _Accepting(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        server: Any = self.server
        server.asked.append(self.path)
        document = json.dumps({"task_id": "t", "unique": False, "members": ["m"]}).encode()
        self.send_response(202)
        self.send_header("Content-Length", str(len(document)))
        self.end_headers()
        self.wfile.write(document)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: the test says what it expects."""


@pytest.fixture
def gateway() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Accepting)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def submitter_at_the_end(gateway: Any, tmp_path: Path) -> Iterator[Submitter]:
    over = threading.Event()
    over.set()
    gateways = Gateways([f"http://127.0.0.1:{gateway.server_port}"], "key")
    with Journal(tmp_path / "client.jsonl") as journal:
        yield Submitter(gateways, journal, over)
    gateways.close()


def test_the_rest_of_a_batch_is_sent_after_the_end(
    submitter_at_the_end: Submitter, gateway: Any
) -> None:
    submitter_at_the_end.submit("1-1-1", MoreMembers(_IN_TWO_PARTS, "b"), Random(1))

    assert gateway.asked == ["/api/v1/batches/b/members"]


def test_nothing_new_is_begun_after_the_end(submitter_at_the_end: Submitter, gateway: Any) -> None:
    assert submitter_at_the_end.submit("1-1-1", Single(_ASK), Random(1)) is None

    assert gateway.asked == []
