"""The API's OpenAPI document: what FastAPI knows, and what it cannot know."""

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.routing import BaseRoute

from gateway.customers.keys import Scope
from gateway.idempotency.route import OnceRoute
from gateway.openai_compatible.problems import OpenAiError, speaks_openai
from gateway.openapi import awaited, errors, headers, security
from gateway.openapi.examples import Examples, Trait, all_examples
from gateway.openapi.made_up import MadeUp
from gateway.openapi.schemas import hoist_definitions
from gateway.openapi.shown import Shown
from gateway.openapi.values import SHARED

_DESCRIPTION = (
    "Submit a job, follow it, fetch what it made. What was accepted (202) is never lost.\n\n"
    "Errors are problems (RFC 9457), times are UTC (RFC 3339), ids are UUIDs, lists have cursors."
)
_ONCE = frozenset({"POST", "PUT", "DELETE"})
_WITHOUT_DATABASE = frozenset({"GET /healthz", "GET /api/"})
#: FastAPI's own shape of what is answered with a problem here.
_NOT_OURS = ("HTTPValidationError", "ValidationError")
Json = dict[str, Any]


def openapi_document(app: FastAPI, described: Sequence[BaseRoute]) -> Json:
    """The document of `app` in the order of these routes of it.

    Raises MissingExample with what to write where.
    """
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=_DESCRIPTION,
        routes=described,
        servers=app.servers or None,
    )
    examples = all_examples()
    components = document["components"]
    schemas = components["schemas"]
    for name in _NOT_OURS:
        schemas.pop(name, None)
    schemas |= {errors.SCHEMA: errors.PROBLEM_SCHEMA, awaited.SCHEMA: awaited.AWAITED_SCHEMA}
    schemas[errors.OPENAI.schema] = OpenAiError.model_json_schema()
    hoist_definitions(document)
    components |= {"securitySchemes": security.SCHEMES, "headers": headers.RESPONSE_HEADERS}
    refusals = errors.Refusals()
    shown = Shown(examples, MadeUp(schemas, {**SHARED, **examples.values}))
    routes = dict(_routes(app))
    for operation, spec in _operations(document):
        _describe(operation, routes[operation], spec, examples, refusals)
        shown.show(operation, spec)
    shown.complain()
    used = dict.fromkeys(tag for _, spec in _operations(document) for tag in spec["tags"])
    document["tags"] = [{"name": tag, "description": examples.tags.get(tag, "")} for tag in used]
    components |= {"responses": refusals.responses, "examples": refusals.examples}
    return document


def _routes(app: FastAPI) -> Iterator[tuple[str, RouteContext]]:
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute):
            for method in route.methods or ():
                yield f"{method} {route.path_format}", route


def _operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, operations in document["paths"].items():
        for method, spec in operations.items():
            yield f"{method.upper()} {path}", spec


def _describe(
    operation: str, route: RouteContext, spec: Json, examples: Examples, refusals: errors.Refusals
) -> None:
    """Security, headers, and every problem that the operation can be answered with."""
    method = operation.partition(" ")[0]
    once = isinstance(route.original_route, OnceRoute) and method in _ONCE
    keyed = once or examples.has(operation, Trait.KEYED)
    signed = examples.has(operation, Trait.SIGNED)
    scopes = [Scope.TASKS_READ] if signed else security.scopes_of(route.dependant)
    spec["security"] = security.requirement(scopes, is_signed=signed)
    if keyed:
        spec.setdefault("parameters", []).append(headers.IDEMPOTENCY_KEY)
    waits = any(parameter["name"] == "Prefer" for parameter in spec.get("parameters", ()))
    responses = spec["responses"]
    responses.pop("422", None)
    if waits and "202" in responses:
        awaited.describe(responses)
    located = method != "GET" and not examples.has(operation, Trait.UNLOCATED)
    headers.name_in(responses, keyed=keyed, waits=waits, limited=bool(scopes), located=located)
    nature = errors.Nature(
        needs_key=bool(scopes),
        needs_database=operation not in _WITHOUT_DATABASE,
        keyed=keyed,
        accepts=waits and method != "GET",
    )
    special = examples.problems.get(operation, ())
    shape = errors.OPENAI if speaks_openai(route.path_format or "") else errors.PROBLEMS
    refusals.add_to(responses, errors.problems_of(nature, spec, special), shape)
