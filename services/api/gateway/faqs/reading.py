"""Reading a file of FAQs, in a process of its own that may be killed: `python -m` this module.

Files come from anywhere: spreadsheets that unpack to gigabytes, texts in any encoding. What is read
goes to the standard output as JSON: `rows`, `errors` of rows, or the `problem` of the file.
"""

import json
import resource
import sys
import unicodedata
from pathlib import Path
from typing import Any
from uuid import UUID

from gateway.faqs.table_files import Cells, UnreadableFile, cell_text, rows_of
from gateway.faqs.tables import REQUIRED
from warren.contracts.faqs import MAX_ANSWER, MAX_FILES, MAX_QUESTION

MAX_ROWS = 20_000
#: Bytes of all rows together, as JSON.
MAX_OUTPUT = 24 * 1024 * 1024
_MEMORY = 768 * 1024 * 1024
_CPU_SECONDS = 30
_MOST_ERRORS = 1_000
_NO_TEXT = frozenset({"Cc", "Cs"})
_LONGEST = {"question": MAX_QUESTION, "answer": MAX_ANSWER}


def read_table(content: bytes, table_format: str) -> tuple[list[Cells], list[Cells]]:
    """The rows, and what is wrong with them, each with its `row`; raises UnreadableFile."""
    rows: list[Cells] = []
    errors: list[Cells] = []
    ids: dict[str, int] = {}
    for number, cells in rows_of(content, table_format):
        if len(rows) >= MAX_ROWS:
            raise UnreadableFile(f"it has more than {MAX_ROWS} rows: send it in parts")
        row, faults = checked_row(number, cells, ids)
        rows.append(row)
        errors += faults
        if len(errors) >= _MOST_ERRORS:
            break
    if not rows:
        raise UnreadableFile("it has no rows")
    return rows, errors


def checked_row(number: int, cells: Cells, ids: dict[str, int]) -> tuple[Cells, list[Cells]]:
    """A row with its texts, id and files, and its faults by column; `ids` are those seen so far."""
    files, wrong_files = _files(cells.get("files"))
    given = cell_text(cells.get("id")).strip()
    texts = {column: cell_text(cells.get(column)) for column in REQUIRED}
    row: Cells = {"row": number, "id": _uuid(given), "files": files, **texts}
    messages = {column: _wrong_text(column, text) for column, text in texts.items()}
    messages["id"] = _wrong_id(given, row["id"], number, ids)
    messages["files"] = wrong_files
    faults = [
        {"row": number, "column": column, "message": message}
        for column, message in messages.items()
        if message
    ]
    return row, faults


def _wrong_text(column: str, text: str) -> str | None:
    if not text.strip():
        return "is required"
    if len(text) > _LONGEST[column]:
        return f"must have at most {_LONGEST[column]} characters"
    # JSON can say half of a character (Cs), which nothing after this can write.
    bad = next((c for c in text if c not in "\t\n" and unicodedata.category(c) in _NO_TEXT), None)
    return f"is no text: it has U+{ord(bad):04X}" if bad else None


def _wrong_id(given: str, faq_id: str | None, number: int, ids: dict[str, int]) -> str | None:
    if not given:
        return None
    if faq_id is None:
        return "is no id of an FAQ"
    first = ids.setdefault(faq_id, number)
    return f"is that of row {first} as well" if first != number else None


def _files(cell: Any) -> tuple[list[str], str | None]:
    listed = cell if isinstance(cell, list) else cell_text(cell).split()
    ids = [_uuid(str(item)) for item in listed]
    files = [item for item in ids if item is not None]
    if len(files) < len(ids):
        return [], "must be ids of artifacts, parted by spaces"
    if len(files) > MAX_FILES:
        return [], f"must be at most {MAX_FILES}"
    return files, None


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None


def _said(path: str, table_format: str) -> str:
    rows, errors = read_table(Path(path).read_bytes(), table_format)
    said: dict[str, Any] = {"errors": errors} if errors else {"rows": rows}
    output = json.dumps({**said, "total": len(rows)})
    if len(output) > MAX_OUTPUT:
        raise UnreadableFile(f"its texts have more than {MAX_OUTPUT} bytes: send it in parts")
    return output


def main(path: str, table_format: str) -> int:
    """Read the file within limits of memory and time; returns the exit code."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    try:
        output = _said(path, table_format)
    except UnreadableFile as error:
        output = json.dumps({"problem": str(error)})
    except MemoryError:
        output = json.dumps({"problem": "it is too large when it is unpacked"})
    sys.stdout.write(output)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
