"""Making, changing and deleting schedules: what is checked, and when they are due next."""

from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from gateway.auditing.changes import Action, Change
from gateway.authentication import Caller
from gateway.composition import Gateway
from gateway.problems import (
    FieldError,
    InvalidFields,
    ScheduleAnnounced,
    ScheduleExists,
)
from gateway.scheduling.queries import ScheduleQueries
from gateway.scheduling.record import StoredSchedule
from gateway.scheduling.schemas import SUBMISSION, ScheduleBody, ScheduleChange, parse_schedule
from warren.contracts.cron import Cron, InvalidCron, JitterTooLong, UnknownZone
from warren.contracts.due_times import NextTime, Rhythm

_MOST = 1000
_FIELDS: dict[type[ValueError], str] = {
    InvalidCron: "cron",
    UnknownZone: "timezone",
    JitterTooLong: "jitter_seconds",
}
#: What decides when a schedule is due; every other change leaves that as it is.
_RHYTHM = ("cron", "timezone", "jitter_seconds")
#: What the audit tells as it was given; of the rest, such as the payload, only that it was changed.
_TOLD = ("enabled", *_RHYTHM)


async def create_schedule(
    gateway: Gateway, caller: Caller, schedule_id: UUID, body: dict[str, Any]
) -> None:
    """Make a schedule of the caller's; made before with the same id, it stays as it is.

    Raises the Problem that says why not; nothing is left behind then.
    """
    schedules = ScheduleQueries(gateway.pool)
    new = parse_schedule(body)
    rhythm = await _checked(gateway, caller, schedule_id, new)
    values = {
        **_columns(schedule_id, new, rhythm.next(await schedules.now())),
        "customer": caller.customer_id,
        "name": new.name or str(schedule_id),
        "kind": new.kind,
        "as_operator": caller.is_operator,
        "by": caller.actor,
    }
    told = {"name": values["name"], "kind": new.kind, "cron": new.cron, "timezone": new.timezone}
    made = _told(caller, Action.SCHEDULE_CREATED, schedule_id, caller.customer_id, told)
    if not await schedules.insert(caller, values, made, most=_MOST):
        existing = await schedules.find(caller, values["name"])
        if existing["id"] != schedule_id:
            raise ScheduleExists(
                f"your schedule {existing['id']} is called {new.name!r}: change or delete it"
            )


async def change_schedule(
    gateway: Gateway, caller: Caller, reference: str, body: dict[str, Any]
) -> None:
    """Change what `body` names; raises the Problem that says why not."""
    schedules = ScheduleQueries(gateway.pool)
    given = {name: value for name, value in body.items() if value is not None}
    while True:
        row = await schedules.find(caller, reference)
        stored = StoredSchedule.of(row)
        refused = _unchangeable(stored, given)
        if refused:
            raise InvalidFields(refused)
        new = parse_schedule({**_as_body(row), **given})
        if stored.is_announced:
            rhythm = stored.rhythm
        else:
            await gateway.catalogue.find(stored.kind, caller)
            rhythm = await _checked(gateway, stored.caller(caller.actor), stored.id, new)
        following = _following(row, given, rhythm)
        values = {
            **_columns(stored.id, new, following),
            "revision": stored.revision,
            "seen_due": stored.next_due_at,
        }
        # Otherwise it was changed or fired in between: what is left out here stays as that left it.
        if not given or await schedules.change(values, _told_change(caller, stored, given)):
            return


async def delete_schedule(gateway: Gateway, caller: Caller, reference: str) -> None:
    """Delete it; raises NotFound, and ScheduleAnnounced for one that would come back."""
    schedules = ScheduleQueries(gateway.pool)
    stored = StoredSchedule.of(await schedules.find(caller, reference))
    if stored.is_announced:
        raise ScheduleAnnounced(
            f"{stored.name} is announced by its worker and would come back; disable it instead"
        )
    told = {"name": stored.name, "kind": stored.kind}
    change = _told(caller, Action.SCHEDULE_DELETED, stored.id, stored.customer_id, told)
    await schedules.delete(stored.id, change)


def _told_change(caller: Caller, stored: StoredSchedule, given: dict[str, Any]) -> Change:
    others = sorted(given.keys() - set(_TOLD))
    details = {
        "name": stored.name,
        **{name: given[name] for name in _TOLD if name in given},
        **({"also": others} if others else {}),
    }
    return _told(caller, Action.SCHEDULE_CHANGED, stored.id, stored.customer_id, details)


def _told(
    caller: Caller, action: Action, schedule_id: UUID, customer_id: UUID, details: dict[str, Any]
) -> Change:
    return Change(caller.actor, action, str(schedule_id), customer_id, details)


async def _checked(
    gateway: Gateway, caller: Caller, schedule_id: UUID, new: ScheduleBody
) -> Rhythm:
    try:
        cron = Cron.parse(new.cron, new.timezone)
        cron.check_jitter(new.jitter_seconds)
    except (InvalidCron, UnknownZone, JitterTooLong) as error:
        raise InvalidFields([FieldError(_FIELDS[type(error)], str(error))]) from error
    await gateway.submissions.check(caller, new.envelope())
    return Rhythm(schedule_id, cron, new.jitter_seconds)


def _unchangeable(stored: StoredSchedule, given: dict[str, Any]) -> list[FieldError]:
    if stored.is_announced:
        why = f"is declared by the worker of {stored.kind}; here you can only enable or disable it"
        return [FieldError(name, why) for name in given if name != "enabled"]
    known = ", ".join(ScheduleChange.model_fields)
    return [
        FieldError(name, f"cannot be changed; {known} can be")
        for name in given
        if name not in ScheduleChange.model_fields
    ]


def _as_body(row: DictRow) -> dict[str, Any]:
    same = ("kind", "cron", "timezone", "missed", "jitter_seconds", "enabled")
    return {name: row[name] for name in same} | {
        name: row["submission"][name] for name in SUBMISSION if name in row["submission"]
    }


def _following(row: DictRow, given: dict[str, Any], rhythm: Rhythm) -> NextTime:
    """When it is due next: what was missed while it was disabled is not made up for."""
    if given.get("enabled") and not row["enabled"]:
        return rhythm.next(row["now"])
    overdue = row["enabled"] and row["retired_at"] is None and row["next_due_at"] <= row["now"]
    changed = any(name in given for name in _RHYTHM)
    return rhythm.next(row["now"], row["next_due_at"] if overdue or not changed else None)


def _columns(schedule_id: UUID, new: ScheduleBody, following: NextTime) -> dict[str, Any]:
    return {
        "id": schedule_id,
        "submission": Jsonb(new.submission),
        "cron": new.cron,
        "timezone": new.timezone,
        "missed": new.missed,
        "jitter_seconds": new.jitter_seconds,
        "enabled": new.enabled,
        "due": following.due_at,
        "fire_at": following.fire_at,
    }
