"""Reads the database, by SQL of its own."""

from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.chaos.evidence.families import BatchRow, MemberRow
from tests.chaos.evidence.kept import Artifact, Live, Quarantined
from tests.chaos.evidence.model import Entry, Fire, Letter, Task

_TASKS = """
SELECT id::text, kind, state, generation, dispatch, attempt, max_attempts, metadata ->> 'request',
    result, error, extract(epoch FROM created_at)::float8, extract(epoch FROM due_at)::float8,
    extract(epoch FROM finished_at)::float8, queue, unique_key,
    payload, parent_id::text, user_id, customer_id::text, cleaned_at IS NOT NULL
FROM tasks
"""
_HISTORY = """
SELECT task_id::text, generation, dispatch, type, attempt, run_id::text,
    extract(epoch FROM at)::float8, data
FROM task_history
"""
_ARTIFACTS = "SELECT id::text, task_id::text, name, sha256, size, media_type FROM artifacts"
_LIVE = """
SELECT 'outbox', task_id::text, generation, dispatch FROM outbox
UNION ALL SELECT 'in_flight', task_id::text, generation, dispatch FROM in_flight
UNION ALL SELECT 'publications', NULL, 0, 0 FROM publications
UNION ALL SELECT 'unique_keys', task_id::text, 0, 0 FROM unique_keys
"""
_LETTERS = """
SELECT id::text, source, task_id::text, generation, dispatch, kind, encode(message_sha256, 'hex'),
    resolution, resolved_by, queue, extract(epoch FROM recorded_at)::float8
FROM dead_letters
"""
_BATCHES = "SELECT task_id::text, total, callback IS NOT NULL FROM batches"
_MEMBERS = "SELECT task_id::text, batch_id::text, position, state FROM batch_members"
_FIRES = """
SELECT s.name, extract(epoch FROM f.due_at)::float8, f.task_id::text
FROM schedule_fires f JOIN schedules s ON s.id = f.schedule_id
"""
_QUARANTINED = (
    "SELECT id, error, left(convert_from(body, 'UTF8'), 2000) FROM quarantined_status ORDER BY id"
)
_UNREST = """
SELECT (SELECT count(*) FROM tasks
        WHERE state NOT IN ('succeeded', 'failed', 'cancelled', 'expired')),
    (SELECT count(*) FROM outbox) + (SELECT count(*) FROM publications),
    (SELECT count(*) FROM in_flight)
"""


@dataclass(frozen=True, slots=True)
class DatabaseEvidence:
    """All rows that the checks look at."""

    tasks: dict[str, Task] = field(default_factory=dict)
    history: list[Entry] = field(default_factory=list)
    artifacts: list[Artifact] = field(default_factory=list)
    live: list[Live] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    fires: list[Fire] = field(default_factory=list)
    batches: list[BatchRow] = field(default_factory=list)
    members: list[MemberRow] = field(default_factory=list)


def read_database(url: str) -> DatabaseEvidence:
    """Everything, as of one moment."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        tasks = [Task(*row) for row in connection.execute(_TASKS)]
        return DatabaseEvidence(
            tasks={task.id: task for task in tasks},
            history=[Entry(*row) for row in connection.execute(_HISTORY)],
            artifacts=[Artifact(*row) for row in connection.execute(_ARTIFACTS)],
            live=[Live(*row) for row in connection.execute(_LIVE)],
            quarantined=[Quarantined(*row) for row in connection.execute(_QUARANTINED)],
            letters=[Letter(*row) for row in connection.execute(_LETTERS)],
            fires=[Fire(*row) for row in connection.execute(_FIRES)],
            batches=[BatchRow(*row) for row in connection.execute(_BATCHES)],
            members=[MemberRow(*row) for row in connection.execute(_MEMBERS)],
        )


def unfinished(url: str) -> tuple[int, int, int]:
    """How many tasks have not ended, and how many rows are to be published and in flight."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        row: Any = connection.execute(_UNREST).fetchone()
        return int(row[0]), int(row[1]), int(row[2])
