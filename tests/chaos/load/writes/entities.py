"""What customers do with their documents and FAQs."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.chaos.load.writes.known import Known
from tests.chaos.load.writes.writer import Write

_DOCUMENTS, _FAQS = "/api/v1/documents", "/api/v1/mobile-faq"
_SOURCES = ("manual", "news", "prices")
_OF_DOCUMENTS = {"new": 40, "change": 38, "source": 3, "delete_all": 1.5}
_OF_FAQS = {"new": 40, "change": 35, "delete": 20, "import": 5, "delete_all": 1.5}


def document_writes(random: Random, known: Known) -> Iterator[Write]:
    """What a customer asks for, one after the other, without an end."""
    while True:
        name, keyed = known.one(random), random.random() < 0.3
        match random.choices([*_OF_DOCUMENTS], [*_OF_DOCUMENTS.values()])[0]:
            case "source":
                query = {"source": random.choice(_SOURCES)}
                path = f"{_DOCUMENTS}/delete-by-source"
                yield Write("documents", "delete_some", "DELETE", path, query=query, keyed=keyed)
            case "delete_all":
                path, confirmed = f"{_DOCUMENTS}/delete-all", {"confirm": True}
                yield Write("documents", "delete_all", "DELETE", path, query=confirmed, keyed=keyed)
            case "change" if name is not None:
                yield _text(random, name, keyed=keyed)
            case _:
                yield _text(random, None, keyed=keyed)


def faq_writes(random: Random, known: Known) -> Iterator[Write]:
    """What a customer asks for, one after the other, without an end."""
    while True:
        name, keyed = known.one(random), random.random() < 0.3
        match random.choices([*_OF_FAQS], [*_OF_FAQS.values()])[0]:
            case "import":
                rows = [_faq(random) for _ in range(random.randint(1, 12))]
                file, path = json.dumps(rows).encode(), f"{_FAQS}/import"
                yield Write("faqs", "import", "POST", path, file=file, keyed=keyed)
            case "delete_all":
                path, confirmed = f"{_FAQS}s", {"confirm": True}
                yield Write("faqs", "delete_all", "DELETE", path, query=confirmed, keyed=keyed)
            case "delete" if name is not None:
                yield Write("faqs", "delete", "DELETE", f"{_FAQS}/{name}", name, keyed=keyed)
            case "change" if name is not None:
                said, path = _faq(random), f"{_FAQS}/{name}"
                yield Write("faqs", "put", "PUT", path, name, said, said, keyed=keyed)
            case _:
                said = _faq(random)
                yield Write("faqs", "put", "POST", _FAQS, None, said, said, keyed=keyed)


def _text(random: Random, document: str | None, *, keyed: bool) -> Write:
    said = {"source": random.choice(_SOURCES), "text": f"It costs {random.getrandbits(40)} euros."}
    body = {**said, "document_id": document} if document else said
    path = f"{_DOCUMENTS}/upload-text"
    return Write("documents", "put", "POST", path, document, said, body, keyed=keyed)


def _faq(random: Random) -> dict[str, Any]:
    number = random.getrandbits(40)
    return {"question": f"What is {number}?", "answer": f"A number, {number + 1} less one."}
