"""FAQs as a workbook; imported only where one is written (gateway/faqs/exporting.py)."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
from anyio import to_thread
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from gateway.faqs.tables import COLUMNS, cells

_PIECE = 64 * 1024


async def xlsx(steps: AsyncIterator[list[dict[str, Any]]]) -> AsyncGenerator[bytes, None]:
    """The rows as the pieces of a workbook, which come after the last of `steps`."""
    with TemporaryDirectory(prefix="warren-export-") as folder:
        path = Path(folder) / "faqs.xlsx"
        # It keeps its rows in a file of its own, until it is saved.
        book = Workbook(write_only=True)
        sheet = book.create_sheet("FAQs")
        try:
            sheet.append(list(COLUMNS))
            async for rows in steps:
                await to_thread.run_sync(_append, sheet, rows)
        finally:
            await to_thread.run_sync(book.save, path)
        async with await anyio.open_file(path, "rb") as file:
            while piece := await file.read(_PIECE):
                yield piece


def _append(sheet: WriteOnlyWorksheet, rows: Sequence[dict[str, Any]]) -> None:
    for row in rows:
        line = []
        for text in cells(row):
            # A text cell is no formula, whatever it begins with.
            cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", text))
            cell.data_type = "s"
            line.append(cell)
        sheet.append(line)
