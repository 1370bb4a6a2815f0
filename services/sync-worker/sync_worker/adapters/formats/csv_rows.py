"""Tables as plain text."""

import csv
import io
from collections.abc import Iterator

from sync_worker.errors import BrokenFile

_DELIMITERS = ",;\t|"
_SAMPLE = 20_000
#: Characters. Nobody's cell, but what follows a quotation mark that is never closed.
_MAX_CELL = 128 * 1024


def text_of_csv(text: str, field: str) -> Iterator[str]:
    """Rows with tabs; raises BrokenFile naming the line."""
    csv.field_size_limit(_MAX_CELL)  # of the whole process, so it may have been changed
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        for row in reader:
            yield "\t".join(row)
    except csv.Error as error:
        raise BrokenFile(f"line {reader.line_num} is no row: {error}", field=field) from None


def _delimiter(text: str) -> str:
    try:
        return csv.Sniffer().sniff(text[:_SAMPLE], _DELIMITERS).delimiter
    except csv.Error:
        return ","
