"""Tasks that follow from tasks: children, subscribers, batches."""

from typing import Any
from uuid import UUID

import pytest

from tests.behaviour.service.actors import (
    AbandonWorker,
    AskWorker,
    AskWronglyWorker,
    Conclude,
    GatherWorker,
    GreetWorker,
    HearAllWorker,
    HearWorker,
    StartBatchWorker,
    StateWorker,
    StumbleWorker,
)
from tests.behaviour.system import System
from warren.client import TaskHandle
from warren.client.errors import TaskCancelled, TaskFailed, TaskUnknown
from warren.contracts.batch_end import callback_key
from warren.contracts.events import event_id, subscriber_task_id
from warren.contracts.intake import batch_id, child_id, named_batch
from warren.contracts.states import TaskState


def heard(task: UUID, kind: str) -> TaskHandle:
    """What the event of a task has become for a subscriber."""
    return TaskHandle(subscriber_task_id(event_id(task, 1), kind))


def callback_of(batch: UUID, generation: int = 1) -> TaskHandle:
    """What follows a batch."""
    return TaskHandle(child_id(batch, callback_key(generation)))


class ChildrenCases:
    """Inherited by each system."""

    def test_jobs_ask_for_others_in_both_ways(self, system: System) -> None:
        task = AskWorker.perform_async(names=["Ada", "Grace"])

        children = [TaskHandle(UUID(child)) for child in task.wait()]

        texts = [system.result(child)["text"] for child in children]
        assert texts == ["Hello, Ada!", "Hello, Grace!"]

    def test_a_run_that_is_repeated_asks_for_the_same(self, system: System) -> None:
        # Given a job that fails after it has asked
        task = AskWorker.perform_async(names=["Ada", "Grace"], stumble=True)
        # Then the children of its second run are those of its first
        names = ["call:behaviour.greet#1", "key:Grace"]
        assert task.wait() == [str(child_id(task.id, name)) for name in names]
        assert task.status().attempt == 2
        for name in names:
            child = TaskHandle(child_id(task.id, name))
            child.wait()
            assert system.steps(child) == ["processing", "succeeded"]

    def test_a_delay_of_a_child_counts_from_its_asking(self, system: System) -> None:
        task = AskWorker.perform_async(names=["Ada"], delay=2)

        child = TaskHandle(UUID(task.wait()[0]))
        child.wait()

        asked, begun = task.status().started_at, child.status().started_at
        assert asked is not None
        assert begun is not None
        assert (begun - asked).total_seconds() >= 1.9

    def test_a_child_that_cannot_be_accepted_says_why(self, system: System) -> None:
        asked = AskWronglyWorker.perform_async().wait()

        with pytest.raises(TaskFailed, match="no service has announced") as failed:
            TaskHandle(UUID(asked["unknown"])).wait()
        assert failed.value.error["type"] == "UnknownKind"
        with pytest.raises(TaskCancelled):
            TaskHandle(UUID(asked["second"])).wait()
        assert TaskHandle(UUID(asked["first"])).wait() == asked["first"]


class EventCases:
    """Inherited by each system."""

    def test_an_event_becomes_a_task_of_each_subscriber(self, system: System) -> None:
        task = StateWorker.perform_async(name="Ada")
        task.wait()

        assert system.result(heard(task.id, HearWorker.job_model.kind)) == "Ada"
        whole = system.result(heard(task.id, HearAllWorker.job_model.kind))
        assert whole == {
            "id": str(event_id(task.id, 1)),
            "type": "behaviour.greeted.v1",
            "source": "/services/behaviour",
            "subject": str(task.id),
            "data": {"name": "Ada", "also": "not known to everybody"},
        }

    def test_a_job_that_fails_has_stated_nothing(self, system: System) -> None:
        task = StateWorker.perform_async(name="Ada", fail=True)
        with pytest.raises(TaskFailed):
            task.wait()

        with pytest.raises(TaskUnknown):
            heard(task.id, HearWorker.job_model.kind).status()


class BatchCases:
    """Inherited by each system."""

    def test_one_job_follows_when_all_members_have_ended(self, system: System) -> None:
        members = [{"name": "Ada"}, {"name": "Grace"}]
        batch = GreetWorker.perform_bulk(members, on_complete=Conclude(label="bulk"))

        counts = {"total": 2, "succeeded": 2, "failed": 0, "cancelled": 0, "expired": 0}
        assert system.result(batch) == counts
        assert system.result(callback_of(batch.id)) == {
            "label": "bulk",
            "generation": 1,
            "states": ["succeeded", "succeeded"],
            "results": [{"text": "Hello, Ada!"}, {"text": "Hello, Grace!"}],
        }

    def test_a_job_may_ask_for_a_batch(self, system: System) -> None:
        task = StartBatchWorker.perform_async(names=["Ada", "Grace"])

        told = system.result(callback_of(UUID(task.wait())))

        assert (told["label"], told["states"]) == ("spawned", ["succeeded", "succeeded"])

    def test_a_job_goes_on_when_the_batches_that_it_joins_have_ended(self, system: System) -> None:
        task = GatherWorker.perform_async(names=["Ada", "Grace"])

        assert task.wait() == ["Hello, Hello, Ada!!", "Hello, Hello, Grace!!"]
        assert system.steps(task) == [*["processing", "waiting"] * 2, "processing", "succeeded"]
        assert task.status().attempt == 1

    def test_with_a_job_that_fails_ends_the_batch_that_it_has_asked_for(
        self, system: System
    ) -> None:
        # Given a job that asks for a batch, and fails before that has ended
        task = AbandonWorker.perform_async(names=["Ada", "Grace"])
        with pytest.raises(TaskFailed, match="something else is wrong"):
            task.wait()
        # Then nobody does what nobody waits for
        batch: TaskHandle[Any] = TaskHandle(batch_id(task.id, named_batch("greetings")))
        with pytest.raises(TaskCancelled):
            batch.wait()

    def test_it_also_follows_when_a_member_fails_and_again_after_a_retry(
        self, system: System
    ) -> None:
        # Given a batch of which one member fails in its first generation
        members: list[dict[str, Any]] = [{"times": 0}, {"times": 9, "how": "permanent"}]
        batch = StumbleWorker.perform_bulk(members, on_complete=Conclude())
        with pytest.raises(TaskFailed, match="1 of 2 members did not succeed"):
            batch.wait()
        assert system.result(callback_of(batch.id))["states"] == ["succeeded", "failed"]
        # When it is started again
        system.retry(batch)
        # Then the member that is missing runs again, and what follows follows again
        with pytest.raises(TaskFailed):
            batch.wait()
        told = system.result(callback_of(batch.id, generation=2))
        assert (told["generation"], told["states"]) == (2, ["succeeded", "failed"])

    def test_a_batch_is_cancelled_with_its_members(self, system: System) -> None:
        # Given a batch whose members wait for their time
        later = GreetWorker.with_options(delay_seconds=60)
        members = [{"name": "Ada"}, {"name": "Grace"}]
        batch = later.perform_bulk(members, on_complete=Conclude())
        # When it is cancelled
        assert batch.cancel().status is TaskState.CANCELLED
        # Then nothing follows
        assert system.steps(batch) == ["cancelling", "cancelled"]
        with pytest.raises(TaskUnknown):
            callback_of(batch.id).status()
