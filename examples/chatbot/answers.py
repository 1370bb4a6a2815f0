"""Idempotency keys: the answer to a request is given again when the request comes again."""

import hashlib
import json
import sqlite3
from typing import Any

from chatbot.errors import KeyReused

#: Days for which an answer is kept.
KEPT = 7


def fingerprint(method: str, target: str, body: bytes) -> str:
    """What tells two requests apart."""
    return hashlib.sha256(b"\0".join([method.encode(), target.encode(), body])).hexdigest()


def recall(
    connection: sqlite3.Connection, customer: str, key: str, request: str
) -> dict[str, Any] | None:
    """The answer that was given under this key; raises KeyReused if it was another request's."""
    row = connection.execute(
        "SELECT request, answer FROM answers WHERE customer = ? AND key = ?", (customer, key)
    ).fetchone()
    if row is None:
        return None
    if row["request"] != request:
        raise KeyReused(f"the key {key!r} was used for another request before")
    answer: dict[str, Any] = json.loads(row["answer"])
    return answer


def remember(
    connection: sqlite3.Connection, customer: str, key: str, request: str, answer: dict[str, Any]
) -> None:
    """Keep an answer; forget those that are too old."""
    connection.execute("DELETE FROM answers WHERE at < datetime('now', ?)", (f"-{KEPT} days",))
    connection.execute(
        "INSERT INTO answers (customer, key, request, answer) VALUES (?, ?, ?, ?)",
        (customer, key, request, json.dumps(answer)),
    )
