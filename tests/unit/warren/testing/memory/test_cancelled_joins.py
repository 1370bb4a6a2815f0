"""A task that is cancelled takes along the batch that it joins."""

from typing import ClassVar

from tests.behaviour.service.actors import Greet, GreetWorker
from warren.contracts.batches import BatchCallback
from warren.testing.memory import InMemoryWarren, MemoryTask
from warren.worker import JobContext, worker
from warren.worker.joining import MembersAwaited


class Invite(BatchCallback):
    """Greet somebody, and wait."""

    kind: ClassVar[str] = "behaviour.invite"


def states_of_children(task: MemoryTask) -> dict[str, str]:
    return {child.kind: child.state for child in task.children}


def test_also_before_its_wait_is_known() -> None:
    @worker()
    def invite(job: Invite, context: JobContext) -> None:
        try:
            context.join([Greet(name="Ada")], job.batch, key="all", delay_seconds=60)
        except MembersAwaited:
            system.cancel(context.task_id)
            raise

    with InMemoryWarren(invite, GreetWorker) as system:
        task = system.submit(Invite())
        system.run_until_idle()

    assert task.state == "cancelled"
    assert states_of_children(task) == {"api.batch": "cancelled", "behaviour.greet": "cancelled"}


def test_and_once_the_batch_has_ended_there_is_nothing_to_take() -> None:
    @worker()
    def invite(job: Invite, context: JobContext) -> None:
        context.join([Greet(name="Ada")], job.batch, key="all")
        system.cancel(context.task_id)
        context.check_cancelled()

    with InMemoryWarren(invite, GreetWorker) as system:
        task = system.submit(Invite())
        system.run_until_idle()

    assert task.state == "cancelled"
    assert states_of_children(task) == {"api.batch": "succeeded", "behaviour.greet": "succeeded"}
