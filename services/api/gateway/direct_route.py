"""Endpoints that need little are called without FastAPI's resolver of dependencies.

That resolver takes as long as all that most of ours do by themselves. It goes on to describe every
endpoint in the API's document, and to serve those that take more than is given here.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeGuard
from uuid import UUID

from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

_UUID = TypeAdapter(UUID)
Handler = Callable[[Request], Awaitable[Response]]


class DirectRoute(APIRoute):
    """Gives an endpoint the request, ids of its path, and what depends on the request only."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        """The endpoint itself if it takes no more than that, and answers with a Response."""
        direct = _direct(self.dependant)
        return super().get_route_handler() if direct is None else direct


def is_direct(route: BaseRoute) -> TypeGuard[DirectRoute]:
    """Whether the route's endpoint is called without the resolver."""
    return isinstance(route, DirectRoute) and _direct(route.dependant) is not None


def _direct(endpoint: Dependant) -> Handler | None:
    call = endpoint.call
    depended = _leaves(endpoint)
    ids = _ids(endpoint)
    if depended is None or ids is None or call is None or not _answers_itself(call):
        return None
    wants_request = endpoint.request_param_name

    async def answer(request: Request) -> Response:
        given: dict[str, Any] = {}
        for name, depends_on in depended.items():
            given[name] = await depends_on(request)
        for name in ids:
            given[name] = _id(name, request.path_params[name])
        if wants_request is not None:
            given[wants_request] = request
        response: Response = await call(**given)
        return response

    return answer


def _answers_itself(call: Callable[..., Any]) -> bool:
    returned = inspect.signature(call).return_annotation
    is_response = isinstance(returned, type) and issubclass(returned, Response)
    return is_response and inspect.iscoroutinefunction(call)


def _leaves(endpoint: Dependant) -> Mapping[str, Handler] | None:
    """What is asked of the request by name; None if anything is that this cannot give."""
    found: dict[str, Any] = {}
    for dependency in endpoint.dependencies:
        call, name = dependency.call, dependency.name
        takes_request = dependency.request_param_name is not None
        if call is None or name is None or not takes_request or dependency.path_params:
            return None
        if dependency.dependencies or _takes_more(dependency):
            return None
        if not inspect.iscoroutinefunction(call):
            return None
        found[name] = call
    return None if _takes_more(endpoint) else found


def _takes_more(asking: Dependant) -> bool:
    return bool(
        asking.query_params
        or asking.header_params
        or asking.cookie_params
        or asking.body_params
        or asking.response_param_name
        or asking.background_tasks_param_name
        or asking.http_connection_param_name
        or asking.websocket_param_name
        or asking.security_scopes_param_name
    )


def _ids(endpoint: Dependant) -> list[str] | None:
    names = [field.name for field in endpoint.path_params]
    are_ids = all(field.field_info.annotation is UUID for field in endpoint.path_params)
    return names if are_ids else None


def _id(name: str, text: str) -> UUID:
    try:
        return _UUID.validate_python(text)
    except ValidationError as error:
        faults = [{**fault, "loc": ("path", name)} for fault in error.errors(include_url=False)]
        raise RequestValidationError(faults) from error
