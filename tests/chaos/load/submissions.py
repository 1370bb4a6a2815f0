"""How asks travel, and what the client's log says of each request and of its answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from tests.chaos.load.ask import AnyAsk, Ask, AskBatch, AskTogether

Line = dict[str, Any]
Document = dict[str, Any]


class Submission(Protocol):
    """A request that may have to be tried several times."""

    @property
    def path(self) -> str:
        """Where it is posted."""
        ...

    @property
    def keyed(self) -> bool:
        """Whether all tries carry one Idempotency-Key."""
        ...

    @property
    def is_one(self) -> bool:
        """Whether all tries are one request, which has to be tried until it is answered."""
        ...

    def body(self, request: str) -> Document:
        """What is posted."""
        ...

    def sent(self, request: str) -> Iterator[Line]:
        """Lines about everything that it asks for, each with a name of its own."""
        ...

    def answered(self, request: str, document: Document) -> Iterator[Line]:
        """Lines about what came of a yes, by the same names."""
        ...


@dataclass(frozen=True, slots=True)
class Single:
    """POST /api/v1/tasks."""

    ask: Ask
    path: str = "/api/v1/tasks"
    is_one: bool = False

    @property
    def keyed(self) -> bool:
        """As the client means it."""
        return self.ask.keyed

    def body(self, request: str) -> Document:
        """The task."""
        return task_body(self.ask, request)

    def sent(self, request: str) -> Iterator[Line]:
        """One line."""
        yield _sent(self.ask, request)

    def answered(self, request: str, document: Document) -> Iterator[Line]:
        """One line."""
        yield {"request": request, "task": document["task_id"], "unique": document["unique"]}


@dataclass(frozen=True, slots=True)
class Together:
    """POST /api/v1/tasks/batch."""

    ask: AskTogether
    path: str = "/api/v1/tasks/batch?batch=false"
    is_one: bool = False

    @property
    def keyed(self) -> bool:
        """As the client means it."""
        return self.ask.keyed

    def body(self, request: str) -> Document:
        """The tasks."""
        return {"items": _items(self.ask.items, request)}

    def sent(self, request: str) -> Iterator[Line]:
        """A line for each task."""
        yield from _all_sent(self.ask.items, request)

    def answered(self, request: str, document: Document) -> Iterator[Line]:
        """A line for each task."""
        for number, item in enumerate(document["items"]):
            name = f"{request}/{number}"
            yield {"request": name, "task": item["task_id"], "unique": item["unique"]}


@dataclass(frozen=True, slots=True)
class Opening:
    """POST /api/v1/batches."""

    ask: AskBatch
    path: str = "/api/v1/batches"

    @property
    def keyed(self) -> bool:
        """Whoever has to send more members must know of which batch."""
        return self.ask.keyed or self.is_one

    @property
    def is_one(self) -> bool:
        """As above."""
        return self.ask.is_in_parts

    def body(self, request: str) -> Document:
        """The batch with its first members."""
        said: Document = {
            "items": _items(self.ask.items[: self.ask.first], request),
            "total": len(self.ask.items),
        }
        if self.ask.label is not None:
            said["on_complete"] = {"kind": "chaos.joined", "payload": {"label": self.ask.label}}
        return said

    def sent(self, request: str) -> Iterator[Line]:
        """A line for the batch and for each of these members."""
        payload = {"total": len(self.ask.items), "label": self.ask.label}
        yield {"request": request, "kind": "api.batch", "payload": payload, "delay": None}
        yield from _all_sent(self.ask.items[: self.ask.first], request)

    def answered(self, request: str, document: Document) -> Iterator[Line]:
        """A line for the batch and for each of these members."""
        yield {"request": request, "task": document["task_id"]}
        yield from _members_answered(request, 0, document)


@dataclass(frozen=True, slots=True)
class MoreMembers:
    """POST /api/v1/batches/{id}/members: again and again the same."""

    ask: AskBatch
    batch: str
    keyed: bool = False
    is_one: bool = True

    @property
    def path(self) -> str:
        """That of the batch."""
        return f"/api/v1/batches/{self.batch}/members"

    def body(self, request: str) -> Document:
        """The members that the first request did not bring."""
        items = _items(self.ask.items[self.ask.first :], request, self.ask.first)
        return {"items": items, "offset": self.ask.first}

    def sent(self, request: str) -> Iterator[Line]:
        """A line for each of them."""
        yield from _all_sent(self.ask.items[self.ask.first :], request, self.ask.first)

    def answered(self, request: str, document: Document) -> Iterator[Line]:
        """A line for each of them."""
        yield from _members_answered(request, self.ask.first, document)


def submission(ask: AnyAsk) -> Submission:
    """How an ask travels."""
    if isinstance(ask, AskBatch):
        return Opening(ask)
    return Together(ask) if isinstance(ask, AskTogether) else Single(ask)


def task_body(ask: Ask, request: str) -> Document:
    """A task, with the request's name in its metadata."""
    body: Document = {
        "kind": ask.kind,
        "payload": ask.payload,
        "metadata": {"request": request},
    }
    if ask.lane:
        body["lane"] = ask.lane
    if ask.user:
        body["user_id"] = ask.user
    if ask.delay is not None:
        body["delay_seconds"] = ask.delay
    if ask.unique_key:
        body["unique_key"] = ask.unique_key
    if ask.expires_in is not None:
        moment = datetime.now(UTC) + timedelta(seconds=ask.expires_in)
        body["expires_at"] = moment.isoformat()
    return body


def _items(asks: Sequence[Ask], request: str, offset: int = 0) -> list[Document]:
    return [task_body(ask, f"{request}/{offset + n}") for n, ask in enumerate(asks)]


def _all_sent(asks: Sequence[Ask], request: str, offset: int = 0) -> Iterator[Line]:
    for number, ask in enumerate(asks):
        yield _sent(ask, f"{request}/{offset + number}")


def _sent(ask: Ask, request: str) -> Line:
    return {
        "request": request, "kind": ask.kind, "payload": ask.payload, "delay": ask.delay,
        "expires_in": ask.expires_in, "unique_key": ask.unique_key,
    }  # fmt: skip


def _members_answered(request: str, offset: int, document: Document) -> Iterator[Line]:
    for number, task in enumerate(document["members"]):
        yield {"request": f"{request}/{offset + number}", "task": task}
