"""Documents that a chatbot answers from.

    from warren.client import documents

    documents.upload_text("We open at nine.", source="handbook")
    documents.upload_file(Path("handbook.pdf"), source="handbook", async_mode=False)

A write returns `{"status": "queued", "task_id": …, "document_id": …}` once the gateway has
committed it. With `async_mode=False` it returns when the chatbot has it or refused it: `succeeded`
with a `result`, or `failed`, `expired` or `cancelled` with an `error`. `document_id` replaces one's
own document of that id.

Raises RefusedByGateway (its `field` says what is wrong), GatewayUnreachable, and WaitTimeout if the
outcome is not there after `warren.client.outcomes.WAIT` seconds: the task goes on.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from warren.client.chatbot_calls import Calls
from warren.client.outcomes import Outcome

_PATH = "/api/v1/documents"
_calls = Calls()


def upload_text(
    text: str,
    source: str,
    metadata: Mapping[str, Any] | None = None,
    document_id: UUID | str | None = None,
    async_mode: bool = True,
) -> Outcome:
    """Add a text."""
    body = {"text": text, **_described(source, metadata, document_id)}
    return _calls.write("POST", f"{_PATH}/upload-text", body, async_mode=async_mode)


def upload_file(
    path: Path | str,
    source: str,
    metadata: Mapping[str, Any] | None = None,
    document_id: UUID | str | None = None,
    async_mode: bool = True,
) -> Outcome:
    """Add a file: txt, md, html, csv, json, pdf, docx, xlsx or epub."""
    file = Path(path)
    described = _described(source, metadata, document_id)
    fields = {**described, "metadata": orjson.dumps(described["metadata"]).decode()}
    return _calls.upload(
        f"{_PATH}/upload-file", file.read_bytes(), file.name, fields, {}, async_mode=async_mode
    )


def upload_url(
    url: str,
    source: str,
    metadata: Mapping[str, Any] | None = None,
    document_id: UUID | str | None = None,
    async_mode: bool = True,
) -> Outcome:
    """Add what stands at a public address."""
    body = {"url": url, **_described(source, metadata, document_id)}
    return _calls.write("POST", f"{_PATH}/upload-url", body, async_mode=async_mode)


def delete_by_source(source: str, async_mode: bool = True) -> Outcome:
    """Delete all documents of a source; RefusedByGateway (404) if there is none."""
    parameters = {"source": source}
    path = f"{_PATH}/delete-by-source"
    return _calls.write("DELETE", path, parameters=parameters, async_mode=async_mode)


def delete_all(async_mode: bool = True) -> Outcome:
    """Delete all of one's documents."""
    parameters = {"confirm": "true"}
    path = f"{_PATH}/delete-all"
    return _calls.write("DELETE", path, parameters=parameters, async_mode=async_mode)


def trigger_reindex(async_mode: bool = True) -> Outcome:
    """Let the chatbot build its index anew now; after changes it does so by itself."""
    return _calls.write("POST", f"{_PATH}/reindex", async_mode=async_mode)


def get(document_id: UUID | str) -> dict[str, Any]:
    """One document, with `sync`, its versions, and links to its files."""
    document: dict[str, Any] = _calls.read(f"{_PATH}/{document_id}")
    return document


def every(source: str | None = None) -> Iterator[dict[str, Any]]:
    """All of one's documents, newest first."""
    return _calls.pages(f"{_PATH}/list", {"source": source} if source else {})


def sources() -> Iterator[dict[str, Any]]:
    """The sources of one's documents, with their counts."""
    return _calls.pages(f"{_PATH}/sources", {})


def _described(
    source: str, metadata: Mapping[str, Any] | None, document_id: UUID | str | None
) -> dict[str, Any]:
    replaced = {"document_id": str(document_id)} if document_id else {}
    return {"source": source, "metadata": dict(metadata or {}), **replaced}
