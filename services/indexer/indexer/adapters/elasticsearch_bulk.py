"""Bulk requests to Elasticsearch: one outcome for each write, and only failed ones sent again."""

import re
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from elasticsearch import Elasticsearch

from indexer.adapters.elasticsearch_calls import (
    Calls,
    is_busy,
    is_denied,
    reason_of,
    status_of,
)
from indexer.adapters.elasticsearch_mapping import bulk_lines
from indexer.errors import IndexRefused
from indexer.ports import DocumentWrite, Outcome, WriteOutcome

#: Of one request.
_MOST_DOCUMENTS, _MOST_BYTES = 500, 4 << 20
#: Requests of one write at a time: documents are prepared while others are on their way.
_UNDER_WAY = 2
#: How often what the cluster had no time for is sent again before its job waits.
_TRIES = 4
_TOO_LARGE = 413
_NO_INDEX = "index_not_found_exception"
_NO_WRITE_INDEX = "no write index is defined"
_CURRENT = re.compile(r"current version \[(\d+)\]")
_FIELD = re.compile(r"field \[([^\]]+)\]")
_FILTER = ["items.*.status", "items.*.error"]

#: Number among the writes, the write, its two lines.
_Item = tuple[int, DocumentWrite, bytes]


class BulkWriter:
    """Sends writes to the index behind an alias; `make_index` makes it when there is none."""

    def __init__(
        self,
        client: Elasticsearch,
        calls: Calls,
        make_index: Callable[[str], None],
        wait: Callable[[float], object] = lambda seconds: threading.Event().wait(seconds),
    ) -> None:
        self._client = client
        self._calls = calls
        self._make_index = make_index
        self._wait = wait

    def write(self, alias: str, writes: Sequence[DocumentWrite]) -> list[WriteOutcome]:
        """Outcomes in the order of the writes; raises what `Calls.calling` raises."""
        outcomes: dict[int, WriteOutcome] = {}
        if len(writes) <= _MOST_DOCUMENTS:
            for chunk in _chunks(_encoded(writes, outcomes)):
                self._send(alias, chunk, outcomes)
        else:
            self._send_side_by_side(alias, writes, outcomes)
        return [outcomes[number] for number in range(len(writes))]

    def _send_side_by_side(
        self, alias: str, writes: Sequence[DocumentWrite], outcomes: dict[int, WriteOutcome]
    ) -> None:
        under_way: deque[Future[None]] = deque()
        with ThreadPoolExecutor(_UNDER_WAY, "bulk") as pool:
            for chunk in _chunks(_encoded(writes, outcomes)):
                if len(under_way) == _UNDER_WAY:
                    under_way.popleft().result()
                under_way.append(pool.submit(self._send, alias, chunk, outcomes))
            for request in under_way:
                request.result()

    def _send(self, alias: str, chunk: list[_Item], outcomes: dict[int, WriteOutcome]) -> None:
        left = chunk
        for attempt in range(1, _TRIES + 1):
            answers = self._request(alias, [lines for _, _, lines in left])
            self._raise_hindered(alias, answers)
            if any(_error_type(answer) == _NO_INDEX for answer in answers):
                self._make_index(alias)
            for (number, write, _), answer in zip(left, answers, strict=True):
                outcomes[number] = _outcome(write, answer)
            left = [item for item in left if outcomes[item[0]].outcome is Outcome.POSTPONED]
            if not any(map(_is_busy, answers)):
                self._calls.kept_up()
            else:
                pause = self._calls.overloaded()
                if left and attempt < _TRIES:
                    self._wait(pause)
            if not left:
                return

    def _raise_hindered(self, alias: str, answers: Sequence[Mapping[str, Any]]) -> None:
        """What keeps all documents out is told of each, in an answer that is fine."""
        for answer in answers:
            reason = reason_of(answer.get("error") or {})
            if is_denied(int(answer["status"]), _error_type(answer)):
                raise self._calls.denied(f"the search index lets us write nothing: {reason}")
            if _NO_WRITE_INDEX in reason:
                do = f"make one of the indices behind the alias {alias} its write index"
                raise self._calls.hindered(f"the search index takes no writes: {reason}", do)

    def _request(self, alias: str, lines: list[bytes]) -> list[dict[str, Any]]:
        try:
            with self._calls.calling(f"writing {len(lines)} documents"):
                # Lines that are JSON already are sent as they are.
                body: list[Any] = list(lines)
                answer = self._client.bulk(
                    index=alias, operations=body, require_alias=True, filter_path=_FILTER
                )
        except IndexRefused as refused:
            if status_of(refused) != _TOO_LARGE:
                raise
            if len(lines) == 1:
                return [{"status": _TOO_LARGE, "error": {"reason": "the document is too large"}}]
            half = len(lines) // 2
            return self._request(alias, lines[:half]) + self._request(alias, lines[half:])
        return [item["index"] for item in answer["items"]]


def _outcome(write: DocumentWrite, answer: Mapping[str, Any]) -> WriteOutcome:
    status, error = int(answer["status"]), answer.get("error") or {}
    if status < 300:
        return WriteOutcome(Outcome.APPLIED, write.version)
    if status == 409:
        return _conflict(write, str(error.get("reason", "")))
    reason = reason_of(error)
    if _is_busy(answer) or status >= 500 or _error_type(answer) == _NO_INDEX:
        return WriteOutcome(Outcome.POSTPONED, 0, reason)
    field = _FIELD.search(reason)
    return WriteOutcome(Outcome.REFUSED, 0, reason, field[1] if field else None)


def _conflict(write: DocumentWrite, reason: str) -> WriteOutcome:
    current = _CURRENT.search(reason)
    version = int(current[1]) // 2 if current else write.version
    same = version == write.version
    return WriteOutcome(Outcome.APPLIED if same else Outcome.SUPERSEDED, version)


def _is_busy(answer: Mapping[str, Any]) -> bool:
    return is_busy(int(answer["status"]), _error_type(answer))


def _error_type(answer: Mapping[str, Any]) -> str:
    return str((answer.get("error") or {}).get("type", ""))


def _encoded(writes: Sequence[DocumentWrite], outcomes: dict[int, WriteOutcome]) -> Iterator[_Item]:
    for number, write in enumerate(writes):
        try:
            yield number, write, bulk_lines(write)
        except (TypeError, ValueError) as error:
            outcomes[number] = WriteOutcome(Outcome.REFUSED, 0, f"is no JSON: {error}", "item")


def _chunks(items: Iterator[_Item]) -> Iterator[list[_Item]]:
    chunk: list[_Item] = []
    size = 0
    for item in items:
        length = len(item[2])
        if chunk and (len(chunk) == _MOST_DOCUMENTS or size + length > _MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(item)
        size += length
    if chunk:
        yield chunk
