"""Ids that the gateway has given to what a customer keeps."""

from collections.abc import Sequence
from random import Random
from typing import Any

#: Of a collection that is not emptied now and then.
_MOST = 15


class Known:
    """The ids of the last answers, under any of some names; any may be gone meanwhile."""

    def __init__(self, names: Sequence[str] = ("document_id", "faq_id")) -> None:
        self._names = names
        self._ids: list[str] = []

    def learn(self, document: dict[str, Any] | None) -> None:
        """From an answer, if there was one."""
        for name in self._names:
            given = (document or {}).get(name)
            if given and given not in self._ids:
                self._ids = [*self._ids[-_MOST:], given]

    def one(self, random: Random) -> str | None:
        """One of them."""
        return random.choice(self._ids) if self._ids else None
