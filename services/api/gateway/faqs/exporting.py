"""Writing FAQs as csv, xlsx or json, so that an import reads them back."""

import csv
import io
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import orjson
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

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


def write_table(rows: Sequence[dict[str, Any]], table_format: TableFormat) -> bytes:
    """The rows of `faqs` as a file."""
    match table_format:
        case TableFormat.CSV:
            return _csv(rows)
        case TableFormat.XLSX:
            return _xlsx(rows)
        case TableFormat.JSON:
            return _json(rows)


def _csv(rows: Sequence[dict[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([neutralised(cell) for cell in cells(row)] for row in rows)
    # With the mark spreadsheets take it for UTF-8.
    return text.getvalue().encode("utf-8-sig")


def _xlsx(rows: Sequence[dict[str, Any]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("FAQs")
    sheet.append(list(COLUMNS))
    for row in rows:
        line = []
        for text in cells(row):
            # A text cell is no formula, whatever it begins with.
            cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", text))
            cell.data_type = "s"
            line.append(cell)
        sheet.append(line)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _json(rows: Sequence[dict[str, Any]]) -> bytes:
    listed = [dict(zip(COLUMNS, cells(row), strict=True)) for row in rows]
    for item in listed:
        item["files"] = item["files"].split()  # type: ignore[assignment]
    return orjson.dumps(listed, option=orjson.OPT_INDENT_2)
