"""The documents that people follow, and the pieces of code in them.

Whatever stands in a document as code is run or checked: Python and shell as they are written, JSON
as the request that the text before it names, SQL as a query.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLLOWED = [
    ROOT / "README.md",
    ROOT / "examples" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
#: Documents whose Python speaks with a running stack (tests/e2e/test_documents.py).
WITH_A_STACK = {
    "docs/howto/ask-for-a-job.md",
    "docs/howto/keep-a-catalogue-searchable.md",
    "docs/howto/use-openai-clients.md",
    "docs/howto/use-the-clients.md",
}
#: Shell that starts, tests or changes the checkout itself, or stays in the foreground.
NOT_BESIDE_A_STACK = re.compile(
    r"^(make|git|cd|docker|export|WARREN_\w+=|(\S*/)?warren"
    r" (up|gateway|relay|recorder|housekeeper|scheduler|worker|new-service)\b|\.venv/)",
    re.MULTILINE,
)
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Snippet:
    """A fenced block; `before` is all text above it."""

    document: Path
    number: int
    language: str
    code: str
    before: str

    def __str__(self) -> str:
        return f"{name_of(self.document)}-{self.language}-{self.number}"


def name_of(document: Path) -> str:
    """Its path in the repository."""
    return str(document.relative_to(ROOT))


@cache
def snippets(document: Path, language: str | None = None) -> list[Snippet]:
    """The fenced blocks of a document in their order."""
    text = document.read_text()
    found = [
        Snippet(
            document, number, match[2], _without_indent(match[3], match[1]), text[: match.start()]
        )
        for number, match in enumerate(_FENCE.finditer(text))
    ]
    return [snippet for snippet in found if language in (None, snippet.language)]


def written_in(language: str) -> list[Path]:
    """The documents that have blocks in this language."""
    return [document for document in FOLLOWED if snippets(document, language)]


def _without_indent(code: str, indent: str) -> str:
    return "\n".join(line.removeprefix(indent) for line in code.split("\n"))
