"""What clean-ups are for is old: files are made so, rows, and what lies in the trash."""

import contextlib
import hashlib
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos.journal import Journal
from warren.artifacts.naming import content_name

#: In seconds: older than the youngest orphan that a clean-up may take.
_AGE = 2 * 86_400.0
_TIMEOUT = 5
#: About a third of what the load's jobs have saved, always the same ones.
_TO_EXPIRE = """
SELECT task_id::text FROM artifacts JOIN tasks ON tasks.id = task_id
WHERE kind LIKE 'chaos.file%' AND state = 'succeeded' AND hashtext(artifacts.id::text) % 3 = 0
    AND (artifacts.expires_at IS NULL OR artifacts.expires_at > now())
"""
_EXPIRE = """
UPDATE artifacts SET expires_at = now() - interval '1 second'
WHERE task_id = ANY (%s::uuid[]) AND hashtext(id::text) %% 3 = 0
"""
_OWNED = """
SELECT DISTINCT sha256 FROM artifacts JOIN tasks ON tasks.id = task_id WHERE kind LIKE 'chaos.file%'
"""
_AN_OLD_UPLOAD = "UPDATE artifacts SET created_at = now() - interval '2 days' WHERE id = %s"
_AN_OLD_TRASH = "UPDATE discarded_contents SET trashed_at = trashed_at - interval '30 days'"


def session(database_url: str) -> psycopg.Connection[Any]:
    """A connection of the harness's own, past every wire; statements end after some seconds."""
    options = f"-c statement_timeout={_TIMEOUT}s"
    return psycopg.connect(database_url, connect_timeout=_TIMEOUT, options=options)


def let_some_expire(connection: psycopg.Connection[Any], journal: Journal) -> None:
    """Let files of some tasks expire that have succeeded.

    Written down first: where that fails, the last call of a run does it for good.
    """
    tasks = [task for (task,) in connection.execute(_TO_EXPIRE).fetchall()]
    for task in tasks:
        journal.write(event="expired", task=task)
    connection.execute(_EXPIRE, [tasks])
    connection.commit()


def make_owned_files_old(connection: psycopg.Connection[Any], artifacts: Path) -> None:
    """Make old what rows tell of: whatever nobody owns yet is as young as it is."""
    owned = [sha256 for (sha256,) in connection.execute(_OWNED).fetchall()]
    make_old(artifacts / content_name(sha256) for sha256 in owned)


def make_upload_old(
    connection: psycopg.Connection[Any], artifacts: Path, artifact: str, sha256: str
) -> None:
    """Make an upload as old as its file."""
    connection.execute(_AN_OLD_UPLOAD, [artifact])
    connection.commit()
    make_old([artifacts / content_name(sha256)])


def make_trash_old(connection: psycopg.Connection[Any]) -> None:
    """Let the trash be due to be emptied; only where nobody may want anything of it."""
    connection.execute(_AN_OLD_TRASH)
    connection.commit()


def make_old(paths: Iterable[Path]) -> None:
    """Make files two days old; those that are gone are none."""
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            os.utime(path, (time.time() - _AGE, time.time() - _AGE))


def leave_an_orphan(artifacts: Path, content: bytes) -> None:
    """An old content that no row tells of, as a killed writer leaves it."""
    path = artifacts / content_name(hashlib.sha256(content).hexdigest())
    # On a full disk there is none of it, or a part.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    make_old([path])
