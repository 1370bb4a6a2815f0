"""Writing FAQs as csv, xlsx or json, so that an import reads them back."""

import codecs
import csv
import io
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from enum import StrEnum
from typing import Any

import orjson
from anyio import to_thread

from gateway.faqs.tables import COLUMNS, cells, neutralised


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
    written = await to_thread.run_sync(_workbook)
    async with aclosing(written(steps)) as pieces:
        async for piece in pieces:
            yield piece


def _workbook() -> Callable[[AsyncIterator[list[Row]]], AsyncGenerator[bytes, None]]:
    # Of all that a gateway loads it takes longest: only where one is asked for, and in a thread.
    from gateway.faqs.workbook import xlsx

    return xlsx
