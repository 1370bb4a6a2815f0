import uuid
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from warren.cli.demo.client import DemoClient, DemoFailed
from warren.cli.demo.step import Bench
from warren.cli.demo.steps.speech import Speak
from warren.cli.demo.texts import SPOKEN_TEXTS, SpokenText
from warren.contracts.speech import SynthesizeSpeech

ARTIFACT = uuid.UUID(int=7)
SPEECH = {
    "artifact_id": str(ARTIFACT),
    "media_type": "audio/wav",
    "sha256": "0" * 64,
    "size_bytes": 5,
    "duration_seconds": 2.5,
    "sample_rate": 24000,
    "voice": "heart",
    "provider": "hibari",
    "processing_seconds": 0.1,
}


class FakeGateway(httpx.BaseTransport):
    """Accepts a text as task t1, which goes through the given states."""

    def __init__(self, *statuses: Mapping[str, object]) -> None:
        self._statuses = list(statuses)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the gateway does."""
        assert request.headers["authorization"] == "Bearer wk_key"
        answers = {
            "/api/v1/speech": lambda: httpx.Response(202, json={"task_id": "t1"}),
            "/api/v1/tasks/t1/status": lambda: httpx.Response(200, json=self._statuses.pop(0)),
            "/api/v1/tasks/t1/result": lambda: httpx.Response(200, json=SPEECH),
            f"/api/v1/artifacts/{ARTIFACT}": lambda: httpx.Response(200, content=b"audio"),
        }
        return answers[request.url.path]()


def client(*statuses: Mapping[str, object]) -> DemoClient:
    return DemoClient("http://gateway", "wk_key", transport=FakeGateway(*statuses))


def test_a_text_is_submitted_followed_and_downloaded(tmp_path: Path) -> None:
    # Given a gateway where the task succeeds after a while
    seen: list[tuple[int, str]] = []
    running = {"status": "processing", "progress": 40, "message": "speaking"}
    with client({"status": "pending"}, running, running, {"status": "succeeded"}) as demo:
        # When a text is spoken
        bench = Bench(demo, tmp_path, lambda percent, said: seen.append((percent, said)), "tts")
        outcome = Speak(SPOKEN_TEXTS[0]).run(bench, None)

    # Then each change was shown once, and the file is there
    assert seen == [(0, "pending"), (40, "speaking"), (0, "succeeded")]
    assert (tmp_path / outcome.where).read_bytes() == b"audio"
    assert outcome.summary == "2.5 s of audio, voice heart"


def test_a_task_that_fails_is_told_with_its_reason_and_the_process_to_look_at() -> None:
    failed = {"status": "failed", "error": {"type": "VoiceNotFound", "message": "no such voice"}}

    with client(failed) as demo, pytest.raises(DemoFailed, match="t1 failed: no such voice") as e:
        demo.follow("t1", "tts-worker", lambda *_said: None)

    assert e.value.process == "tts-worker"


def test_a_refusal_of_the_gateway_is_shown() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        return httpx.Response(503, json={"title": "The backlog is full"})

    transport = httpx.MockTransport(refuse)
    with (
        DemoClient("http://gateway", "wk_key", transport) as demo,
        pytest.raises(DemoFailed, match="The backlog is full") as e,
    ):
        demo.post("/api/v1/speech", {})

    assert e.value.process == "gateway"


def test_a_file_is_sent_as_a_form_with_its_fields() -> None:
    sent: list[httpx.Request] = []

    def accept(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(202, json={"id": "a1"})

    with DemoClient("http://gateway", "wk_key", httpx.MockTransport(accept)) as demo:
        answer = demo.upload("/api/v1/books", ("b.epub", b"PK", "application/epub+zip"), {"n": "3"})

    assert answer == {"id": "a1"}
    body = sent[0].read()
    assert b'name="n"' in body
    assert b'filename="b.epub"' in body


@pytest.mark.parametrize("text", SPOKEN_TEXTS, ids=lambda text: text.title)
def test_the_texts_of_the_demonstration_are_valid_jobs(text: SpokenText) -> None:
    SynthesizeSpeech.model_validate(
        {"text": text.text, "language": text.language, "output_format": text.output_format}
    )
