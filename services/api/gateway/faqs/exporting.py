"""Writing FAQs as csv, xlsx or json, so that an import reads them back."""

import codecs
import csv
import io
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import orjson
from anyio import to_thread
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from gateway.faqs.tables import COLUMNS, cells, neutralised

_PIECE = 64 * 1024


class TableFormat(StrEnum):
    """What FAQs can be written as, and read from."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"

    @property
    def media_type(self) -> str:
        """As Content-Type says it."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    TableFormat.CSV: "text/csv; charset=utf-8",
    TableFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    TableFormat.JSON: "application/json",
}


Row = dict[str, Any]


def exported(
    steps: AsyncIterator[list[Row]], table_format: TableFormat
) -> AsyncGenerator[bytes, None]:
    """The rows of `faqs` as the pieces of a file, of which no more is held than one of `steps`.

    Nothing is given before the first of them is there; a workbook only after the last.
    """
    match table_format:
        case TableFormat.CSV:
            return _csv(steps)
        case TableFormat.XLSX:
            return _xlsx(steps)
        case TableFormat.JSON:
            return _json(steps)


async def _csv(steps: AsyncIterator[list[Row]]) -> AsyncGenerator[bytes, None]:
    # With the mark spreadsheets take it for UTF-8.
    start = codecs.BOM_UTF8 + _csv_lines([list(COLUMNS)])
    async for rows in steps:
        lines = [[neutralised(cell) for cell in cells(row)] for row in rows]
        yield start + await to_thread.run_sync(_csv_lines, lines)
        start = b""


def _csv_lines(lines: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    return text.getvalue().encode()


async def _json(steps: AsyncIterator[list[Row]]) -> AsyncGenerator[bytes, None]:
    between = b"[\n"
    async for rows in steps:
        items = await to_thread.run_sync(_json_items, rows)
        if items:
            yield between + items
            between = b",\n"
    yield b"\n]\n" if between != b"[\n" else b"[]\n"


def _json_items(rows: Sequence[Row]) -> bytes:
    return orjson.dumps([_json_item(row) for row in rows], option=orjson.OPT_INDENT_2)[2:-2]


def _json_item(row: Row) -> dict[str, Any]:
    item: dict[str, Any] = dict(zip(COLUMNS, cells(row), strict=True))
    return {**item, "files": item["files"].split()}


async def _xlsx(steps: AsyncIterator[list[Row]]) -> AsyncGenerator[bytes, None]:
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


def _append(sheet: WriteOnlyWorksheet, rows: Sequence[Row]) -> None:
    for row in rows:
        line = []
        for text in cells(row):
            # A text cell is no formula, whatever it begins with.
            cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", text))
            cell.data_type = "s"
            line.append(cell)
        sheet.append(line)
