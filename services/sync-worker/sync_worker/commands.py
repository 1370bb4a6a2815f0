"""`warren chatbot`: the reference chatbot of a checkout, for a machine that has no other."""

import os
import sys
from pathlib import Path

import typer

from warren.contracts.programs import DeclaredProgram
from warren.errors import ConfigurationError

_EXAMPLES = Path(__file__).resolve().parents[3] / "examples"

app = typer.Typer()

#: The local stack runs it where SYNC_CHATBOT_URL names no other.
CHATBOT = DeclaredProgram(
    name="chatbot",
    service="sync-worker",
    arguments=("chatbot",),
    port_variable="CHATBOT_PORT",
    url_variable="SYNC_CHATBOT_URL",
    token_variable="SYNC_CHATBOT_TOKEN",  # noqa: S106 - the name of a variable
    folders={"CHATBOT_FOLDER": "chatbot"},
)


@app.command()
def chatbot() -> None:
    """Run the reference chatbot of examples/chatbot; CHATBOT_PORT and CHATBOT_FOLDER say where."""
    if not (_EXAMPLES / "chatbot").is_dir():
        raise ConfigurationError(
            f"the reference chatbot lies in a checkout ({_EXAMPLES}): set SYNC_CHATBOT_URL to a "
            "chatbot of your own"
        )
    data = Path(os.environ.get("CHATBOT_FOLDER", ".warren/chatbot")) / "chatbot.sqlite3"
    given = ["--port", os.environ.get("CHATBOT_PORT", "8090"), "--data", str(data)]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(_EXAMPLES), *_python_path()]),
        "CHATBOT_TOKEN": os.environ.get("SYNC_CHATBOT_TOKEN", ""),
    }
    os.execve(sys.executable, [sys.executable, "-m", "chatbot", *given], environment)  # noqa: S606


def _python_path() -> list[str]:
    return [path for path in [os.environ.get("PYTHONPATH", "")] if path]
