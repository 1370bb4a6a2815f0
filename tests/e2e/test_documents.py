"""What the documents say one can type is typed, word by word, beside a running stack."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.documents import (
    NOT_BESIDE_A_STACK,
    ROOT,
    WITH_A_STACK,
    Snippet,
    name_of,
    snippets,
    written_in,
)
from tests.e2e.client import Client
from warren.stack.stack import Stack
from warren.testing.servers import missing_server

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

#: As curl is told by its users' own files: so that a refusal ends the script.
_CURLRC = "fail-with-body\nshow-error\nmax-time = 30\n"


#: What documents write for the id of a task, and the name of a customer.
_EXAMPLE_ID = "01936b2e-0000-7000-8000-000000000000"
_EXAMPLE_NAME = "a customer"


def _a_customer(stack: Stack) -> str:
    with psycopg.connect(stack.descriptor.database_url) as connection:
        (name,) = connection.execute("SELECT name FROM customers LIMIT 1").fetchone() or ("",)
        return str(name)


def _script(document: Path) -> str:
    """The snippets of a document that a running stack answers, in their order."""
    codes = [snippet.code for snippet in snippets(document, "sh")]
    return "\n".join(code for code in codes if not NOT_BESIDE_A_STACK.search(code))


def _surroundings(stack: Stack) -> dict[str, str]:
    """What documents presume: where the stack is, under the names that they use."""
    described = stack.descriptor
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "URL": described.gateway_url,
        "KEY": described.api_key,
        "WARREN_URL": described.gateway_url,
        "WARREN_API_KEY": described.api_key,
        "WARREN_DATABASE_URL": described.database_url,
    }


def _type(script: str, stack: Stack, folder: Path) -> str:
    """Run it where the stack runs, and say yes; what it prints. If it fails, the test does."""
    if shutil.which("curl") is None:
        missing_server("curl is not installed")
    (folder / ".curlrc").write_text(_CURLRC)
    (folder / "script").write_text(script)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", folder / "script"],
        cwd=stack.folder.path.parent,
        env={**_surroundings(stack), "CURL_HOME": str(folder)},
        input="y\n" * 10,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_first_steps_of_the_readme_end_with_an_audio_file(stack: Stack, tmp_path: Path) -> None:
    said = _type(_script(ROOT / "README.md"), stack, tmp_path)

    assert '"status":"pending"' in said
    assert '"status":"succeeded"' in said
    audio = (stack.folder.path.parent / "hello.mp3").read_bytes()
    assert audio.startswith((b"ID3", b"\xff\xf3", b"\xff\xfb"))
    assert len(audio) > 2000


@pytest.mark.parametrize(
    "document",
    [path for path in written_in("sh") if _script(path) and path != ROOT / "README.md"],
    ids=name_of,
)
def test_the_commands_of_a_document_work_as_written(
    stack: Stack, client: Client, tmp_path: Path, document: Path
) -> None:
    script = _script(document).replace(_EXAMPLE_ID, client.speak(text="An example."))
    _type(script.replace(_EXAMPLE_NAME, _a_customer(stack)), stack, tmp_path)

    # And they leave a system that works
    assert client.wait(client.speak(text="Still here."))["status"] == "succeeded"


@pytest.mark.parametrize("document", sorted(WITH_A_STACK))
def test_the_python_of_a_document_works_as_written(stack: Stack, document: str) -> None:
    codes = [snippet.code for snippet in snippets(ROOT / document, "python")]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(codes)],
        env=_surroundings(stack),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "snippet",
    [snippet for document in written_in("json") for snippet in snippets(document, "json")],
    ids=str,
)
def test_the_gateway_takes_the_requests_of_a_document(client: Client, snippet: Snippet) -> None:
    method, path = re.findall(r"(POST|PUT|PATCH)\s+(/api/v1/[\w/-]+)", snippet.before)[-1]

    answer = client.http.request(method, path, json=json.loads(snippet.code))

    assert answer.is_success, answer.text
    if answer.status_code == 201:
        client.http.delete(answer.headers["Location"]).raise_for_status()


@pytest.mark.parametrize("document", written_in("sql"), ids=name_of)
def test_the_queries_of_a_document_can_be_asked(stack: Stack, document: Path) -> None:
    with psycopg.connect(stack.descriptor.database_url) as connection:
        for snippet in snippets(document, "sql"):
            answer = connection.execute(snippet.code.encode())
            # Of several statements the last one answers.
            while answer.nextset():
                continue
            assert answer.description
        connection.rollback()
