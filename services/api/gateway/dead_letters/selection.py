"""Which dead letters are meant."""

from typing import Annotated, Any, Literal, LiteralString
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Source = Literal[
    "exhausted",
    "permanent",
    "crashed",
    "lost",
    "delivery_limit",
    "undecodable",
    "unknown_kind",
]
# PostgreSQL stores no NUL.
Text = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[^\x00]*$")]

_CONDITIONS: dict[str, LiteralString] = {
    "queue": "d.queue = %(queue)s",
    "kind": "d.kind = %(kind)s",
    "source": "d.source = %(source)s",
    "cause": "d.cause = %(cause)s",
    "customer_id": "d.customer_id = %(customer_id)s",
    "since": "d.recorded_at >= %(since)s",
    "until": "d.recorded_at < %(until)s",
}


class LetterFilter(BaseModel):
    """All that is given must hold; `since` is included, `until` is not."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    queue: Text | None = None
    kind: Text | None = None
    source: Source | None = None
    cause: Text | None = None
    customer_id: UUID | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it means every letter there is."""
        return not self.model_dump(exclude_none=True)

    def conditions(self) -> tuple[list[LiteralString], dict[str, Any]]:
        """Conditions on `dead_letters d`, and the values that they name."""
        values = self.model_dump(exclude_none=True)
        return [_CONDITIONS[name] for name in values], values
