"""Finding passages: what a reindex makes, and what a question is answered from."""

import json
import re
import sqlite3
from collections.abc import Iterator

from chatbot.schemas import Collection, Found, Reindexed

#: Characters; a passage ends at the next line or sentence after so many.
_PASSAGE = 600
_WORD = re.compile(r"\w+")
_LIMIT = 5


def reindex(connection: sqlite3.Connection, customer: str) -> Reindexed:
    """Make all passages of a customer anew."""
    connection.execute("DELETE FROM passages WHERE customer = ?", (customer,))
    rows = connection.execute(
        "SELECT collection, id, content FROM entries WHERE customer = ? AND NOT deleted",
        (customer,),
    ).fetchall()
    passages = [
        (passage, customer, row["collection"], row["id"])
        for row in rows
        for passage in _passages(Collection(row["collection"]), row["content"])
    ]
    connection.executemany("INSERT INTO passages VALUES (?, ?, ?, ?)", passages)
    times = connection.execute(
        "INSERT INTO reindexes VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1"
        " RETURNING times",
        (customer,),
    ).fetchone()["times"]
    return Reindexed(passages=len(passages), times=times)


def search(connection: sqlite3.Connection, customer: str, question: str) -> list[Found]:
    """The best passages for the words of a question."""
    words = _WORD.findall(question)
    if not words:
        return []
    rows = connection.execute(
        "SELECT collection, id, passage FROM passages WHERE passages MATCH ? AND customer = ?"
        " ORDER BY rank LIMIT ?",
        (" OR ".join(f'"{word}"' for word in words), customer, _LIMIT),
    ).fetchall()
    return [Found(**row) for row in rows]


def _passages(collection: Collection, content: str) -> Iterator[str]:
    fields = json.loads(content)
    if collection is Collection.FAQS:
        yield f"{fields['question']}\n{fields['answer']}"
        return
    passage = ""
    for piece in re.split(r"(?<=[.!?…])\s+|\n+", fields["text"]):
        passage = f"{passage} {piece}".strip()
        if len(passage) >= _PASSAGE:
            yield passage
            passage = ""
    if passage:
        yield passage
