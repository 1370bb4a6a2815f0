"""Pictures over HTTP: lists, and one of them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from gateway.authentication import Caller, requires
from gateway.books.queries import BookQueries
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.images.queries import ImageFilter, ImageQueries
from gateway.images.schemas import ImageList, ImageView
from gateway.paging import Limit, by_id, cut, id_below

router = APIRouter(prefix="/api/v1", tags=["images"])

Reader = Annotated[Caller, Depends(requires(Scope.TASKS_READ))]
App = Annotated[Gateway, Depends(gateway_of)]
_Word = Annotated[str | None, Query(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


@router.get("/images")
async def list_images(
    caller: Reader,
    gateway: App,
    book_id: UUID | None = None,
    description_id: UUID | None = None,
    task_id: UUID | None = None,
    user_id: _Word = None,
    kind: _Word = None,
    cursor: str | None = None,
    limit: Limit = 50,
) -> ImageList:
    """One's own pictures, newest first, as long as their files are kept."""
    chosen = ImageFilter(book_id, description_id, task_id, user_id, kind)
    return await _page(gateway, caller, chosen, cursor, limit)


@router.get("/books/{book_id}/images")
async def list_images_of_a_book(
    book_id: UUID, caller: Reader, gateway: App, cursor: str | None = None, limit: Limit = 50
) -> ImageList:
    """The pictures of one's own book, newest first."""
    await BookQueries(gateway.pool).one(caller.customer_id, book_id)
    return await _page(gateway, caller, ImageFilter(book_id=book_id), cursor, limit)


@router.get("/images/{image_id}")
async def get_image(image_id: UUID, caller: Reader, gateway: App) -> ImageView:
    """One picture, with links to its files."""
    row = await ImageQueries(gateway.pool).one(caller.customer_id, image_id)
    return ImageView.of(row, gateway.links)


async def _page(
    gateway: Gateway, caller: Caller, chosen: ImageFilter, cursor: str | None, limit: int
) -> ImageList:
    below = id_below(cursor)
    rows = await ImageQueries(gateway.pool).page(caller.customer_id, chosen, below, limit + 1)
    shown, more = cut(rows, limit, by_id)
    return ImageList(items=[ImageView.of(row, gateway.links) for row in shown], next_cursor=more)
