"""From exceptions to answers, for every error that can reach the web framework."""

import uuid

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gateway import problems
from gateway.customers.problems import KeyGone
from gateway.openai_compatible.problems import headers_of_errors, openai_error, speaks_openai
from gateway.problems import FieldError, Problem
from warren.artifacts.errors import StoreUnavailable

_log = structlog.get_logger(__name__)


def add_error_handlers(app: FastAPI) -> None:
    """Make `app` answer every error as RFC 9457 says, or as OpenAI's clients know it."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(KeyGone, _key_gone)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid_parameters)
    app.add_exception_handler(psycopg.OperationalError, _database_unavailable)
    # A standby, or a primary that has become one.
    app.add_exception_handler(psycopg.errors.ReadOnlySqlTransaction, _database_unavailable)
    # This process stood still amid a transaction, which the server has undone.
    app.add_exception_handler(psycopg.errors.IdleInTransactionSessionTimeout, _database_unavailable)
    app.add_exception_handler(psycopg.errors.UndefinedTable, _not_migrated)
    app.add_exception_handler(psycopg.DataError, _not_storable)
    app.add_exception_handler(StoreUnavailable, _store_unavailable)
    app.add_exception_handler(Exception, _internal_error)


def _answer(request: Request, problem: Problem) -> Response:
    if speaks_openai(request.url.path):
        return openai_error(problem, headers_of_errors(request))
    return problem.response(request.url.path)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 -- registered for this class only
    return _answer(request, error)


async def _key_gone(request: Request, error: Exception) -> Response:
    """What was stored of the customer goes, as everything else of it did."""
    assert isinstance(error, KeyGone)  # noqa: S101 -- registered for this class only
    try:
        await request.app.state.gateway.artifacts.let_go(error.contents)
    except psycopg.Error as reason:
        _log.warning("contents_left_to_the_cleaning", count=len(error.contents), error=str(reason))
    return _answer(request, error)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for this class only
    path = request.url.path
    if error.status_code == 404:
        return _answer(request, problems.NotFound(f"there is nothing at {path}"))
    if error.status_code == 405:
        return _answer(
            request,
            problems.MethodNotAllowed(
                f"{path} does not support {request.method}", headers=error.headers
            ),
        )
    return _answer(request, problems.OtherHttpError(error.status_code, str(error.detail)))


async def _invalid_parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for this class only
    errors = [
        FieldError(".".join(str(part) for part in item["loc"][1:]), item["msg"])
        for item in error.errors()
    ]
    if any(item["loc"][0] == "path" for item in error.errors()):
        return _answer(request, problems.NotFound(f"there is nothing at {request.url.path}"))
    return _answer(request, problems.InvalidFields(errors))


async def _database_unavailable(request: Request, error: Exception) -> Response:
    _log.warning("database_unavailable", path=request.url.path, error=str(error))
    return _answer(
        request,
        problems.DatabaseUnavailable("PostgreSQL does not answer; try again in a moment"),
    )


async def _not_migrated(request: Request, error: Exception) -> Response:
    _log.error("schema_missing", error=str(error), remedy="run `warren migrate`")
    return _answer(
        request,
        problems.DatabaseUnavailable("the database has not been set up yet", retry_after=10),
    )


async def _not_storable(request: Request, error: Exception) -> Response:
    """A text with U+0000 in the address, which PostgreSQL has not even for a comparison."""
    fields = [name for name, value in request.query_params.multi_items() if "\0" in value]
    if fields:
        message = "must not contain the character U+0000"
        errors = [FieldError(name.replace("\0", "\\u0000"), message) for name in fields]
        return _answer(request, problems.InvalidFields(errors))
    if "\0" in request.url.path:
        return _answer(request, problems.NotFound(f"there is nothing at {request.url.path}"))
    return await _internal_error(request, error)


async def _store_unavailable(request: Request, error: Exception) -> Response:
    _log.warning("artifact_store_unavailable", path=request.url.path, error=str(error))
    return _answer(
        request,
        problems.ArtifactStoreUnavailable("the artifact store does not answer; try again"),
    )


async def _internal_error(request: Request, error: Exception) -> Response:
    incident = str(uuid.uuid4())
    _log.error(
        "request_failed",
        incident=incident,
        method=request.method,
        path=request.url.path,
        exc_info=error,
    )
    return _answer(
        request,
        problems.InternalError(
            "the gateway failed to answer; tell its operator the incident", incident=incident
        ),
    )
