"""Workbooks, read row by row without loading them."""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import openpyxl

from sync_worker.errors import TooLarge

#: A sheet may claim a million empty rows, which are walked through.
MAX_ROWS = 2_000_000


def text_of_xlsx(path: Path, field: str) -> Iterator[str]:
    """Names of sheets, and rows with tabs; raises TooLarge, and what openpyxl raises."""
    # Given by name, it would go by the ending.
    with path.open("rb") as file:
        yield from _rows(file, field)


def _rows(file: IO[bytes], field: str) -> Iterator[str]:
    book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    try:
        rows = 0
        for sheet in book.worksheets:
            yield sheet.title
            # What the file claims of its size is not believed.
            sheet.reset_dimensions()
            for row in sheet.iter_rows(values_only=True):
                rows += 1
                if rows > MAX_ROWS:
                    raise TooLarge(f"it has more than {MAX_ROWS} rows", field=field)
                yield "\t".join(str(value) for value in row if value is not None)
    finally:
        book.close()
