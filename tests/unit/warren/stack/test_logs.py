from pathlib import Path

from warren.stack.logs import keep_small, tail


def test_a_log_that_has_grown_too_large_starts_again_and_keeps_one_older_part(
    tmp_path: Path,
) -> None:
    # Given a process that appends to its log
    log = tmp_path / "relay.log"
    with log.open("ab", buffering=0) as output:
        output.write(b"old\n" * 100)

        # When the log has outgrown its limit
        keep_small(log, limit=100)
        output.write(b"new\n")

    # Then the process goes on in the emptied file
    assert log.read_text() == "new\n"
    assert (tmp_path / "relay.log.1").read_text() == "old\n" * 100


def test_a_small_or_missing_log_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "relay.log"
    keep_small(log)
    log.write_text("line\n")
    keep_small(log)

    assert [path.name for path in tmp_path.iterdir()] == ["relay.log"]


def test_the_tail_is_the_last_lines_of_a_long_log(tmp_path: Path) -> None:
    log = tmp_path / "relay.log"
    log.write_text("".join(f"line {n}\n" for n in range(10_000)))

    assert tail(log, lines=2) == "line 9998\nline 9999"


def test_the_tail_of_an_empty_log_says_where_it_is(tmp_path: Path) -> None:
    assert str(tmp_path / "relay.log") in tail(tmp_path / "relay.log")
