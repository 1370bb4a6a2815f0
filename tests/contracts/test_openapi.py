"""The document of the REST API is on record: docs/api/openapi.json.

After a change of a route that is meant, write it again and commit it with the change:

    WARREN_UPDATE_SNAPSHOTS=1 python -m pytest tests/contracts

Examples stand at one place per domain, services/api/gateway/<domain>/examples.py: a new route with
a body needs an example of it under `bodies`, a new field of text one under `values`, and the
problems that only this route is answered with stand under `problems`. What is missing is named.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway import problems
from gateway.app import create_app
from gateway.config import GatewaySettings
from gateway.openai_compatible.audio import MEDIA_TYPES
from gateway.openai_compatible.problems import ProblemOfTask
from gateway.openapi.examples import all_examples
from gateway.openapi.shown import MissingExample
from gateway.problems import Problem, TemporarilyUnavailable
from gateway.upload_clients.problems import BadForm

RECORD = Path(__file__).resolve().parents[2] / "docs" / "api" / "openapi.json"
_RENEW = "WARREN_UPDATE_SNAPSHOTS=1 python -m pytest tests/contracts"
#: Answers to requests for no operation, and what has a shape of its own.
_OF_NO_OPERATION = {
    problems.MethodNotAllowed,
    problems.OtherHttpError,
    TemporarilyUnavailable,
    ProblemOfTask,
    BadForm,
}
#: What a file holds cannot be shown.
_FILES = ("application/octet-stream", "*/*", "application/epub+zip", *MEDIA_TYPES.values())
Json = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Json:
    try:
        return create_app(GatewaySettings()).openapi()
    except MissingExample as missing:
        pytest.fail(str(missing), pytrace=False)


def _operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, operations in document["paths"].items():
        for method, spec in operations.items():
            yield f"{method.upper()} {path}", spec


def _resolved(document: Json, value: Json) -> Json:
    while "$ref" in value:
        part: Any = document
        for name in value["$ref"].removeprefix("#/").split("/"):
            part = part[name]
        value = part
    return value


def _shown(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Every body and answer: of what, its media type, and what the document says of it."""
    for operation, spec in _operations(document):
        for media_type, described in spec.get("requestBody", {}).get("content", {}).items():
            yield f"{operation} takes", media_type, described
        for status, response in spec["responses"].items():
            content = _resolved(document, response).get("content", {})
            for media_type, described in content.items():
                yield f"{operation} answers {status}", media_type, described


def _examples(document: Json, described: Json) -> list[Any]:
    several = described.get("examples", {}).values()
    shown = [_resolved(document, example)["value"] for example in several]
    return [described["example"], *shown] if "example" in described else shown


def test_the_document_is_as_recorded(document: Json) -> None:
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("WARREN_UPDATE_SNAPSHOTS") == "1":
        RECORD.write_text(text)

    recorded = json.loads(RECORD.read_text())

    changed = [
        operation
        for operation, spec in _operations(document)
        if recorded["paths"]
        .get(operation.partition(" ")[2], {})
        .get(operation.partition(" ")[0].lower())
        != spec
    ]
    assert document == recorded, f"changed: {changed or 'schemas'}; if that is meant: {_RENEW}"


def test_the_document_is_valid_openapi(document: Json) -> None:
    errors = list(OpenAPIV31SpecValidator(document).iter_errors())

    assert [f"{list(error.path)}: {error.message[:200]}" for error in errors] == []


def test_every_body_and_answer_has_an_example(document: Json) -> None:
    without = [
        f"{what} {media_type}"
        for what, media_type, described in _shown(document)
        if media_type not in _FILES and not _examples(document, described)
    ]

    assert without == [], f"see the top of {Path(__file__).name}"


def test_every_example_is_valid(document: Json) -> None:
    shown = {
        json.dumps([described.get("schema", {}), example]): f"{what} {media_type}"
        for what, media_type, described in _shown(document)
        for example in _examples(document, described)
    }
    wrong = []
    for text, what in shown.items():
        schema, example = json.loads(text)
        validator = jsonschema_rs.Draft202012Validator(
            {**schema, "components": document["components"]}
        )
        wrong += [
            f"{what}: {error.instance_path} {error.message[:200]}"
            for error in validator.iter_errors(example)
        ]

    assert wrong == [], "change the examples in services/api/gateway/<domain>/examples.py"


def test_no_example_is_of_something_that_is_not_there(document: Json) -> None:
    examples = all_examples()
    operations = {operation for operation, _ in _operations(document)}
    named = {
        *(name if name in operations else name.rpartition(" ")[0] for name in examples.bodies),
        *(name for name, _ in examples.answers),
        *examples.problems,
        *examples.traits,
    }

    assert named <= operations
    assert set(examples.tags) == {tag["name"] for tag in document["tags"]}


def test_every_problem_is_shown_somewhere(document: Json) -> None:
    def below(problem: type[Problem]) -> Iterator[type[Problem]]:
        for child in problem.__subclasses__():
            yield child
            yield from below(child)

    known = {
        problem
        for problem in below(Problem)
        if problem.__module__.startswith("gateway.") and problem not in _OF_NO_OPERATION
    }
    shown = {name.removeprefix("openai.") for name in document["components"]["examples"]}

    hidden = {problem.__name__ for problem in known if problem.name not in shown}
    assert hidden == set(), "name them under `problems` in the examples.py of their domain"


def test_only_what_tells_nothing_of_anybody_needs_no_key(document: Json) -> None:
    open_to_all = {operation for operation, spec in _operations(document) if not spec["security"]}

    assert open_to_all == {"GET /healthz", "GET /readyz", "GET /api/"}
    assert all("401" in spec["responses"] for _, spec in _operations(document) if spec["security"])


def test_no_body_is_read_by_the_framework() -> None:
    """It knows no limits of size, depth and time, and names no field (gateway/json_body.py)."""
    routes = [
        route
        for route in iter_route_contexts(create_app(GatewaySettings()).routes)
        if isinstance(route.original_route, APIRoute)
    ]

    assert len(routes) > 100
    assert [route.path for route in routes if route.dependant.body_params] == []


def test_no_page_of_the_framework_is_served() -> None:
    app = create_app(GatewaySettings())

    assert (app.docs_url, app.redoc_url) == (None, None)
