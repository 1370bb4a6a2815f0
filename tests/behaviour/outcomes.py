"""How tasks end, and what happens before."""

from uuid import UUID

import pytest

from tests.behaviour.service.actors import (
    Greet,
    GreetAloneWorker,
    Greeting,
    GreetWorker,
    StumbleWorker,
    WriteOnceWorker,
    WriteWorker,
)
from tests.behaviour.system import System
from warren.client import TaskHandle, enqueue
from warren.client.errors import InvalidJob, PayloadTooLarge, RefusedByGateway, TaskFailed
from warren.contracts.states import TaskState


class OutcomeCases:
    """Inherited by each system."""

    def test_a_job_succeeds_with_its_result(self, system: System) -> None:
        # When a job is asked for
        task = GreetWorker.perform_async(name="Ada")
        # Then it is done, and its result is what its worker returns
        assert task.wait() == Greeting(text="Hello, Ada!")
        assert system.steps(task) == ["processing", "succeeded"]
        status = task.status()
        assert (status.progress, status.message) == (100, "halfway")

    def test_an_async_job_in_a_process_succeeds_likewise(self, system: System) -> None:
        assert GreetAloneWorker.perform_async(name="Ada").wait() == Greeting(text="Hello, Ada!")

    def test_a_failure_is_tried_again_after_its_delay(self, system: System) -> None:
        # Given a job that fails once
        task = StumbleWorker.perform_async(times=1)
        # Then its second attempt succeeds
        assert task.wait() == 2
        assert system.steps(task) == ["processing", "retrying", "processing", "succeeded"]

    def test_attempts_are_spent(self, system: System) -> None:
        # Given a job that fails more often than it may
        task = StumbleWorker.perform_async(times=9)
        # Then it has failed for the reason of the last attempt
        with pytest.raises(TaskFailed, match="not now") as failed:
            task.wait()
        assert failed.value.error["type"] == "ConnectionError"
        assert system.steps(task) == [*["processing", "retrying"] * 2, "processing", "failed"]

    @pytest.mark.parametrize(
        ("how", "type_", "field"),
        [("permanent", "PermanentError", None), ("rejected", "RejectedInput", "how")],
    )
    def test_what_will_fail_again_is_not_tried_again(
        self, system: System, how: str, type_: str, field: str | None
    ) -> None:
        task = StumbleWorker.perform_async(times=9, how=how)

        with pytest.raises(TaskFailed) as failed:
            task.wait()

        assert (failed.value.error["type"], failed.value.error.get("field")) == (type_, field)
        assert system.steps(task) == ["processing", "failed"]

    def test_waiting_for_what_is_unavailable_spends_no_attempt(self, system: System) -> None:
        task = StumbleWorker.perform_async(times=3, how="unavailable")

        assert task.wait() == 1
        assert system.steps(task) == [*["processing", "waiting"] * 3, "processing", "succeeded"]

    def test_a_failed_task_can_be_started_again(self, system: System) -> None:
        # Given a task that has failed
        task = StumbleWorker.perform_async(times=1, how="permanent")
        with pytest.raises(TaskFailed):
            task.wait()
        # When its next generation is asked for
        system.retry(task)
        # Then it begins with attempt 1 again
        with pytest.raises(TaskFailed):
            task.wait()
        status = task.status()
        assert (status.generation, status.attempt) == (2, 1)
        again = ["processing", "failed", "retried", "processing", "failed"]
        assert system.steps(task) == again

    def test_a_success_cannot_be_started_again(self, system: System) -> None:
        task = GreetWorker.perform_async(name="Ada")
        task.wait()

        with pytest.raises(RefusedByGateway) as refused:
            system.retry(task)

        assert refused.value.status == 409

    def test_files_travel_between_jobs(self, system: System) -> None:
        # Given a job that saves a file and gives it to another
        task = WriteWorker.perform_async(text="on paper")
        # Then the other reads it
        assert system.result(TaskHandle(UUID(task.wait()))) == "on paper"
        assert system.steps(task) == ["processing", "part", "succeeded"]

    def test_an_effect_of_an_earlier_attempt_is_not_repeated(self, system: System) -> None:
        task = WriteOnceWorker.perform_async()

        assert task.wait() == 1
        assert task.status().attempt == 2


class AskingCases:
    """Inherited by each system."""

    def test_a_payload_that_does_not_fit_is_refused_where_it_is_made(self, system: System) -> None:
        with pytest.raises(InvalidJob, match="did you mean name") as refused:
            GreetWorker.perform_async(nam="Ada")

        assert refused.value.field == "nam"

    @pytest.mark.parametrize(
        ("payload", "field"),
        [({"name": ""}, "payload.name"), ({}, "payload.name"), ({"nam": "Ada"}, "payload.nam")],
    )
    def test_a_payload_that_does_not_fit_is_refused_by_the_gateway(
        self, system: System, payload: dict[str, str], field: str
    ) -> None:
        with pytest.raises(RefusedByGateway) as refused:
            system.submit("behaviour.greet", payload)

        assert refused.value.status == 422
        assert field in {error["field"] for error in refused.value.problem["errors"]}

    def test_an_unknown_kind_is_refused(self, system: System) -> None:
        with pytest.raises(RefusedByGateway) as refused:
            system.submit("behaviour.nothing", {})

        assert refused.value.field == "kind"

    def test_a_large_payload_is_refused(self, system: System) -> None:
        with pytest.raises(PayloadTooLarge) as refused:
            GreetWorker.perform_async(name="x" * 70_000)

        assert refused.value.field == "name"

    def test_the_critical_lane_is_for_premium_customers(self, system: System) -> None:
        with pytest.raises(RefusedByGateway) as refused:
            GreetWorker.with_options(lane="critical").perform_async(name="Ada")

        assert (refused.value.status, refused.value.field) == (403, "lane")

    def test_the_same_asking_again_gives_the_same_task(self, system: System) -> None:
        first = enqueue(Greet(name="Ada"), key="a greeting")
        again = enqueue(Greet(name="Ada"), key="a greeting")

        assert first == again
        first.wait()
        assert system.steps(first) == ["processing", "succeeded"]

    def test_many_are_asked_for_at_once(self, system: System) -> None:
        tasks = GreetWorker.perform_bulk({"name": f"guest {n}"} for n in range(5))

        assert [task.wait().text for task in tasks] == [f"Hello, guest {n}!" for n in range(5)]

    def test_a_bad_one_of_many_leaves_none_behind(self, system: System) -> None:
        with pytest.raises(InvalidJob, match="job 2 of many"):
            GreetWorker.perform_bulk([{"name": "Ada"}, {"name": ""}])

    def test_a_handle_can_be_made_of_an_id(self, system: System) -> None:
        task = GreetWorker.perform_async(name="Ada")
        task.wait()

        assert TaskHandle(str(task.id)).status().status is TaskState.SUCCEEDED  # type: ignore[arg-type]
