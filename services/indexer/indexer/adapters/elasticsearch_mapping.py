"""How documents lie in Elasticsearch: nothing in an item can ever contradict the mapping."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from indexer.documents import searchable
from indexer.ports import DIMENSIONS, DocumentWrite
from warren.contracts.catalogue_item import EntityKind

#: A changed mapping is a new version of the index, filled beside the old one.
MAPPING_VERSION = 1
_KEYWORD = {"type": "keyword"}
_TERMS = {"type": "text", "analyzer": "whitespace"}

_DOCUMENTS: Mapping[str, Any] = {
    "dynamic": "strict",
    # What searches give back; the rest can be made from it again.
    "_source": {"includes": ["id", "version", "deleted", "item", "vector_model"]},
    "properties": {
        "customer_id": _KEYWORD,
        "id": _KEYWORD,
        "version": {"type": "long"},
        "deleted": {"type": "boolean"},
        "name": _TERMS,
        "text": _TERMS,
        "category": _KEYWORD,
        "currency": _KEYWORD,
        "price": {"type": "double"},
        "tags": _KEYWORD,
        "vector": {
            "type": "dense_vector",
            "dims": DIMENSIONS,
            "index": True,
            "similarity": "cosine",
        },
        "vector_model": _KEYWORD,
        # Kept as it is and never parsed.
        "item": {"type": "object", "enabled": False},
    },
}
_VECTORS: Mapping[str, Any] = {
    "dynamic": "strict",
    "properties": {"vector": {"type": "binary"}},
}


def alias_of(prefix: str, kind: EntityKind) -> str:
    """What reads and writes name; it stands for one version of the index."""
    return f"{prefix}-{kind.value}"


def versioned(alias: str) -> str:
    """The index of today's mapping."""
    return f"{alias}-v{MAPPING_VERSION}"


def vectors_alias(prefix: str) -> str:
    """The same for kept vectors."""
    return f"{prefix}-vectors"


def index_body(alias: str, refresh_seconds: float, *, vectors: bool = False) -> dict[str, Any]:
    """What an index is made with."""
    return {
        "mappings": dict(_VECTORS if vectors else _DOCUMENTS),
        "settings": {
            "refresh_interval": f"{round(refresh_seconds * 1000)}ms",
            "auto_expand_replicas": "0-1",
        },
        "aliases": {alias: {"is_write_index": True}},
    }


def document_id(customer_id: UUID, item_id: str) -> str:
    """One document for each id of a customer."""
    return f"{customer_id}/{item_id}"


def bulk_lines(write: DocumentWrite) -> bytes:
    """The two lines of a bulk request that apply the write unless something newer is there."""
    action = {
        "index": {
            "_id": document_id(write.customer_id, write.id),
            "routing": str(write.customer_id),
            "version": write.rank,
            "version_type": "external",
        }
    }
    return (
        orjson.dumps(action)
        + b"\n"
        + orjson.dumps(document(write), option=orjson.OPT_SERIALIZE_NUMPY)
    )


def document(write: DocumentWrite) -> dict[str, Any]:
    """As Elasticsearch takes it."""
    base: dict[str, Any] = {
        "customer_id": str(write.customer_id),
        "id": write.id,
        "version": write.version,
        "deleted": write.item is None,
    }
    if write.item is None:
        return base
    found = searchable(write.item)
    base |= {"name": found.name, "text": found.text, "tags": found.tags, "item": write.item}
    for field in ("category", "currency", "price"):
        if (value := getattr(found, field)) is not None:
            base[field] = value
    if write.embedded is not None:
        base |= {"vector": write.embedded.vector, "vector_model": write.embedded.model}
    return base
