"""What holds for a job in a thread and for one in the event loop alike: written once, for both."""

import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pika

from warren.contracts.message import JobMessage
from warren.testing.deadline import eventually

Cancel = Callable[[uuid.UUID], float]
#: Seconds within which a cancellation arrives; the machine may have other things to do, too.
SOON = 2.0 + 3.0


class JobBehaviour:
    """Inherit it and name the kinds: `acts` does what it is told, `limited` has a soft limit of one
    second, `hangs` never ends and has a hard one.
    """

    acts: str
    limited: str
    hangs: str

    def test_it_succeeds_with_files_and_events(
        self, start_worker: Any, submit: Any, reports: Any
    ) -> None:
        start_worker()
        task = submit("save", kind=self.acts, text="hello")
        outcome = reports.outcome(task)

        assert reports.types_of(task) == ["processing", "succeeded"]
        assert outcome.data.result == {"did": "save"}
        assert [(a.name, a.size) for a in outcome.data.artifacts] == [("out.txt", 5)]
        assert [event.type for event in outcome.data.events] == ["sample.acted.v1"]

        # And a run that is repeated answers with the outcome that was kept
        submit("save", kind=self.acts, text="hello", task=task, dispatch=2)
        second = reports.outcome(task, count=2)
        assert (second.dispatch, second.data.artifacts) == (2, outcome.data.artifacts)

    def test_its_progress_comes_a_few_times_a_second_and_the_last_one_always(
        self, start_worker: Any, submit: Any, reports: Any
    ) -> None:
        start_worker()
        task = submit("report", kind=self.acts)
        reports.outcome(task)

        types = reports.types_of(task)
        percents = [s.data.percent for s in reports.of(task) if s.type == "task.progress"]
        assert (types[0], types[-1]) == ("processing", "succeeded")
        assert percents == sorted(percents)
        assert percents[-1] == 100
        assert 2 <= len(percents) <= 12

    def test_what_it_raises_decides_what_follows(
        self, start_worker: Any, submit: Any, reports: Any
    ) -> None:
        start_worker()
        failed, spent, permanent, rejected, waiting, unfit = (
            submit("fail", kind=self.acts),
            submit("fail", kind=self.acts, attempt=3),
            submit("fail_permanently", kind=self.acts),
            submit("reject", kind=self.acts),
            submit("wait", kind=self.acts),
            submit(kind=self.acts, number="many"),
        )

        retrying = reports.outcome(failed)
        assert (retrying.type, retrying.data.delay) == ("task.retrying", 2)
        assert retrying.data.error.type == "ConnectionError"
        assert "s3cr3t" not in retrying.model_dump_json()
        assert reports.outcome(spent).data.source == "exhausted"
        assert reports.outcome(permanent).data.source == "permanent"
        assert reports.outcome(rejected).data.error.field == "text"
        assert (reports.outcome(waiting).type, reports.outcome(waiting).data.delay) == (
            "task.waiting",
            17,
        )
        assert reports.outcome(unfit).data.error.field == "number"

    def test_after_its_soft_limit_the_next_call_of_its_context_ends_it(
        self, start_worker: Any, submit: Any, reports: Any
    ) -> None:
        worker = start_worker()
        task = submit("step", kind=self.limited)
        outcome = reports.outcome(task)

        assert (outcome.type, outcome.data.error.type) == ("task.retrying", "TimeLimitExceeded")
        assert outcome.data.processing_seconds < 1 + SOON
        # And the process goes on as it was
        assert reports.outcome(submit()).incarnation == outcome.incarnation
        assert "will be recycled" not in worker.log

    def test_one_that_does_not_listen_is_answered_for_and_its_process_recycled(
        self, start_worker: Any, submit: Any, reports: Any
    ) -> None:
        worker = start_worker("--concurrency", "2")
        neighbour = submit("sleep", kind=self.acts, number=3)
        hanging = submit(kind=self.hangs)

        outcome = reports.outcome(hanging)
        assert (outcome.type, outcome.data.error.type) == ("task.retrying", "TimeLimitExceeded")
        assert "in perform" in outcome.data.error.traceback
        assert reports.outcome(neighbour).type == "task.succeeded"
        worker.wait_for_log('"event":"ready"', count=2)

        after = reports.outcome(submit(kind=self.acts))
        assert after.type == "task.succeeded"
        assert after.incarnation != outcome.incarnation
        assert worker.process.poll() is None
        assert reports.types_of(hanging) == ["processing", "retrying"]
        assert worker.terminate() == 0

    def test_a_cancellation_ends_it_at_its_next_checkpoint(
        self, start_worker: Any, submit: Any, reports: Any, cancel: Cancel
    ) -> None:
        start_worker()
        task = submit("step", kind=self.acts)
        reports.wait_for(task, "progress")

        asked = cancel(task)

        reports.wait_for(task, "cancelled")
        assert time.monotonic() - asked < SOON
        assert "succeeded" not in reports.types_of(task)

    def test_a_task_that_was_cancelled_before_does_not_run(
        self, start_worker: Any, submit: Any, reports: Any, cancel: Cancel, performed: Any
    ) -> None:
        cancelled, other = submit(kind=self.acts), submit(kind=self.acts)
        cancel(cancelled)
        start_worker()

        reports.wait_for(other, "succeeded")
        reports.wait_for(cancelled, "cancelled")
        assert (performed(cancelled), performed(other)) == (0, 1)

    def test_a_job_that_fails_after_its_cancellation_is_not_retried(
        self, start_worker: Any, submit: Any, reports: Any, cancel: Cancel
    ) -> None:
        start_worker()
        task = submit("sleep_and_fail", kind=self.acts, number=1.5)
        reports.wait_for(task, "processing")
        cancel(task)

        reports.wait_for(task, "cancelled", "retrying")
        assert reports.types_of(task) == ["processing", "cancelled"]

    def test_its_effect_is_made_once_though_its_worker_is_killed_before_it_reports(
        self, start_worker: Any, submit: Any, reports: Any, folder: Path
    ) -> None:
        worker = start_worker("--concurrency", "1")
        task = submit("effect", kind=self.acts, number=600)
        eventually((folder / f"{task}.written").exists, within=60)

        worker.kill()
        start_worker("--concurrency", "1")

        reports.wait_for(task, "succeeded")
        assert (folder / "sink").read_text().splitlines() == [f"{task}:write"]

    def test_sigterm_lets_it_finish_and_gives_back_what_has_not_begun(
        self, start_worker: Any, submit: Any, reports: Any, performed: Any
    ) -> None:
        worker = start_worker("--concurrency", "1", "--async-jobs", "1")
        running = submit("sleep", kind=self.acts, number=1)
        reports.wait_for(running, "processing")
        waiting = [submit(kind=self.acts) for _ in range(5)]

        assert worker.terminate() == 0

        assert reports.outcome(running).type == "task.succeeded"
        assert [performed(task) for task in waiting] == [0] * 5
        start_worker()
        assert [reports.outcome(task).type for task in waiting] == ["task.succeeded"] * 5
        assert [performed(task) for task in [running, *waiting]] == [1] * 6

    def test_what_outlasts_the_grace_period_is_handed_back_without_a_delivery_counted(
        self, amqp_url: str, start_worker: Any, submit: Any, reports: Any, performed: Any
    ) -> None:
        assert_handed_back(self.acts, amqp_url, start_worker, submit, reports, performed)


def assert_handed_back(
    kind: str, amqp_url: str, start_worker: Any, submit: Any, reports: Any, performed: Any
) -> None:
    """What a worker cannot end in time stands in its queue again as if it had never been taken."""
    worker = start_worker(WARREN_GRACE_SECONDS="0.5")
    task = submit("sleep_once", kind=kind, number=60, text="x")
    reports.wait_for(task, "processing")
    eventually(lambda: performed(task) == 1, within=30)

    started = time.monotonic()
    assert worker.terminate() == 0
    assert time.monotonic() - started < 15

    assert reports.types_of(task) == ["processing"]
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        method, properties, body = connection.channel().basic_get("sample.default")
        assert not method.redelivered
        assert (properties.headers or {}).get("x-delivery-count", 0) == 0
        assert JobMessage.decode(body).options.deliveries == 0
    start_worker()
    assert reports.outcome(task).type == "task.succeeded"
    assert performed(task) == 2
