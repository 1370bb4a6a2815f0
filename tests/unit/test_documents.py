"""What the documents tell people to type exists, and their links lead somewhere."""

import re
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

from tests.documents import FOLLOWED, ROOT
from warren.cli.main import build_app

DOCUMENTS = [*FOLLOWED, ROOT / "CHANGELOG.md"]
named = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def code_of(document: Path) -> list[str]:
    """Every fenced block and every piece of inline code."""
    text = document.read_text()
    blocks: list[str] = re.findall(r"^```\w*\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    inline: list[str] = re.findall(
        r"`([^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    )
    return blocks + inline


def mentioned(program: str, document: Path) -> set[str]:
    """What `program` is told to do: the word after it, at the start of a command."""
    pattern = rf"(?:^|&& |\.venv/bin/|\S=\S+ ){program} ([a-z][\w-]*)"
    return {
        word for code in code_of(document) for word in re.findall(pattern, code, flags=re.MULTILINE)
    }


@named
def test_every_make_target_that_a_document_mentions_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert mentioned("make", document) <= targets


@named
def test_every_warren_command_that_a_document_mentions_exists(document: Path) -> None:
    commands = set(getattr(get_command(build_app()), "commands", {}))

    assert mentioned("warren", document) <= commands


@named
def test_every_link_inside_the_repository_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text())
    inside = [link for link in links if "://" not in link]

    assert [link for link in inside if not (document.parent / link).exists()] == []


def test_every_document_is_linked_from_another() -> None:
    linked = {
        (document.parent / link).resolve()
        for document in DOCUMENTS
        for link in re.findall(r"\]\(([^)#\s]+\.md)", document.read_text())
        if (document.parent / link).resolve() != document
    }

    assert [str(path) for path in (ROOT / "docs").rglob("*.md") if path not in linked] == []


@named
def test_every_shell_snippet_is_valid_shell(document: Path) -> None:
    snippets = re.findall(r"^```sh\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL)

    for snippet in snippets:
        done = subprocess.run(
            ["bash", "-n", "-c", snippet], capture_output=True, text=True, check=False
        )
        assert done.stderr == ""


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text()

    assert [p.name for p in folder.glob("0*.md") if f"({p.name})" not in listed] == []


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    shown = subprocess.run(
        ["make", "-C", str(ROOT), "help"], capture_output=True, text=True, check=True
    ).stdout

    for target in re.findall(r"^\.PHONY: (\S+)", makefile, re.MULTILINE):
        assert re.search(rf"^  make {target} ", shown, re.MULTILINE), target
