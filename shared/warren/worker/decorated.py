"""Workers of a few lines: a function with a decorator."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar, get_type_hints, overload

from warren.contracts.job import Job
from warren.errors import ConfigurationError
from warren.worker.base import Worker
from warren.worker.context import JobContext
from warren.worker.signature import job_model_of

JobT = TypeVar("JobT", bound=Job)
ResultT = TypeVar("ResultT")
_Call = Callable[[Any, JobContext], Any]

#: What a Worker class may set.
OPTIONS = frozenset(Worker.__annotations__) - {"job_model", "result_type"}
_HOW = (
    "write it as def do_it(job: TheJob, context: JobContext) -> TheResult, where TheJob derives "
    "from Job, or with its wire name, @worker(kind='service.do_it'), as "
    "def do_it(text: str, times: int = 1) -> TheResult"
)


class Declaring(Protocol):
    """Turns a function into a Worker class."""

    @overload
    def __call__(
        self, function: Callable[[JobT, JobContext], Awaitable[ResultT]]
    ) -> type[Worker[JobT, ResultT]]: ...
    @overload
    def __call__(
        self, function: Callable[[JobT, JobContext], ResultT]
    ) -> type[Worker[JobT, ResultT]]: ...
    @overload
    def __call__(
        self, function: Callable[..., Awaitable[ResultT]]
    ) -> type[Worker[Any, ResultT]]: ...
    @overload
    def __call__(self, function: Callable[..., ResultT]) -> type[Worker[Any, ResultT]]: ...


def worker(*, kind: str | None = None, version: int | None = None, **options: Any) -> Declaring:
    """Make a Worker class of a function (plain or `async`).

    The function takes a job and its context; or, with a `kind`, the fields of its job as parameters
    with types, from which the job model is made (of this `version`, 1 unless said otherwise), and a
    JobContext if it wants one. The result is of the type that is annotated.

    `options` are the attributes of Worker. The class takes the function's place, so that
    `send_mail.perform_async(…)` asks for its job, and tests call
    `send_mail().perform(send_mail.job_model(…), context)`. Raises ConfigurationError for a function
    that can be no worker, and for options that Worker does not have.
    """

    def declare(function: Callable[..., Any]) -> type[Worker[Any, Any]]:
        name = getattr(function, "__qualname__", repr(function))
        for option in options:
            if option not in OPTIONS:
                raise ConfigurationError(f"@worker({option}=…) of {name}: Worker has no {option}")
        try:
            job, result, call = _read(function, kind, version)
        except ConfigurationError as error:
            raise ConfigurationError(f"@worker() of {name}: {error}") from error

        attributes = {
            "perform": _method(function, call),
            "__module__": function.__module__,
            "__qualname__": name,
            "__doc__": function.__doc__,
            "__orig_bases__": (Worker[job, result],),  # type: ignore[valid-type]
            **options,
        }
        return type(function.__name__, (Worker,), attributes)

    return declare


def _read(
    function: Callable[..., Any], kind: str | None, version: int | None
) -> tuple[Any, Any, _Call]:
    """Job model, result type, and how to call the function with a job and its context."""
    hints = _hints(function)
    if "return" not in hints:
        raise ConfigurationError(f"the result's type is missing: {_HOW}")
    result = hints.pop("return")
    job = _job_of(function, hints)
    if job is not None:
        if kind is not None or version is not None:
            raise ConfigurationError(f"kind and version stand on its job model, {job.__name__}")
        return job, result, function
    if kind is None:
        raise ConfigurationError(_HOW)
    context = _context_of(hints)
    model = job_model_of(
        function, hints, context, kind=kind, version=1 if version is None else version
    )

    def call(job: Any, given: JobContext) -> Any:
        fields = {field: getattr(job, field) for field in model.model_fields}
        return function(**fields) if context is None else function(**fields, **{context: given})

    return model, result, call


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    if not callable(function) or inspect.isclass(function):
        raise ConfigurationError(_HOW)
    try:
        return get_type_hints(function, include_extras=True)
    except NameError as error:
        raise ConfigurationError(f"{error}; {_HOW}") from None


def _job_of(function: Callable[..., Any], hints: dict[str, Any]) -> type[Job] | None:
    """The model of a function of the shape (job, context)."""
    parameters = list(inspect.signature(function).parameters)
    job = hints.get(parameters[0]) if len(parameters) == 2 else None
    return job if isinstance(job, type) and issubclass(job, Job) else None


def _context_of(hints: dict[str, Any]) -> str | None:
    """The parameter that takes the JobContext."""
    found = [
        name
        for name, type_ in hints.items()
        if isinstance(type_, type) and issubclass(type_, JobContext)
    ]
    if len(found) > 1:
        raise ConfigurationError(f"{' and '.join(found)} are both a JobContext")
    return found[0] if found else None


def _method(function: Callable[..., Any], call: _Call) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):

        async def perform_async_job(_self: Any, job: Job, context: JobContext) -> Any:
            return await call(job, context)

        return perform_async_job

    def perform(_self: Any, job: Job, context: JobContext) -> Any:
        return call(job, context)

    return perform
