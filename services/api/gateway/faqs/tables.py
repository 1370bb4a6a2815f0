"""FAQs as files: what an export writes and an import reads.

A cell that a spreadsheet would take for a formula is written with an apostrophe in front, and so is
one that begins with apostrophes before such a character: so reading it takes exactly one away.
"""

import re
from collections.abc import Iterable
from typing import Any

COLUMNS = ("id", "question", "answer", "files")
REQUIRED = ("question", "answer")
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")


def neutralised(cell: str) -> str:
    """The cell so that no spreadsheet runs it."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def restored(cell: str) -> str:
    """The cell as it was before `neutralised`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def cells(row: dict[str, Any]) -> list[str]:
    """A row of `faqs` as text cells, not neutralised; files are ids, parted by spaces."""
    files: Iterable[dict[str, Any]] = row["files"]
    ids = " ".join(str(item["id"]) for item in files)
    return [str(row["id"]), row["question"], row["answer"], ids]
