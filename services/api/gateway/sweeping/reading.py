"""Collects the facts of one look from the database and the broker."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.sweeping.broker import Depth
from gateway.sweeping.config import HousekeeperSettings
from gateway.sweeping.facts import Custody, Facts, QueueFacts, Start
from warren.contracts.message import Dispatch, UndecodableMessage
from warren.messaging.topology import CONTROL_QUEUE, DEAD_QUEUE, STATUS_QUEUE

_CUSTODY = """
SELECT task_id, generation, dispatch, queue, greatest(published_at, handed_back_at)
FROM in_flight
ORDER BY published_at LIMIT %s
"""
_NEWEST_STARTS = """
SELECT DISTINCT ON (queue) queue, published_at, started_at FROM in_flight
WHERE started_at IS NOT NULL ORDER BY queue, published_at DESC
"""
_PAUSED = "SELECT queue FROM queue_controls WHERE paused_at IS NOT NULL"
_LIVE = """
SELECT beat -> 'prefetched', beat -> 'runs', beat -> 'queues' FROM workers
WHERE beat_at > now() - make_interval(secs => %s)
"""
_RECORDERS = """
SELECT count(*) FILTER (WHERE beat_at > now() - make_interval(secs => %(lost)s)),
    count(*) FILTER (WHERE beat_at <= now() - make_interval(secs => %(lost)s))
FROM workers
WHERE service = 'api' AND name = 'recorder' AND NOT (beat ->> 'stopping')::boolean
    AND beat_at > now() - make_interval(secs => %(forgotten)s)
"""


@dataclass(frozen=True, slots=True)
class Live:
    """What live processes hold and serve, as their last beats say."""

    tasks: frozenset[UUID]
    runs: frozenset[str]
    queues: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rows:
    """What the database says."""

    now: datetime
    live: Live
    custody: list[Custody]
    newest: dict[str, Start]
    paused: frozenset[str]
    #: Recorders that beat, and those that fell silent lately without saying that they stop.
    recorders: int
    silent_recorders: int

    @property
    def queues(self) -> set[str]:
        """Queues that dispatches were published to."""
        return {item.queue for item in self.custody}


def read_rows(connection: Connection[Any], settings: HousekeeperSettings) -> Rows:
    """Read everything but the broker, the beats first: what they miss is in the rest already."""
    live = read_live(connection, settings.lost_after)
    forgotten = settings.lost_after + settings.sweep_age
    recorders = connection.execute(
        _RECORDERS, {"lost": settings.lost_after, "forgotten": forgotten}
    ).fetchone()
    starts = connection.execute(_NEWEST_STARTS).fetchall()
    custody = [
        Custody(Dispatch(*key), queue, queued_at, held=key[0] in live.tasks)
        for *key, queue, queued_at in connection.execute(_CUSTODY, [settings.sweep_batch])
    ]
    return Rows(
        now=_clock(connection),
        live=live,
        custody=custody,
        newest={queue: Start(*moments) for queue, *moments in starts},
        paused=frozenset(queue for (queue,) in connection.execute(_PAUSED)),
        recorders=recorders[0] if recorders else 0,
        silent_recorders=recorders[1] if recorders else 0,
    )


def read_live(connection: Connection[Any], lost_after: float) -> Live:
    """What the processes hold that have beaten within `lost_after` seconds."""
    beats = connection.execute(_LIVE, [lost_after]).fetchall()
    return Live(
        tasks=frozenset(_tasks(message for held, _, _ in beats for message in held or ())),
        runs=frozenset(run for _, runs, _ in beats for run in runs or ()),
        queues=frozenset(queue for _, _, queues in beats for queue in queues or ()),
    )


def facts_of(rows: Rows, depths: Mapping[str, Depth]) -> Facts:
    """Put together what the database and, after it, the broker said."""
    return Facts(
        now=rows.now,
        custody=rows.custody,
        queues={queue: _queue(queue, rows, depths[queue]) for queue in rows.queues},
        blind=_blindness(rows, depths),
        hold=_hindrance(rows, depths),
    )


def asked_queues(queues: Collection[str]) -> list[str]:
    """The queues whose depths `facts_of` needs."""
    return [STATUS_QUEUE, CONTROL_QUEUE, DEAD_QUEUE, *sorted(queues)]


def _blindness(rows: Rows, depths: Mapping[str, Depth]) -> str | None:
    """Why beats may be old news."""
    for queue in (STATUS_QUEUE, CONTROL_QUEUE):
        if not depths[queue].consumers:
            return f"no recorder reads {queue}"
    if waiting := depths[CONTROL_QUEUE].ready:
        return f"the recorders lag: {waiting} beats wait in {CONTROL_QUEUE}"
    return None if rows.recorders else "no recorder has beaten lately"


def _hindrance(rows: Rows, depths: Mapping[str, Depth]) -> str | None:
    """Why the end of a task may be on its way."""
    for queue in (STATUS_QUEUE, DEAD_QUEUE):
        if waiting := depths[queue].ready:
            return f"the recorders lag: {waiting} messages wait in {queue}"
    if rows.silent_recorders:
        return "a recorder has fallen silent and may hold statuses"
    return None


def _queue(name: str, rows: Rows, depth: Depth) -> QueueFacts:
    # Without a consumer though workers serve it, the queue may be without a leader.
    doubtful = depth.consumers == 0 and depth.ready == 0 and name in rows.live.queues
    return QueueFacts(
        ready=None if doubtful else depth.ready,
        paused=name in rows.paused,
        newest=rows.newest.get(name),
    )


def _tasks(message_ids: Iterable[str]) -> Iterable[UUID]:
    for message_id in message_ids:
        try:
            yield Dispatch.parse(message_id).task_id
        except UndecodableMessage:
            continue  # foreign, and the dead letters' business


def _clock(connection: Connection[Any]) -> datetime:
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    if row is None:
        raise LookupError("the database did not tell the time")
    moment: datetime = row[0]
    return moment
