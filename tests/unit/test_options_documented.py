"""Whoever adds a job finds every option of a Worker class, and its default, in one table."""

import re
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from warren.worker import Worker
from warren.worker.decorated import OPTIONS

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "howto" / "add-a-job.md"


def written(value: Any) -> str:
    if isinstance(value, StrEnum):
        return f'"{value.value}"'
    if isinstance(value, dict | MappingProxyType):
        return repr(dict(value))
    return f'"{value}"' if isinstance(value, str) else repr(value)


def test_the_table_has_every_option_with_its_default_and_nothing_else() -> None:
    table = DOCUMENT.read_text().partition("## All options")[2]
    rows = dict(re.findall(r"^\| `(\w+)` \| `([^`]*)` \| \S", table, re.MULTILINE))

    assert rows == {name: written(getattr(Worker, name)) for name in OPTIONS}
