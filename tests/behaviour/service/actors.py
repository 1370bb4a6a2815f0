"""Jobs that show one behaviour each, wherever they run."""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, Field

from warren.client.clock import current_clock
from warren.contracts.artifact import ArtifactRef
from warren.contracts.batches import BatchCallback, BatchOutcome
from warren.contracts.events import Event
from warren.contracts.job import Job
from warren.errors import PermanentError, RejectedInput, Unavailable
from warren.worker import JobContext, Worker, on, worker
from warren.worker.joining import MembersAwaited


class Greet(Job):
    """Say hello to somebody."""

    kind: ClassVar[str] = "behaviour.greet"

    name: Annotated[str, Field(min_length=1)]


class Greeting(BaseModel):
    text: str


class GreetWorker(Worker[Greet, Greeting]):
    def perform(self, job: Greet, context: JobContext) -> Greeting:
        context.progress(50, "halfway")
        return Greeting(text=f"Hello, {job.name}!")


class GreetAlone(Greet):
    """The same in a process of its own."""

    kind: ClassVar[str] = "behaviour.greet_alone"


class GreetAloneWorker(Worker[GreetAlone, Greeting]):
    isolation = "process"

    async def perform(self, job: GreetAlone, context: JobContext) -> Greeting:
        return Greeting(text=f"Hello, {job.name}!")


class Stumble(Job):
    """Fail in the first runs of each generation, in the way that is said."""

    kind: ClassVar[str] = "behaviour.stumble"

    times: int
    how: str = "transient"


class StumbleWorker(Worker[Stumble, int]):
    """Returns how many attempts it took."""

    retry_delays = (1, 1)

    def perform(self, job: Stumble, context: JobContext) -> int:
        if context.dispatch <= job.times:
            raise {
                "transient": ConnectionError("not now"),
                "permanent": PermanentError("never"),
                "rejected": RejectedInput("no such thing", field="how"),
                "unavailable": Unavailable("not there", retry_after=1),
            }[job.how]
        return context.attempt


class WaitInVain(Job):
    """Wait for what never comes."""

    kind: ClassVar[str] = "behaviour.wait_in_vain"


class WaitInVainWorker(Worker[WaitInVain, None]):
    max_age = 1.5

    def perform(self, job: WaitInVain, context: JobContext) -> None:
        raise Unavailable("not there", retry_after=1)


class TakeLong(Job):
    """Work without an end."""

    kind: ClassVar[str] = "behaviour.take_long"


class TakeLongWorker(Worker[TakeLong, None]):
    max_retries = 0
    time_limit = 30
    soft_time_limit = 0.5

    def perform(self, job: TakeLong, context: JobContext) -> None:
        while True:
            current_clock().pause(0.1)
            context.check_cancelled()


class Endless(TakeLong):
    """The same with more time."""

    kind: ClassVar[str] = "behaviour.endless"


class EndlessWorker(Worker[Endless, None]):
    def perform(self, job: Endless, context: JobContext) -> None:
        TakeLongWorker().perform(job, context)


class Single(Job):
    """Of which only one lives for each name."""

    kind: ClassVar[str] = "behaviour.single"

    name: str


@worker(unique="{payload.name}")
def single(job: Single, context: JobContext) -> str:
    """The id of its task."""
    return str(context.task_id)


class Limited(Job):
    """Which may begin once a second."""

    kind: ClassVar[str] = "behaviour.limited"

    number: int


@worker(rate_limit="1/s", burst=1)
def limited(job: Limited, context: JobContext) -> int:
    """Its number."""
    return job.number


class Ask(Job):
    """Ask for greetings; fail once after that, if told to."""

    kind: ClassVar[str] = "behaviour.ask"

    names: list[str]
    stumble: bool = False
    delay: float = 0


class AskWorker(Worker[Ask, list[str]]):
    retry_delays = (0,)

    def perform(self, job: Ask, context: JobContext) -> list[str]:
        first = GreetWorker.perform_in(job.delay, name=job.names[0])
        others = [context.spawn(Greet(name=name), key=name) for name in job.names[1:]]
        if job.stumble and context.attempt == 1:
            raise ConnectionError("after the asking")
        return [str(handle.id) for handle in (first, *others)]


class AskWrongly(Job):
    """Ask for what nobody does, and for what another task does already."""

    kind: ClassVar[str] = "behaviour.ask_wrongly"


class Nothing(Job):
    """Nobody handles this."""

    kind: ClassVar[str] = "behaviour.nothing"


class AskWronglyWorker(Worker[AskWrongly, dict[str, str]]):
    def perform(self, job: AskWrongly, context: JobContext) -> dict[str, str]:
        name = str(context.task_id)
        asked = {
            "unknown": context.spawn(Nothing()),
            "first": single.perform_in(5, name=name),
            "second": single.perform_async(name=name),
        }
        return {what: str(handle.id) for what, handle in asked.items()}


class Greeted(Event):
    type: ClassVar[str] = "behaviour.greeted.v1"

    name: str
    also: str = "not known to everybody"


class State(Job):
    """State a fact, and fail if told to."""

    kind: ClassVar[str] = "behaviour.state"

    name: str
    fail: bool = False


class StateWorker(Worker[State, None]):
    def perform(self, job: State, context: JobContext) -> None:
        context.emit(Greeted(name=job.name))
        if job.fail:
            raise PermanentError("nothing has happened")


class Hear(Job):
    """Hear of a fact."""

    kind: ClassVar[str] = "behaviour.hear"

    name: str


@on(Greeted)
class HearWorker(Worker[Hear, str]):
    def perform(self, job: Hear, context: JobContext) -> str:
        return job.name


class HearAll(Job):
    """Hear of a fact, and who says so."""

    kind: ClassVar[str] = "behaviour.hear_all"

    id: str
    type: str
    source: str
    subject: str
    data: dict[str, Any]


@on("behaviour.greeted.v1", envelope=True)
class HearAllWorker(Worker[HearAll, dict[str, Any]]):
    def perform(self, job: HearAll, context: JobContext) -> dict[str, Any]:
        return job.model_dump()


class Conclude(BatchCallback):
    """What follows a batch."""

    kind: ClassVar[str] = "behaviour.conclude"

    label: str = ""


class ConcludeWorker(Worker[Conclude, dict[str, Any]]):
    def perform(self, job: Conclude, context: JobContext) -> dict[str, Any]:
        told = job.batch
        assert told is not None
        return {
            "label": job.label,
            "generation": told.generation,
            "states": [member.state.value for member in told.members],
            "results": [member.result for member in told.members],
        }


class StartBatch(Job):
    """Ask for a batch."""

    kind: ClassVar[str] = "behaviour.start_batch"

    names: list[str]


class StartBatchWorker(Worker[StartBatch, str]):
    def perform(self, job: StartBatch, context: JobContext) -> str:
        members = [Greet(name=name) for name in job.names]
        return str(context.spawn(members, then=Conclude(label="spawned")).id)


class Gather(BatchCallback):
    """Greet some, then all that were greeted, and go on when that is done."""

    kind: ClassVar[str] = "behaviour.gather"

    names: list[str]


class GatherWorker(Worker[Gather, list[str]]):
    def perform(self, job: Gather, context: JobContext) -> list[str]:
        # The second batch is asked for once the first has ended; both are told in `batch`.
        second = context.effect("first").receipt()
        if second is None:
            outcome = context.join([Greet(name=n) for n in job.names], job.batch, key="first")
            second = context.effect("first").put(_texts(outcome))
        outcome = context.join([Greet(name=text) for text in second], job.batch, key="second")
        return _texts(outcome)


class Abandon(BatchCallback):
    """Have everybody greeted, and fail."""

    kind: ClassVar[str] = "behaviour.abandon"

    names: list[str]


class AbandonWorker(Worker[Abandon, None]):
    def perform(self, job: Abandon, context: JobContext) -> None:
        try:
            greetings = [Greet(name=name) for name in job.names]
            context.join(greetings, job.batch, key="greetings", delay_seconds=600)
        except MembersAwaited:
            raise PermanentError("something else is wrong") from None


def _texts(outcome: BatchOutcome) -> list[str]:
    return [member.result["text"] for member in outcome.members]


class Write(Job):
    """Save a text, and have it read."""

    kind: ClassVar[str] = "behaviour.write"

    text: str


class Read(Job):
    """Read a text."""

    kind: ClassVar[str] = "behaviour.read"

    file: ArtifactRef


class WriteWorker(Worker[Write, str]):
    def perform(self, job: Write, context: JobContext) -> str:
        saved = context.artifacts.save("out.txt", job.text.encode(), "text/plain")
        context.part(saved)
        return str(context.spawn(Read(file=saved)).id)


class ReadWorker(Worker[Read, str]):
    def perform(self, job: Read, context: JobContext) -> str:
        return context.artifacts.read(job.file).decode()


class WriteOnce(Job):
    """Write to the outside; fail after that, once."""

    kind: ClassVar[str] = "behaviour.write_once"


class WriteOnceWorker(Worker[WriteOnce, int]):
    """Returns which attempt has written."""

    retry_delays = (0,)

    def perform(self, job: WriteOnce, context: JobContext) -> int:
        written: int = context.effect("write").once(lambda key: context.attempt)
        if context.attempt == 1:
            raise ConnectionError("after the write")
        return written


class Tick(Job):
    """Done every minute."""

    kind: ClassVar[str] = "behaviour.tick"

    count: int


class TickWorker(Worker[Tick, int]):
    cron_schedule = "* * * * *"
    cron_args = {"count": 3}

    def perform(self, job: Tick, context: JobContext) -> int:
        return job.count
