"""The rows of a FAQ import, from NDJSON to what became of each of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import ValidationError

from sync_worker.errors import RowsRefused
from sync_worker.ports import FaqContent, FaqEntry, FaqOutcome
from warren.contracts.artifact import ArtifactRef
from warren.contracts.faqs import IMPORT_CHUNK, FaqRow, FaqRowError

#: Bytes; 500 rows of the longest question and answer in four-byte letters stay below.
_MOST_BYTES = 64 << 20
_LONGEST_REASON = 200
#: Refused rows that are explained.
_MOST_REASONS = 50


@dataclass(frozen=True, slots=True)
class ImportTally:
    """What became of the rows; `synced` are ids and versions that the chatbot has now.

    Of the `overtaken` it has other versions, up to `superseded_by`.
    """

    applied: int
    overtaken: Sequence[UUID]
    superseded_by: int | None
    refused: Sequence[UUID]
    errors: Sequence[FaqRowError]
    synced: Sequence[tuple[UUID, int]]


def rows_of(chunks: Iterable[bytes], expected: int) -> list[FaqRow]:
    """The rows; raises RowsRefused, naming the line, if they are not what was announced."""
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > _MOST_BYTES:
            raise RowsRefused(f"the rows have more than {_MOST_BYTES} bytes")
    lines = [line for line in bytes(data).split(b"\n") if line.strip()]
    if len(lines) != expected or len(lines) > IMPORT_CHUNK:
        raise RowsRefused(f"there are {len(lines)} rows where {expected} were announced")
    return [_row(number, line) for number, line in enumerate(lines, start=1)]


def entry_of(row: FaqRow) -> FaqEntry:
    """A row as the chatbot gets it."""
    return FaqEntry(row.faq_id, row.version, content_of(row.question, row.answer, row.files))


def content_of(question: str, answer: str, files: Iterable[ArtifactRef]) -> FaqContent:
    """A FAQ's content; its files are named, with what tells their contents apart."""
    described = [file.model_dump(mode="json") for file in files]
    return FaqContent(question, answer, described)


def tally(rows: Sequence[FaqRow], outcomes: Sequence[FaqOutcome]) -> ImportTally:
    """What became of each row, in their order."""
    errors, synced, overtaken = [], [], {}
    for row, outcome in zip(rows, outcomes, strict=True):
        if outcome.refused is not None:
            message = outcome.refused[:_LONGEST_REASON]
            errors.append(FaqRowError(row=row.row, faq_id=row.faq_id, message=message))
        elif outcome.superseded_by is not None:
            overtaken[row.faq_id] = outcome.superseded_by
        else:
            synced.append((row.faq_id, row.version))
    refused = [error.faq_id for error in errors]
    return ImportTally(
        len(synced),
        list(overtaken),
        max(overtaken.values(), default=None),
        refused,
        errors[:_MOST_REASONS],
        synced,
    )


def _row(number: int, line: bytes) -> FaqRow:
    try:
        return FaqRow.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "row"
        raise RowsRefused(f"line {number}: {place}: {first['msg']}") from None
