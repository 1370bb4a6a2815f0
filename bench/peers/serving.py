"""Web peers: served as Warren's gateway is, and started as processes of their own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import uvicorn
from fastapi import FastAPI

from warren.stack.ports import HOST, free_port
from warren.testing.deadline import eventually

_START_TIMEOUT = 60.0


def serve(app: FastAPI, port: int) -> None:
    """Serve until the process is told to stop: the same loop and parser as Warren's."""
    uvicorn.run(
        app,
        host=HOST,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_level="warning",
    )


@contextmanager
def served(module: str, amqp_url: str, processes: int) -> Iterator[list[str]]:
    """The addresses of so many processes of a peer, each with a port of its own."""
    with ExitStack() as stack:
        ports: list[int] = []
        for _ in range(processes):
            ports.append(free_port(avoiding=ports))
            stack.enter_context(_process(module, amqp_url, ports[-1]))
        urls = [f"http://{HOST}:{port}" for port in ports]
        for url in urls:
            _wait_for(url)
        yield urls


@contextmanager
def _process(module: str, amqp_url: str, port: int) -> Iterator[None]:
    command = [sys.executable, "-m", f"bench.peers.{module}", amqp_url, str(port)]
    process = subprocess.Popen(command)
    try:
        yield
    finally:
        process.kill()
        process.wait(30)


def _wait_for(url: str) -> None:
    eventually(lambda: _answers(url), within=_START_TIMEOUT)


def _answers(url: str) -> bool:
    try:
        httpx.get(f"{url}/openapi.json", trust_env=False).raise_for_status()
    except httpx.TransportError:
        return False
    return True
