"""Calls of the contract: documents and FAQs of a customer."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from chatbot.asking import Asked, asked
from chatbot.index import reindex, search
from chatbot.schemas import (
    MAX_PAGE,
    Answers,
    Applied,
    Changes,
    Collection,
    DocumentBody,
    FaqBody,
    FaqItems,
    Id,
    ItemOutcomes,
    Page,
    Reindexed,
    Removed,
    Source,
    Version,
)
from chatbot.versions import Place

router = APIRouter(prefix="/v1/customers/{customer}")

_Asked = Annotated[Asked, Depends(asked)]
_Id = Annotated[Id, Path()]
_Version = Annotated[Version, Query()]
_Question = Annotated[str, Query(min_length=1, max_length=500)]


@router.put("/documents/{id}", tags=["documents"])
def put_document(asked: _Asked, id: _Id, body: DocumentBody) -> Applied:  # noqa: A002
    """Make this the document's content, from this version on."""
    place, content = asked.place(Collection.DOCUMENTS, id), _content(body)
    return asked.once(Applied, lambda store: store.put(place, body.version, content))


@router.delete("/documents/{id}", tags=["documents"])
def delete_document(asked: _Asked, id: _Id, version: _Version) -> Applied:  # noqa: A002
    """Remove a document, known or not: what is older and comes later is refused."""
    place = asked.place(Collection.DOCUMENTS, id)
    return asked.once(Applied, lambda store: store.delete(place, version))


@router.delete("/documents", tags=["documents"])
def delete_documents(
    asked: _Asked, version: _Version, source: Annotated[Source | None, Query()] = None
) -> Removed:
    """Remove all documents, or those of a source, that are not above the version."""
    customer = asked.customer
    if source is None:
        return asked.once(
            Removed, lambda store: store.delete_all(customer, Collection.DOCUMENTS, version)
        )
    return asked.once(Removed, lambda store: store.delete_by_source(customer, source, version))


@router.put("/faqs/{id}", tags=["faqs"])
def put_faq(asked: _Asked, id: _Id, body: FaqBody) -> Applied:  # noqa: A002
    """Make this the FAQ's content, from this version on."""
    place, content = asked.place(Collection.FAQS, id), _content(body)
    return asked.once(Applied, lambda store: store.put(place, body.version, content))


@router.post("/faqs", tags=["faqs"])
def put_faqs(asked: _Asked, body: FaqItems) -> ItemOutcomes:
    """Up to 500 FAQs at once; each is applied or not, and says so."""
    customer = asked.customer
    items = [(item.id, item.version, _content(item)) for item in body.items]
    return asked.once(
        ItemOutcomes, lambda store: ItemOutcomes(items=store.put_many(customer, items))
    )


@router.delete("/faqs/{id}", tags=["faqs"])
def delete_faq(asked: _Asked, id: _Id, version: _Version) -> Applied:  # noqa: A002
    """Remove a FAQ, known or not: what is older and comes later is refused."""
    place = asked.place(Collection.FAQS, id)
    return asked.once(Applied, lambda store: store.delete(place, version))


@router.delete("/faqs", tags=["faqs"])
def delete_faqs(asked: _Asked, version: _Version) -> Removed:
    """Remove all FAQs that are not above the version."""
    customer = asked.customer
    return asked.once(Removed, lambda store: store.delete_all(customer, Collection.FAQS, version))


# Before the next one, which would take the word for a collection.
@router.get("/journal", tags=["reading"])
def list_changes(asked: _Asked) -> Changes:
    """What was really applied; a version that stands there twice was applied twice."""
    return Changes(items=asked.reading(lambda store: store.changes(asked.customer)))


@router.get("/{collection}", tags=["reading"])
def list_entries(
    asked: _Asked,
    collection: Collection,
    after: Annotated[str, Query(max_length=100)] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> Page:
    """Ids, versions and hashes, in the order of the ids."""
    return asked.reading(lambda store: store.page(asked.customer, collection, after, limit))


@router.get("/{collection}/{id}", tags=["reading"])
def get_entry(asked: _Asked, collection: Collection, id: _Id) -> dict[str, Any]:  # noqa: A002
    """The content of one entry."""
    place = Place(asked.customer, collection, id)
    return asked.reading(lambda store: store.get(place))


@router.post("/reindex", tags=["searching"])
def reindex_customer(asked: _Asked) -> Reindexed:
    """Make what questions are answered from, out of what is there now."""
    return asked.once_over(Reindexed, lambda connection: reindex(connection, asked.customer))


@router.post("/answers", tags=["searching"])
def answer(asked: _Asked, question: Annotated[str, Query(min_length=1, max_length=500)]) -> Answers:
    """The passages that fit best, as of the last reindex."""
    return Answers(
        items=asked.over(lambda connection: search(connection, asked.customer, question))
    )


def _content(body: DocumentBody | FaqBody) -> dict[str, Any]:
    return body.model_dump(mode="json", exclude={"id", "version"})
