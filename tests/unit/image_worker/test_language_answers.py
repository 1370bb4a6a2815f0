"""What is read of the answers of language models."""

import time

import httpx
import pytest

from image_worker.adapters.refiners.answer import read_answer, refined
from image_worker.errors import AnswerNotUnderstood


def test_an_endless_answer_is_read_no_further_than_an_answer_can_be() -> None:
    sent = 0

    def pieces() -> object:
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 65_536

    with pytest.raises(AnswerNotUnderstood, match="more than"):
        read_answer(httpx.Response(200, content=pieces()), "a-model")  # type: ignore[arg-type]

    assert sent < 40


@pytest.mark.parametrize(
    "text", ["{" * 500_000, "}" + "{" * 500_000, "{" * 250_000 + "}" * 250_000]
)
def test_an_answer_of_brackets_costs_no_time(text: str) -> None:
    started = time.process_time()

    with pytest.raises(AnswerNotUnderstood, match="without a prompt"):
        refined(text, "a-model")

    assert time.process_time() - started < 1


def test_the_json_is_found_between_words() -> None:
    assert refined('Sure {: {"prompt": "a castle"}'[8:], "a-model").prompt == "a castle"
