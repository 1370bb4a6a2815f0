"""Word documents: paragraphs and tables in their order."""

from collections.abc import Iterator
from pathlib import Path

import docx
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

_DEEPEST_TABLE = 10


def text_of_docx(path: Path) -> Iterator[str]:
    """Paragraphs, and the rows of tables with tabs; raises what python-docx raises."""
    document = docx.Document(str(path))
    for item in document.iter_inner_content():
        yield from _lines(item, 0)


def _lines(item: Paragraph | Table, depth: int) -> Iterator[str]:
    if isinstance(item, Paragraph):
        yield item.text
    elif depth < _DEEPEST_TABLE:
        for row in item.rows:
            yield "\t".join(_cell(cell, depth) for cell in row.cells)


def _cell(cell: _Cell, depth: int) -> str:
    return " ".join(line for item in cell.iter_inner_content() for line in _lines(item, depth + 1))
