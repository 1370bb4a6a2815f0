"""Which rows of a queue are published next: fairly between callers, within every limit."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import Connection

from gateway.limits.admission import Admission, admit
from gateway.limits.rules import Rules
from gateway.relaying.claims import select_rows
from gateway.relaying.due_row import DueRow
from gateway.relaying.fairness import Allotment, Share
from gateway.relaying.queue_state import QueueState
from gateway.relaying.scanning import Heap, look
from gateway.relaying.unreadable import UnreadableClaim, is_rows_fault
from warren.contracts.limit_key import LimitKey, kind_of

#: Seconds until room, starts or another relay's decision are looked for again.
SOON = 0.05


@dataclass(frozen=True, slots=True)
class Choice:
    """Locked rows, and what there is to know about those that were not chosen."""

    rows: list[DueRow]
    admission: Admission
    #: Whether more rows may be chosen at once.
    more: bool
    #: In how many seconds something may change by itself, if nothing was chosen; None: no telling.
    next_in: float | None


def choose_rows(
    connection: Connection[Any], queue: str, most: int, state: QueueState, rules: Rules
) -> Choice:
    """Lock `most` due rows at most, within the caller's transaction.

    Raises UnreadableClaim if what some row holds cannot be read, psycopg.Error if there is no
    reading at all.
    """
    heaps = look(connection, queue, state.place)
    due = [heap for heap in heaps if heap.due_in <= 0]
    admission = _admission(connection, due, rules)
    shares = [_share(heap, admission) for heap in due]
    allotments = state.shares.allot(shares, most, dict(admission.budgets))
    rows = _select(connection, queue, allotments) if allotments else []
    weights = {share.customer_id: share.weight for share in shares}
    state.shares.charge(Counter(row.customer_id for row in rows), weights)
    more = not state.place.is_start if not rows else _is_any_filled(allotments, rows)
    return Choice(_interleaved(rows, weights), admission, more, _next_in(heaps, shares, admission))


def _select(
    connection: Connection[Any], queue: str, allotments: Sequence[Allotment]
) -> list[DueRow]:
    try:
        return select_rows(connection, queue, allotments)
    except Exception as error:
        if is_rows_fault(error):
            raise UnreadableClaim(allotments, error) from error
        raise


def _admission(connection: Connection[Any], due: Sequence[Heap], rules: Rules) -> Admission:
    keys = {LimitKey.parse(heap.limit_key) for heap in due if heap.limit_key}
    if not keys:
        return Admission()
    kinds = {kind_of(key.bucket or key.group) for key in keys}
    return admit(connection, keys, rules.of(connection, kinds))


def _share(heap: Heap, admission: Admission) -> Share:
    limits = admission.limits(LimitKey.parse(heap.limit_key)) if heap.limit_key else ()
    return Share(heap.customer_id, heap.weight, heap.limit_key, tuple(limits))


def _is_any_filled(allotments: Sequence[Allotment], rows: Sequence[DueRow]) -> bool:
    counts = Counter((row.customer_id, row.limit_key) for row in rows)
    return any(counts[a.share.customer_id, a.share.limit_key] == a.most for a in allotments)


def _next_in(heaps: Sequence[Heap], shares: Sequence[Share], admission: Admission) -> float | None:
    waits = [heap.due_in for heap in heaps if heap.due_in > 0]
    if admission.buckets:
        tokens_in = admission.next_in()
        waits.append(SOON if tokens_in is None else tokens_in)
    if any(not share.limits for share in shares):  # rows that another relay holds
        waits.append(SOON)
    return min(waits, default=None)


def _interleaved(rows: list[DueRow], weights: dict[UUID, int]) -> list[DueRow]:
    """The rows in the order in which fair turns would have taken them."""
    if len(weights) < 2:
        return rows
    taken: Counter[UUID] = Counter()
    turns = []
    for row in rows:
        taken[row.customer_id] += 1
        turns.append(taken[row.customer_id] / weights[row.customer_id])
    return [row for _, row in sorted(zip(turns, rows, strict=True), key=lambda pair: pair[0])]
