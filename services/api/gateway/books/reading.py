"""Books over HTTP: lists, one of them, its plan, chapters, descriptions, locations and file."""

from enum import StrEnum
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from gateway.authentication import Caller, requires
from gateway.books.cursors import place_after, place_cursor, score_after, score_cursor
from gateway.books.problems import NotRead
from gateway.books.queries import BookQueries, DescriptionFilter
from gateway.books.schemas import (
    BookList,
    BookView,
    ChapterList,
    ChapterText,
    DescriptionList,
    PlanView,
)
from gateway.books.serving import book_file, locations_file
from gateway.books.texts import chapter_text
from gateway.books.views import (
    book_view,
    chapter_view,
    description_view,
    plan_view,
)
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.paging import Limit, Search, by_id, cut, id_below, like_pattern
from warren.contracts.book_results import LocationsFile
from warren.contracts.books import MAX_CHAPTERS
from warren.contracts.descriptions import DescriptionType

router = APIRouter(prefix="/api/v1/books", tags=["books"])

Reader = Annotated[Caller, Depends(requires(Scope.TASKS_READ))]
App = Annotated[Gateway, Depends(gateway_of)]
Score = Annotated[float | None, Query(ge=0, le=100)]


class Order(StrEnum):
    """How a list of descriptions is sorted: by where they stand, or the best first."""

    PLACE = "place"
    SCORE = "score"


@router.get("")
async def list_books(
    caller: Reader,
    gateway: App,
    search: Search = None,
    cursor: str | None = None,
    limit: Limit = 50,
) -> BookList:
    """One's own books, newest first; `search` looks into title, author and file name."""
    rows = await BookQueries(gateway.pool).page(
        caller.customer_id, like_pattern(search), id_below(cursor), limit + 1
    )
    shown, more = cut(rows, limit, by_id)
    return BookList(items=[book_view(row) for row in shown], next_cursor=more)


@router.get("/{book_id}")
async def get_book(book_id: UUID, caller: Reader, gateway: App) -> BookView:
    """A book: what it is, how far it has got, counts and timings."""
    return book_view(await BookQueries(gateway.pool).one(caller.customer_id, book_id))


@router.get("/{book_id}/plan")
async def get_plan(book_id: UUID, caller: Reader, gateway: App) -> PlanView:
    """Which chapters are analysed, and how long that is expected to take."""
    return await plan_view(gateway, caller.customer_id, book_id)


@router.get("/{book_id}/chapters")
async def list_chapters(book_id: UUID, caller: Reader, gateway: App) -> ChapterList:
    """All chapters of the book in their order, without their texts."""
    queries = BookQueries(gateway.pool)
    await queries.one(caller.customer_id, book_id)
    rows = await queries.chapters(book_id)
    return ChapterList(book_id=book_id, items=[chapter_view(row) for row in rows])


@router.get("/{book_id}/chapters/{number}", response_model=ChapterText)
async def get_chapter(
    book_id: UUID,
    number: Annotated[int, Path(ge=1, le=MAX_CHAPTERS)],
    caller: Reader,
    gateway: App,
) -> Response:
    """A chapter with its text."""
    queries = BookQueries(gateway.pool)
    await queries.one(caller.customer_id, book_id)
    row = await queries.chapter(book_id, number)
    return await chapter_text(gateway, caller.customer_id, row)


@router.get("/{book_id}/descriptions")
async def list_descriptions(
    book_id: UUID,
    caller: Reader,
    gateway: App,
    chapter: Annotated[int | None, Query(ge=1, le=MAX_CHAPTERS)] = None,
    type: DescriptionType | None = None,  # noqa: A002 -- the name of the parameter
    min_score: Score = None,
    max_score: Score = None,
    order: Order = Order.PLACE,
    cursor: str | None = None,
    limit: Limit = 50,
) -> DescriptionList:
    """The descriptions that were found, by their place in the book or the best first."""
    queries = BookQueries(gateway.pool)
    await queries.one(caller.customer_id, book_id)
    chosen = DescriptionFilter(chapter, type, min_score, max_score)
    if order is Order.SCORE:
        rows = await queries.by_score(book_id, chosen, score_after(cursor), limit + 1)
    else:
        rows = await queries.by_place(book_id, chosen, place_after(cursor), limit + 1)
    shown, more = cut(rows, limit, partial(_cursor, order))
    items = [description_view(row) for row in shown]
    return DescriptionList(book_id=book_id, items=items, next_cursor=more)


@router.get("/{book_id}/locations", response_model=LocationsFile)
async def list_locations(book_id: UUID, request: Request, caller: Reader, gateway: App) -> Response:
    """The reading positions, as EPUB CFIs, in the order of the book."""
    book = await BookQueries(gateway.pool).one(caller.customer_id, book_id)
    if book["locations_id"] is None:
        raise NotRead(f"book {book_id} has no locations yet: it is {book['shown_state']}")
    return await locations_file(request, gateway, book)


@router.head("/{book_id}/file", include_in_schema=False)
@router.get(
    "/{book_id}/file",
    response_class=Response,
    responses={200: {"content": {"application/epub+zip": {}}}, 206: {}, 304: {}},
)
async def get_file(book_id: UUID, request: Request, caller: Reader, gateway: App) -> Response:
    """The book's file as it was uploaded, or the part that a Range header asks for.

    While it is cached, whoever takes gzip gets the compressed copy, where compressing pays.
    """
    book = await BookQueries(gateway.pool).one(caller.customer_id, book_id)
    return await book_file(request, gateway, book)


def _cursor(order: Order, row: dict[str, Any]) -> str:
    if order is Order.SCORE:
        return score_cursor(row["score"], row["description_id"])
    return place_cursor(row["chapter"], row["start"], row["description_id"])
