"""Accepting a task: everything between a parsed body and the committed row."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self
from uuid import UUID

import orjson

from gateway.artifacts.references import artifact_row
from gateway.authentication import Caller
from gateway.images.quotas import ImageQuotas
from gateway.images.users import with_one_user
from gateway.kinds.catalogue import Catalogue
from gateway.limits.caller_backlog import CallerBacklogs
from gateway.limits.key_limits import KeyLimits
from gateway.problems import ServiceNotThere, UnknownKind
from gateway.speech.requests import SpeechRequests
from gateway.tasks.acceptance import Acceptance, NewTask
from gateway.tasks.backlog import Backlog
from gateway.tasks.envelope import Envelope
from gateway.tasks.payloads import PayloadPreparation
from gateway.tasks.routing import Router
from gateway.webhooks.signing import WebhookSigning
from warren.contracts.artifact import ArtifactRef
from warren.contracts.job import Job
from warren.contracts.kinds import KindDefinition
from warren.contracts.lanes import Lane, queue_name
from warren.contracts.limit_key import limit_key_of
from warren.contracts.speech_batch import SynthesizeBatch
from warren.contracts.unique_keys import unique_key_of

_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
#: What the envelope says is written as it is.
_AS_GIVEN = {
    "metadata",
    "tags",
    "user_id",
    "run_at",
    "delay_seconds",
    "expires_at",
    "unique_key",
    "webhook",
}


class TaskWriter(Protocol):
    """Commits tasks: an AcceptanceWriter, or whoever writes something else beside them."""

    async def accept(self, task: NewTask) -> Acceptance:
        """Return once `task` is committed; raises the Problem that says why it is not."""
        ...


@dataclass(frozen=True, slots=True)
class Submissions:
    """Takes submissions; whatever it refuses leaves no row behind.

    Nor a file, but for one case: a long text is stored before its task is committed, so that it
    stays as content of nobody's when the commit fails. Content is named by its hash, and may be
    another task's as well: it is not for the submission to delete.
    """

    catalogue: Catalogue
    payloads: PayloadPreparation
    writer: TaskWriter
    backlog: Backlog
    caller_backlogs: CallerBacklogs
    key_limits: KeyLimits
    router: Router
    quotas: ImageQuotas
    requests: SpeechRequests
    signing: WebhookSigning

    async def submit(
        self,
        caller: Caller,
        envelope: Envelope,
        traceparent: str | None = None,
        *,
        task_id: UUID,
        payload_path: str = "payload",
        makes_room: bool = False,
    ) -> Acceptance:
        """Validate and commit; returns only then. Raises the Problem that says why not.

        Submitting the same `task_id` again answers with the task that is there.
        `payload_path` says where in the request's body the payload stands, for error messages.
        What `makes_room` is accepted even if there is none.
        """
        async with nullcontext() if makes_room else self.room(caller) as room:
            task = await self.prepare(
                caller, envelope, traceparent, task_id=task_id, payload_path=payload_path
            )
            accepted = await self.writer.accept(task)
            if room is not None:
                room.taken_by([accepted])
        if room is None:
            self.note_accepted(caller, accepted)
        return accepted

    async def ensure_room(self, caller: Caller) -> None:
        """Raise BacklogFull, TooManyWaiting or QuotaUsedUp while no more is accepted.

        Nothing is counted: for what follows from other things, and before a long upload.
        """
        await self.backlog.ensure_room()
        await self.caller_backlogs.ensure_room(caller)
        await self.key_limits.ensure_task(caller)

    @asynccontextmanager
    async def room(self, caller: Caller, count: int = 1) -> AsyncIterator["Room"]:
        """Room for `count` more tasks, which count from now on as the caller's.

        Raises BacklogFull, TooManyWaiting or QuotaUsedUp. What the room is not told to be taken by
        counts no more once it is left.
        """
        await self.backlog.ensure_room()
        await self.caller_backlogs.ensure_room(caller)
        counted = await self.key_limits.take_tasks(caller, count)
        room = Room(self, caller)
        try:
            yield room
        except asyncio.CancelledError:
            # What is under way may be committed yet.
            room.new = count
            raise
        finally:
            self.key_limits.give_back_tasks(counted, count - room.new)

    def note_accepted(self, caller: Caller, accepted: Acceptance) -> None:
        """One more row waits, unless it is an earlier task's."""
        if not accepted.unique:
            self.backlog.note_accepted()
            self.caller_backlogs.note_accepted(caller)

    async def for_many(self, caller: Caller, envelopes: Sequence[Envelope]) -> Self:
        """The same for these: what they name is looked up once for all, by a query for each sort.

        What is wrong with one of them is told when that is prepared.
        """
        given = []
        for envelope in envelopes:
            with suppress(UnknownKind):
                kind = await self.catalogue.find(envelope.kind, caller)
                given.append((envelope.payload, kind.schema))
        payloads = await self.payloads.of_many(given, caller.customer_id)
        if any(envelope.webhook is not None for envelope in envelopes):
            signing = await self.signing.of_many(caller)
            return replace(self, payloads=payloads, signing=signing)
        return replace(self, payloads=payloads)

    async def prepare(
        self,
        caller: Caller,
        envelope: Envelope,
        traceparent: str | None,
        *,
        task_id: UUID,
        payload_path: str = "payload",
        follows: UUID | None = None,
    ) -> NewTask:
        """Validate, without accepting anything; raises the Problem that says what is wrong.

        A task that `follows` a batch is made when that has ended.
        """
        kind = await self.catalogue.find(envelope.kind, caller)
        envelope = with_one_user(envelope, payload_path)
        lane = self.router.lane(kind.definition, envelope, caller)
        if envelope.webhook is not None:
            await self.signing.ensure_secret(caller)
        payload = await self.payloads.prepare(
            envelope.payload,
            kind.schema,
            task_id=task_id,
            customer_id=caller.customer_id,
            path=payload_path,
        )
        if envelope.kind == SynthesizeBatch.kind:
            await self.requests.bring(payload, task_id, caller.customer_id, payload_path)
        await self.quotas.charge(caller, envelope, task_id, follows)
        columns = {
            **_columns(kind.definition, lane, caller, task_id, payload.encoded, traceparent),
            **envelope.model_dump(include=_AS_GIVEN),
            **_keys(kind.definition, caller, envelope),
        }
        return NewTask(task_id, columns, payload.artifacts)

    async def compose(
        self,
        caller: Caller,
        job: Job,
        traceparent: str | None = None,
        *,
        task_id: UUID,
        artifacts: Sequence[ArtifactRef] = (),
        user_id: str | None = None,
    ) -> NewTask:
        """The task of a job that the gateway itself makes for the caller, beside rows of its own.

        The kind may be internal; `artifacts` become the caller's, of this task. Raises
        ServiceNotThere if no worker has ever announced the kind, QuotaSpent for too many pictures.
        """
        try:
            kind = await self.catalogue.find(job.kind, replace(caller, is_system=True))
        except UnknownKind as error:
            service = job.kind.partition(".")[0]
            raise ServiceNotThere(
                f"no worker for {service} has ever run here; tell the operator to start one",
                retry_after=10,
            ) from error
        payload = job.model_dump(mode="json", exclude_none=True)
        envelope = Envelope(kind=job.kind, payload=payload, user_id=user_id)
        lane = self.router.lane(kind.definition, envelope, caller)
        await self.quotas.charge(caller, envelope, task_id)
        columns = {
            **_columns(kind.definition, lane, caller, task_id, orjson.dumps(payload), traceparent),
            "user_id": user_id,
            **_keys(kind.definition, caller, envelope),
        }
        rows = [artifact_row(reference, caller.customer_id, task_id) for reference in artifacts]
        return NewTask(task_id, columns, rows)

    async def check(self, caller: Caller, envelope: Envelope) -> None:
        """Raise the Problem for which `submit` would refuse it now; accepts nothing."""
        kind = await self.catalogue.find(envelope.kind, caller)
        envelope = with_one_user(envelope)
        self.router.lane(kind.definition, envelope, caller)
        await self.payloads.check(envelope.payload, kind.schema, caller.customer_id)


@dataclass(slots=True)
class Room:
    """What was counted before it is accepted; `new` tasks of it have been."""

    submissions: Submissions
    caller: Caller
    new: int = 0

    def taken_by(self, accepted: Iterable[Acceptance]) -> None:
        """These are committed; those that are earlier tasks take no room."""
        for acceptance in accepted:
            self.submissions.note_accepted(self.caller, acceptance)
            self.new += not acceptance.unique


def _columns(
    definition: KindDefinition,
    lane: Lane,
    caller: Caller,
    task_id: UUID,
    payload: bytes,
    traceparent: str | None,
) -> dict[str, Any]:
    return {
        "id": task_id,
        "customer_id": caller.customer_id,
        "actor": caller.actor,
        "key_id": caller.key_id,
        "kind": definition.kind,
        "version": definition.version,
        "queue": queue_name(definition.service, lane, definition.pool),
        "lane": lane,
        "payload": orjson.Fragment(payload),
        "traceparent": valid_traceparent(traceparent),
        "max_attempts": definition.max_retries + 1,
    }


def _keys(definition: KindDefinition, caller: Caller, envelope: Envelope) -> dict[str, str | None]:
    fields = {"customer_id": caller.customer_id, "user_id": envelope.user_id}
    unique = envelope.unique_key or unique_key_of(definition, fields, envelope.payload)
    return {
        "limit_key": str(limit_key_of(definition, fields, envelope.payload)),
        "unique_key": unique,
    }


def valid_traceparent(header: str | None) -> str | None:
    """The W3C trace context, unless it is none."""
    return header if header and _TRACEPARENT.fullmatch(header) else None
