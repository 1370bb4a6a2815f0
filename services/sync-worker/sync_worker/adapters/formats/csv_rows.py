"""Tables as plain text."""

import csv
import io
from collections.abc import Iterator

from sync_worker.errors import BrokenFile

_DELIMITERS = ",;\t|"
_SAMPLE = 20_000


def text_of_csv(text: str, field: str) -> Iterator[str]:
    """Rows with tabs; raises BrokenFile naming the line."""
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
