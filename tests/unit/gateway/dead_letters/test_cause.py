"""What groups dead letters."""

import pytest

from gateway.dead_letters.cause import cause_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("there is no voice 'anna'", "there is no voice 'otto'"),
        ("line 3 is 17.5 s long", "line 11 is 2.25 s long"),
        (
            "task 0190b3a4-5c6d-7e8f-9a0b-1c2d3e4f5a6b is gone",
            "task 0190b3a4-ffff-7e8f-9a0b-000000000000 is gone",
        ),
        ("object deadbeef01 is damaged", "object 1234567890abcdef is damaged"),
    ],
)
def test_errors_that_differ_in_particulars_have_one_cause(one: str, other: str) -> None:
    assert cause_of("Damaged", one) == cause_of("Damaged", other)


def test_errors_of_other_types_or_with_other_words_have_other_causes() -> None:
    texts = {cause_of("A", "no room"), cause_of("B", "no room"), cause_of("A", "no time")}
    assert len(texts) == 3


def test_only_the_first_line_counts_and_little_of_it() -> None:
    assert cause_of("A", "no room\nat line one") == "A: no room"
    assert len(cause_of("A", "x" * 10_000)) <= 300
