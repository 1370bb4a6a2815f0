"""What a Worker class offers to whoever wants its job done: `perform_async` and its kin."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar, overload

from warren.client.batches import enter_batch
from warren.client.enqueueing import enter, numbered_key
from warren.client.errors import InvalidJob
from warren.client.handle import TaskHandle
from warren.client.moments import checked_delay, checked_moment
from warren.client.new_task import NewTask, options_of
from warren.client.payload import job_of
from warren.contracts.batches import BatchCallback
from warren.contracts.job import Job

ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class Asking(Generic[ResultT]):
    """A job model, what comes of it, and what is said about each task that is asked for by it.

    `key` makes that the same asking again gives the same task.
    """

    job_model: type[Job]
    result_type: Any = None
    key: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def perform_async(self, *job: Any, **fields: Any) -> TaskHandle[ResultT]:
        """Have the job done now."""
        return self._ask(job, fields)

    def perform_in(self, *delay_and_job: Any, **fields: Any) -> TaskHandle[ResultT]:
        """Have the job done `delay_seconds` (a number or a timedelta) from now."""
        delay, job, rest = self._control("delay_seconds", delay_and_job, fields)
        return self._ask(job, rest, delay_seconds=checked_delay(delay))

    def perform_at(self, *time_and_job: Any, **fields: Any) -> TaskHandle[ResultT]:
        """Have the job done at `run_time`, an aware datetime; one that has passed means now."""
        moment, job, rest = self._control("run_time", time_and_job, fields)
        return self._ask(job, rest, run_at=checked_moment(moment))

    @overload
    def perform_bulk(
        self, jobs: Iterable[Job | Mapping[str, Any]], *, on_complete: None = None
    ) -> list[TaskHandle[ResultT]]: ...
    @overload
    def perform_bulk(
        self, jobs: Iterable[Job | Mapping[str, Any]], *, on_complete: BatchCallback
    ) -> TaskHandle: ...
    def perform_bulk(
        self,
        jobs: Iterable[Job | Mapping[str, Any]],
        *,
        on_complete: BatchCallback | None = None,
    ) -> list[TaskHandle[ResultT]] | TaskHandle:
        """Have many jobs done; with `on_complete` as a batch, whose handle is returned."""
        if on_complete is not None:
            numbered = [self._numbered(number, job) for number, job in enumerate(jobs, start=1)]
            return enter_batch(numbered, on_complete, key=self.key, options=self.options)
        options = options_of(self.options)
        tasks = [
            NewTask(self._numbered(number, job), options, numbered_key(self.key, number))
            for number, job in enumerate(jobs, start=1)
        ]
        return enter(tasks, self.result_type)

    def _ask(
        self, given: tuple[Any, ...], fields: Mapping[str, Any], **when: Any
    ) -> TaskHandle[ResultT]:
        job = job_of(self.job_model, given, fields)
        options = options_of({**self.options, **when})
        return enter([NewTask(job, options, self.key)], self.result_type)[0]

    def _numbered(self, number: int, job: Any) -> Job:
        try:
            return job_of(self.job_model, (job,), {})
        except InvalidJob as error:
            raise InvalidJob(f"job {number} of many: {error}", field=error.field) from error

    def _control(
        self, name: str, given: tuple[Any, ...], fields: dict[str, Any]
    ) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """The time, apart from the job: it comes first, or by its name."""
        if given and not isinstance(given[0], Job | Mapping):
            return given[0], given[1:], fields
        if name in self.job_model.model_fields:
            raise InvalidJob(
                f"{self.job_model.__name__} has a field {name} of its own: give the time as the "
                f"first argument without a name, and {name}= for the field",
                field=name,
            )
        if name not in fields:
            raise InvalidJob(f"{name} is missing: give it first, or by its name", field=name)
        rest = {key: value for key, value in fields.items() if key != name}
        return fields[name], given, rest


class Enqueueing(Generic[ResultT]):
    """Base of Worker: asks for tasks of its job, from inside of jobs and from anywhere else.

    A job is given as its model or by its fields. Each method returns handles once the tasks cannot
    be lost any more; their results are what `perform` returns. Raised are InvalidJob or
    PayloadTooLarge naming the field, NotAMoment, and
    what the way in raises: GatewayUnreachable or RefusedByGateway outside of jobs (over HTTP),
    Unavailable inside (`warren.intake`).
    """

    job_model: ClassVar[type[Job]]
    result_type: ClassVar[Any]

    @classmethod
    def perform_async(cls, *job: Any, **fields: Any) -> TaskHandle[ResultT]:
        """Have the job done now: `perform_async(text="Hello")` or `perform_async(job)`."""
        return cls.with_options().perform_async(*job, **fields)

    @classmethod
    def perform_in(cls, *delay_and_job: Any, **fields: Any) -> TaskHandle[ResultT]:
        """Have the job done later: `perform_in(300, text="Hello")`.

        `delay_seconds`, a number or a timedelta, may also be given by its name, unless the job has
        a field of that name.
        """
        return cls.with_options().perform_in(*delay_and_job, **fields)

    @classmethod
    def perform_at(cls, *time_and_job: Any, **fields: Any) -> TaskHandle[ResultT]:
        """Have the job done at a time: `perform_at(datetime.now(UTC) + timedelta(1), text="…")`.

        `run_time` may also be given by its name, unless the job has a field of that name. A past
        time means now; one without time zone raises NotAMoment.
        """
        return cls.with_options().perform_at(*time_and_job, **fields)

    @classmethod
    @overload
    def perform_bulk(
        cls, jobs: Iterable[Job | Mapping[str, Any]], *, on_complete: None = None
    ) -> list[TaskHandle[ResultT]]: ...
    @classmethod
    @overload
    def perform_bulk(
        cls, jobs: Iterable[Job | Mapping[str, Any]], *, on_complete: BatchCallback
    ) -> TaskHandle: ...
    @classmethod
    def perform_bulk(
        cls,
        jobs: Iterable[Job | Mapping[str, Any]],
        *,
        on_complete: BatchCallback | None = None,
    ) -> list[TaskHandle[ResultT]] | TaskHandle:
        """Have many jobs done; in chunks of up to 1,000, each accepted as a whole.

        With `on_complete` they are a batch, of up to 10,000, whose handle is returned; that job is
        done when the last of them has ended, and told how they have (warren.contracts.batches).

        All are checked before the first is sent. BulkInterrupted tells what was accepted if a later
        chunk is refused.
        """
        if on_complete is None:
            return cls.with_options().perform_bulk(jobs)
        return cls.with_options().perform_bulk(jobs, on_complete=on_complete)

    @classmethod
    def with_options(
        cls,
        *,
        key: str | None = None,
        delay_seconds: float | timedelta | None = None,
        run_at: datetime | None = None,
        **options: Any,
    ) -> Asking[ResultT]:
        """The same methods with something said about the tasks: `with_options(lane="low")`.

        Known are those of warren.contracts.submission.TaskOptions, and `key`.
        """
        when = {
            "delay_seconds": None if delay_seconds is None else checked_delay(delay_seconds),
            "run_at": None if run_at is None else checked_moment(run_at),
        }
        said = {name: value for name, value in when.items() if value is not None}
        return Asking(cls.job_model, cls.result_type, key, {**options, **said})
