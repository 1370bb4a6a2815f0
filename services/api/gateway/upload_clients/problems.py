"""What is wrong with the form of an upload client, in the shape that it knows."""

from collections.abc import Iterable

import orjson
from starlette.responses import Response

from gateway.problems import FieldError, Problem


class BadForm(Problem):
    """The form cannot become a task; `details` are messages by the form's fields."""

    status, name, title = 400, "bad-form", "Invalid input"

    def __init__(self, errors: Iterable[FieldError]) -> None:
        named = [FieldError(error.field or "form", error.message) for error in errors]
        self.details: dict[str, list[str]] = {}
        for error in named:
            self.details.setdefault(error.field, []).append(error.message)
        said = "; ".join(f"{field}: {told[0]}" for field, told in self.details.items())
        super().__init__(said, errors=named)

    @classmethod
    def at(cls, field: str, message: str, **extensions: object) -> "BadForm":
        """The problem of one field."""
        return cls([FieldError(field, message)])

    def response(self, instance: str) -> Response:
        """`{"error": "Invalid input", "details": …}`."""
        body = orjson.dumps({"error": self.title, "details": self.details})
        return Response(body, self.status, media_type="application/json")

    @classmethod
    def of_nothing(cls, problem: Problem) -> "BadForm":
        """That `parameters` name what the caller does not have."""
        form = cls.of(problem)
        form.status = problem.status
        return form

    @classmethod
    def of(cls, problem: Problem) -> "BadForm":
        """What another problem says of the same form."""
        return cls(problem.errors or [FieldError("form", problem.detail)])
