"""The rows of an import, and what became of them."""

import json
from uuid import UUID

import pytest

from sync_worker.errors import RowsRefused
from sync_worker.ports import FaqOutcome
from sync_worker.service.importing import rows_of, tally

_IDS = [UUID(int=number) for number in range(1, 5)]


def line(number: int, **more: object) -> bytes:
    row = {"row": number, "faq_id": str(_IDS[number - 1]), "version": number + 10}
    return json.dumps(row | {"question": "When?", "answer": "At nine."} | more).encode() + b"\n"


def test_rows_are_read_whatever_the_pieces_in_which_they_come() -> None:
    data = line(1) + line(2) + b"\n" + line(3)

    rows = rows_of((data[i : i + 7] for i in range(0, len(data), 7)), expected=3)

    assert [row.version for row in rows] == [11, 12, 13]


def test_a_missing_row_is_noticed() -> None:
    with pytest.raises(RowsRefused, match="1 rows where 2"):
        rows_of([line(1)], expected=2)


@pytest.mark.parametrize("bad", [b"{\n", line(2, answer=""), line(2, version=0)])
def test_a_row_that_is_none_is_named_by_its_line(bad: bytes) -> None:
    with pytest.raises(RowsRefused, match="line 2"):
        rows_of([line(1), bad], expected=2)


def test_each_row_counts_once_for_what_became_of_it() -> None:
    rows = rows_of([line(1), line(2), line(3)], expected=3)
    outcomes = [
        FaqOutcome(_IDS[0]),
        FaqOutcome(_IDS[1], superseded_by=99),
        FaqOutcome(_IDS[2], refused="x" * 900),
    ]

    found = tally(rows, outcomes)

    assert found.superseded_by == 99
    assert (found.applied, found.overtaken, found.synced) == (1, [_IDS[1]], [(_IDS[0], 11)])
    assert [(e.row, e.faq_id, len(e.message)) for e in found.errors] == [(3, _IDS[2], 200)]
    assert found.refused == [_IDS[2]]
