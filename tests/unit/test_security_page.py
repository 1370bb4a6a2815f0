"""Every defence that docs/security.md names is shown by a test that exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_PAGE = ROOT / "docs" / "security.md"
_NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", _PAGE.read_text())))


def test_the_page_names_tests() -> None:
    assert len(_NAMED) > 30


@pytest.mark.parametrize(("path", "test"), _NAMED)
def test_a_test_that_is_named_is_there(path: str, test: str) -> None:
    tree = ast.parse((ROOT / path).read_text())

    assert test in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_defence_names_its_test() -> None:
    rows = [line for line in _PAGE.read_text().splitlines() if line.startswith("| ")]
    defences = rows[rows.index("| attack | defence | test |") :]
    bare = [
        row
        for row in defences
        if "`tests/" not in row and row.split(" | ")[-1] != "test |" and "---" not in row
    ]

    assert bare == []
