"""Reads catalogues, documents and FAQs: the gateway's tables, the index, the chatbot's database."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import tantivy

from tests.chaos.evidence.services import Applied, Floor, Kept, ServiceEvidence, Write
from tests.chaos.journal import read_journal
from tests.chaos.plan import ChaosFolder

_ITEMS = """
SELECT customer_id::text, entity_kind, id, version, CASE WHEN NOT deleted THEN item END,
    indexed_version
FROM catalogue_items
"""
_FLOORS = "SELECT customer_id::text, entity_kind, floor, indexed_floor FROM catalogue_floors"
_ENTITIES = """
SELECT s.customer_id::text, CASE s.entity WHEN 'faq' THEN 'faqs' ELSE 'documents' END,
    s.entity_id::text, s.desired_version,
    CASE WHEN NOT s.deleted THEN
        CASE s.entity WHEN 'faq' THEN json_build_object('question', f.question, 'answer', f.answer)
        ELSE json_build_object('source', d.source) END END,
    s.synced_version, s.state, a.sha256
FROM syncs s LEFT JOIN faqs f ON f.id = s.entity_id LEFT JOIN documents d ON d.id = s.entity_id
    LEFT JOIN artifacts a ON a.id = d.text_id
WHERE s.entity IN ('document', 'faq')
"""
_SCOPES = """
SELECT customer_id::text, entity, entity_id::text, desired_version, NULL, synced_version, state
FROM syncs WHERE entity NOT IN ('document', 'faq')
"""
_TOLD = "SELECT customer, collection, id, version, content FROM entries"
_APPLIED = "SELECT customer, collection, id, version, operation FROM changes"


def read_services(folder: ChaosFolder, database_url: str) -> ServiceEvidence:
    """All of it, of a run that is at rest."""
    with psycopg.connect(database_url, connect_timeout=10) as connection:
        told, applied = _chatbot(folder.chatbot)
        return ServiceEvidence(
            writes=read_writes(folder.client_log),
            items=[Kept(*row) for row in connection.execute(_ITEMS)],
            floors=[Floor(*row) for row in connection.execute(_FLOORS)],
            indexed=list(_indexed(folder.index)),
            entities=[Kept(*row) for row in connection.execute(_ENTITIES)],
            scopes=[Kept(*row) for row in connection.execute(_SCOPES)],
            told=told,
            applied=applied,
        )


def read_writes(path: Path) -> list[Write]:
    """The clients' log; what has no answer counts as unknown."""
    writes: dict[int, Write] = {}
    for line in read_journal(path):
        if line["event"] == "write":
            names = ("customer", "collection", "action", "id", "content")
            writes[line["write"]] = Write(line["write"], *(line[name] for name in names))
        elif line["event"] == "written":
            number, told = line["write"], line["told"] or {}
            writes[number] = replace(writes[number], code=line["code"], told=told)
    return list(writes.values())


def _indexed(folder: Path) -> Iterator[Kept]:
    """Every document of every kind, as it lies on disk."""
    for path in sorted(folder.glob("*-v*/meta.json")):
        searcher = tantivy.Index.open(str(path.parent)).searcher()
        found = searcher.search(tantivy.Query.all_query(), max(1, searcher.num_docs), count=False)
        for _, address in found.hits:
            yield _document(path.parent.name.partition("-")[0], searcher.doc(address))


def _document(kind: str, document: Any) -> Kept:
    """Its rank is twice the version, and one more with a vector."""
    customer, _, name = str(document.get_first("key")).partition("/")
    item = None
    if not document.get_first("deleted"):
        item = json.loads(bytes(document.get_first("item")))
    return Kept(customer, kind, name, int(document.get_first("rank")) // 2, item)


def _chatbot(path: Path) -> tuple[list[Kept], list[Applied]]:
    if not path.exists():
        return [], []
    with closing(sqlite3.connect(path)) as connection:
        told = [_told(*row) for row in connection.execute(_TOLD)]
        return told, [Applied(*row) for row in connection.execute(_APPLIED)]


def _told(customer: str, collection: str, name: str, version: int, content: str | None) -> Kept:
    if content is None:
        return Kept(customer, collection, name, version, None)
    said = json.loads(content)
    text = said.get("text")
    digest = hashlib.sha256(text.encode()).hexdigest() if text is not None else None
    return Kept(customer, collection, name, version, said, hash=digest)
