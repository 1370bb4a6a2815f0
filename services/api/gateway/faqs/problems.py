"""What a request for FAQs may name that is not there, or cannot be used."""

from collections.abc import Sequence
from typing import Any

from gateway.problems import Problem


class FaqNotFound(Problem):
    """The customer has no such FAQ."""

    status, name, title = 404, "faq-not-found", "FAQ not found"


class ImportNotFound(Problem):
    """The customer has no FAQs of such an import."""

    status, name, title = 404, "import-not-found", "Import not found"


class UnusableImport(Problem):
    """The file is no table of FAQs, or some of its rows cannot be taken; nothing was imported."""

    status, name, title = 422, "unusable-import", "The import cannot be used"

    @classmethod
    def of_rows(cls, rows: Sequence[dict[str, Any]], total: int) -> "UnusableImport":
        """`rows` say what is wrong, each with its number, column and message."""
        first = rows[0]
        more = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
        detail = f"row {first['row']}, {first['column']}: {first['message']}{more}"
        return cls(detail, rows=rows[:100], invalid=len(rows), total=total)
