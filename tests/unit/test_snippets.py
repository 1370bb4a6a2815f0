"""Every piece of code in a document is run or checked, unless it says here who runs it."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from typer.main import get_command

from gateway.app import create_app
from gateway.config import GatewaySettings
from tests.documents import (
    FOLLOWED,
    NOT_BESIDE_A_STACK,
    ROOT,
    WITH_A_STACK,
    Snippet,
    name_of,
    snippets,
    written_in,
)
from warren.cli.main import build_app
from warren.client.new_task import NewTask
from warren.client.surroundings import entering_by
from warren.contracts.ids import new_id

#: By language: which test runs it. Diagrams have none.
CHECKED = {
    "": "test_what_is_in_no_language_is_no_code",
    "python": "test_the_python_of_a_document_runs, or with a stack tests/e2e/test_documents.py",
    "sh": "tests/e2e/test_documents.py, or test_shell_that_is_not_typed_is_run_by_somebody",
    "json": "tests/e2e/test_documents.py",
    "sql": "tests/e2e/test_documents.py",
    "js": "tests/e2e/test_javascript.py",
}
#: Shell that nobody types beside a running stack, line by line: which file runs it instead, and by
#: which of its words (what a group of the line has caught stands there, too).
RUN_BY = {
    r"make demo": ("tests/integration/stack/test_demo.py", '[WARREN, "demo"'),
    r"make up": ("tests/integration/stack/test_up.py", '[WARREN, "up"'),
    r"WARREN_DATABASE_URL=\S+ make up": (
        "tests/integration/stack/test_up.py",
        '"WARREN_DATABASE_URL": database_url',
    ),
    r"make (check|test)": (".ci/run", r"make \1"),
    r"python3 deploy/docker/new_env.py > .env": ("tests/unit/deploy/test_compose.py", "new_env.py"),
    r"warren (gateway|relay|recorder|housekeeper|scheduler)": (
        "tests/integration/stack/test_up.py",
        "*GATEWAY_SIDE",
    ),
    r"(?:\S*/)?warren worker [\w-]+(?: --\w+ [\w-]+)*": (
        "tests/e2e/test_example_service.py",
        '"worker"',
    ),
    r"\.venv/bin/warren new-service picture-worker": (
        "tests/integration/worker/test_new_service.py",
        '"new-service"',
    ),
    r"\.venv/bin/python -m pytest tests/unit/picture_worker": (
        "tests/integration/worker/test_new_service.py",
        '"-m", "pytest"',
    ),
    r"WARREN_ROUTE=\S+ warren gateway": (
        "tests/integration/gateway/test_routing.py",
        '"deployment_routes:route"',
    ),
    r"cd examples": ("tests/e2e/test_example_service.py", '"examples"'),
    r"export (WARREN_AMQP_URL|WARREN_ARTIFACTS_URL)=\S+": (
        "tests/e2e/test_example_service.py",
        r"\1",
    ),
}
#: Likewise, what people alone run, and why no test does.
BY_HAND = {
    r"make setup": "the first step of `make test`; refusals: tests/unit/deploy/test_setup.py",
    r"make test-fast": "a part of `make test`",
    r'make test ARGS="-k speech"': "a part of `make test`",
    r"make test-torch": "it fetches gigabytes",
    r"make test-rabbitmq4": "it needs root, and installs a Debian into a folder",
    r"make chaos SEED=7 MINUTES=5": "minutes; a short run is tests/chaos/test_short_run.py",
    r"make soak HOURS=8": "hours; a short run is tests/chaos/test_soak.py",
    r"docker compose (up --build --wait|exec gateway cat /keys/api_key)": (
        "Docker is not everywhere; what it is told is held by tests/unit/deploy/test_compose.py"
    ),
    r"WARREN_UPDATE_SNAPSHOTS=1 \.venv/bin/python -m pytest tests/contracts -q": (
        "it changes the checkout; without the variable, tests/contracts/test_snapshots.py compares"
    ),
    r"WARREN_LONG_OUTAGE=60 \.venv/bin/python -m pytest -n0 tests/e2e/test_kills\.py -k .*": (
        "minutes; with two seconds it is a part of `make test`"
    ),
    r"git diff tests/contracts/snapshots docs/api": "it shows what that has changed",
}
_ADDRESS = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) (/api/v1/[^\s`?'\")]+)")
_QUESTION = re.compile(r"(/api/v1/[^\s`?'\")]+)\?([^\s`'\")]+)")
_TARGET = re.compile(r"(?:^|`|[A-Z]=\S+ )make ([a-z][\w-]*)", re.MULTILINE)
_SCRIPT = re.compile(r"\b(?:deploy|tests|bench)/[\w./-]+")
_COMMAND = re.compile(r"(?:^|&& |`|bin/)warren ([a-z][^`\n|&;)]*)", re.MULTILINE)


class _Taking:
    """A way in that takes everything; nothing runs."""

    def enqueue(self, tasks: Sequence[NewTask]) -> list[UUID]:
        return [new_id() for _ in tasks]

    def enqueue_batch(
        self, tasks: Sequence[NewTask], then: NewTask | None, key: str | None
    ) -> UUID:
        return new_id()


def _by_name(value: object) -> str:
    return name_of(value) if isinstance(value, Path) else str(value)


def _needs_a_stack(document: Path) -> bool:
    return name_of(document) in WITH_A_STACK


def _has_fixtures(document: Path) -> bool:
    return any("@pytest.fixture" in snippet.code for snippet in snippets(document, "python"))


each_document = pytest.mark.parametrize("document", FOLLOWED, ids=_by_name)


@each_document
def test_every_snippet_is_in_a_language_that_is_checked(document: Path) -> None:
    assert [str(s) for s in snippets(document) if s.language not in CHECKED] == []


@each_document
def test_what_is_in_no_language_is_no_code(document: Path) -> None:
    code = re.compile(
        r"^(\$ |warren |make |curl |import |from \w+ import|SELECT |\{)", re.MULTILINE
    )

    assert [str(s) for s in snippets(document, "") if code.search(s.code)] == []


@pytest.mark.parametrize(
    "document",
    [path for path in written_in("python") if not (_has_fixtures(path) or _needs_a_stack(path))],
    ids=_by_name,
)
def test_the_python_of_a_document_runs_and_its_tests_pass(document: Path) -> None:
    names: dict[str, Any] = {"__name__": "written_after_the_document"}

    with entering_by(_Taking()):
        for snippet in snippets(document, "python"):
            exec(compile(snippet.code, str(snippet), "exec"), names)  # noqa: S102 - our own

    for name, value in list(names.items()):
        if name.startswith("test_"):
            value()


@pytest.mark.parametrize(
    "document", [path for path in written_in("python") if _has_fixtures(path)], ids=_by_name
)
def test_tests_of_a_document_that_want_fixtures_pass_under_pytest(
    document: Path, tmp_path: Path
) -> None:
    code = "\n\n".join(snippet.code for snippet in snippets(document, "python"))
    (tmp_path / "test_document.py").write_text(code)

    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("-p", "warren.testing.memory.fixtures", "test_document.py"),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "examples")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stdout
    assert f"{code.count('def test_')} passed" in done.stdout


@pytest.mark.parametrize("document", written_in("python"), ids=_by_name)
def test_the_python_of_a_document_uses_no_name_that_it_does_not_have(document: Path) -> None:
    code = "\n\n".join(snippet.code for snippet in snippets(document, "python"))
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("ruff")),
            "check",
            "--isolated",
            "--select=F821,F823,E9",
            "-",
        ],
        input=code,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "snippet",
    [
        s
        for path in written_in("sh")
        for s in snippets(path, "sh")
        if NOT_BESIDE_A_STACK.search(s.code)
    ],
    ids=str,
)
def test_shell_that_is_not_typed_is_run_by_somebody(snippet: Snippet) -> None:
    known = [*RUN_BY, *BY_HAND]

    unknown = [line for line in _lines(snippet) if not any(re.fullmatch(k, line) for k in known)]

    assert unknown == []


def test_whoever_is_said_to_run_something_has_the_words_for_it() -> None:
    untrue = [
        f"{line}: no {words} in {place}"
        for known, (place, words) in RUN_BY.items()
        for line in _typed()
        if (match := re.fullmatch(known, line))
        and match.expand(words) not in (ROOT / place).read_text()
    ]

    assert untrue == []


def test_no_line_is_excused_that_no_document_has() -> None:
    assert [k for k in [*RUN_BY, *BY_HAND] if not any(re.fullmatch(k, t) for t in _typed())] == []


@pytest.mark.parametrize(
    "target", sorted({m for path in FOLLOWED for m in _TARGET.findall(path.read_text())})
)
def test_every_make_target_that_a_document_names_exists_and_runs_what_is_there(target: str) -> None:
    shown = subprocess.run(
        ["make", "--dry-run", target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert shown.returncode == 0, shown.stderr
    assert [file for file in _SCRIPT.findall(shown.stdout) if not (ROOT / file).exists()] == []
    if target in {"demo", "up"}:
        # What RUN_BY's tests run is what is behind the target.
        assert shown.stdout.splitlines()[-1] == f".venv/bin/warren {target}"


@cache
def _typed() -> set[str]:
    """Every line of shell that any document has."""
    return {line for path in written_in("sh") for s in snippets(path, "sh") for line in _lines(s)}


def _lines(snippet: Snippet) -> list[str]:
    lines = (re.sub(r"\s*#.*", "", line).strip() for line in snippet.code.splitlines())
    return [line for line in lines if line]


@cache
def _addresses() -> list[tuple[str, re.Pattern[str], frozenset[str]]]:
    """Method, shape and what may be asked of each route."""
    settings = GatewaySettings(database_url="postgresql://nobody@localhost/none")
    paths = create_app(settings).openapi()["paths"]
    return [
        (
            method.upper(),
            re.compile(re.sub(r"\{\w+(:path)?\}", "[^/]+", path)),
            frozenset(p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"),
        )
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]


@each_document
def test_every_address_that_a_document_names_exists(document: Path) -> None:
    named = set(_ADDRESS.findall(document.read_text()))

    missing = [
        f"{method} {way}"
        for method, path in named
        for way in _ways(path)
        if not any(method == known and shape.fullmatch(way) for known, shape, _ in _addresses())
    ]
    assert missing == []


@each_document
def test_every_parameter_of_an_address_in_a_document_exists(document: Path) -> None:
    unknown = [
        f"{way}: {name}"
        for path, question in set(_QUESTION.findall(document.read_text()))
        for way in _ways(path)
        for name in re.findall(r"(?:^|&)([a-z_]+)=", question)
        if not any(name in names for _, shape, names in _addresses() if shape.fullmatch(way))
    ]
    assert unknown == []


def _ways(path: str) -> list[str]:
    """The addresses that `a/b|c` means; nothing for one that is only hinted at."""
    path = re.sub(r"[.,:;]+$", "", path)
    if "…" in path or ("|" in path and "/" in path.partition("|")[2]):
        return []
    head, _, last = path.rpartition("/")
    return [f"{head}/{each}" for each in last.split("|")]


@each_document
def test_every_command_is_given_as_it_is_understood(document: Path) -> None:
    wrong = []
    for words in (told.split() for told in _COMMAND.findall(document.read_text())):
        command, rest = _resolve(words)
        known = {option for parameter in command.params for option in parameter.opts}
        wrong += [
            f"warren {' '.join(words)}: {word}"
            for word in rest
            if word.startswith("--") and word.partition("=")[0] not in {*known, "--help"}
        ]
        if getattr(command, "commands", None) and rest and re.fullmatch(r"[a-z-]+", rest[0]):
            wrong.append(f"warren {' '.join(words)}: no {rest[0]}")
    assert wrong == []


@cache
def _warren() -> Any:
    return get_command(build_app())


def _resolve(words: Sequence[str]) -> tuple[Any, list[str]]:
    command = _warren()
    left = list(words)
    while left and left[0] in getattr(command, "commands", {}):
        command = command.commands[left.pop(0)]
    return command, left
