"""Forms with pictures, flat statuses, paths that end in `/`: as upload clients speak."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from psycopg.types.json import Jsonb

from gateway.config import GatewaySettings
from gateway.customers.keys import Scope
from gateway.upload_clients.answers import PICTURE_JOBS
from warren.contracts.kinds import KindDefinition
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres

CREATE = "/api/v1/tasks/create/"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
JPEG = b"\xff\xd8\xff\xe0" + bytes(100)
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(100)
KINDS = [
    KindDefinition(
        kind=job.kind, version=1, service="image", payload_schema=job.submission_schema()
    )
    for job in PICTURE_JOBS
]


@pytest.fixture(autouse=True)
def picture_kinds(client: httpx.Client, database: Any) -> None:
    """The gateway knows the kinds of pictures."""
    database.announce(*KINDS)
    eventually(lambda: len(client.get("/api/v1/kinds").json()["items"]) > len(KINDS))


def _form(task_type: str, parameters: Any = None, **texts: str) -> dict[str, str]:
    said = {} if parameters is None else {"parameters": json.dumps(parameters)}
    return {"task_type": task_type, **said, **texts}


def _files(**contents: bytes) -> dict[str, tuple[str, bytes, str]]:
    # Called and declared as what they are not
    return {name: ("a.txt", content, "text/plain") for name, content in contents.items()}


def _payload(database: Any, answer: httpx.Response) -> tuple[str, dict[str, Any]]:
    assert answer.status_code == 201, answer.text
    task = UUID(answer.json()["task_id"])
    ((kind, payload),) = database.ask("SELECT kind, payload FROM tasks WHERE id = %s", task)
    return kind, payload


@pytest.mark.parametrize("path", [CREATE, CREATE.rstrip("/")])
def test_a_form_becomes_a_task(client: httpx.Client, database: Any, path: str) -> None:
    form = _form("image_generation", {"width": 256, "seed": None}, prompt="a castle")

    answer = client.post(path, files={name: (None, text) for name, text in form.items()})

    kind, payload = _payload(database, answer)
    assert (kind, payload["prompt"], payload["width"]) == ("image.generate", "a castle", 256)
    said = answer.json()
    assert set(said) == {"task_id", "status", "message", "created_at"}
    assert (said["status"], said["message"]) == ("PENDING", "Task queued successfully")


def test_a_form_without_files_may_come_as_browsers_send_it(
    client: httpx.Client, database: Any
) -> None:
    urlencoded = client.post(CREATE, data=_form("image_generation", prompt="замок & море"))
    empty_choice = client.post(
        CREATE,
        files={
            **{name: (None, text) for name, text in _form("image_generation", prompt="a").items()},
            "image": ("", b"", "application/octet-stream"),
        },
    )

    assert _payload(database, urlencoded)[1]["prompt"] == "замок & море"
    assert _payload(database, empty_choice)[0] == "image.generate"


@pytest.mark.parametrize(
    ("task_type", "kind", "pictures", "names", "prompt"),
    [
        ("face_swap", "swap_face", (PNG, JPEG), ("image", "target_image"), ""),
        ("background_removal", "remove_background", (WEBP,), ("image",), ""),
        ("background_removal", "remove_background", (PNG, PNG), ("image", "background_image"), ""),
        ("style_transfer", "transfer_style", (PNG, WEBP), ("image", "style_image"), ""),
        ("style_transfer", "transfer_style", (PNG,), ("image",), "Oil"),
        ("image_enhancement", "enhance", (JPEG,), ("image",), "sharper, please"),
    ],
)
def test_each_type_is_its_kind_with_the_pictures_where_it_wants_them(
    client: httpx.Client,
    database: Any,
    task_type: str,
    kind: str,
    pictures: tuple[bytes, ...],
    names: tuple[str, ...],
    prompt: str,
) -> None:
    uploads = dict(zip(("image", "target_image"), pictures, strict=False))
    form = _form(task_type, prompt=prompt)

    answer = client.post(CREATE, data=form, files=_files(**uploads))

    found, payload = _payload(database, answer)
    assert found == f"image.{kind}"
    types = {PNG: "image/png", JPEG: "image/jpeg", WEBP: "image/webp"}
    assert [payload[name]["media_type"] for name in names] == [types[c] for c in pictures]
    # They are files of the caller, of this task.
    url = f"/api/v1/artifacts/{payload[names[0]]['id']}"
    assert client.get(url).content == pictures[0]


def test_a_file_that_one_does_not_have_is_not_found(client: httpx.Client, database: Any) -> None:
    form = _form("image_enhancement", {"image": "01900000-0000-7000-8000-000000000000"})

    answer = client.post(CREATE, files={name: (None, text) for name, text in form.items()})

    assert (answer.status_code, list(answer.json()["details"])) == (404, ["image"])
    assert database.count("tasks") == 0


@pytest.mark.parametrize(
    ("form", "pictures", "field"),
    [
        ({}, {}, "task_type"),
        ({"task_type": "tts.synthesize"}, {}, "task_type"),
        (_form("image_generation"), {}, "prompt"),
        (_form("image_generation", prompt="a" * 5001), {}, "prompt"),
        (_form("image_generation", prompt="a\x00b"), {}, "prompt"),
        (_form("image_generation", prompt="a", colour="red"), {}, "colour"),
        (_form("image_generation", prompt="a"), {"image": PNG}, "image"),
        (_form("image_generation", [1], prompt="a"), {}, "parameters"),
        ({"task_type": "face_swap", "parameters": "{"}, {}, "parameters"),
        (_form("image_generation", {"width": 9}, prompt="a"), {}, "width"),
        (_form("image_generation", {"wide": 9}, prompt="a"), {}, "wide"),
        (_form("face_swap"), {"image": PNG}, "target_image"),
        (_form("face_swap"), {"image": PNG, "target_image": b"GIF89a" + bytes(99)}, "target_image"),
        (_form("image_enhancement"), {"image": b"\x89PN"}, "image"),
        (_form("image_enhancement"), {"image": b""}, "image"),
        (_form("image_enhancement"), {"image": PNG, "photo": PNG}, "photo"),
        (_form("image_enhancement", {"image": "x"}), {}, "image"),
        # Given twice: nobody could say which of the two is meant.
        (_form("image_enhancement", {"image": 5}), {"image": PNG}, "image"),
        (_form("image_enhancement", {"image": "x"}), {"image": PNG}, "image"),
        (
            _form("style_transfer", {"style_image": "x"}),
            {"image": PNG, "target_image": PNG},
            "target_image",
        ),
        # Blank for Unicode, though not for the pattern of a JSON Schema
        (_form("image_generation", prompt="\x85"), {}, "prompt"),
        (_form("image_enhancement", user_id="u" * 201), {"image": PNG}, "user_id"),
    ],
)
def test_bad_input_names_its_field_and_leaves_nothing_behind(
    client: httpx.Client,
    database: Any,
    form: dict[str, str],
    pictures: dict[str, bytes],
    field: str,
) -> None:
    texts = {name: (None, text) for name, text in form.items()}
    answer = client.post(CREATE, files={**texts, **_files(**pictures)} or {"x": (None, "")})

    assert (answer.status_code, answer.json()["error"]) == (400, "Invalid input")
    assert [field] == list(answer.json()["details"]) or not form
    assert (database.count("tasks"), database.count("artifacts")) == (0, 0)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data"),
        ("multipart/form-data", b""),
        ("application/x-www-form-urlencoded", b"prompt=" + b"a" * 70_000),
    ],
)
def test_what_is_no_form_is_refused(client: httpx.Client, content_type: str, body: bytes) -> None:
    answer = client.post(CREATE, content=body, headers={"Content-Type": content_type})

    assert (answer.status_code, answer.json()["error"]) == (400, "Invalid input")


def test_a_picture_that_is_too_large_is_refused_on_its_way(
    settings: GatewaySettings,
    serve: Callable[[GatewaySettings], str],
    connect: Callable[[str, str], httpx.Client],
    database: Any,
) -> None:
    url = serve(settings.model_copy(update={"max_picture_bytes": 1000}))
    client = connect(url, database.key())
    form = _form("image_enhancement")

    beside = client.post(CREATE, data=form, files=_files(image=PNG + bytes(1000)))
    far = client.post(CREATE, data=form, files=_files(image=PNG + bytes(10**6)))

    for answer in (beside, far):
        assert answer.status_code == 400
        assert "is larger than" in str(answer.json()["details"])


def test_a_form_that_is_sent_again_with_its_key_is_the_same_task(
    client: httpx.Client, database: Any
) -> None:
    def send(**changed: bytes) -> httpx.Response:
        return client.post(
            CREATE,
            data=_form("image_enhancement"),
            files=_files(**{"image": PNG, **changed}),
            headers={"Idempotency-Key": "k"},
        )

    first, again, other = send(), send(), send(image=JPEG)
    bad = client.post(CREATE, data={"task_type": "x"}, headers={"Idempotency-Key": "other"})

    assert first.json() == again.json()
    assert other.status_code == 422
    assert database.count("tasks") == 1
    assert (bad.status_code, bad.json()["error"]) == (400, "Invalid input")


def _created(client: httpx.Client) -> str:
    answer = client.post(CREATE, data=_form("image_generation", prompt="a castle"))
    return f"/api/v1/tasks/{answer.json()['task_id']}"


_FIELDS = {
    "task_id", "id", "task_type", "status", "progress", "message", "retry_count", "created_at",
    "started_at", "updated_at", "completed_at", "processing_time",
}  # fmt: skip


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("scheduled", "PENDING"),
        ("pending", "PENDING"),
        ("processing", "PROCESSING"),
        ("retrying", "RETRY"),
        ("cancelling", "FAILURE"),
        ("cancelled", "FAILURE"),
        ("failed", "FAILURE"),
        ("expired", "FAILURE"),
        ("succeeded", "SUCCESS"),
    ],
)
def test_a_status_is_flat(client: httpx.Client, database: Any, state: str, shown: str) -> None:
    task = _created(client)
    database.ask(
        "UPDATE tasks SET state = %s, attempt = 2, error = %s, finished_at = %s",
        state,
        Jsonb({"type": "E", "message": "no face"}) if state == "failed" else None,
        datetime(2030, 1, 1, tzinfo=UTC),
    )

    status = client.get(f"{task}/status/").json()

    more = {"SUCCESS": {"result_url"}, "FAILURE": {"error", "error_message", "failed_at"}}
    assert set(status) == _FIELDS | more.get(shown, set())
    assert (status["status"], status["retry_count"]) == (shown, 1)
    assert status["task_type"] == "image_generation"
    why = {"failed": "no face", "expired": "Not started in time"}
    if shown == "FAILURE":
        assert status["error"] == why.get(state, "Cancelled by user")


def test_a_result_stands_in_and_beside_its_frame(client: httpx.Client, database: Any) -> None:
    task = _created(client)
    unfinished = client.get(f"{task}/result/")
    picture = "01900000-0000-7000-8000-000000000000"
    result = {
        "artifact_id": picture,
        "thumbnail_id": picture,
        "processing_time": 1.5,
        "metadata": {"provider": "procedural"},
        "prompt_used": "a castle",
    }
    database.ask(
        "UPDATE tasks SET state = 'succeeded', result = %s, finished_at = now()", Jsonb(result)
    )

    told = client.get(client.get(f"{task}/status/").json()["result_url"]).json()

    assert unfinished.status_code == 400
    assert unfinished.json() == {"error": "Task not completed. Status: PENDING"}
    assert told["result"] == {
        "image_url": f"/api/v1/artifacts/{picture}",
        "prompt_used": "a castle",
        "processing_time": 1.5,
        "metadata": {"provider": "procedural"},
    }
    assert {name: told[name] for name in told["result"]} == told["result"]
    assert told["result_data"]["thumbnail_id"] == picture
    database.ask("UPDATE tasks SET cleaned_at = now()")
    assert client.get(f"{task}/result/").status_code == 410


def test_a_task_is_cancelled_once(client: httpx.Client) -> None:
    task = _created(client)

    first, second = client.post(f"{task}/cancel/"), client.post(f"{task}/cancel/")

    assert (first.status_code, first.json()) == (200, {"message": "Task cancelled"})
    assert client.get(f"{task}/status/").json()["error"] == "Cancelled by user"
    assert (second.status_code, second.json()) == (400, {"error": "Task already completed"})


@pytest.mark.parametrize("task", ["not-an-id", "01900000-0000-7000-8000-000000000000", None])
def test_an_unknown_task_is_not_found(
    client: httpx.Client,
    gateway_url: str,
    database: Any,
    connect: Callable[[str, str], httpx.Client],
    task: str | None,
) -> None:
    # Also one of another customer
    path = f"/api/v1/tasks/{task}" if task else _created(client)
    scopes = [Scope.TASKS_READ, Scope.TASKS_WRITE]
    stranger = connect(gateway_url, database.key(scopes=scopes))
    asked = [("GET", "status"), ("GET", "result"), ("POST", "cancel")]

    answers = [stranger.request(method, f"{path}/{name}/") for method, name in asked]

    assert {answer.status_code for answer in answers} == {404}
    assert {answer.text for answer in answers} == {'{"error":"Task not found"}'}


def test_a_large_upload_takes_no_memory(
    gateway_process: Callable[..., Any],
    connect: Callable[[str, str], httpx.Client],
    database: Any,
) -> None:
    size, piece = 200 * 2**20, bytes(2**20)

    def body() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="task_type"\r\n\r\nimage_enhancement'
        yield b'\r\n--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n' + PNG
        for _ in range(size // len(piece)):
            yield piece
        yield b"\r\n--b--\r\n"

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    with gateway_process(WARREN_MAX_PICTURE_BYTES=str(2 * size)) as (url, process):
        client = connect(url, database.key())
        # Given a gateway that has taken a small form
        client.post(CREATE, data=_form("image_enhancement"), files=_files(image=PNG))
        before = _most_mib(process.pid)
        answer = client.post(CREATE, content=body(), headers=headers, timeout=120)
        grown = _most_mib(process.pid) - before

    assert answer.status_code == 201, answer.text
    assert grown < 30


def _most_mib(pid: int) -> float:
    """The most memory that a process has held so far."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
