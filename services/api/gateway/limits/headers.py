"""Answers say what is left of the caller's limits: `RateLimit` and `RateLimit-Policy`."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.authentication import CALLER


class TellLimits:
    """ASGI middleware; asks `scope["app"].state.gateway` for the limits of who was recognised."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start" and (caller := scope.get(CALLER)):
                told = scope["app"].state.gateway.key_limits.headers(caller)
                message["headers"] = [*message["headers"], *told]
            await send(message)

        await self._app(scope, receive, telling)
