"""What the documents say one can type is typed, word by word, beside a running stack."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.e2e.client import Client
from warren.stack.stack import Stack
from warren.testing.servers import missing_server

pytestmark = [pytest.mark.rabbitmq, pytest.mark.postgres]

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
#: What starts, tests or changes the checkout itself, or stays in the foreground.
_NOT_HERE = re.compile(
    r"^(make|git|WARREN_\w+=|warren (up|gateway|relay|recorder|housekeeper|scheduler|worker)\b)",
    re.MULTILINE,
)
#: As curl is told by its users' own files: so that a refusal ends the script.
_CURLRC = "fail-with-body\nshow-error\nmax-time = 30\n"


#: What documents write for the id of a task, and the name of a customer.
_EXAMPLE_ID = "01936b2e-0000-7000-8000-000000000000"
_EXAMPLE_NAME = "a customer"


def _a_customer(stack: Stack) -> str:
    with psycopg.connect(stack.descriptor.database_url) as connection:
        (name,) = connection.execute("SELECT name FROM customers LIMIT 1").fetchone() or ("",)
        return str(name)


def _blocks(document: Path, language: str) -> list[str]:
    pattern = rf"^```{language}\n(.*?)^```"
    return re.findall(pattern, document.read_text(), re.MULTILINE | re.DOTALL)


def _script(document: Path) -> str:
    """The snippets of a document that a running stack answers, in their order."""
    return "\n".join(block for block in _blocks(document, "sh") if not _NOT_HERE.search(block))


def _type(script: str, stack: Stack, folder: Path) -> str:
    """Run it where the stack runs, and say yes; what it prints. If it fails, the test does."""
    if shutil.which("curl") is None:
        missing_server("curl is not installed")
    (folder / ".curlrc").write_text(_CURLRC)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=stack.folder.path.parent,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "CURL_HOME": str(folder),
            "URL": stack.descriptor.gateway_url,
            "KEY": stack.descriptor.api_key,
            "WARREN_DATABASE_URL": stack.descriptor.database_url,
        },
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
    [path for path in DOCUMENTS[1:] if _script(path)],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_the_commands_of_a_document_work_as_written(
    stack: Stack, client: Client, tmp_path: Path, document: Path
) -> None:
    script = _script(document).replace(_EXAMPLE_ID, client.speak(text="An example."))
    _type(script.replace(_EXAMPLE_NAME, _a_customer(stack)), stack, tmp_path)

    # And they leave a system that works
    assert client.wait(client.speak(text="Still here."))["status"] == "succeeded"


@pytest.mark.parametrize(
    "document",
    [path for path in DOCUMENTS if _blocks(path, "sql")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_the_queries_of_a_document_can_be_asked(stack: Stack, document: Path) -> None:
    with psycopg.connect(stack.descriptor.database_url) as connection:
        for query in _blocks(document, "sql"):
            assert connection.execute(query.encode()).description
        connection.rollback()
