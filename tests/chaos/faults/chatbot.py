"""A chatbot that is up and misbehaves, by the switch of the reference chatbot."""

import json
import threading
from typing import Any

import httpx

from tests.chaos.faults.system import Order, System
from warren.stack.ports import HOST

SWITCH = "chatbot-switch"
#: By fault. What is applied and answered badly hits the first call under each key only: a task has
#: a few attempts for bad answers, and any number of waits while nobody answers.
CHATBOT_FAULTS: dict[str, dict[str, Any]] = {
    "chatbot-down": {"fault": "down"},
    "chatbot-busy": {"fault": "busy", "retry_after": 1},
    "chatbot-fails-after": {"fault": "fails_after", "once_each": True},
    "chatbot-cut": {"fault": "cut", "once_each": True},
}
_TIMEOUT = 5.0
_TRIES, _PAUSE = 30, 0.5


def misbehave(system: System, order: Order) -> None:
    """Misbehave for a while; a chatbot that is started anew behaves well."""
    _turn(system, CHATBOT_FAULTS[order.kind])
    try:
        system.over.wait(order.seconds)
    finally:
        _turn(system, {"fault": "none"})


def _turn(system: System, switch: dict[str, Any]) -> None:
    """Not by its wire, so that it can be turned back; if it is dead or frozen, later."""
    port = json.loads(system.stack.folder.ports.read_text())["chatbot"]
    tries = _TRIES if switch["fault"] == "none" else 1
    while tries and not _is_told(f"http://{HOST}:{port}/faults", switch):
        tries -= 1
        threading.Event().wait(_PAUSE)


def _is_told(url: str, switch: dict[str, Any]) -> bool:
    try:
        return httpx.put(url, json=switch, timeout=_TIMEOUT).is_success
    except httpx.TransportError:
        return False
