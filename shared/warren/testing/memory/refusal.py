"""What an in-memory gateway answers when it does not do as asked (RFC 9457)."""

from collections.abc import Sequence
from typing import Any

from warren.errors import WarrenError


class Refusal(WarrenError):
    """`errors` are pairs of a field and what is wrong with it."""

    def __init__(
        self, status: int, name: str, detail: str, errors: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.name = name
        self.errors = tuple(errors)

    @classmethod
    def at(cls, field: str, message: str, *, status: int = 422, name: str = "invalid") -> "Refusal":
        """The refusal for one field; `message` goes on where its name ends."""
        return cls(status, name, f"{field} {message}", [(field, message)])

    def below(self, place: str) -> "Refusal":
        """The same, told of a part of the body."""
        if not self.errors:
            return self
        errors = [(f"{place}.{field}", message) for field, message in self.errors]
        return Refusal(self.status, self.name, f"{place}.{self}", errors)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "type": f"urn:warren:problem:{self.name}",
            "title": self.name.replace("-", " ").capitalize(),
            "status": self.status,
            "detail": str(self),
            "errors": [{"field": field, "message": message} for field, message in self.errors],
        }
