"""Tables for people, also behind a pipe."""

import pytest

from warren.cli.tables import print_table


def test_a_line_in_a_pipe_is_not_broken_and_text_is_not_obeyed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table(["name", "error"], [["a" * 60, "[red]no\x1b[2J" + "b" * 60]])
    _, line = capsys.readouterr().out.splitlines()
    assert line.split() == ["a" * 60, "[red]no�[2J" + "b" * 60]
