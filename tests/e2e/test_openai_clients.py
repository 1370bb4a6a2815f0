"""OpenAI's own Python client, unchanged, at the whole system."""

import asyncio
import base64
import io
from collections.abc import Iterator

import httpx
import numpy as np
import openai
import pytest
from PIL import Image, ImageDraw

from tests.audio_decoding import decoded
from tests.e2e.client import Client
from tests.listening import Hear
from warren.contracts.speech import AudioFormat
from warren.stack.stack import Stack

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

TEXT = "The harbour lights went out one by one before the storm arrived."
MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}


@pytest.fixture
def openai_client(stack: Stack) -> Iterator[openai.OpenAI]:
    described = stack.descriptor
    url = f"{described.gateway_url}/v1"
    with openai.OpenAI(base_url=url, api_key=described.api_key, timeout=90) as client:
        yield client


def _drawing() -> bytes:
    """A house in front of hills, as a PNG."""
    picture = Image.new("RGB", (160, 120), (150, 190, 230))
    pencil = ImageDraw.Draw(picture)
    pencil.ellipse((-40, 60, 120, 200), fill=(90, 140, 70))
    pencil.rectangle((60, 50, 110, 95), fill=(190, 80, 60))
    pencil.polygon([(52, 50), (85, 22), (118, 50)], fill=(90, 50, 40))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("audio_format", list(AudioFormat))
def test_a_sentence_is_spoken_in_each_format(
    openai_client: openai.OpenAI, client: Client, audio_format: AudioFormat
) -> None:
    with openai_client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=TEXT, response_format=audio_format.value
    ) as answer:
        assert answer.headers["content-type"] == MEDIA_TYPES[audio_format]
        task = answer.headers["x-warren-task"]
        samples, rate = decoded(audio_format, b"".join(answer.iter_bytes()))

    # As the task's own file
    result = client.result(task)
    assert len(samples) / rate == pytest.approx(result["duration_seconds"], abs=0.15)
    assert 2.5 < len(samples) / rate < 8
    assert 0.02 < float(np.sqrt(np.mean(samples**2))) < 0.4


def test_mp3_is_what_is_spoken_by_default_and_it_says_the_text(
    openai_client: openai.OpenAI, hear_samples: Hear
) -> None:
    audio = openai_client.audio.speech.create(model="gpt-4o-mini-tts", voice="nova", input=TEXT)
    heard = " ".join(hear_samples(*decoded(AudioFormat.MP3, audio.content)))
    assert all(word in heard for word in ("lights", "one by one", "before the storm")), heard


def test_a_long_text_is_heard_while_it_is_being_spoken(
    openai_client: openai.OpenAI, client: Client
) -> None:
    with openai_client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=f"{TEXT} " * 30
    ) as answer:
        task = answer.headers["x-warren-task"]
        pieces = answer.iter_bytes()
        first = next(pieces)
        state_then = client.status(task)["status"]
        audio = first + b"".join(pieces)

    assert state_then == "processing"
    samples, rate = decoded(AudioFormat.MP3, audio)
    result = client.result(task)
    assert result["parts"] == 30
    assert len(samples) / rate == pytest.approx(result["duration_seconds"], abs=0.15)


def test_speed_and_voice_are_obeyed(openai_client: openai.OpenAI, client: Client) -> None:
    def spoken(**how: object) -> dict[str, object]:
        made = {"model": "tts-1", "voice": "alloy", "input": TEXT, "response_format": "wav", **how}
        answer = openai_client.audio.speech.with_raw_response.create(**made)  # type: ignore[arg-type]
        return client.result(answer.headers["x-warren-task"])

    fast, slow = spoken(speed=2.0), spoken(speed=0.5)
    russian = spoken(input="Доброе утро, дорогие друзья.")
    own = spoken(voice="espeak-vi", input="Xin chào các bạn.")

    assert float(str(slow["duration_seconds"])) > 3 * float(str(fast["duration_seconds"]))
    assert (fast["voice"], russian["voice"]) == ("heart", "espeak-ru")
    assert own["voice"] == "espeak-vi"


def test_a_text_that_nobody_can_say_is_a_bad_request_of_its_input(
    openai_client: openai.OpenAI,
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        openai_client.audio.speech.create(model="tts-1", voice="alloy", input="🙂 🙂 🙂")
    assert refused.value.param == "input"


def test_the_asynchronous_client_speaks_and_paints_at_the_same_time(stack: Stack) -> None:
    async def ask() -> tuple[bytes, openai.types.ImagesResponse]:
        described = stack.descriptor
        async with openai.AsyncOpenAI(
            base_url=f"{described.gateway_url}/v1", api_key=described.api_key, timeout=90
        ) as client:
            speech = client.audio.speech.create(model="tts-1", voice="onyx", input=TEXT)
            picture = client.images.generate(
                model="gpt-image-1", prompt="an old castle by the sea", n=2, size="256x128"
            )
            spoken, painted = await asyncio.gather(speech, picture)
            return spoken.content, painted

    audio, painted = asyncio.run(ask())

    assert len(decoded(AudioFormat.MP3, audio)[0]) > 24_000
    pictures = [
        Image.open(io.BytesIO(base64.b64decode(image.b64_json or "")))
        for image in painted.data or []
    ]
    assert [(picture.format, picture.size) for picture in pictures] == [("PNG", (256, 128))] * 2
    assert pictures[0].tobytes() != pictures[1].tobytes()


def test_a_picture_is_painted_and_its_link_opens_without_a_key_until_it_is_changed(
    openai_client: openai.OpenAI,
) -> None:
    answer = openai_client.images.generate(prompt="a forest at night", size="128x128")

    (image,) = answer.data or []
    assert image.url is not None
    fetched = httpx.get(image.url, trust_env=False)
    assert fetched.content.startswith(b"\x89PNG")
    assert httpx.get(image.url[:-3] + "abc", trust_env=False).status_code == 403
    assert image.revised_prompt == "a forest at night"


def test_a_drawing_is_repainted(openai_client: openai.OpenAI) -> None:
    answer = openai_client.images.edit(
        image=("house.png", _drawing(), "image/png"),
        prompt="Make it a watercolor painting",
        size="128x128",
        response_format="b64_json",
    )

    (image,) = answer.data or []
    before = Image.open(io.BytesIO(_drawing())).convert("RGB")
    after = Image.open(io.BytesIO(base64.b64decode(image.b64_json or ""))).convert("RGB")
    # Of the middle, in the size that was asked for
    assert after.size == (128, 128)
    same = before.crop((20, 0, 140, 120)).resize((128, 128))
    difference = np.abs(np.asarray(after, float) - np.asarray(same, float)).mean()
    assert 1 < difference < 60
