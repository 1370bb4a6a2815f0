"""What a client asks for, as it means it; times in seconds."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Ask:
    """One task, and what the client does about it afterwards."""

    kind: str
    payload: dict[str, Any]
    lane: str | None = None
    delay: float | None = None
    expires_in: float | None = None
    unique_key: str | None = None
    #: On whose behalf: bulk actions mean the tasks of one user.
    user: str | None = None
    #: Whether all tries carry one Idempotency-Key.
    keyed: bool = False
    #: When to cancel it, and when to retry it, after the yes.
    cancel_after: float | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class AskTogether:
    """Many tasks in one request, all of which are accepted or none."""

    items: tuple[Ask, ...]
    keyed: bool = False


@dataclass(frozen=True, slots=True)
class AskBatch:
    """A batch with its members, of which the request that opens it brings `first`.

    Without a label no callback follows.
    """

    items: tuple[Ask, ...]
    first: int
    label: str | None
    keyed: bool = False
    cancel_after: float | None = None
    retry_after: float | None = None

    @property
    def is_in_parts(self) -> bool:
        """Whether other requests bring more members, until which the batch waits."""
        return self.first < len(self.items)


AnyAsk = Ask | AskTogether | AskBatch
