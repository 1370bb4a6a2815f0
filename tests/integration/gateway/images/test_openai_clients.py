"""OpenAI's own client, unchanged, at a gateway whose workers are played by the test."""

import base64
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
import httpx2
import openai
import pytest
from psycopg.types.json import Jsonb

from tests.integration.gateway.images.conftest import Painter
from warren.contracts.kinds import KindDefinition
from warren.contracts.speech import SynthesizeSpeech
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
#: The answer is not waited for.
AT_ONCE = {"Prefer": "wait=0"}
SPEECH: dict[str, Any] = {"model": "tts-1", "voice": "alloy", "input": "Good morning."}


@pytest.fixture
def client(
    gateway_url: str, client: httpx.Client, painter: Painter, database: Any
) -> Iterator[openai.OpenAI]:
    """As its users make it, but for the address; what it sends again is sent again."""
    schema = SynthesizeSpeech.submission_schema()
    schema["properties"]["voice_name"]["enum"] = ["heart", "espeak-ru"]
    schema["properties"]["stream"] = {"type": "boolean"}
    kind = KindDefinition(
        kind=SynthesizeSpeech.kind, version=2, service="tts", payload_schema=schema
    )
    database.announce(kind, release="9.1")

    def is_known() -> bool:
        return any(kind["version"] == 2 for kind in client.get("/api/v1/kinds").json()["items"])

    eventually(is_known)
    key = client.headers["authorization"].removeprefix("Bearer ")
    with openai.OpenAI(base_url=f"{gateway_url}/v1", api_key=key, timeout=15) as made:
        yield made


def _tasks(database: Any) -> list[str]:
    return [str(task_id) for (task_id,) in database.ask("SELECT id FROM tasks ORDER BY id")]


def _while_waiting(ask: Callable[[], Any], act: Callable[[str], object], database: Any) -> Any:
    """What `ask` is answered while `act` ends the task that it makes."""
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(ask)
        act(eventually(lambda: _tasks(database), seen=answer.exception)[0])
        return answer.result()


def test_a_wrong_key_is_told_as_openai_tells_it(client: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError) as refused:
        client.with_options(api_key="sk-nonsense").models.list()
    assert refused.value.code == "invalid_api_key"


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"voice": "morgan"}, "voice"),
        ({"voice": 7}, "voice"),
        ({"input": ""}, "input"),
        ({"input": "a" * 100_001}, "input"),
        ({"response_format": "midi"}, "response_format"),
        ({"speed": 5}, "speed"),
        ({"stream_format": "smoke"}, "stream_format"),
        ({"extra_body": {"colour": "red"}}, "colour"),
    ],
    ids=str,
)
def test_what_is_wrong_with_speech_is_a_bad_request_that_names_the_parameter(
    client: openai.OpenAI, database: Any, wrong: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.audio.speech.create(**{**SPEECH, **wrong})
    assert (refused.value.param, refused.value.type) == (param, "invalid_request_error")
    assert param in refused.value.message
    assert database.count("tasks") == 0


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"prompt": " "}, "prompt"),
        ({"n": 0}, "n"),
        ({"n": 9}, "n"),
        ({"size": "large"}, "size"),
        ({"size": "1000x1001"}, "size"),
        ({"size": "32x32"}, "size"),
        ({"response_format": "gif"}, "response_format"),
        ({"background": "transparent"}, "background"),
        ({"stream": True}, "stream"),
        ({"user": "u" * 201}, "user"),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_picture_is_a_bad_request_that_names_the_parameter(
    client: openai.OpenAI, database: Any, wrong: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(**{"prompt": "a castle", **wrong})
    assert refused.value.param == param
    assert database.count("tasks") == 0


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"image": ("a.png", b"no picture at all")}, "image"),
        ({"image": [("a.png", PNG)] * 3}, "image"),
        ({"mask": ("m.png", PNG)}, "mask"),
        ({"prompt": "make it pretty"}, "prompt"),
        ({"prompt": "ink\0"}, "prompt"),
        ({"size": "512x511"}, "size"),
        ({"n": 2}, "n"),
        ({"user": "a\0b"}, "user"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_wrong_with_an_edit_is_a_bad_request_that_names_the_parameter(
    client: openai.OpenAI, database: Any, wrong: dict[str, Any], param: str
) -> None:
    right = {"image": ("a.png", PNG), "prompt": "an ink drawing"}
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.edit(**{**right, **wrong})
    assert refused.value.param == param
    assert (database.count("tasks"), database.count("artifacts")) == (0, 0)


def test_bodies_that_are_none_are_bad_requests(client: openai.OpenAI) -> None:
    for path, content in (("/audio/speech", b"{"), ("/images/edits", b"--no form")):
        with pytest.raises(openai.BadRequestError) as refused:
            client.post(path, cast_to=httpx.Response, content=content)
        assert refused.value.type == "invalid_request_error"


@pytest.mark.parametrize("model", ["gpt-9", "dall-e-3", "nlp.extract_descriptions", "../x"])
def test_a_model_that_cannot_speak_is_not_found(client: openai.OpenAI, model: str) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        client.audio.speech.create(**{**SPEECH, "model": model})
    assert (missing.value.code, missing.value.param) == ("model_not_found", "model")


def test_models_are_listed_and_found_by_name(client: openai.OpenAI) -> None:
    listed = {model.id: model for model in client.models.list()}
    assert {"tts-1", "dall-e-3", "gpt-image-1", "tts.synthesize", "image.generate"} <= set(listed)
    assert client.models.retrieve("tts-1") == listed["tts-1"]
    assert listed["tts-1"].created > 1_700_000_000
    with pytest.raises(openai.NotFoundError) as missing:
        client.models.retrieve("gpt-9")
    assert missing.value.code == "model_not_found"


def test_what_warren_does_not_do_is_not_found_in_openais_shape(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        client.chat.completions.create(model="gpt-9", messages=[])
    assert missing.value.code == "not_found"


def test_a_task_that_takes_too_long_is_named_and_not_asked_for_again(
    client: openai.OpenAI, database: Any
) -> None:
    with pytest.raises(openai.InternalServerError) as late:
        client.audio.speech.create(**SPEECH, extra_headers=AT_ONCE)
    (task,) = _tasks(database)
    assert (late.value.status_code, late.value.code) == (504, "task_not_ended_in_time")
    assert late.value.response.headers["x-warren-task"] == task
    assert task in late.value.message
    # It goes on
    assert database.ask("SELECT state FROM tasks") == [("pending",)]


def test_a_request_that_is_sent_again_with_its_key_waits_for_the_same_task(
    client: openai.OpenAI, database: Any, painter: Painter
) -> None:
    headers = {"Idempotency-Key": "castle-1"}

    def ask(**more: str) -> Any:
        return client.images.with_raw_response.generate(
            prompt="a castle", response_format="b64_json", extra_headers={**headers, **more}
        )

    with pytest.raises(openai.InternalServerError):
        ask(**AT_ONCE)
    (task,) = _tasks(database)
    picture = painter.paint(task)

    answer = ask()
    (image,) = answer.parse().data
    assert answer.headers["idempotency-replayed"] == "true"
    content = client.get(f"../api/v1/artifacts/{picture}", cast_to=httpx.Response)
    assert base64.b64decode(image.b64_json) == f"{task} image.png".encode() == content.read()
    assert _tasks(database) == [task]

    # Until the result is kept no more
    database.ask("UPDATE tasks SET finished_at = now() - interval '40 days'")
    with pytest.raises(openai.APIStatusError) as gone:
        ask()
    assert (gone.value.status_code, gone.value.code) == (410, "result_gone")


def test_a_client_that_goes_away_leaves_its_task_alone(
    client: openai.OpenAI, database: Any
) -> None:
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.7, max_retries=0).images.generate(prompt="a castle")
    assert database.ask("SELECT state FROM tasks") == [("pending",)]


def test_pictures_come_as_files_or_as_absolute_links_as_the_model_has_it(
    client: openai.OpenAI, database: Any, painter: Painter
) -> None:
    def ask(model: str) -> Any:
        database.ask("DELETE FROM tasks")
        return _while_waiting(
            lambda: client.images.generate(prompt="a castle", model=model, user="reader"),
            painter.paint,
            database,
        )

    older, newer = ask("dall-e-3"), ask("gpt-image-1")

    assert older.data[0].url.startswith(str(client.base_url).removesuffix("v1/") + "api/v1/")
    assert older.data[0].revised_prompt == newer.data[0].revised_prompt == "a castle"
    assert newer.data[0].url is None
    assert base64.b64decode(newer.data[0].b64_json).endswith(b" image.png")
    assert (newer.size, newer.output_format) == ("512x256", "png")
    ((payload, user),) = database.ask("SELECT payload, user_id FROM tasks")
    assert (payload["width"], payload["height"], user) == (1024, 1024, "reader")


def test_an_edit_is_an_ordinary_task_with_its_pictures(
    client: openai.OpenAI, database: Any, painter: Painter
) -> None:
    answer = _while_waiting(
        lambda: client.images.edit(
            image=[("a.png", PNG), ("b.png", PNG + b"2")],
            prompt="a watercolor",
            output_format="webp",
            size="512x256",
            extra_headers={"Idempotency-Key": "edit-1"},
        ),
        painter.paint,
        database,
    )
    assert answer.data[0].url
    ((kind, payload),) = database.ask("SELECT kind, payload FROM tasks")
    assert (kind, payload["style"], payload["output_format"]) == (
        "image.transfer_style",
        "watercolour",
        "webp",
    )
    assert (payload["width"], payload["height"]) == (512, 256)
    sizes = [payload[name]["size"] for name in ("image", "style_image")]
    assert sizes == [len(PNG), len(PNG) + 1]


def test_what_the_worker_refuses_is_a_bad_request_and_what_fails_is_an_error_that_names_the_task(
    client: openai.OpenAI, database: Any, painter: Painter
) -> None:
    error = {"type": "NothingToSpeak", "message": "nothing to say", "field": "text"}

    def end(source: str) -> Callable[[str], object]:
        return lambda task: database.ask(
            "UPDATE tasks SET state = 'failed', error = %s WHERE id = %s",
            Jsonb({**error, "source": source}),
            UUID(task),
        )

    with pytest.raises(openai.BadRequestError) as refused:
        _while_waiting(lambda: client.audio.speech.create(**SPEECH), end("rejected"), database)
    assert (refused.value.param, refused.value.code) == ("input", "task_refused")
    database.ask("DELETE FROM tasks")
    with pytest.raises(openai.InternalServerError) as failed:
        _while_waiting(lambda: client.audio.speech.create(**SPEECH), end("permanent"), database)
    assert (failed.value.status_code, failed.value.code) == (502, "task_failed")
    assert _tasks(database)[0] in failed.value.message
    assert database.count("tasks") == 1


LONG: dict[str, Any] = {**SPEECH, "input": "Good morning to all of you. " * 20}


@contextmanager
def _being_heard(
    client: openai.OpenAI, database: Any, painter: Painter, **how: str
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """A task whose first part has been announced, and what comes of its audio."""

    def begin() -> str:
        task = eventually(lambda: _tasks(database))[0]
        painter.announce(task, 1, b"first ")
        return task

    with ThreadPoolExecutor(1) as thread:
        begun = thread.submit(begin)
        asked = client.audio.speech.with_streaming_response.create(**{**LONG, **how})
        with asked as answer:
            yield begun.result(), answer.iter_bytes()


def test_a_long_text_is_heard_while_it_is_being_spoken(
    client: openai.OpenAI, database: Any, painter: Painter
) -> None:
    with _being_heard(client, database, painter) as (task, pieces):
        # Given the first part, of a task that has not ended
        assert next(pieces) == b"first "
        assert database.ask("SELECT finished_at FROM tasks") == [(None,)]
        # When its worker is killed, another one says the same, and the last part is never told
        painter.announce(task, 1, b"first ")
        painter.announce(task, 2, b"second ")
        assert next(pieces) == b"second "
        painter.speak(task, b"FIRST SECOND third", parts=3)
        # Then the end comes from the whole file
        assert b"".join(pieces) == b"third"


def test_events_carry_the_parts_of_a_long_text(
    client: openai.OpenAI, database: Any, painter: Painter
) -> None:
    with _being_heard(client, database, painter, stream_format="sse") as (task, pieces):
        painter.speak(task, b"FIRST ", parts=1)
        told = b"".join(pieces).decode().removesuffix("\n\n").split("\n\n")
    events = [json.loads(event.removeprefix("data: ")) for event in told]
    assert [event["type"] for event in events] == ["speech.audio.delta", "speech.audio.done"]
    assert base64.b64decode(events[0]["audio"]) == b"first "


def test_an_audio_whose_task_fails_is_cut_off_and_not_ended(
    client: openai.OpenAI, database: Any, painter: Painter
) -> None:
    with _being_heard(client, database, painter) as (task, pieces):
        assert next(pieces) == b"first "
        painter.fail(task)
        with pytest.raises(httpx2.RemoteProtocolError):
            list(pieces)


def test_a_long_text_that_is_finished_at_once_is_a_file(
    client: openai.OpenAI, database: Any, painter: Painter
) -> None:
    answer = _while_waiting(
        lambda: client.audio.speech.create(**LONG),
        lambda task: painter.speak(task, b"all of it", parts=1),
        database,
    )
    assert answer.content == b"all of it"
    assert answer.response.headers["content-length"] == "9"


def test_a_long_text_that_fails_before_its_first_part_is_an_error(
    client: openai.OpenAI, database: Any, painter: Painter
) -> None:
    with pytest.raises(openai.InternalServerError) as failed:
        _while_waiting(lambda: client.audio.speech.create(**LONG), painter.fail, database)
    assert failed.value.code == "task_failed"
