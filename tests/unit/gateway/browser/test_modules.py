"""The JavaScript client against a gateway that is played, in Node."""

from pathlib import Path

from tests.node import node

_TESTS = sorted(Path(__file__).parent.glob("*.test.mjs"))


def test_the_modules_do_what_they_say() -> None:
    said = node("--test", "--test-reporter=tap", *_TESTS)

    assert "# fail 0" in said
    assert f"# tests {_count()}" in said, said


def _count() -> int:
    return sum(path.read_text().count('\ntest("') for path in _TESTS)
