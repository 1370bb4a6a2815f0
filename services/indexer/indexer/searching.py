"""Searches by words, by meaning and by both."""

import time
from collections.abc import Callable, Sequence

from indexer.analysis import terms
from indexer.errors import QuestionNotUnderstood
from indexer.highlights import Highlighter
from indexer.ports import CatalogueIndex, Embedded, Embedder, Found, Hit, Scope
from warren.contracts.catalogue_item import EntityKind
from warren.contracts.search import SearchHit, SearchMode, SearchPage, SearchRequest

#: Ranks are fused as 1 / (60 + rank) (Cormack, Clarke and Büttcher, SIGIR 2009).
_FUSION = 60
#: Hits of each kind that are fused, at least.
_FUSED = 100

#: Makes the embedder for a question; called only when it is needed.
ForQuestion = Callable[[], Embedder]


def search(
    index: CatalogueIndex, kind: EntityKind, request: SearchRequest, embedder: ForQuestion
) -> SearchPage:
    """One page. Raises QuestionNotUnderstood, and what index and embedder raise."""
    began = time.perf_counter()
    scope = Scope(request.customer_id, request.floor, request.filters)
    words = terms(request.q)
    if request.mode is SearchMode.TEXT:
        found = _by_words(index, kind, scope, request, words)
    else:
        found = _by_meaning(index, kind, scope, request, words, embedder)
    highlighter = Highlighter(words)
    return SearchPage(
        hits=[_shown(hit, highlighter) for hit in found.hits],
        total=found.total,
        mode=request.mode,
        limit=request.limit,
        offset=request.offset,
        took_ms=round(1000 * (time.perf_counter() - began), 2),
    )


def fused(rankings: Sequence[Sequence[Hit]]) -> list[Hit]:
    """One ranking out of several; what stands high in many of them comes first."""
    scores: dict[str, float] = {}
    hits: dict[str, Hit] = {}
    for ranking in rankings:
        for rank, hit in enumerate(ranking, start=1):
            scores[hit.id] = scores.get(hit.id, 0.0) + 1 / (_FUSION + rank)
            hits.setdefault(hit.id, hit)
    order = sorted(scores, key=lambda name: (-scores[name], -hits[name].version))
    return [
        Hit(name, hits[name].version, round(scores[name], 6), hits[name].item) for name in order
    ]


def _by_words(
    index: CatalogueIndex,
    kind: EntityKind,
    scope: Scope,
    request: SearchRequest,
    words: Sequence[str],
) -> Found:
    if request.q.strip() and not words:
        return Found([], 0)  # signs only: nothing has them
    return index.search_words(kind, scope, words, request.limit, request.offset)


def _by_meaning(
    index: CatalogueIndex,
    kind: EntityKind,
    scope: Scope,
    request: SearchRequest,
    words: Sequence[str],
    embedder: ForQuestion,
) -> Found:
    if not request.q.strip():
        raise QuestionNotUnderstood("a search by meaning needs a question", field="q")
    end = request.offset + request.limit
    window = end if request.mode is SearchMode.SEMANTIC else max(_FUSED, end)
    model = embedder()
    near = index.search_near(kind, scope, Embedded(model.question(request.q), model.model), window)
    if request.mode is SearchMode.SEMANTIC:
        return Found(near.hits[request.offset : end], near.total)
    spelt = index.search_words(kind, scope, words, window, 0) if words else Found([], 0)
    together = fused([spelt.hits, near.hits])
    return Found(together[request.offset : end], max(spelt.total, len(together)))


def _shown(hit: Hit, highlighter: Highlighter) -> SearchHit:
    return SearchHit(
        id=hit.id,
        entity_version=hit.version,
        score=hit.score,
        item=dict(hit.item),
        highlights=highlighter.highlights(hit.item),
    )
