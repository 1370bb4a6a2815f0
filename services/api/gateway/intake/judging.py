"""Whether a task that a job asks for can be accepted, and as what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from gateway.intake.parents import Parent
from gateway.kinds.catalogue import CataloguedKind
from gateway.problems import LaneNotAllowed
from gateway.tasks.envelope import Envelope
from gateway.tasks.routing import Router
from warren.contracts.intake import NewChild, SpawnTasks, child_id
from warren.contracts.kinds import KindDefinition
from warren.contracts.lanes import Lane, queue_name
from warren.contracts.limit_key import limit_key_of
from warren.contracts.unique_keys import unique_key_of

#: Of a task whose kind nobody knows; a Worker class has as many unless it says otherwise.
_MAX_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Judged:
    """A child with the columns of its row, and why it fails at once, if it does.

    `source` is that of an error as contracts.md names them; `unknown_kind` leaves a dead letter.
    """

    id: UUID
    columns: dict[str, Any]
    error: dict[str, Any] | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether there is something to be done."""
        return self.error is None


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every child."""

    router: Router
    max_payload_bytes: int


def judge(
    command: SpawnTasks,
    child: NewChild,
    parent: Parent,
    known: Mapping[str, Mapping[int, CataloguedKind]],
    now: datetime,
    terms: Terms,
) -> Judged:
    """`now` is the database's clock, on which a child's delay ends."""
    row = _row(command, child, parent, now)
    versions = known.get(child.kind)
    if not versions:
        message = f"no service has announced the kind {child.kind}"
        return _refused(row, "unknown_kind", "UnknownKind", message)
    if len(orjson.dumps(child.payload)) > terms.max_payload_bytes:
        message = (
            f"the payload is larger than {terms.max_payload_bytes} bytes: give it as an artifact"
        )
        return _refused({**row, "payload": {}}, "rejected", "PayloadTooLarge", message)
    kind = versions.get(child.version)
    if kind is not None and (errors := kind.schema.travelling_errors(child.payload)):
        first = errors[0]
        message = f"the payload does not fit {child.kind}: {first.field} {first.message}"
        return _refused(row, "rejected", "InvalidPayload", message, first.field)
    definition = (kind or versions[max(versions)]).definition
    try:
        lane = terms.router.lane(definition, _envelope(child, row), parent.caller)
    except LaneNotAllowed as error:
        return _refused(row, "rejected", "LaneNotAllowed", error.detail, "lane")
    return Judged(row["id"], {**row, **_by_definition(definition, lane, child, row)})


def _row(command: SpawnTasks, child: NewChild, parent: Parent, now: datetime) -> dict[str, Any]:
    service = child.kind.partition(".")[0]
    return {
        **child.model_dump(include={"kind", "version", "payload", "metadata", "tags"}),
        "id": child_id(parent.id, child.key),
        "parent_id": parent.id,
        "customer_id": parent.caller.customer_id,
        "user_id": child.user_id or parent.user_id,
        "actor": parent.caller.actor,
        "traceparent": command.traceparent,
        "run_at": _due_at(command, child, now),
        "expires_at": child.expires_at,
        "unique_key": child.unique_key,
        "queue": queue_name(service, child.lane or Lane.DEFAULT),
        "lane": child.lane or Lane.DEFAULT,
        "max_attempts": _MAX_ATTEMPTS,
    }


def _due_at(command: SpawnTasks, child: NewChild, now: datetime) -> datetime | None:
    if child.run_at is not None or child.delay_seconds is None:
        return child.run_at
    # A worker whose clock is ahead makes nobody wait longer than was asked.
    return min(command.at, now) + timedelta(seconds=child.delay_seconds)


def _envelope(child: NewChild, row: Mapping[str, Any]) -> Envelope:
    """The child as the gateway would have been asked for it."""
    names = {"kind", "payload", "lane", "tags", "metadata"}
    return Envelope.model_construct(**child.model_dump(include=names), user_id=row["user_id"])


def _by_definition(
    definition: KindDefinition, lane: Lane, child: NewChild, row: Mapping[str, Any]
) -> dict[str, Any]:
    caller = {"customer_id": row["customer_id"], "user_id": row["user_id"]}
    return {
        "queue": queue_name(definition.service, lane, definition.pool),
        "lane": lane,
        "max_attempts": definition.max_retries + 1,
        "limit_key": str(limit_key_of(definition, caller, child.payload)),
        "unique_key": child.unique_key or unique_key_of(definition, caller, child.payload),
    }


def _refused(
    row: dict[str, Any], source: str, type_: str, message: str, field: str | None = None
) -> Judged:
    error = {"type": type_, "message": message, "field": field, "source": source}
    return Judged(row["id"], row, {name: value for name, value in error.items() if value})
