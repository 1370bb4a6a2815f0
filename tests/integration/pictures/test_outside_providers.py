"""Pictures by OpenAI's protocol and by Pollinations', from a server that speaks both."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import unquote

import pytest

from image_worker.adapters.outside.openai_pictures import OpenAiPictures, size_for
from image_worker.adapters.outside.pollinations import Pollinations
from image_worker.errors import PromptRefused, ProviderGaveNoPicture
from image_worker.ports import PictureRequest
from tests.integration.pictures.painting_server import PaintingServer, png
from warren.errors import JobCancelled
from warren.providers import ProviderBoard, ProviderDown, ProviderFailed, ProviderRefused
from warren.stack.ports import free_port

REQUEST = PictureRequest("старый замок / castle?", "fog", 128, 64, 30, 7.5, 42)
Painter = OpenAiPictures | Pollinations


def _painter(name: str, url: str) -> Painter:
    if name == "openai":
        return OpenAiPictures(url, "sk-secret", "sdxl", timeout=5, board=ProviderBoard())
    return Pollinations(url, "sk-secret", "flux", timeout=5, board=ProviderBoard())


@pytest.fixture(params=["openai", "pollinations"])
def painter(request: pytest.FixtureRequest, server: PaintingServer) -> Iterator[Painter]:
    with closing(_painter(request.param, server.url)) as made:
        yield made


def paint(painter: Painter, request: PictureRequest = REQUEST) -> Any:
    return painter.paint(request, lambda _done, _total: None)


def test_a_picture_has_the_size_that_was_asked_for(
    painter: Painter, server: PaintingServer
) -> None:
    painted = paint(painter)

    assert painted.pixels.shape == (64, 128, 3)
    assert tuple(painted.pixels[0, 0]) == (200, 30, 60)
    (_, headers, _) = server.asked[0]
    assert headers["Authorization"] == "Bearer sk-secret"


def test_pollinations_is_asked_for_exactly_this_picture(server: PaintingServer) -> None:
    with closing(_painter("pollinations", server.url)) as pollinations:
        paint(pollinations)

    path, _, query = server.asked[0][0].partition("?")
    assert unquote(path) == f"/prompt/{REQUEST.prompt}"
    for said in ("seed=42", "width=128", "height=64", "negative_prompt=fog", "private=true"):
        assert said in query


def test_openai_is_asked_in_its_own_words_and_tells_what_it_made_of_the_prompt(
    server: PaintingServer,
) -> None:
    server.by_address = True
    with closing(_painter("openai", server.url)) as openai:
        painted = paint(openai)

    assert painted.pixels.shape == (64, 64, 3)
    assert server.asked[0][2] == {
        "model": "sdxl",
        "prompt": REQUEST.prompt,
        "n": 1,
        "size": "128x64",
        "response_format": "b64_json",
    }


def test_a_picture_at_an_address_inside_of_our_networks_is_not_fetched(
    server: PaintingServer,
) -> None:
    server.answer_with(200, {"data": [{"url": f"http://127.0.0.1:{free_port()}/x.png"}]})

    with (
        closing(_painter("openai", server.url)) as openai,
        pytest.raises(ProviderGaveNoPicture, match="not called"),
    ):
        paint(openai)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "nothing"),
        (b"<html>Sorry, we are full</html>", "we are full"),
        (b'{"data": []}', "no picture|not with a picture"),
        (b'{"data": [{}]}', "no picture|not with a picture|neither"),
        (b'{"error": "moderated"}', "moderated"),
    ],
)
def test_an_answer_without_a_picture_is_a_failure_with_its_reason(
    painter: Painter, server: PaintingServer, body: bytes, reason: str
) -> None:
    server.answer_with(200, body, Content_Type="application/json")

    with pytest.raises(ProviderGaveNoPicture, match=reason):
        paint(painter)


@pytest.mark.parametrize(
    "content", [png(64, 64)[:90], b"GIF89a" + bytes(64), png(4_100, 4_100)], ids=len
)
def test_a_file_that_is_no_usable_picture_is_a_failure_with_its_reason(
    server: PaintingServer, content: bytes
) -> None:
    server.answer_with(200, content, Content_Type="image/png")

    with (
        closing(_painter("pollinations", server.url)) as pollinations,
        pytest.raises(ProviderGaveNoPicture, match=r"damaged|neither|pixels"),
    ):
        paint(pollinations)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, ProviderRefused),
        (422, ProviderRefused),
        (429, ProviderDown),
        (500, ProviderFailed),
        (503, ProviderDown),
    ],
)
def test_a_status_decides_whether_to_wait_to_try_again_or_to_give_up(
    painter: Painter, server: PaintingServer, status: int, expected: type[Exception]
) -> None:
    server.answer_with(status, {"error": {"message": "because of this"}}, Retry_After="7")

    with pytest.raises(expected, match="because of this") as failed:
        paint(painter)

    if isinstance(failed.value, ProviderDown):
        assert failed.value.retry_after == pytest.approx(7, abs=0.1)
        with pytest.raises(ProviderDown, match="pause"):
            paint(painter)
        assert len(server.asked) == 1


def test_nobody_there_is_waited_for() -> None:
    for name in ("openai", "pollinations"):
        url = f"http://127.0.0.1:{free_port()}"
        with closing(_painter(name, url)) as painter, pytest.raises(ProviderDown):
            paint(painter)


def test_what_a_policy_is_against_is_the_callers_fault(server: PaintingServer) -> None:
    refusal = {"error": {"code": "content_policy_violation", "message": "no dragons"}}
    server.answer_with(400, refusal)

    with closing(_painter("openai", server.url)) as openai, pytest.raises(PromptRefused) as refused:
        paint(openai)

    assert refused.value.field == "prompt"
    assert "no dragons" in str(refused.value)


def test_a_prompt_that_is_too_long_for_an_address_is_refused_before_it_is_sent(
    server: PaintingServer,
) -> None:
    long = PictureRequest("я" * 2_000, "", 64, 64, 1, 1, 1)

    with closing(_painter("pollinations", server.url)) as painter, pytest.raises(PromptRefused):
        paint(painter, long)

    assert server.asked == []


def test_a_cancelled_job_asks_nobody(painter: Painter, server: PaintingServer) -> None:
    def cancelled(_done: int, _total: int) -> None:
        raise JobCancelled("cancelled")

    with pytest.raises(JobCancelled):
        painter.paint(REQUEST, cancelled)

    assert server.asked == []


@pytest.mark.parametrize(
    ("model", "asked", "painted"),
    [
        ("gpt-image-1", (512, 512), "1024x1024"),
        ("gpt-image-1", (1_024, 576), "1536x1024"),
        ("dall-e-3", (512, 1_024), "1024x1792"),
        ("dall-e-2", (640, 640), "512x512"),
        ("sdxl", (640, 648), "640x648"),
    ],
)
def test_a_model_is_asked_for_a_size_that_it_knows(
    model: str, asked: tuple[int, int], painted: str
) -> None:
    assert size_for(model, *asked) == painted
