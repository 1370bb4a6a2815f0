"""Errors as OpenAI's clients know them, and those that only these paths have."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from uuid import UUID

import orjson
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from gateway.problems import FieldError, InvalidFields, Problem, TemporarilyUnavailable

_PREFIX = "/v1"
#: Which task an answer is of.
TASK_HEADER = "X-Warren-Task"
#: For `responses` of a route: that its answer names the task.
NAMES_TASK = {"headers": {TASK_HEADER: {"$ref": f"#/components/headers/{TASK_HEADER}"}}}
#: OpenAI's clients send a request again after a 409 or 5xx, unless they are told not to.
_ONCE = {"X-Should-Retry": "false"}
_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
#: What OpenAI calls what Warren has another name for.
_CODES = {"unauthenticated": "invalid_api_key", "invalid-fields": "invalid_value"}


class OpenAiFault(BaseModel):
    """What is wrong: in words, of which type, with which parameter; `code` names the problem."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class OpenAiError(BaseModel):
    """The body of every answer from 400 on."""

    error: OpenAiFault


class ModelNotFound(Problem):
    """No such model, or none that does what is asked."""

    status, name, title = 404, "model-not-found", "Model not found"


class NoPlaceToWait(TemporarilyUnavailable):
    """As many requests wait for ends of tasks as this process lets; nothing was accepted."""

    name, title = "no-place-to-wait", "Too many requests are waiting"


class ProblemOfTask(Problem):
    """Base of what is said of an accepted task; doing it again would make another one."""

    def __init__(self, detail: str, *, task_id: UUID, param: str | None = None) -> None:
        errors = [FieldError(param, detail)] if param else []
        super().__init__(detail, errors=errors, headers={TASK_HEADER: str(task_id), **_ONCE})


class TaskRefused(ProblemOfTask):
    """The worker found that what was sent cannot be worked on."""

    status, name, title = 400, "task-refused", "The input cannot be worked on"


class TaskStopped(ProblemOfTask):
    """The task was cancelled, or not started before it expired."""

    status, name, title = 409, "task-stopped", "The task was stopped"


class TaskFailed(ProblemOfTask):
    """The task has failed, and it was not the caller's fault."""

    status, name, title = 502, "task-failed", "The task has failed"


class TaskNotEnded(ProblemOfTask):
    """The task goes on, longer than this request waits."""

    status, name, title = 504, "task-not-ended-in-time", "The task has not ended in time"


def speaks_openai(path: str) -> bool:
    """Whether errors at this path have OpenAI's shape."""
    return path == _PREFIX or path.startswith(f"{_PREFIX}/")


def note_task(request: Request, task_id: UUID) -> None:
    """The request's task is accepted: doing it again would make, and cost, another one."""
    request.state.headers_of_errors = {TASK_HEADER: str(task_id), **_ONCE}


def headers_of_errors(request: Request) -> Mapping[str, str]:
    """What every error of this request says beside its problem's own headers."""
    noted: Mapping[str, str] = getattr(request.state, "headers_of_errors", {})
    return noted


def openai_error(problem: Problem, headers: Mapping[str, str] = MappingProxyType({})) -> Response:
    """`{"error": {message, type, param, code}}`, with the problem's status and headers.

    What is wrong with a field is 400, as OpenAI has it. `param` is the first field at fault.
    """
    status = 400 if isinstance(problem, InvalidFields) else problem.status
    default = "server_error" if status >= 500 else "invalid_request_error"
    named = problem.errors[0].field if problem.errors and status != 401 else None
    fault = OpenAiFault(
        message=problem.detail,
        type=_TYPES.get(status, default),
        param=named or None,
        code=_CODES.get(problem.name, problem.name.replace("-", "_")),
    )
    body = orjson.dumps(OpenAiError(error=fault).model_dump())
    said = {**problem.headers, **headers}
    return Response(body, status, headers=said, media_type="application/json")


@contextmanager
def in_words_of(names: Mapping[str, str]) -> Iterator[None]:
    """Problems of a job's fields name the parameters that these come from."""
    try:
        yield
    except InvalidFields as problem:
        renamed = [FieldError(_renamed(e.field, names), e.message) for e in problem.errors]
        raise InvalidFields(renamed) from problem
    except Problem as problem:
        problem.errors = [FieldError(_renamed(e.field, names), e.message) for e in problem.errors]
        raise


def _renamed(field: str, names: Mapping[str, str]) -> str:
    return names.get(field, field)
