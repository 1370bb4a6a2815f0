"""Serves until told to leave: `python program.py PATIENCE`; writes its port when it listens.

It answers a request when it has all of it. With a patience of 0 the application does not start.
"""

import socket
import sys
from typing import Any

import uvicorn

from warren.serving import LeavingServer, leave_on_signals

_PATIENCE = int(sys.argv[1])


class _Server(LeavingServer):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        assert sockets is not None
        print(sockets[0].getsockname()[1], flush=True)  # noqa: T201 -- for the test that waits


async def _application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        outcome = "complete" if _PATIENCE else "failed"
        await send({"type": f"lifespan.startup.{outcome}"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    while (await receive()).get("more_body"):
        continue
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


if __name__ == "__main__":
    leave_on_signals()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            _application, ws="none", log_config=None, timeout_graceful_shutdown=_PATIENCE
        )
        _Server(config).run_to_exit(listening)
