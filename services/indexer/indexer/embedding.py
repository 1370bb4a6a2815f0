"""Vectors for what the index has as text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from indexer.documents import content_key, embedded_text
from indexer.errors import IndexUnavailable
from indexer.ports import (
    DocumentWrite,
    Embedded,
    Embedder,
    Outcome,
    StoredDocument,
    Vector,
    VectorCache,
)
from indexer.service import Target
from warren.contracts.catalogue import MAX_FAILURE_REASON, ItemFailure
from warren.observability.caches import cache_numbers

#: Texts between two looks whether the job is still wanted.
_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class VectorCounts:
    """`made` by the embedder, `known` from the cache, `skipped` because the item has moved on.

    The index has `refused` some of those that were made or known.
    """

    made: int
    known: int
    skipped: int
    refused: list[ItemFailure]


def embed(
    target: Target,
    versions: Mapping[str, int],
    embedder: Embedder,
    cache: VectorCache,
    progress: Callable[[float, str], None],
) -> VectorCounts:
    """Give each item its vector if the index still has it in the version that is named.

    Raises what embedder, cache and index raise; what was embedded before that is kept.
    """
    held = target.index.read(target.kind, target.customer_id, list(versions))
    wanted = [document for document in held.values() if _is_wanted(document, versions)]
    texts = {document.id: embedded_text(document.item or {}) for document in wanted}
    keys = {name: content_key(embedder.model, text) for name, text in texts.items()}
    known = cache.get(sorted(set(keys.values())))
    looked_up = len(set(keys.values()))
    cache_numbers().looked("vectors", hits=len(known), misses=looked_up - len(known))
    missing = {keys[name]: text for name, text in texts.items() if keys[name] not in known}
    vectors = {**known, **_made(missing, embedder, cache, progress)}
    writes = [
        _write(target, document, Embedded(vectors[keys[document.id]], embedder.model))
        for document in wanted
    ]
    refused = _apply(target, writes)
    known_count, skipped = len(wanted) - len(missing), len(versions) - len(wanted)
    return VectorCounts(len(missing), known_count, skipped, refused)


def _is_wanted(document: StoredDocument, versions: Mapping[str, int]) -> bool:
    moved_on = document.version != versions[document.id]
    return not (moved_on or document.has_vector or document.item is None)


def _made(
    missing: Mapping[str, str],
    embedder: Embedder,
    cache: VectorCache,
    progress: Callable[[float, str], None],
) -> dict[str, Vector]:
    made: dict[str, Vector] = {}
    pending = list(missing.items())
    for begin in range(0, len(pending), _AT_ONCE):
        some = pending[begin : begin + _AT_ONCE]
        vectors = embedder.passages([text for _, text in some])
        fresh = {key: vector for (key, _), vector in zip(some, vectors, strict=True)}
        cache.put(fresh)
        made |= fresh
        progress(99 * len(made) / len(pending), f"{len(made)} of {len(pending)} texts")
    return made


def _write(target: Target, document: StoredDocument, embedded: Embedded) -> DocumentWrite:
    item: Any = document.item
    return DocumentWrite(target.customer_id, document.id, document.version, item, embedded)


def _apply(target: Target, writes: Sequence[DocumentWrite]) -> list[ItemFailure]:
    outcomes = target.index.write(target.kind, writes)
    late = sum(outcome.outcome is Outcome.POSTPONED for outcome in outcomes)
    if late:
        raise IndexUnavailable(f"the index had no time for {late} of {len(writes)} vectors")
    return [
        ItemFailure(
            id=write.id,
            entity_version=write.version,
            field=outcome.field,
            reason=outcome.reason[:MAX_FAILURE_REASON],
        )
        for write, outcome in zip(writes, outcomes, strict=True)
        if outcome.outcome is Outcome.REFUSED
    ]
