"""Evidence of a run that never was: a healthy one, to be doctored by tests of the checks."""

import hashlib
import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos.checks import violations
from tests.chaos.checks.expectations import attempts_allowed
from tests.chaos.checks.files import content_of
from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.collection import collect
from tests.chaos.evidence.model import Evidence
from tests.chaos.evidence.queues import QUEUES
from tests.chaos.journal import Journal
from tests.chaos.plan import ChaosFolder
from warren.contracts.ids import new_id

_CUSTOMER = uuid.UUID(int=1)
_ENDS = {
    "succeeded": "task.succeeded",
    "failed": "task.failed",
    "cancelled": "task.cancelled",
    "expired": "task.expired",
}
_LEAVES_LETTER = frozenset({"exhausted", "permanent", "crashed", "lost", "unknown_kind"})


class MadeUpRun:
    """Writes the logs, the rows and the files that a run would have left behind."""

    def __init__(self, path: Path, database_url: str) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.folder = ChaosFolder(path)
        self.artifacts = path / "artifacts"
        self.queues = dict.fromkeys(QUEUES, 0)
        self.now = time.monotonic()
        self.database_url = database_url
        self._requests = 0

    def sql(self, statement: str, *values: Any) -> None:
        """Doctor the database."""
        with psycopg.connect(self.database_url) as connection:
            connection.execute(statement, values)

    def violations(self) -> list[Violation]:
        """What the checks say."""
        return violations(self.evidence())

    def evidence(self, rest: float | None = 0.0) -> Evidence:
        """What the checks look at, of a run that took so many seconds to come to rest."""
        return collect(self.folder, self.database_url, self.artifacts, dict(self.queues), rest)

    def names(self, task: str | None = None) -> set[str]:
        """What the checks say about a task, or about everything, in short."""
        return {v.name for v in self.violations() if task is None or v.task == task}

    # --- what clients, jobs and the harness wrote ---------------------------------------------

    def request(self, kind: str, task: str | None, *, code: int | None = 202, **more: Any) -> str:
        """One try of a client; without a code its answer was lost. Returns the request's id."""
        self._requests += 1
        name = f"0-{self._requests}.1"
        told = {"task": task, "unique": more.pop("unique", False)}
        at = {"mono": self.now, "wall": time.time() - more.pop("ago", 0.0)}
        with self._journal(self.folder.client_log) as log:
            sent = {"payload": {}, "delay": None, **at, **more}
            log.write(event="sent", request=name, kind=kind, **sent)
            if code is not None:
                log.write(event="answered", request=name, code=code, **at, **told)
        return name

    def execution(
        self,
        task: str,
        *,
        generation: int = 1,
        dispatch: int = 1,
        attempt: int = 1,
        at: float = 0.0,
        end: str | None = "ok",
        lasted: float = 0.1,
        process: str = "chaos-worker",
        pid: int = 1,
        wall: float | None = None,
        run: str | None = None,
        customer: str = str(_CUSTOMER),
    ) -> None:
        """A start and an end in the effect log; `at` seconds after the begin of all.

        Of a run of its own, if none is named.
        """
        line = {
            "task": task, "generation": generation, "dispatch": dispatch, "attempt": attempt,
            "run": run or str(uuid.uuid4()), "process": process, "pid": pid,
            "wall": time.time() + at if wall is None else wall, "apart": False,
            "customer": customer,
        }  # fmt: skip
        with self._journal(self.folder.effect_log) as log:
            log.write(event="start", mono=self.now + at, **line)
            if end:
                log.write(event=end, mono=self.now + at + lasted, **line)

    def effect(self, task: str, *, at: float = 0.0, taken: bool = True, pid: int = 1) -> None:
        """A write to the sink, `at` seconds after the run's begin."""
        line = {
            "task": task, "step": "step-0", "generation": 1, "dispatch": 1, "pid": pid,
            "process": "chaos-worker", "mono": self.now + at, "wall": time.time() + at,
        }  # fmt: skip
        with self._journal(self.folder.effect_log) as log:
            log.write(event="write", **line)
            if taken:
                self.folder.sink.mkdir(exist_ok=True)
                (self.folder.sink / f"{task}:step-0").touch()
                log.write(event="effect", **line)

    def spawn(self, task: str, key: str, *, told: bool = True) -> None:
        """What a run asked for, and whether it was told that it will come."""
        line = {"task": task, "generation": 1, "key": key}
        with self._journal(self.folder.effect_log) as log:
            log.write(event="spawn", **line)
            if told:
                log.write(event="spawned", **line)

    def demand(self, action: str, task: str | None, *, code: int | None = 202, **more: Any) -> None:
        """What a client asked for; without a code the answer was lost."""
        self._requests += 1
        names = ("letter", "schedule", "wall", "filter")
        about = {"wall": time.time(), **{key: more.pop(key) for key in names if key in more}}
        at = self.now + more.pop("at", 0.0)
        told = {"state": more.get("state"), "made": more.get("made")}
        with self._journal(self.folder.client_log) as log:
            number = self._requests
            log.write(event="asked", ask=number, action=action, task=task, mono=at, **about)
            if code is not None:
                log.write(event="told", ask=number, code=code, mono=at, **told)

    def expire(self, task: str) -> None:
        """The harness has let the file of a task expire."""
        with self._journal(self.folder.client_log) as log:
            log.write(event="expired", task=task)

    def upload(self, content: bytes, *, named: bool) -> str:
        """An upload that the harness has made old, and that a task names or not; its artifact."""
        artifact, path = str(new_id()), self.store(content)
        self.sql(
            "INSERT INTO artifacts (id, customer_id, sha256, size, media_type, name)"
            " VALUES (%s, %s, %s, %s, 'application/octet-stream', 'file')",
            *[artifact, _CUSTOMER, path.name, len(content)],
        )
        with self._journal(self.folder.client_log) as log:
            log.write(event="upload", artifact=artifact, is_named=named)
        return artifact

    def garbage(self, sha256: str) -> None:
        """A message that nobody can read, which the harness has published."""
        with self._journal(self.folder.fault_log) as log:
            log.write(event="garbage", sha256=sha256, confirmed=True)

    def fault(self, kind: str, target: str, began: float, ended: float) -> None:
        """Something that was done to the system; seconds after the run's begin."""
        number = time.monotonic_ns()
        with self._journal(self.folder.fault_log) as log:
            log.write(event="begin", number=number, kind=kind, target=target, mono=self.now + began)
            log.write(event="end", number=number, kind=kind, target=target, mono=self.now + ended)

    def killed_slot(self, pid: int) -> None:
        """A slot process that the harness killed."""
        with self._journal(self.folder.fault_log) as log:
            log.write(event="slot", pid=pid, mono=self.now)

    def duplicate(self, message: str, at: float) -> None:
        """A job message that the harness published again."""
        with self._journal(self.folder.fault_log) as log:
            log.write(event="duplicate", message=message, mono=self.now + at)

    # --- what the system left -----------------------------------------------------------------

    def task(self, kind: str, *, state: str = "succeeded", **columns: Any) -> str:
        """An accepted task that ran once and ended so, with its request and its history.

        Its client and its run were there `ago` seconds before now.
        """
        task = str(new_id())
        payload, ago = columns.pop("payload", {}), columns.pop("ago", 0.0)
        asked = {name: columns.pop(name, None) for name in ("delay", "expires_in")}
        request = self.request(kind, task, payload=payload, ago=ago, **asked)
        self.row(task, kind, request, state=state, **columns)
        source = columns.get("error", {}).get("source")
        self._ended(task, state, source, ago)
        return task

    def descendant(self, task: str, kind: str, parent: str, **columns: Any) -> None:
        """A task that another one has brought about, which ran once and succeeded."""
        self.row(task, kind, None, state="succeeded", parent_id=parent, **columns)
        self._ended(task, "succeeded", None)
        self.effect(task)

    def action(self, kind: str, chosen: dict[str, Any], action: str) -> str:
        """A bulk action that was asked for and has ended."""
        task = str(new_id())
        self.row(task, kind, None, state="succeeded", payload={"filter": chosen})
        self.entry(task, "task.succeeded")
        self.demand(action, None, filter=chosen, made=task)
        return task

    def clean_up(self, action: str = "last-clean-up") -> str:
        """A clean-up, of a run at rest unless it is said otherwise, which has found nothing."""
        task = str(new_id())
        self.row(task, "api.clean_artifacts", None, state="succeeded", result={"errors": []})
        self.entry(task, "task.succeeded")
        self.demand(action, None, made=task)
        return task

    def erasure(self, customer: str, *, asked: bool = True) -> None:
        """A customer was erased, as an administrator asked for."""
        task = str(new_id())
        report: dict[str, Any] = {"left_elsewhere": []}
        self.row(task, "api.erase_customer", None, state="succeeded", result=report)
        self.entry(task, "task.succeeded")
        if asked:
            self.demand("erase", None, made=task)
        with self._journal(self.folder.client_log) as log:
            log.write(event="erasing", customer=customer)

    def told_before_erasure(self, task: str) -> None:
        """The customer who is erased was told of a task."""
        line = {"request": task, "kind": "chaos.quick", "mono": self.now, "wall": time.time()}
        with self._journal(self.folder.left_log) as log:
            log.write(event="sent", payload={}, delay=None, **line)
            log.write(event="answered", code=202, task=task, **line)

    def _ended(self, task: str, state: str, source: str | None, ago: float = 0.0) -> None:
        self.entry(task, _ENDS[state], data={"source": source} if source else {})
        if source in _LEAVES_LETTER:
            self.letter(task, source or "")
        self.execution(task, wall=time.time() - ago)

    def scheduled_task(self, due_in: float) -> str:
        """A task that a schedule has made, which ran now, so many seconds before it was due."""
        task = str(new_id())
        self.row(task, "chaos.quick", "schedule-1", state="succeeded")
        self.entry(task, "task.succeeded")
        self.execution(task)
        self._fired(task, "schedule-1", "chaos.quick", due_in)
        return task

    def chore(self, kind: str, state: str = "succeeded", source: str | None = None) -> str:
        """A task of the system's own that a schedule has made, without a letter if it failed."""
        task = str(new_id())
        columns = {"error": {"source": source}} if source else {}
        self.row(task, kind, None, state=state, **columns)
        self.entry(task, _ENDS[state], data=columns.get("error", {}))
        self._fired(task, kind, kind, due_in=0.0)
        return task

    def _fired(self, task: str, name: str, kind: str, due_in: float) -> None:
        schedule = new_id()
        self.sql(
            "INSERT INTO schedules (id, customer_id, name, kind, submission, cron, timezone,"
            " missed, jitter_seconds, created_by, next_due_at, fire_at) VALUES"
            " (%s, %s, %s, %s, '{}', '* * * * *', 'UTC', 'catch_up', 0, 'me', now(), now())",
            *[schedule, _CUSTOMER, name, kind],
        )
        self.sql(
            "INSERT INTO schedule_fires (schedule_id, due_at, task_id)"
            " VALUES (%s, now() + make_interval(secs => %s), %s)",
            *[schedule, due_in, task],
        )

    def letter(
        self, task: str | None, source: str, *, generation: int | None = 1, **more: Any
    ) -> str:
        """A row of `dead_letters`."""
        letter = str(new_id())
        values = {
            "id": letter, "source": source, "task_id": task, "generation": generation,
            "dispatch": 1, "queue": "chaos.default", "error": "{}", "cause": "c",
            "message": b"m", "message_sha256": b"s", **more,
        }  # fmt: skip
        names, places = ", ".join(values), ", ".join(["%s"] * len(values))
        self.sql(f"INSERT INTO dead_letters ({names}) VALUES ({places})", *values.values())  # noqa: S608
        return letter

    def row(self, task: str, kind: str, request: str | None, *, state: str, **columns: Any) -> None:
        """A row of `tasks`."""
        attempt = columns.pop("attempt", 1)
        ended = state in _ENDS
        values: dict[str, Any] = {
            "id": task, "customer_id": _CUSTOMER, "actor": "key", "kind": kind, "version": 1,
            "queue": "chaos.default", "lane": "default", "payload": "{}",
            "metadata": json.dumps({"request": request}) if request else None,
            "state": state, "attempt": attempt, "rank": 2, "max_attempts": attempts_allowed(kind),
            "result": json.dumps({"attempt": attempt}) if state == "succeeded" else None,
            "finished_at": "now" if ended else None,
            **{name: _plain(value) for name, value in columns.items()},
        }  # fmt: skip
        names, places = ", ".join(values), ", ".join(["%s"] * len(values))
        self.sql(f"INSERT INTO tasks ({names}) VALUES ({places})", *values.values())  # noqa: S608

    def entry(
        self,
        task: str,
        kind: str,
        *,
        dispatch: int = 1,
        attempt: int = 1,
        generation: int = 1,
        data: dict[str, Any] | None = None,
        by_a_run: bool = True,
    ) -> None:
        """A row of `task_history`."""
        run = uuid.uuid4() if by_a_run else None
        self.sql(
            "INSERT INTO task_history (task_id, generation, dispatch, type, attempt, at, data,"
            " run_id) VALUES (%s, %s, %s, %s, %s, now(), %s, %s)",
            *[task, generation, dispatch, kind, attempt, json.dumps(data or {}), run],
        )

    def file_task(
        self, *, size: int = 100, of: str | None = None, kind: str = "chaos.file"
    ) -> tuple[str, Path]:
        """A task that has saved its file; returns its id and where the content lies."""
        task = self.task(kind, payload={"size": size, "of": of})
        content = content_of(of or task, size)
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.store(content)
        self.sql(
            "INSERT INTO artifacts (id, customer_id, sha256, size, media_type, name, task_id)"
            " VALUES (%s, %s, %s, %s, 'application/octet-stream', 'out.bin', %s)",
            *[new_id(), _CUSTOMER, sha256, size, task],
        )
        return task, path

    def outcome(self, task: str) -> None:
        """What a run of a task has kept in the artifact store."""
        path = self.artifacts / "manifests" / task / "outcome.json"
        path.parent.mkdir(parents=True)
        path.write_text("{}")

    def store(self, content: bytes) -> Path:
        """A content in the artifact store."""
        name = hashlib.sha256(content).hexdigest()
        path = self.artifacts / "sha256" / name[:2] / name[2:4] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    @contextmanager
    def _journal(self, path: Path) -> Iterator[Journal]:
        with Journal(path) as journal:
            yield journal


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict) else value
