"""What commands make of a gateway's answers."""

from pathlib import Path

import httpx
import pytest

from warren.cli.api_client import ApiClient, open_client
from warren.client.errors import GatewayUnreachable, RefusedByGateway
from warren.errors import ConfigurationError

URL = "http://gateway.test"


def client_that_gets(answer: httpx.Response | httpx.HTTPError) -> ApiClient:
    """A client whose gateway always answers the same."""

    def respond(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, httpx.HTTPError):
            raise answer
        return answer

    return ApiClient(URL, "wk_key", httpx.MockTransport(respond))


def test_an_answer_is_returned_as_json() -> None:
    # Given a gateway that answers
    with client_that_gets(httpx.Response(200, json={"items": []})) as client:
        # When asked, Then its document comes back
        assert client.get("/api/v1/things", {"after": None}) == {"items": []}


def test_an_empty_answer_is_none() -> None:
    with client_that_gets(httpx.Response(204)) as client:
        assert client.post("/api/v1/things/1/stop") is None


def test_a_problem_is_told_in_the_gateway_s_words() -> None:
    # Given a gateway that refuses
    problem = {
        "title": "The task has ended",
        "detail": "task 7 has succeeded",
        "state": "succeeded",
    }
    with client_that_gets(httpx.Response(409, json=problem)) as client:
        # When asked
        with pytest.raises(RefusedByGateway, match="The task has ended: task 7") as caught:
            client.post("/api/v1/tasks/7/cancel")
        # Then the rest can be looked at
        assert (caught.value.status, caught.value.problem["state"]) == (409, "succeeded")


def test_an_error_that_is_no_problem_document_is_still_told() -> None:
    with (
        client_that_gets(httpx.Response(502, text="bad gateway")) as client,
        pytest.raises(RefusedByGateway, match="HTTP 502: bad gateway"),
    ):
        client.get("/api/v1/things")


def test_a_gateway_that_is_away_is_named() -> None:
    with (
        client_that_gets(httpx.ConnectError("refused")) as client,
        pytest.raises(GatewayUnreachable, match=URL),
    ):
        client.get("/api/v1/things")


def test_without_address_and_stack_there_is_nobody_to_ask(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="WARREN_URL"):
        open_client({}, tmp_path)
