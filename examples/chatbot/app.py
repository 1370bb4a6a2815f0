"""The web application."""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer

from chatbot.database import Database
from chatbot.errors import Refusal, Unauthorized
from chatbot.faults import Faults, Panel, Switch, Tally
from chatbot.routes import router
from chatbot.schemas import Problem

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (401, 409, 422, 429, 503)
}
_bearer = HTTPBearer(auto_error=False, description="Only asked for where a token is set.")


def make_app(data: Path | str, token: str | None = None) -> FastAPI:
    """A chatbot over the SQLite file `data` (`:memory:` for none)."""
    database, panel = Database(data), Panel()

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        yield
        database.close()

    app = FastAPI(
        title="Chatbot",
        version="1",
        summary="Documents and FAQs of customers, by version.",
        lifespan=life,
        dependencies=[Depends(_bearer)],
        responses=_PROBLEMS,
    )
    app.state.database, app.state.panel, app.state.token = database, panel, token
    app.add_middleware(Faults, panel=panel)
    app.include_router(router, dependencies=[Depends(_check_token)])
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_api_route("/readyz", _ready, methods=["GET"], tags=["operating"])
    app.add_api_route("/faults", _turn, methods=["PUT"], tags=["operating"])
    app.add_api_route("/faults", _tally, methods=["GET"], tags=["operating"])
    return app


def _check_token(request: Request) -> None:
    token: str | None = request.app.state.token
    if token is None:
        return
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        raise Unauthorized("send the token: Authorization: Bearer …")


def _ready() -> dict[str, str]:
    """200 when calls are served."""
    return {"status": "ready"}


def _turn(request: Request, switch: Switch) -> Tally:
    """Switch a fault on, or all off; for tests and demonstrations."""
    panel: Panel = request.app.state.panel
    panel.turn(switch)
    return panel.tally()


def _tally(request: Request) -> Tally:
    """Which fault is on, and what was answered so far."""
    panel: Panel = request.app.state.panel
    return panel.tally()


def _refused(_request: Request, error: Exception) -> Response:
    if not isinstance(error, Refusal):
        raise error
    problem = Problem(
        type=error.type,
        title=error.title,
        status=error.status,
        detail=str(error),
        current_version=error.current_version,
    )
    return _problem(problem)


def _invalid(_request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    return _problem(
        Problem(
            type="invalid-request",
            title="Invalid request",
            status=422,
            detail=f"{field}: {first['msg']}",
        )
    )


def _problem(problem: Problem) -> Response:
    return JSONResponse(
        problem.model_dump(mode="json", exclude_none=True),
        status_code=problem.status,
        media_type="application/problem+json",
    )
