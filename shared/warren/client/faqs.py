"""Questions with answers that a chatbot knows.

    from warren.client import faqs

    faqs.create("When do you open?", "At nine.")
    faqs.import_file(Path("faqs.xlsx"), dry_run=True)

What they return and raise: see warren.client.documents; `faq_id` or `import_id` take the place of
`document_id`. An import says how many rows it `creates` and `updates`, and which are `duplicates`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from warren.client.chatbot_calls import Calls
from warren.client.outcomes import Outcome

_ONE, _ALL = "/api/v1/mobile-faq", "/api/v1/mobile-faqs"
_calls = Calls()


def create(
    question: str,
    answer: str,
    files: Sequence[UUID | str] = (),
    async_mode: bool = True,
) -> Outcome:
    """Add one; `files` are ids of artifacts that one has uploaded."""
    return _calls.write("POST", _ONE, _body(question, answer, files), async_mode=async_mode)


def update(
    faq_id: UUID | str,
    question: str,
    answer: str,
    files: Sequence[UUID | str] = (),
    async_mode: bool = True,
) -> Outcome:
    """Replace question, answer and files; RefusedByGateway (404) if there is no such FAQ."""
    body = _body(question, answer, files)
    return _calls.write("PUT", f"{_ONE}/{faq_id}", body, async_mode=async_mode)


def delete(faq_id: UUID | str, async_mode: bool = True) -> Outcome:
    """Delete one; RefusedByGateway (404) if there is no such FAQ."""
    return _calls.write("DELETE", f"{_ONE}/{faq_id}", async_mode=async_mode)


def delete_all(async_mode: bool = True) -> Outcome:
    """Delete all of one's FAQs."""
    return _calls.write("DELETE", _ALL, parameters={"confirm": "true"}, async_mode=async_mode)


def import_file(path: Path | str, dry_run: bool = False, async_mode: bool = True) -> Outcome:
    """Add and change FAQs by a csv, xlsx or json file; RefusedByGateway names wrong rows."""
    file = Path(path)
    parameters = {"dry_run": "true" if dry_run else "false"}
    return _calls.upload(
        f"{_ONE}/import", file.read_bytes(), file.name, {}, parameters, async_mode=async_mode
    )


def get(faq_id: UUID | str) -> dict[str, Any]:
    """One FAQ, with `sync` and its versions."""
    faq: dict[str, Any] = _calls.read(f"{_ONE}/{faq_id}")
    return faq


def every(search: str | None = None) -> Iterator[dict[str, Any]]:
    """All of one's FAQs, newest first; `search` looks into questions and answers."""
    return _calls.pages(_ALL, {"search": search} if search else {})


def _body(question: str, answer: str, files: Sequence[UUID | str]) -> dict[str, Any]:
    return {"question": question, "answer": answer, "files": [str(file) for file in files]}
