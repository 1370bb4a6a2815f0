"""The chatbot behind HTTP, as examples/chatbot documents the contract."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID

import httpx
from pydantic import BaseModel, ValidationError

from sync_worker.errors import AnswerNotUnderstood
from sync_worker.ports import (
    Collection,
    DocumentContent,
    FaqContent,
    FaqEntry,
    FaqOutcome,
    Written,
)
from warren.providers import HttpProvider, ProviderDown

#: One name everywhere: a pause that it asks for holds for all workers.
PROVIDER = "chatbot"
_PAGE = 1_000
#: Types of problems: what it has, it keeps.
_SUPERSEDED = "superseded"
_KEPT = (_SUPERSEDED, "version-conflict")
#: Below any server's: a connection that the other side is just closing is not used again.
_KEEP_ALIVE = 2.0
ModelT = TypeVar("ModelT", bound=BaseModel)


class _Problem(BaseModel):
    type: str = ""
    detail: str = ""
    current_version: int | None = None


class _Answer(BaseModel):
    removed: int | None = None
    newer: int | None = None


class _Item(BaseModel):
    id: UUID
    version: int
    status: str
    current_version: int | None = None


class _Items(BaseModel):
    items: list[_Item]


class _Listed(BaseModel):
    id: UUID
    version: int


class _Listing(BaseModel):
    items: list[_Listed]
    next_after: str | None = None


class HttpChatbot:
    """Implements `Chatbot`; any thread may use it. `close` when done."""

    def __init__(
        self, url: str, token: str | None, *, timeout: float, pause: float, provider: str = PROVIDER
    ) -> None:
        self._provider = HttpProvider(provider, open_seconds=pause)
        self._pause = pause
        self._client = httpx.Client(
            base_url=url.rstrip("/") + "/v1/customers/",
            timeout=timeout,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            # As many as there are threads: who waits for one would take the chatbot for down.
            limits=httpx.Limits(max_connections=None, keepalive_expiry=_KEEP_ALIVE),
            trust_env=False,
        )

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def put_document(
        self, customer: UUID, id_: UUID, version: int, content: DocumentContent, key: str
    ) -> Written:
        body = {"version": version, **asdict(content)}
        return self._write("PUT", f"{customer}/documents/{id_}", key, body=body)

    def delete_document(self, customer: UUID, id_: UUID, version: int, key: str) -> Written:
        path = f"{customer}/documents/{id_}"
        response = self._call("DELETE", path, key, query={"version": version})
        # A deletion of its whole source, in this version, has taken it away before.
        if response.status_code == HTTPStatus.CONFLICT and _is_floor(_kept(response), version):
            return Written()
        return _written(response)

    def delete_documents(
        self, customer: UUID, version: int, source: str | None, key: str
    ) -> Written:
        query = {"version": version} | ({} if source is None else {"source": source})
        return self._write("DELETE", f"{customer}/documents", key, query=query)

    def reindex(self, customer: UUID, key: str) -> None:
        self._write("POST", f"{customer}/reindex", key)

    def put_faq(
        self, customer: UUID, id_: UUID, version: int, content: FaqContent, key: str
    ) -> Written:
        body = {"version": version, **asdict(content)}
        return self._write("PUT", f"{customer}/faqs/{id_}", key, body=body)

    def put_faqs(
        self, customer: UUID, entries: Sequence[FaqEntry], key: str
    ) -> Sequence[FaqOutcome]:
        items = [
            {"id": str(entry.id), "version": entry.version, **asdict(entry.content)}
            for entry in entries
        ]
        response = self._call("POST", f"{customer}/faqs", key, body={"items": items})
        found = _read(_Items, response).items
        if [item.id for item in found] != [entry.id for entry in entries]:
            raise AnswerNotUnderstood("the chatbot's answer names other FAQs than were sent")
        return [_outcome(item) for item in found]

    def delete_faq(self, customer: UUID, id_: UUID, version: int, key: str) -> Written:
        return self._write("DELETE", f"{customer}/faqs/{id_}", key, query={"version": version})

    def delete_faqs(self, customer: UUID, version: int, key: str) -> Written:
        return self._write("DELETE", f"{customer}/faqs", key, query={"version": version})

    def versions(self, customer: UUID, collection: Collection) -> Iterator[tuple[UUID, int]]:
        after: str | None = ""
        while after is not None:
            query = {"after": after, "limit": _PAGE}
            response = self._call("GET", f"{customer}/{collection}", None, query=query)
            page = _read(_Listing, response)
            yield from ((item.id, item.version) for item in page.items)
            after = page.next_after

    def _write(
        self,
        method: str,
        path: str,
        key: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Written:
        return _written(self._call(method, path, key, query=query, body=body))

    def _call(
        self,
        method: str,
        path: str,
        key: str | None,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        headers = {} if key is None else {"Idempotency-Key": key}
        try:
            with self._provider.calling():
                response = self._client.request(
                    method, path, params=query, json=body, headers=headers
                )
                if response.status_code != HTTPStatus.CONFLICT:
                    response.raise_for_status()
        except ProviderDown as error:
            if error.retry_after is not None:
                raise
            # Not longer with every wait in vain: all are to go on soon after it is back.
            raise ProviderDown(str(error), retry_after=self._pause) from error
        return response


def _written(response: httpx.Response) -> Written:
    if response.status_code == HTTPStatus.CONFLICT:
        return Written(superseded_by=_kept(response).current_version)
    return Written(**_read(_Answer, response).model_dump())


def _is_floor(problem: _Problem, version: int) -> bool:
    return problem.type == _SUPERSEDED and problem.current_version == version


def _kept(response: httpx.Response) -> _Problem:
    """Says which version is there: a newer one, or ours with another content."""
    problem = _read(_Problem, response)
    if problem.type not in _KEPT or problem.current_version is None:
        raise AnswerNotUnderstood(f"the chatbot refuses the version: {problem.detail}")
    return problem


def _outcome(item: _Item) -> FaqOutcome:
    if item.status in {"superseded", "conflict"}:
        return FaqOutcome(item.id, superseded_by=item.current_version or item.version)
    if item.status in {"applied", "unchanged"}:
        return FaqOutcome(item.id)
    return FaqOutcome(item.id, refused=f"the chatbot refuses this FAQ: {item.status}")


def _read(model: type[ModelT], response: httpx.Response) -> ModelT:
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise AnswerNotUnderstood(
            f"the chatbot's answer is not what its contract says: {first['msg']}"
        ) from None
