"""The rows of csv, xlsx and json files, as cells by column, with their numbers.

Imported only where hostile files are read (gateway/faqs/reading.py).
"""

import codecs
import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree.ElementTree import ParseError

from gateway.faqs.tables import COLUMNS, REQUIRED, restored

Cells = dict[str, Any]
Numbered = tuple[int, Cells]


_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}


class UnreadableFile(Exception):
    """The file as a whole is no table of FAQs."""


def rows_of(content: bytes, table_format: str) -> Iterator[Numbered]:
    """The rows, numbered as a spreadsheet does it (items of JSON from 1); raises UnreadableFile."""
    readers = {"csv": _csv_rows, "xlsx": _xlsx_rows, "json": _json_rows}
    return readers[table_format](content)


def cell_text(value: Any) -> str:
    """A cell as text, with lines as every format can keep them."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _csv_rows(content: bytes) -> Iterator[Numbered]:
    text = _decoded(content)
    csv.field_size_limit(1024 * 1024)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        header = _header(next(lines, []))
        for number, line in enumerate(lines, start=2):
            if any(cell.strip() for cell in line):
                if len(line) > len(header):
                    raise UnreadableFile(f"row {number} has more cells than the header has columns")
                restored_cells = [restored(cell) for cell in line]
                yield number, dict(zip(header, restored_cells, strict=False))
    except csv.Error as error:
        raise UnreadableFile(f"it is no csv (line {lines.line_num}): {error}") from error


def _xlsx_rows(content: bytes) -> Iterator[Numbered]:
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        # The sheet may say that it is larger, or smaller, than it is.
        sheet.reset_dimensions()
        lines = sheet.iter_rows(values_only=True, max_col=50)
        header = _header([cell_text(cell) for cell in next(lines, ())])
        for number, line in enumerate(lines, start=2):
            if any(cell_text(cell).strip() for cell in line):
                yield number, dict(zip(header, line, strict=False))
    except (zipfile.BadZipFile, KeyError, IndexError, ValueError, ParseError, EOFError) as error:
        raise UnreadableFile(f"it is no xlsx, or damaged ({type(error).__name__})") from error


def _json_rows(content: bytes) -> Iterator[Numbered]:
    try:
        parsed = json.loads(_decoded(content))
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(f"it is no JSON: {error}") from error
    items = parsed.get("items") if isinstance(parsed, dict) else parsed
    if not isinstance(items, list):
        raise UnreadableFile("it must be a list of objects with question and answer")
    for number, item in enumerate(items, start=1):
        if not isinstance(item, dict):
            raise UnreadableFile(f"item {number} is no object")
        _header(list(item))
        for column in REQUIRED:
            if not isinstance(item.get(column, ""), str):
                raise UnreadableFile(f"item {number}: {column} is no text")
        yield number, item


def _header(names: Iterable[str]) -> list[str]:
    found = [name.strip().lower() for name in names]
    while found and not found[-1]:
        found.pop()
    for name in REQUIRED:
        if name not in found:
            raise UnreadableFile(f"it has no column {name!r}; its columns are: {_listed(found)}")
    unknown = [name for name in found if name not in COLUMNS]
    if unknown:
        raise UnreadableFile(
            f"its column {unknown[0][:50]!r} is not known; known are {_listed(COLUMNS)}"
        )
    if len(set(found)) < len(found):
        raise UnreadableFile("two of its columns have the same name")
    return found


def _listed(names: Iterable[str]) -> str:
    listed = ", ".join(name[:50] for name in list(names)[:10]) or "none"
    # JSON can say half of a character, which no answer can.
    return listed.encode("utf-8", "replace").decode()


def _decoded(content: bytes) -> str:
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    from charset_normalizer import from_bytes

    best = from_bytes(content[:1_000_000]).best()
    if best is None:
        raise UnreadableFile("its text is in no known encoding: save it as UTF-8")
    return content.decode(best.encoding, "replace")


def _delimiter(text: str) -> str:
    """What parts the header into most columns that are known; spreadsheets take what is local."""
    known = {delimiter: _known_columns(text, delimiter) for delimiter in _DELIMITERS}
    most = max(known.values())
    best = [delimiter for delimiter, count in known.items() if count == most]
    if most and len(best) > 1:
        names = " and ".join(_DELIMITERS[delimiter] for delimiter in best)
        raise UnreadableFile(f"its header is parted by {names}: use one of them in all lines")
    return best[0]


def _known_columns(text: str, delimiter: str) -> int:
    lines = csv.reader(io.StringIO(text[:10_000], newline=""), delimiter=delimiter)
    try:
        names = next(lines, [])
    except csv.Error:
        return 0
    return len({name.strip().lower() for name in names} & set(COLUMNS))
