"""An operator who has tasks and files cleaned up while everything is disturbed.

What must go is made old enough: files that have expired, orphans, uploads that no task names. Old
are also those that must stay: files that others still own, and uploads that a task names.
"""

import threading
from collections.abc import Sequence
from random import Random
from typing import Any

import httpx
import psycopg

from tests.chaos.faults.system import System
from tests.chaos.journal import Journal
from tests.chaos.load.ageing import (
    leave_an_orphan,
    let_some_expire,
    make_owned_files_old,
    make_upload_old,
    session,
)
from tests.chaos.load.ask import Ask
from tests.chaos.load.asking import Asker, Gateways
from tests.chaos.load.client import Submitter
from tests.chaos.load.submissions import Single

CLEAN_FILES = {"kind": "api.clean_artifacts", "payload": {"days_old": 1}}
CLEAN_TASKS = {"kind": "api.clean_tasks", "payload": {}}
_TASKS, _UPLOADS = "/api/v1/tasks", "/api/v1/artifacts"
_BYTES = {"Content-Type": "application/octet-stream"}


class Housework:
    """Makes some things old every few seconds, and asks for a clean-up."""

    def __init__(self, system: System, urls: Sequence[str], journal: Journal) -> None:
        self._system = system
        self._journal = journal
        self._random = Random(f"{system.plan.seed} housework")
        self._gateways = Gateways(urls, system.stack.descriptor.api_key)
        self._asker = Asker(self._gateways, journal, Random(f"{system.plan.seed} housework asker"))
        self._over = threading.Event()
        self._submitter = Submitter(self._gateways, journal, self._over)
        self._thread = threading.Thread(target=self._run, name="housework")
        self._number = 0

    def start(self) -> None:
        """Begin, unless the plan is without."""
        if self._system.plan.housework:
            self._thread.start()

    def stop(self) -> None:
        """Stop after what is being done."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._gateways.close()

    def _run(self) -> None:
        acts = [self._expire, self._orphan, self._upload, self._upload_for_a_task]
        while not self._over.wait(self._random.uniform(0.2, 0.7) * self._system.plan.acts_every):
            self._number += 1
            act = self._random.choice(acts)
            try:
                with session(self._system.stack.descriptor.database_url) as connection:
                    act(connection)
            except psycopg.Error as error:
                # As everybody else: the next time may be better.
                self._journal.write(event="not-done", act=act.__name__, error=repr(error)[:300])
            self._asker.ask("clean-up", _TASKS, self._random.choice([CLEAN_FILES, CLEAN_TASKS]))

    def _expire(self, connection: psycopg.Connection[Any]) -> None:
        let_some_expire(connection, self._journal)
        make_owned_files_old(connection, self._system.stack.folder.artifacts)

    def _orphan(self, connection: psycopg.Connection[Any]) -> None:
        leave_an_orphan(self._system.stack.folder.artifacts, self._content("nobody's"))

    def _upload(self, connection: psycopg.Connection[Any]) -> None:
        """One that no task will ever name."""
        if (made := self._uploaded()) is not None:
            self._make_old(connection, made)
            self._note(made, is_named=False)

    def _upload_for_a_task(self, connection: psycopg.Connection[Any]) -> None:
        """One that a task will read, which has been accepted before the upload gets old."""
        if (made := self._uploaded()) is None:
            return
        delay = round(self._random.uniform(0.5, 8), 2)
        wanted = Single(Ask("chaos.read", {"sha256": made["sha256"]}, delay=delay))
        name = f"{self._system.plan.seed}-house-{self._number}"
        if self._submitter.submit(name, wanted, self._random) is not None:
            self._note(made, is_named=True)
            self._make_old(connection, made)

    def _uploaded(self) -> dict[str, Any] | None:
        client = self._gateways.any(self._random)
        try:
            answer = client.post(_UPLOADS, content=self._content("an upload"), headers=_BYTES)
        except httpx.TransportError:
            return None
        made: dict[str, Any] | None = answer.json() if answer.is_success else None
        return made

    def _make_old(self, connection: psycopg.Connection[Any], made: dict[str, Any]) -> None:
        folder = self._system.stack.folder.artifacts
        make_upload_old(connection, folder, made["artifact_id"], made["sha256"])

    def _note(self, made: dict[str, Any], *, is_named: bool) -> None:
        self._journal.write(event="upload", artifact=made["artifact_id"], is_named=is_named)

    def _content(self, what: str) -> bytes:
        """Nobody else has the same."""
        return f"{what}, number {self._number} of seed {self._system.plan.seed}".encode()
