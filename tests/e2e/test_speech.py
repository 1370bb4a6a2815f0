"""A text goes in over HTTP, a file with that text spoken comes out."""

import io

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from tests.e2e.client import Client
from tests.listening import Hear

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

RUSSIAN = "Каждое утро почтальон приносит в деревню свежие газеты и письма."
VIETNAMESE = "Mỗi buổi sáng, người đưa thư mang báo và thư đến ngôi làng nhỏ."


def _samples(audio: bytes) -> tuple[NDArray[np.float32], int]:
    samples, rate = soundfile.read(io.BytesIO(audio), dtype="float32")
    return samples, rate


def test_an_english_sentence_is_spoken_and_recorded_at_every_step(
    client: Client, hear_samples: Hear
) -> None:
    # When a sentence is submitted
    task_id = client.speak(text="The harbour lights went out one by one before the storm arrived.")
    status = client.wait(task_id)

    # Then the task has succeeded, with its times
    assert status["status"] == "succeeded", status
    assert status["progress"] == 100
    assert status["attempt"] == 1
    assert status["created_at"] <= status["started_at"] <= status["finished_at"]
    assert status["processing_seconds"] > 0

    # And the file says what was written
    result = client.result(task_id)
    audio = client.download(result["artifact_id"])
    assert result["media_type"] == "audio/wav"
    assert len(audio) == result["size_bytes"]
    heard = " ".join(hear_samples(*_samples(audio)))
    assert all(word in heard for word in ("lights", "one by one", "before the storm")), heard


@pytest.mark.parametrize(
    ("text", "language"), [(RUSSIAN, "ru"), (VIETNAMESE, "vi")], ids=["Russian", "Vietnamese"]
)
def test_other_languages_are_spoken_at_a_plausible_length_and_loudness(
    client: Client, text: str, language: str
) -> None:
    task_id = client.speak(text=text, language=language, output_format="mp3")
    assert client.wait(task_id)["status"] == "succeeded"

    result = client.result(task_id)
    samples, rate = _samples(client.download(result["artifact_id"]))

    seconds = len(samples) / rate
    assert result["media_type"] == "audio/mpeg"
    assert seconds == pytest.approx(result["duration_seconds"], abs=0.2)
    assert 2.0 < seconds < 10.0
    assert 0.02 < float(np.sqrt(np.mean(samples**2))) < 0.4
    assert float(np.abs(samples).max()) <= 1.0


def test_a_text_uploaded_as_a_file_is_spoken(client: Client) -> None:
    uploaded = client.http.post(
        "/api/v1/artifacts",
        content=b"A file can be read aloud as well.",
        headers={"Content-Type": "text/plain; charset=utf-8"},
    )
    assert uploaded.status_code == 201, uploaded.text

    task_id = client.speak(artifact_id=uploaded.json()["id"])

    assert client.wait(task_id)["status"] == "succeeded"
    assert client.result(task_id)["duration_seconds"] > 1.0


def test_a_text_with_nothing_to_speak_fails_with_its_reason(client: Client) -> None:
    task_id = client.speak(text="🙂 🙂 🙂")

    status = client.wait(task_id)

    assert status["status"] == "failed"
    assert "text" in status["error"]["message"]
    answer = client.http.get(f"/api/v1/tasks/{task_id}/result")
    assert answer.status_code == 409


def test_many_texts_are_spoken_by_one_request(client: Client) -> None:
    # Given a request that fails, and texts of which one cannot be spoken and two are the same
    failed = client.speak(text="🙂")
    client.wait(failed)
    texts = ["Good morning.", "🙂 🙂", "Good morning.", "Good night."]
    items = [{"text": text, "output_format": "mp3"} for text in texts]

    # When they are spoken together, and the one that failed again
    answer = client.http.post("/api/v1/speech/batch", json={"items": items})
    again = client.http.post("/api/v1/speech/batch", json={"request_ids": [failed]})
    assert (answer.status_code, again.status_code) == (202, 202), answer.text + again.text
    batch, repeated = answer.json()["task_id"], again.json()["task_id"]

    # Then each is told of
    assert client.wait(batch)["status"] == "succeeded"
    result = client.result(batch)
    assert (result["count"], result["skipped"], result["succeeded"]) == (3, 1, 2)
    said = result["items"]
    assert [item["status"] for item in said] == ["succeeded", "failed", "succeeded", "succeeded"]
    assert said[0]["artifact_id"] == said[2]["artifact_id"]
    assert "letter or digit" in said[1]["message"]
    samples, rate = _samples(client.download(said[3]["artifact_id"]))
    assert len(samples) / rate == pytest.approx(said[3]["duration_seconds"], abs=0.1)
    assert client.status(result["task_ids"][0])["status"] == "succeeded"

    assert client.wait(repeated)["status"] == "succeeded"
    assert [item["request_id"] for item in client.result(repeated)["items"]] == [failed]
