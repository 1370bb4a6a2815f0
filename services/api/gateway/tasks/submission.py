"""Accepting a task: everything between a parsed body and the committed row."""

import re
from dataclasses import dataclass

import orjson

from gateway.authentication import Caller
from gateway.kinds.catalogue import Catalogue
from gateway.problems import LaneNotAllowed
from gateway.tasks.acceptance import Acceptance, AcceptanceWriter, NewTask
from gateway.tasks.backlog import Backlog
from gateway.tasks.envelope import Envelope
from gateway.tasks.payloads import PayloadPreparation
from warren.contracts.ids import new_id
from warren.contracts.kinds import KindDefinition
from warren.contracts.lanes import Lane, queue_name

_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Submissions:
    """Takes submissions; whatever it refuses leaves no row and no file behind."""

    catalogue: Catalogue
    payloads: PayloadPreparation
    writer: AcceptanceWriter
    backlog: Backlog

    async def submit(
        self,
        caller: Caller,
        envelope: Envelope,
        traceparent: str | None = None,
        *,
        payload_path: str = "payload",
    ) -> Acceptance:
        """Validate and commit; returns only then. Raises the Problem that says why not.

        `payload_path` says where in the request's body the payload stands, for error messages.
        """
        await self.backlog.ensure_room()
        kind = await self.catalogue.find(envelope.kind, caller)
        lane = choose_lane(kind.definition, envelope.lane, caller)
        task_id = new_id()
        payload = await self.payloads.prepare(
            envelope.payload,
            kind.schema,
            task_id=task_id,
            customer_id=caller.customer_id,
            path=payload_path,
        )
        columns = {
            **envelope.model_dump(
                include={"metadata", "tags", "user_id", "run_at", "delay_seconds", "expires_at"}
            ),
            "id": task_id,
            "customer_id": caller.customer_id,
            "actor": caller.actor,
            "kind": kind.definition.kind,
            "version": kind.definition.version,
            "queue": queue_name(kind.definition.service, lane, kind.definition.pool),
            "lane": lane,
            "payload": orjson.Fragment(payload.encoded),
            "traceparent": _valid_traceparent(traceparent),
            "max_attempts": kind.definition.max_retries + 1,
        }
        accepted = await self.writer.accept(NewTask(task_id, columns, payload.artifacts))
        self.backlog.note_accepted()
        return accepted


def choose_lane(definition: KindDefinition, wanted: Lane | None, caller: Caller) -> Lane:
    """The lane asked for, or the kind's own; `critical` is for premium customers.

    Raises LaneNotAllowed when somebody else asks for it.
    """
    if wanted is Lane.CRITICAL and not caller.is_premium:
        raise LaneNotAllowed.at("lane", "may be critical for customers of the premium plan only")
    lane = wanted or definition.lane
    return Lane.CRITICAL if caller.is_premium and lane is Lane.DEFAULT else lane


def _valid_traceparent(header: str | None) -> str | None:
    return header if header and _TRACEPARENT.fullmatch(header) else None
