"""The JavaScript client in Node, against a running system."""

import json
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tests.documents import snippets, written_in
from tests.integration.pictures.painting_server import png
from tests.node import node
from warren.stack.stack import Stack
from warren.testing.servers import missing_server

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

_PROGRAM = Path(__file__).with_name("client_in_node.mjs")
_MODULE = Path(str(files("gateway.browser") / "files" / "warren.js"))


def _surroundings(stack: Stack) -> dict[str, str]:
    described = stack.descriptor
    return {"WARREN_URL": described.gateway_url, "WARREN_API_KEY": described.api_key}


def _said(stack: Stack, what: str, *given: str | Path) -> Any:
    return json.loads(node(_PROGRAM, what, _MODULE, *given, environment=_surroundings(stack)))


def test_a_task_is_followed_through_the_death_of_its_gateway(stack: Stack) -> None:
    program = shutil.which("node") or missing_server("node is not installed")
    with subprocess.Popen(
        [program, _PROGRAM, "follow", _MODULE],
        env=_surroundings(stack),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        # Given a client that has begun to follow
        said = [json.loads(process.stdout.readline())]
        # When its gateway is killed, before the task has begun
        stack.kill("gateway")
        said += [json.loads(line) for line in process.stdout]
    # Then it hears the end, and each recorded event once
    *events, status = said
    ids = [event["id"] for event in events if event["id"] is not None]
    assert (process.returncode, events[-1]["event"], status["status"]) == (0, "result", "succeeded")
    assert ids == list(range(1, len(ids) + 1))


def test_a_picture_is_uploaded_and_its_task_asked_for_again_and_again(
    stack: Stack, tmp_path: Path
) -> None:
    picture = tmp_path / "castle.png"
    picture.write_bytes(png(64, 64))

    said = _said(stack, "picture", picture)

    size = picture.stat().st_size
    assert (said["stored"]["size"], said["progress"][-1], said["same"]) == (
        size,
        [size, size],
        True,
    )
    assert said["statuses"][-1] == said["made"]["status"] == "SUCCESS"
    assert said["made"]["image_url"].startswith("/api/v1/artifacts/")
    assert said["sepia"] == "image/png"


def test_refusals_and_other_ends_are_told(stack: Stack) -> None:
    assert _said(stack, "refusals") == {
        "refused": ["Refused", 422, "payload.speed"],
        "cancelled": "cancelled",
        "ended": ["TaskFailed", "cancelled"],
        "succeeded": 2,
        "members": ["succeeded", "succeeded"],
        "kept": True,
        "text": "One.",
        "gone": 404,
        "others": None,
    }


def test_the_javascript_of_the_documents_works_as_written(stack: Stack, tmp_path: Path) -> None:
    described = stack.descriptor
    key = f'{{ url: "{described.gateway_url}", key: "{described.api_key}" }}'
    codes = [snippet.code for document in written_in("js") for snippet in snippets(document, "js")]
    for number, code in enumerate(codes):
        # All but the address, which is an example, and what the reader's own page shows.
        here = re.sub(r'from ".*/warren\.js"', f'from "{_MODULE}"', code)
        here = here.replace('{ key: "wk_…" }', key)
        (tmp_path / f"{number}.mjs").write_text(f"const show = console.log;\n{here}")
    imports = "".join(f'import "./{number}.mjs";\n' for number in range(len(codes)))
    (tmp_path / "all.mjs").write_text(imports)

    assert "succeeded: 2" in node(tmp_path / "all.mjs", environment=_surroundings(stack))
