"""Keys that are sent in headers: with the line break of their file, or with what none can hold."""

import socket

import httpx
import pytest

from image_worker.config import PaintingSettings, RefiningSettings
from indexer.config import IndexSettings, SearchNodeSettings
from sync_worker.config import ChatbotSettings
from warren.client.gateway_connection import GatewayConnection
from warren.client.settings import ClientSettings
from warren.errors import ConfigurationError
from warren.providers import HttpProvider, ProviderBoard, ProviderRefused
from warren.settings import EnvironmentSettings

SECRET = "sekret-of-enough-length"
VARIABLES: dict[str, type[EnvironmentSettings]] = {
    "SYNC_CHATBOT_TOKEN": ChatbotSettings,
    "IMAGE_OPENAI_KEY": PaintingSettings,
    "IMAGE_POLLINATIONS_KEY": PaintingSettings,
    "IMAGE_REFINE_OPENAI_KEY": RefiningSettings,
    "IMAGE_REFINE_GEMINI_KEY": RefiningSettings,
    "INDEXER_ELASTICSEARCH_API_KEY": IndexSettings,
    "WARREN_SEARCH_TOKEN": SearchNodeSettings,
    "WARREN_API_KEY": ClientSettings,
}


@pytest.mark.parametrize(("variable", "settings"), VARIABLES.items())
def test_white_space_around_a_key_is_no_part_of_it(
    variable: str, settings: type[EnvironmentSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, f" {SECRET}\r\n")

    field = variable.removeprefix(settings.model_config.get("env_prefix", "")).lower()
    assert getattr(settings(), field).get_secret_value() == SECRET


@pytest.mark.parametrize("value", [f"{SECRET}\n{SECRET}", f"{SECRET}é", f"{SECRET}\x07", " \n"])
@pytest.mark.parametrize(("variable", "settings"), VARIABLES.items())
def test_a_key_that_no_header_can_hold_is_named_and_not_shown(
    variable: str,
    settings: type[EnvironmentSettings],
    value: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(ConfigurationError, match=f"^{variable}: must be printable ASCII") as caught:
        settings()

    assert SECRET not in str(caught.value)


def test_a_token_of_the_search_node_is_as_long_as_what_is_left_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WARREN_SEARCH_TOKEN", "short" + 20 * "\n")
    with pytest.raises(ConfigurationError, match="WARREN_SEARCH_TOKEN"):
        SearchNodeSettings()


def test_a_call_whose_credentials_cannot_be_sent_fails_without_telling_them() -> None:
    provider = HttpProvider("chatbot", ProviderBoard())
    headers = {"x-goog-api-key": f"{SECRET}\n"}

    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        httpx.Client(headers=headers, trust_env=False, timeout=5) as client,
        pytest.raises(ProviderRefused, match="its credentials, cannot be sent") as caught,
        provider.calling(),
    ):
        client.get(f"http://127.0.0.1:{listening.getsockname()[1]}/")

    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_client_sends_a_key_without_its_line_break_and_refuses_one_of_two_lines() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["authorization"])
        return httpx.Response(200)

    transport = httpx.MockTransport(answer)
    connection = GatewayConnection("http://gateway", f"{SECRET}\n", transport)
    connection.send("GET", "/", timeout=1)
    connection.close()
    assert asked == [f"Bearer {SECRET}"]

    with pytest.raises(ConfigurationError, match="WARREN_API_KEY") as caught:
        GatewayConnection("http://gateway", f"{SECRET}\n{SECRET}")
    assert SECRET not in str(caught.value)
