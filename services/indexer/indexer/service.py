"""The business of the indexer: writes that reach the index once and in their order."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from indexer.errors import BulkNotReadable, DocumentRefused, IndexUnavailable
from indexer.lines import Entry, Judged
from indexer.ports import CatalogueIndex, DocumentWrite, Outcome, WriteOutcome
from warren.contracts.catalogue import (
    MAX_DESCRIBED_FAILURES,
    MAX_FAILURE_REASON,
    CatalogueResult,
    ItemFailure,
)
from warren.contracts.catalogue_item import EntityKind

#: Lines of a bulk that are written and noted together.
LINES_AT_ONCE = 1_000

#: Calls its second argument unless what it returned is on record under the first; returns that.
Once = Callable[[str, Callable[[], dict[str, Any]]], dict[str, Any]]
#: Called with what can be embedded now, and its number.
Written = Callable[[int, Sequence[Entry]], None]


@dataclass(frozen=True, slots=True)
class Target:
    """Whose documents of which kind."""

    index: CatalogueIndex
    kind: EntityKind
    customer_id: UUID


class _Piece(BaseModel):
    """What came of some lines of a bulk, as it is noted."""

    applied: int = 0
    superseded: int = 0
    newest: int = 0
    failed_lines: list[int] = []
    failures: list[ItemFailure] = []


def write_one(target: Target, item_id: str, version: int, item: Any) -> CatalogueResult:
    """One item, or its tombstone. Raises DocumentRefused, and what the index raises."""
    write = DocumentWrite(target.customer_id, item_id, version, item)
    (outcome,) = target.index.write(target.kind, [write])
    _raise_postponed([outcome])
    if outcome.outcome is Outcome.REFUSED:
        raise DocumentRefused(
            f"the index refused {item_id!r}: {outcome.reason}", field=outcome.field
        )
    superseded = outcome.outcome is Outcome.SUPERSEDED
    return CatalogueResult(
        entity_kind=target.kind,
        applied=0 if superseded else 1,
        superseded=1 if superseded else 0,
        superseded_by=outcome.version if superseded else None,
        index=target.index.name(target.kind),
        max_version=version,
    )


def write_many(
    target: Target,
    lines: Iterator[Judged],
    count: int,
    first_version: int,
    once: Once,
    written: Written,
    progress: Callable[[float, str], None],
) -> CatalogueResult:
    """A bulk, some lines at a time; a run that is repeated goes on where the last one ended.

    Raises IndexUnavailable if the index has no time for some of them, after all others of their
    piece are written; BulkNotReadable if there are not `count` lines.
    """
    pieces: list[_Piece] = []
    done = 0
    for some in ahead(lines, LINES_AT_ONCE):
        if done + len(some) > count:
            raise BulkNotReadable(f"the file has more than {count} lines", field="documents")
        piece = _Piece.model_validate(once(f"lines:{done}", partial(_note, target, some)))
        pieces.append(piece)
        written(done, _embeddable(some, piece))
        done += len(some)
        progress(100 * done / count, f"{done} of {count} documents")
    if done != count:
        raise BulkNotReadable(f"the file has {done} lines, not {count}", field="documents")
    return _sum(target, pieces, count, first_version)


def ahead(lines: Iterator[Judged], size: int) -> Iterator[list[Judged]]:
    """So many lines at a time; the next are read and judged while the last are written."""
    with ThreadPoolExecutor(1, "lines") as pool:
        following = pool.submit(_take, lines, size)
        while some := following.result():
            following = pool.submit(_take, lines, size)
            yield some


def _take(lines: Iterator[Judged], size: int) -> list[Judged]:
    return list(islice(lines, size))


def clean_up(target: Target, floor: int) -> CatalogueResult:
    """Delete what no search shows any more."""
    deleted = target.index.clean(target.kind, target.customer_id, floor)
    return CatalogueResult(
        entity_kind=target.kind,
        applied=deleted,
        index=target.index.name(target.kind),
        max_version=floor,
    )


def _note(target: Target, some: Sequence[Judged]) -> dict[str, Any]:
    entries = [entry for entry in some if isinstance(entry, Entry)]
    failures = [failure for failure in some if isinstance(failure, ItemFailure)]
    writes = [
        DocumentWrite(target.customer_id, entry.id, entry.version, entry.item) for entry in entries
    ]
    outcomes = target.index.write(target.kind, writes)
    _raise_postponed(outcomes)
    pairs = list(zip(entries, outcomes, strict=True))
    failures += [_failure(e, o) for e, o in pairs if o.outcome is Outcome.REFUSED]
    failures.sort(key=lambda failure: failure.line)
    newer = [outcome.version for outcome in outcomes if outcome.outcome is Outcome.SUPERSEDED]
    piece = _Piece(
        applied=sum(outcome.outcome is Outcome.APPLIED for outcome in outcomes),
        superseded=len(newer),
        newest=max(newer, default=0),
        failed_lines=[failure.line for failure in failures],
        failures=failures[:MAX_DESCRIBED_FAILURES],
    )
    return piece.model_dump(mode="json")


def _failure(entry: Entry, outcome: WriteOutcome) -> ItemFailure:
    return ItemFailure(
        id=entry.id,
        entity_version=entry.version,
        line=entry.line,
        field=outcome.field,
        reason=outcome.reason[:MAX_FAILURE_REASON],
    )


def _embeddable(some: Iterable[Judged], piece: _Piece) -> list[Entry]:
    failed = set(piece.failed_lines)
    return [
        entry
        for entry in some
        if isinstance(entry, Entry) and entry.item is not None and entry.line not in failed
    ]


def _raise_postponed(outcomes: Sequence[WriteOutcome]) -> None:
    late = [outcome for outcome in outcomes if outcome.outcome is Outcome.POSTPONED]
    if late:
        raise IndexUnavailable(
            f"the index had no time for {len(late)} of {len(outcomes)} documents: {late[0].reason}"
        )


def _sum(
    target: Target, pieces: Sequence[_Piece], count: int, first_version: int
) -> CatalogueResult:
    superseded = sum(piece.superseded for piece in pieces)
    failed_lines = [line for piece in pieces for line in piece.failed_lines]
    failures = [failure for piece in pieces for failure in piece.failures]
    return CatalogueResult(
        entity_kind=target.kind,
        index=target.index.name(target.kind),
        applied=sum(piece.applied for piece in pieces),
        superseded=superseded,
        failed=len(failed_lines),
        failed_lines=failed_lines,
        failures=failures[:MAX_DESCRIBED_FAILURES],
        superseded_by=max(piece.newest for piece in pieces) if superseded == count else None,
        max_version=first_version + count - 1,
    )
