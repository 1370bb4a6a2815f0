"""`python -m chatbot --port 8090 --data chatbot.sqlite3`: serve until SIGTERM or Ctrl-C."""

import argparse
import os
from pathlib import Path

import uvicorn

from chatbot.app import make_app

#: Seconds; longer than callers keep an idle connection.
_KEEP_ALIVE = 20


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(prog="python -m chatbot", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--data", type=Path, default=Path("chatbot.sqlite3"))
    given = parser.parse_args()
    given.data.parent.mkdir(parents=True, exist_ok=True)
    app = make_app(given.data, os.environ.get("CHATBOT_TOKEN") or None)
    uvicorn.run(
        app,
        host=given.host,
        port=given.port,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE,
    )


if __name__ == "__main__":
    main()
