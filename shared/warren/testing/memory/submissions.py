"""Tasks that are asked for over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from warren.client.clock import Clock
from warren.client.errors import InvalidJob
from warren.client.new_task import options_of
from warren.contracts.ids import derived_id, new_id
from warren.contracts.intake import NewChild
from warren.contracts.kinds import Audience
from warren.contracts.lanes import Lane
from warren.contracts.submission import TaskOptions
from warren.testing.memory.acceptance import Acceptance, Asker, LaneNotAllowed, Wanted, choose_lane
from warren.testing.memory.batches import Batches
from warren.testing.memory.kinds import Kinds, KnownKind
from warren.testing.memory.payloads import Payloads
from warren.testing.memory.refusal import Refusal
from warren.testing.memory.stored_task import StoredTask


class Submissions:
    """Takes bodies of requests; whatever it refuses leaves no task behind. Raises Refusal."""

    def __init__(
        self,
        kinds: Kinds,
        payloads: Payloads,
        acceptance: Acceptance,
        batches: Batches,
        clock: Clock,
        asker: Asker,
    ) -> None:
        self._kinds = kinds
        self._payloads = payloads
        self._acceptance = acceptance
        self._batches = batches
        self._clock = clock
        self._asker = asker

    def one(self, body: dict[str, Any], *, internal: bool = False) -> StoredTask:
        """Accept one task; also of an `internal` kind for who may have those."""
        return self._accept(*self._prepared(body, new_id(), internal=internal))

    def many(self, items: Sequence[dict[str, Any]], *, internal: bool = False) -> list[StoredTask]:
        """Accept all or none."""
        ids = [new_id() for _ in items]
        return [self._accept(*found) for found in self._all(items, ids, internal)]

    def open_batch(self, body: dict[str, Any]) -> tuple[UUID, list[StoredTask]]:
        """Begin a batch with its first members."""
        batch_id, items = new_id(), body["items"]
        callback = self._callback(body["on_complete"]) if body.get("on_complete") else None
        prepared = self._all(items, self._member_ids(batch_id, 0, len(items)), internal=False)
        self._batches.open(batch_id, body.get("total", len(items)), callback, self._asker)
        members = [self._accept(*found) for found in prepared]
        self._batches.add(batch_id, 0, [task.row.id for task in members])
        return batch_id, members

    def add_members(self, batch_id: UUID, body: dict[str, Any]) -> list[StoredTask]:
        """More members of a batch."""
        items, offset = body["items"], body["offset"]
        total = self._batches.total(batch_id)
        if total is None:
            raise Refusal(404, "not-found", f"there is no batch {batch_id}")
        if offset + len(items) > total:
            what = f"would be {offset + len(items)} members of a batch of {total}"
            raise Refusal.at("items", what)
        ids = self._member_ids(batch_id, offset, len(items))
        members = [self._accept(*found) for found in self._all(items, ids, internal=False)]
        self._batches.add(batch_id, offset, [task.row.id for task in members])
        return members

    def _member_ids(self, batch_id: UUID, offset: int, count: int) -> list[UUID]:
        return [derived_id(batch_id, f"member:{offset + number}") for number in range(count)]

    def _all(
        self, items: Sequence[dict[str, Any]], ids: Sequence[UUID], internal: bool
    ) -> list[tuple[Wanted, KnownKind]]:
        prepared = []
        for number, (item, task_id) in enumerate(zip(items, ids, strict=True)):
            try:
                prepared.append(self._prepared(item, task_id, internal=internal))
            except Refusal as refusal:
                raise refusal.below(f"items[{number}]") from refusal
        return prepared

    def _prepared(
        self, body: dict[str, Any], task_id: UUID, *, internal: bool
    ) -> tuple[Wanted, KnownKind]:
        kind = self._visible(body.get("kind"), internal)
        said = {name: value for name, value in body.items() if name not in {"kind", "payload"}}
        options = _checked(said, self._clock.now())
        _check_lane(kind, options, self._asker)
        payload = self._payloads.prepare(body.get("payload", {}), kind.schema, task_id)
        wanted = Wanted(
            id=task_id,
            kind=kind.definition.kind,
            version=kind.definition.version,
            payload=payload,
            options=options,
            asker=self._asker,
            asked_at=self._clock.now(),
        )
        return wanted, kind

    def _accept(self, wanted: Wanted, kind: KnownKind) -> StoredTask:
        return self._acceptance.accept(wanted, kind.definition)

    def _visible(self, name: Any, internal: bool) -> KnownKind:
        kind = self._kinds.newest(str(name))
        hidden = kind is not None and kind.definition.audience is Audience.INTERNAL
        if kind is None or (hidden and not internal):
            raise Refusal.at(
                "kind", f"is {name!r}, which no service has announced", name="unknown-kind"
            )
        return kind

    def _callback(self, body: dict[str, Any]) -> NewChild:
        try:
            wanted, kind = self._prepared(body, new_id(), internal=False)
        except Refusal as refusal:
            raise refusal.below("on_complete") from refusal
        if "batch" not in kind.definition.payload_schema.get("properties", {}):
            what = "has no field `batch`, which would tell it how the batch has ended"
            raise Refusal.at("on_complete.kind", what)
        return NewChild(
            key="then",
            kind=wanted.kind,
            version=wanted.version,
            payload=wanted.payload,
            **wanted.options.model_dump(exclude_none=True),
        )


def _checked(said: dict[str, Any], now: datetime) -> TaskOptions:
    try:
        options = options_of({name: value for name, value in said.items() if value is not None})
    except InvalidJob as error:
        fault = (error.field or "body", str(error))
        raise Refusal(422, "invalid-fields", str(error), [fault]) from error
    if options.lane is Lane.PROBE:
        raise Refusal.at("lane", "must be one of critical, default, low")
    if options.expires_at is not None and options.expires_at <= now:
        raise Refusal.at("expires_at", "must be in the future")
    if options.expires_at and options.run_at and options.expires_at <= options.run_at:
        raise Refusal.at("expires_at", "must be later than run_at")
    return options


def _check_lane(kind: KnownKind, options: TaskOptions, asker: Asker) -> None:
    try:
        choose_lane(kind.definition, options.lane, asker)
    except LaneNotAllowed as error:
        refusal = Refusal(403, "lane-not-allowed", str(error), [("lane", str(error))])
        raise refusal from error
