"""The problems that an operation can answer with: which, and what each looks like."""

import inspect
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from starlette.responses import Response

from gateway import problems
from gateway.limits.problems import QuotaUsedUp
from gateway.openai_compatible.problems import OpenAiError, openai_error
from gateway.openapi.headers import header
from gateway.openapi.values import TASK
from gateway.problems import FieldError, Problem

SCHEMA = "Problem"
_TEXT = {"type": "string"}
_FIELD_ERROR = {
    "type": "object",
    "required": ["field", "message"],
    "properties": {"field": _TEXT, "message": _TEXT},
}
#: RFC 9457; problems have members of their own beside these.
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": SCHEMA,
    "description": "What was wrong (RFC 9457); `errors` names the fields at fault",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {**_TEXT, "description": "a name of the kind of problem, as a URN"},
        "title": _TEXT,
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {**_TEXT, "description": "what happened here, and what to do"},
        "instance": {**_TEXT, "description": "the path of the request"},
        "errors": {"type": "array", "items": _FIELD_ERROR},
    },
}
_INSTANCE = "/api/v1/tasks"
_FIELDS = FieldError("limit", "must be less than or equal to 500")
#: Those whose details can be said without knowing the request.
_DETAILS: Mapping[type[Problem], Problem] = {
    made.__class__: made
    for made in (
        problems.Unauthenticated("the API key is unknown or has been revoked"),
        problems.ScopeMissing("this needs the scope operate", scope="operate"),
        problems.InvalidFields([_FIELDS]),
        problems.MalformedBody.at("body", "is not JSON: unexpected end of data at line 1 column 2"),
        problems.BodyNotUtf8.at("text", "is not valid UTF-8 (byte 12 of the body)"),
        problems.BodyTooDeep.at("body", "is nested more than 64 levels deep"),
        problems.TooLarge.at("body", "is larger than 1048576 bytes", limit_bytes=1048576),
        problems.MalformedCursor.at("cursor", "is not one that this list gave out"),
        problems.ClientTooSlow("the body did not arrive within 15 s"),
        problems.RequestInProgress("a request with this Idempotency-Key is being answered"),
        problems.KeyReused("this Idempotency-Key was used with another request"),
        problems.DatabaseUnavailable("PostgreSQL does not answer; try again in a moment"),
        problems.BacklogFull("2000000 tasks wait to be published; try again later", retry_after=5),
        problems.TooManyWaiting("1000000 of your tasks wait; try again later", retry_after=5),
        QuotaUsedUp(
            "your API key may ask for 600 requests in a minute; go on in 41 s",
            policy="default",
            retry_after=41,
        ),
        problems.TooManyStreams("200 of your event streams are open", retry_after=5),
        problems.TooManyUploads("8 uploads of this API key are under way", retry_after=5),
        problems.NoUploadPlace("64 uploads are under way here", retry_after=5),
        problems.SpoolFull("the bodies of bulks take all the room there is"),
        problems.UnknownKind.at("kind", "'tts.sing' is not announced by any service"),
        problems.InternalError(
            "the gateway failed to answer; tell its operator the incident",
            incident="5f0c3a52-8d0e-4e0c-9d0b-1d6f8f0f2b11",
        ),
    )
}


@dataclass(frozen=True)
class Shape:
    """How problems are told: in which schema, and as which answer; `prefix` is of names."""

    prefix: str
    schema: str
    answer: Callable[[Problem], Response]


PROBLEMS = Shape("", SCHEMA, lambda problem: problem.response(_INSTANCE))
OPENAI = Shape("openai.", OpenAiError.__name__, openai_error)


@dataclass(frozen=True)
class Nature:
    """What an operation does, as far as it decides what can go wrong."""

    needs_key: bool
    needs_database: bool
    #: Takes an Idempotency-Key.
    keyed: bool
    #: Makes a task that waits in a queue.
    accepts: bool


def problems_of(
    nature: Nature, spec: Mapping[str, Any], special: Sequence[type[Problem]]
) -> list[type[Problem]]:
    """What the operation can be refused with, by what its document says of it."""
    found = [*_of_nature(nature), *_of_parameters(spec), *_of_body(spec), *special]
    return [problems.InternalError, *dict.fromkeys(found)]


def _of_nature(nature: Nature) -> Iterator[type[Problem]]:
    if nature.needs_key:
        yield from (problems.Unauthenticated, problems.ScopeMissing, QuotaUsedUp)
    if nature.needs_database:
        yield problems.DatabaseUnavailable
    if nature.keyed:
        # The body is read to know the request by.
        yield from (problems.TooLarge, problems.ClientTooSlow, problems.InvalidFields)
        yield from (problems.RequestInProgress, problems.KeyReused)
    if nature.accepts:
        yield from (problems.BacklogFull, problems.TooManyWaiting, problems.ServiceNotThere)


def _of_parameters(spec: Mapping[str, Any]) -> Iterator[type[Problem]]:
    parameters = spec.get("parameters", ())
    places = {parameter["in"] for parameter in parameters}
    # Some operations have a shape of their own for what is not there.
    if "path" in places and "404" not in spec["responses"]:
        yield problems.NotFound
    if {"query", "header"} & places:
        yield problems.InvalidFields
    if any(parameter["name"] == "cursor" for parameter in parameters):
        yield problems.MalformedCursor


def _of_body(spec: Mapping[str, Any]) -> Sequence[type[Problem]]:
    if "requestBody" not in spec:
        return ()
    uploads = (problems.TooManyUploads, problems.NoUploadPlace)
    if "400" in spec["responses"]:
        # It has a shape of its own for what is wrong with a form.
        return (problems.ClientTooSlow, *uploads)
    common = (problems.TooLarge, problems.ClientTooSlow, problems.InvalidFields)
    if any("json" in media_type for media_type in spec["requestBody"]["content"]):
        return (*common, problems.MalformedBody, problems.BodyNotUtf8, problems.BodyTooDeep)
    return (*common, *uploads, problems.MalformedUpload)


class Refusals:
    """Responses with problems, each once: `responses` and `examples` of the components."""

    def __init__(self) -> None:
        self.responses: dict[str, Any] = {}
        self.examples: dict[str, Any] = {}

    def add_to(
        self, responses: dict[str, Any], found: Sequence[type[Problem]], shape: Shape = PROBLEMS
    ) -> None:
        """Describe the problems in the responses of an operation.

        What an operation says of a status by itself stays, beside the problem.
        """
        by_status: dict[str, list[type[Problem]]] = {}
        for problem in sorted(found, key=lambda problem: problem.name):
            answer = shape.answer(_made(problem))
            by_status.setdefault(str(answer.status_code), []).append(problem)
            value = json.loads(bytes(answer.body))
            shown = {"summary": _fact(problem), "value": value}
            self.examples[shape.prefix + problem.name] = shown
        for status, group in sorted(by_status.items()):
            response, known = _response(group, shape), responses.get(status)
            if known is None:
                name = shape.prefix + ".".join(problem.name for problem in group)
                self.responses[name] = response
                responses[status] = {"$ref": f"#/components/responses/{name}"}
            else:
                for part in ("headers", "content"):
                    known[part] = {**known.get(part, {}), **response[part]}


def _response(group: Sequence[type[Problem]], shape: Shape) -> dict[str, Any]:
    named = {name for problem in group for name in _made(problem).headers}
    names = [shape.prefix + problem.name for problem in group]
    examples = {name: {"$ref": f"#/components/examples/{name}"} for name in names}
    schema = {"$ref": f"#/components/schemas/{shape.schema}"}
    return {
        "description": "; ".join(problem.title for problem in group),
        "headers": {name: header(name) for name in sorted(named)},
        "content": {
            shape.answer(_made(group[0])).media_type: {"schema": schema, "examples": examples}
        },
    }


def _made(problem: type[Problem]) -> Problem:
    known = _DETAILS.get(problem)
    if known is not None:
        return known
    more: dict[str, Any] = {}
    if "retry_after" in inspect.signature(problem.__init__).parameters:
        more["retry_after"] = 5
    if "task_id" in inspect.signature(problem.__init__).parameters:
        more["task_id"] = UUID(TASK)
    return problem(_fact(problem), **more)


def _fact(problem: type[Problem]) -> str:
    """The first sentence of the class: one class is one fact."""
    said = " ".join(inspect.cleandoc(problem.__doc__ or problem.title).split())
    return said.partition(". ")[0].rstrip(".")
