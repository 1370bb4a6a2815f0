"""Saying which tasks are meant."""

from datetime import UTC, datetime

import pytest
import typer

from warren.cli.task_filter import moment, task_filter

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)


def test_a_filter_holds_only_what_was_named() -> None:
    assert task_filter(kind="tts.synthesize", state=["failed"], queue=None) == {
        "kind": "tts.synthesize",
        "state": ["failed"],
    }
    assert task_filter(state=[]) == {}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("90s", "2026-11-22T17:58:30+00:00"),
        ("30m", "2026-11-22T17:30:00+00:00"),
        ("2h", "2026-11-22T16:00:00+00:00"),
        ("3d", "2026-11-19T18:00:00+00:00"),
        ("2026-11-22T19:00:00+02:00", "2026-11-22T17:00:00+00:00"),
    ],
)
def test_a_moment_is_a_time_or_how_long_ago(text: str, meant: str) -> None:
    assert moment("--since", text, NOW) == meant


@pytest.mark.parametrize("text", ["yesterday", "2w", "-1h", "", "999999999d"])
def test_what_is_no_moment_is_refused_with_its_option(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="--since"):
        moment("--since", text, NOW)
