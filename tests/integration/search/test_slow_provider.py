"""A caller's embedding provider that answers nothing, and the searches of everybody."""

import base64
import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from indexer.adapters.tantivy_index import TantivyIndex
from indexer.query import create_app
from indexer.turns import MOST, MOST_OF_ONE
from warren.contracts.catalogue import api_key_context
from warren.sealing import Sealer
from warren.testing.deadline import eventually

SEALING_KEY = bytes(range(32))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[socket.socket]]:
    """Connections of a provider that takes all of them and says nothing on any."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as thread:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        monkeypatch.setenv("INDEXER_EMBEDDING_URL", address)
        monkeypatch.setenv("WARREN_SEALING_KEYS", base64.urlsafe_b64encode(SEALING_KEY).decode())

        def take() -> None:
            while True:
                try:
                    taken.append(listening.accept()[0])
                except OSError:
                    return

        thread.submit(take)
        yield taken
        listening.shutdown(socket.SHUT_RDWR)
        for connection in taken:
            connection.close()


@pytest.fixture
def client(embedded_index: TantivyIndex) -> Iterator[TestClient]:
    token = SecretStr("a-token-for-tests-only")
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
    with TestClient(create_app(embedded_index, token), headers=headers) as client:
        yield client


def _are_called(calls: list[socket.socket], count: int) -> bool:
    return len(calls) == count


def _question(customer: UUID) -> dict[str, Any]:
    sealed = Sealer([SEALING_KEY]).seal("sk-slow", api_key_context(customer))
    return {"customer_id": str(customer), "q": "tea", "mode": "semantic", "api_key": sealed}


def test_questions_that_wait_for_a_provider_leave_threads_to_all_others(
    client: TestClient, calls: list[socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDEXER_EMBEDDING_QUESTION_TIMEOUT", "30")
    customers = [uuid4() for _ in range(MOST // MOST_OF_ONE)]

    def ask(customer: UUID) -> Any:
        return client.post("/search/product", json=_question(customer))

    with ThreadPoolExecutor(MOST) as threads:
        # Given as many questions as may wait for providers
        waiting: list[Future[Any]] = []
        for number, customer in enumerate(customers, start=1):
            waiting += [threads.submit(ask, customer) for _ in range(MOST_OF_ONE)]
            eventually(partial(_are_called, calls, number * MOST_OF_ONE))
            one_more = ask(customer)
            assert (one_more.status_code, one_more.headers["retry-after"]) == (429, "1")

        # Then there is no place for anybody's, and no question without a key knows of it
        assert ask(uuid4()).status_code == 429
        plain = {"customer_id": str(customers[0]), "q": "tea"}
        assert client.post("/search/product", json=plain).status_code == 200
        assert not any(question.done() for question in waiting)

        # When the provider hangs up
        for connection in calls:
            connection.close()
        assert {question.result(20).status_code for question in waiting} == {424}


@pytest.mark.usefixtures("calls")
def test_a_question_waits_for_a_provider_only_as_long_as_somebody_waits_for_it(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDEXER_EMBEDDING_QUESTION_TIMEOUT", "0.2")

    answer = client.post("/search/product", json=_question(uuid4()))

    assert answer.status_code == 424
    assert "provider" in answer.json()["detail"]
