"""What an import does, row by row: it adds, it changes, or it leaves the row out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row

from gateway.faqs.problems import UnusableImport
from gateway.faqs.schemas import SkippedRow, question_key
from gateway.faqs.writing import NewFaq
from warren.contracts.artifact import ArtifactRef
from warren.contracts.ids import derived_id

_THERE: LiteralString = """
SELECT f.id, f.question, f.answer, f.question_key, f.files
FROM faqs f JOIN syncs s ON s.entity_id = f.id
WHERE f.customer_id = %(customer)s AND NOT s.deleted
    AND (f.id = ANY (%(ids)s::uuid[]) OR f.question_key = ANY (%(keys)s))
"""
_FILES: LiteralString = """
SELECT id, sha256, size, media_type, name FROM artifacts
WHERE id = ANY (%s::uuid[]) AND customer_id = %s AND (expires_at IS NULL OR expires_at > now())
"""


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row that is written, with its number in the file."""

    row: int
    faq: NewFaq
    replaces: bool


@dataclass(slots=True)
class ImportPlan:
    """What becomes of the rows of a file."""

    rows: int
    written: list[PlannedRow] = field(default_factory=list)
    unchanged: int = 0
    duplicates: list[SkippedRow] = field(default_factory=list)

    def report(self) -> dict[str, Any]:
        """The fields of an ImportReport."""
        updates = sum(row.replaces for row in self.written)
        return {
            "rows": self.rows,
            "creates": len(self.written) - updates,
            "updates": updates,
            "unchanged": self.unchanged,
            "duplicates": [item.model_dump(mode="json") for item in self.duplicates],
        }


def plan_import(
    connection: Connection[Any], customer_id: UUID, import_id: UUID, rows: Sequence[dict[str, Any]]
) -> ImportPlan:
    """What is to be written of valid rows; raises UnusableImport for files that are not there.

    A row whose id is that of one's own FAQ changes it. Any other adds one, unless its question is
    there already, in another row or in an FAQ.
    """
    files = _files(connection, customer_id, rows)
    keys = [question_key(row["question"]) for row in rows]
    values = {
        "customer": customer_id,
        "ids": [row["id"] for row in rows if row["id"]],
        "keys": keys,
    }
    with connection.cursor(row_factory=dict_row) as cursor:
        there = cursor.execute(_THERE, values).fetchall()
    by_id = {str(row["id"]): row for row in there}
    by_key = {row["question_key"]: row for row in there}
    plan = ImportPlan(len(rows))
    seen: dict[str, int] = {}
    for row, key in zip(rows, keys, strict=True):
        first = seen.setdefault(key, row["row"])
        known = by_id.get(row["id"] or "")
        same = by_key.get(key)
        if first != row["row"]:
            plan.duplicates.append(_in_file(row, first))
        elif known is None and same is not None:
            plan.duplicates.append(_there(row, same["id"]))
        elif known is not None and _is_same(row, known):
            plan.unchanged += 1
        else:
            faq_id = known["id"] if known else derived_id(import_id, f"row:{row['row']}")
            listed = [files[item] for item in row["files"]]
            faq = NewFaq(faq_id, row["question"], row["answer"], listed)
            plan.written.append(PlannedRow(row["row"], faq, known is not None))
    return plan


def _files(
    connection: Connection[Any], customer_id: UUID, rows: Sequence[dict[str, Any]]
) -> dict[str, ArtifactRef]:
    named = {item for row in rows for item in row["files"]}
    if not named:
        return {}
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(_FILES, [list(named), customer_id]).fetchall()
    files = {str(item["id"]): ArtifactRef.model_validate(item) for item in found}
    faults = [
        {"row": row["row"], "column": "files", "message": f"{item} is no artifact of yours"}
        for row in rows
        for item in row["files"]
        if item not in files
    ]
    if faults:
        raise UnusableImport.of_rows(faults, len(rows))
    return files


def _is_same(row: dict[str, Any], known: dict[str, Any]) -> bool:
    files = [str(item["id"]) for item in known["files"]]
    said = (row["question"], row["answer"], row["files"])
    return said == (known["question"], known["answer"], files)


def _in_file(row: dict[str, Any], first: int) -> SkippedRow:
    reason = f"has the question of row {first}"
    return SkippedRow(row=row["row"], reason=reason, same_as_row=first)


def _there(row: dict[str, Any], faq_id: UUID) -> SkippedRow:
    return SkippedRow(row=row["row"], reason="its question is there already", faq_id=faq_id)
