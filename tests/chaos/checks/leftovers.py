"""At rest nothing waits, nothing is on its way, and nothing was set aside."""

from collections.abc import Iterator

from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Evidence

#: Processes say that they are alive until the last one stops; nobody reads the very last words.
_LAST_WORDS = {"warren.control": 20}


def nothing_is_on_its_way(evidence: Evidence) -> Iterator[Violation]:
    """Outbox and custody are empty."""
    for row in evidence.live:
        yield Violation(
            f"left in {row.table}", f"generation {row.generation}, dispatch {row.dispatch}",
            row.task,
        )  # fmt: skip


def queues_are_empty(evidence: Evidence) -> Iterator[Violation]:
    """No message waits in the broker."""
    for queue, depth in evidence.queues.items():
        if depth > _LAST_WORDS.get(queue, 0):
            yield Violation("messages left", f"{depth} messages in {queue}")


def nothing_is_quarantined(evidence: Evidence) -> Iterator[Violation]:
    """The recorder could record all that it read."""
    for item in evidence.quarantined:
        yield Violation("quarantined status", f"{item.error:.300}: {item.body:.500}")
