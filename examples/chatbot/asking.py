"""What every call of a customer's routes has: its customer, its key, its transaction."""

import sqlite3
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Header, Path, Request, Response
from pydantic import BaseModel

from chatbot.answers import fingerprint, recall, remember
from chatbot.database import Database
from chatbot.schemas import Collection, Id
from chatbot.store import Store
from chatbot.versions import Place

AnswerT = TypeVar("AnswerT", bound=BaseModel)
T = TypeVar("T")

_Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="The same call again, with the same key, gets the first one's answer.",
    ),
]


class Asked:
    """A call on behalf of one customer."""

    def __init__(
        self, database: Database, customer: str, key: str | None, request: str, response: Response
    ) -> None:
        self._database = database
        self.customer = customer
        self._key = key
        self._request = request
        self._response = response

    def place(self, collection: Collection, id_: str) -> Place:
        """Where an entry of this customer stands."""
        return Place(self.customer, collection, id_)

    def over(self, act: Callable[[sqlite3.Connection], T]) -> T:
        """What `act` returns, in a transaction."""
        with self._database.transaction() as connection:
            return act(connection)

    def reading(self, act: Callable[[Store], T]) -> T:
        """What `act` finds."""
        return self.over(lambda connection: act(Store(connection)))

    def once(self, answer: type[AnswerT], act: Callable[[Store], AnswerT]) -> AnswerT:
        """What `act` returns, or has returned to the same call before."""
        return self.once_over(answer, lambda connection: act(Store(connection)))

    def once_over(
        self, answer: type[AnswerT], act: Callable[[sqlite3.Connection], AnswerT]
    ) -> AnswerT:
        """As `once`; change and answer are kept together."""
        if self._key is None:
            return self.over(act)
        with self._database.transaction() as connection:
            known = recall(connection, self.customer, self._key, self._request)
            if known is not None:
                self._response.headers["Idempotency-Replayed"] = "true"
                return answer.model_validate(known)
            made = act(connection)
            document = made.model_dump(mode="json")
            remember(connection, self.customer, self._key, self._request, document)
            return made


async def asked(
    request: Request,
    response: Response,
    customer: Annotated[Id, Path()],
    idempotency_key: _Key = None,
) -> Asked:
    """A dependency of the routes."""
    target = f"{request.url.path}?{request.url.query}"
    print_ = fingerprint(request.method, target, await request.body())
    return Asked(request.app.state.database, customer, idempotency_key, print_, response)
