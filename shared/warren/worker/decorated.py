"""Workers of a few lines: a function with a decorator."""

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, get_type_hints

from warren.contracts.job import Job
from warren.errors import ConfigurationError
from warren.worker.base import Worker
from warren.worker.context import JobContext

JobT = TypeVar("JobT", bound=Job)

#: What a Worker class may set.
OPTIONS = frozenset(Worker.__annotations__) - {"job_model", "result_type"}
_HOW = "write it as def do_it(job: TheJob, context: JobContext) -> TheResult"


def worker(
    **options: Any,
) -> Callable[[Callable[[JobT, JobContext], Any]], type[Worker[JobT, Any]]]:
    """Make a Worker class of a function (plain or `async`) that takes a job and its context.

    `options` are the attributes of Worker; job and result model are read from the annotations. The
    class takes the function's place, so that `send_mail.perform_async(…)` asks for its job, and
    tests call `send_mail().perform(job, context)`. Raises ConfigurationError for a function that
    can be no worker, and for options that Worker does not have.
    """

    def declare(function: Callable[[JobT, JobContext], Any]) -> type[Worker[JobT, Any]]:
        name = getattr(function, "__qualname__", repr(function))
        for option in options:
            if option not in OPTIONS:
                raise ConfigurationError(f"@worker({option}=…) of {name}: Worker has no {option}")
        job, result = _models(function, name)

        attributes = {
            "perform": _method(function),
            "__module__": function.__module__,
            "__qualname__": name,
            "__doc__": function.__doc__,
            "__orig_bases__": (Worker[job, result],),  # type: ignore[valid-type]
            **options,
        }
        return type(function.__name__, (Worker,), attributes)

    return declare


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):

        async def perform_async_job(_self: Any, job: Job, context: JobContext) -> Any:
            return await function(job, context)

        return perform_async_job

    def perform(_self: Any, job: Job, context: JobContext) -> Any:
        return function(job, context)

    return perform


def _models(function: Callable[..., Any], name: str) -> tuple[Any, Any]:
    if not callable(function) or inspect.isclass(function):
        raise ConfigurationError(f"@worker() of {name}: {_HOW}")
    parameters = list(inspect.signature(function).parameters)
    try:
        hints = get_type_hints(function)
    except NameError as error:
        raise ConfigurationError(f"@worker() of {name}: {error}; {_HOW}") from None
    job = hints.get(parameters[0]) if parameters else None
    if len(parameters) != 2 or not (isinstance(job, type) and issubclass(job, Job)):
        raise ConfigurationError(f"@worker() of {name}: {_HOW}, where TheJob derives from Job")
    if "return" not in hints:
        raise ConfigurationError(f"@worker() of {name}: {_HOW}; the result's type is missing")
    return job, hints["return"]
