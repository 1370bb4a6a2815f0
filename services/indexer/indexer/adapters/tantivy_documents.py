"""How documents lie in the embedded index."""

from typing import Any
from uuid import UUID

import numpy as np
import orjson
import tantivy

from indexer.documents import searchable
from indexer.ports import DocumentWrite, StoredDocument, Vector

#: A changed schema is another folder.
SCHEMA_VERSION = 1
TOKENIZER = "terms"


def make_schema() -> tantivy.Schema:
    """The fields of a document; of the item nothing is interpreted that has no field here."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("key", stored=True, tokenizer_name="raw", index_option="basic")
    for field in ("customer_id", "category", "currency", "tags", "vector_model"):
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("rank", stored=True, indexed=True, fast=True)
    builder.add_unsigned_field("version", indexed=True, fast=True)
    builder.add_boolean_field("deleted", stored=True, indexed=True)
    for field in ("name", "text"):
        builder.add_text_field(field, tokenizer_name=TOKENIZER, index_option="freq")
    builder.add_float_field("price", indexed=True, fast=True)
    builder.add_bytes_field("item", stored=True)
    builder.add_bytes_field("vector", stored=True)
    return builder.build()


def register_tokenizer(index: tantivy.Index) -> None:
    """Terms are made by us; the index only takes them apart. Needed after each opening."""
    words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer(TOKENIZER, words)


def key_of(customer_id: UUID, item_id: str) -> str:
    """One document for each id of a customer."""
    return f"{customer_id}/{item_id}"


def document(write: DocumentWrite) -> tantivy.Document:
    """Raises TypeError or ValueError if the item cannot be kept."""
    made = tantivy.Document()
    made.add_text("key", key_of(write.customer_id, write.id))
    made.add_text("customer_id", str(write.customer_id))
    made.add_unsigned("rank", write.rank)
    made.add_unsigned("version", write.version)
    made.add_boolean("deleted", write.item is None)
    if write.item is None:
        return made
    found = searchable(write.item)
    made.add_bytes("item", orjson.dumps(write.item))
    made.add_text("name", found.name)
    made.add_text("text", found.text)
    for field in ("category", "currency"):
        if (value := getattr(found, field)) is not None:
            made.add_text(field, value)
    for word in found.tags:
        made.add_text("tags", word)
    if found.price is not None:
        made.add_float("price", found.price)
    if write.embedded is not None:
        made.add_bytes("vector", write.embedded.vector.astype(np.float32).tobytes())
        made.add_text("vector_model", write.embedded.model)
    return made


def stored(document: tantivy.Document) -> StoredDocument:
    """Read back."""
    rank = int(document.get_first("rank") or 0)
    gone = bool(document.get_first("deleted"))
    return StoredDocument(
        id=str(document.get_first("key")).partition("/")[2],
        version=rank // 2,
        item=None if gone else item_of(document),
        has_vector=bool(rank % 2),
    )


def item_of(document: tantivy.Document) -> dict[str, Any]:
    """The item as it was written."""
    item: dict[str, Any] = orjson.loads(document.get_first("item") or b"{}")
    return item


def vector_of(document: tantivy.Document) -> Vector:
    """Of a document that has one."""
    return np.frombuffer(document.get_first("vector") or b"", np.float32)
