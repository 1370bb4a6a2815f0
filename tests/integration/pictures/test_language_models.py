"""Prompts refined by language models that speak OpenAI's and Gemini's protocols."""

from collections.abc import Iterator
from contextlib import closing

import orjson
import pytest

from image_worker.adapters.refiners.chat import ChatRefiner
from image_worker.adapters.refiners.gemini import GeminiRefiner
from image_worker.errors import AnswerNotUnderstood
from image_worker.ports import RefineRequest
from image_worker.service.refining.falling_back import FallingBack
from image_worker.service.refining.rules import RulesRefiner
from tests.integration.pictures.painting_server import PaintingServer
from warren.providers import ProviderBoard, ProviderDown

REQUEST = RefineRequest("старый замок ночью", "люди", "watercolour")
Model = ChatRefiner | GeminiRefiner


@pytest.fixture(params=["openai", "gemini"])
def model(request: pytest.FixtureRequest, server: PaintingServer) -> Iterator[Model]:
    cls = ChatRefiner if request.param == "openai" else GeminiRefiner
    made = cls(server.url, "sk-secret", "a-model", timeout=5, board=ProviderBoard())
    with closing(made):
        yield made


def test_a_model_answers_with_a_prompt(model: Model, server: PaintingServer) -> None:
    refined = model.refine(REQUEST)

    assert refined.prompt == "an old castle, moonlight"
    assert refined.negative_prompt == "people"
    assert refined.provider == model.name
    _, headers, body = server.asked[0]
    assert "sk-secret" in (headers.get("Authorization", "") + headers.get("x-goog-api-key", ""))
    assert "старый замок ночью" in orjson.dumps(body).decode().replace("\\\\", "\\")


@pytest.mark.parametrize(
    "said",
    ["I cannot help with that.", "{}", '{"prompt": ""}', '{"prompt": ["a"]}', "{broken", "[1]"],
)
def test_an_answer_that_is_no_prompt_is_not_understood(
    model: Model, server: PaintingServer, said: str
) -> None:
    server.said = said

    with pytest.raises(AnswerNotUnderstood):
        model.refine(REQUEST)


def test_what_a_model_says_around_its_json_is_left_out(
    model: Model, server: PaintingServer
) -> None:
    server.said = 'Sure!\n```json\n{"prompt": "a\\u0007 castle\\n at night"}\n```'

    refined = model.refine(REQUEST)

    assert refined.prompt == "a castle at night"
    assert refined.negative_prompt == ""


@pytest.mark.parametrize("body", [b"", b"{}", b'{"choices": []}', b'{"candidates": []}'])
def test_an_answer_of_another_shape_is_not_understood(
    model: Model, server: PaintingServer, body: bytes
) -> None:
    server.answer_with(200, body)

    with pytest.raises(AnswerNotUnderstood):
        model.refine(REQUEST)


def test_an_answer_is_read_no_further_than_a_prompt_can_be(
    model: Model, server: PaintingServer
) -> None:
    server.answer_with(200, b" " * (2 << 20))

    with pytest.raises(AnswerNotUnderstood, match="more than"):
        model.refine(REQUEST)


def test_rules_stand_in_for_a_model_that_is_away_and_say_so(
    model: Model, server: PaintingServer
) -> None:
    server.answer_with(503)
    with pytest.raises(ProviderDown):
        model.refine(REQUEST)

    refined = FallingBack([model, RulesRefiner()]).refine(REQUEST)

    assert refined.provider == "rules"
    assert refined.prompt.startswith("старый замок ночью, old, castle, night")
    assert refined.fallback is not None
    assert refined.fallback.startswith(f"{model.name}: ")
