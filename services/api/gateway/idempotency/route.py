"""Idempotency-Key, for every POST, PUT and DELETE: the routers' route class.

What an upload calls itself is here, too.
"""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Message

from gateway.direct_route import DirectRoute, Handler
from gateway.idempotency.keyed import Answer, KeyedRequest
from gateway.json_body import read_body
from gateway.problems import FieldError, InvalidFields, Problem
from warren.contracts.ids import new_id

HEADER = "idempotency-key"
REPLAYED = "Idempotency-Replayed"
_LONGEST_KEY = 255
_CHANGING = frozenset({"POST", "PUT", "DELETE"})
_KEPT_HEADERS = ("location", "content-type")


class OnceRoute(DirectRoute):
    """What a request with an Idempotency-Key asks for is done once, and answered alike every time.

    Its body is read whole before anything is done. Refusals (4xx) free the key, as they made
    nothing; after a 5xx nobody can be sure, so that the key stays with its request.
    """

    def get_route_handler(self) -> Callable[[Request], Any]:
        """The handler, done once for each key."""
        handler: Handler = super().get_route_handler()
        if not _CHANGING & set(self.methods or ()):
            return handler

        async def once(request: Request) -> Response:
            if HEADER not in request.headers:
                return await handler(request)
            # An unknown caller learns nothing, and takes no memory with a body.
            await request.app.state.gateway.authenticator.caller(request)
            limit = request.app.state.gateway.settings.max_body_bytes
            body = await read_body(request, limit)
            return await answer_once(_with_body(request, body), body, handler)

        return once


async def answer_once(request: Request, content: bytes, handler: Handler) -> Response:
    """What `handler` answers, or answered before if the request names a key it named then.

    `content` is what tells one request from another, beside method, path and query.
    """
    if HEADER not in request.headers:
        return await handler(request)
    gateway = request.app.state.gateway
    caller = await gateway.authenticator.caller(request)
    key = _valid_key(request.headers[HEADER])
    async with gateway.keyed.claim(caller, key, _fingerprint(request, content)) as mine:
        if mine.answer is not None:
            return _replayed(mine.answer)
        request.state.made_id = mine.made_id
        return await _answer(request, mine, handler)


def made_id(request: Request) -> UUID:
    """The id of what this request makes: the same one whenever it is sent with the same key."""
    kept: UUID | None = getattr(request.state, "made_id", None)
    return kept or new_id()


async def _answer(request: Request, mine: KeyedRequest, handler: Handler) -> Response:
    try:
        async with mine.kept():
            response = await handler(request)
    except (Problem, RequestValidationError, HTTPException) as error:
        # The transaction must end well for the key to be free; so the error leaves by the answer.
        response = await _refusal(request, error)
    if response.status_code < 300:
        headers = {
            name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers
        }
        await mine.store(response.status_code, headers, bytes(response.body))
    elif response.status_code < 500:
        await mine.release()
    return response


async def _refusal(request: Request, error: Exception) -> Response:
    handlers = request.app.exception_handlers
    known = next(cls for cls in type(error).__mro__ if cls in handlers)
    answer: Response = await handlers[known](request, error)
    return answer


def _replayed(answer: Answer) -> Response:
    response = Response(answer.body, answer.status, headers=answer.headers)
    response.headers[REPLAYED] = "true"
    return response


def _fingerprint(request: Request, content: bytes) -> bytes:
    digest = hashlib.sha256(content)
    digest.update(f"{request.method} {request.url.path}?{request.url.query}".encode())
    return digest.digest()


def _valid_key(key: str) -> str:
    # RFC draft: a structured field string, in quotes; most clients send it bare.
    bare = key.strip().removeprefix('"').removesuffix('"')
    if not 1 <= len(bare) <= _LONGEST_KEY or not (bare.isascii() and bare.isprintable()):
        message = f"must be 1 to {_LONGEST_KEY} printable ASCII characters"
        raise InvalidFields([FieldError(HEADER, message)])
    return bare


def _with_body(request: Request, body: bytes) -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(request.scope, receive)
