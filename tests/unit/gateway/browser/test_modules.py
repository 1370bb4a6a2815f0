"""The JavaScript client against a gateway that is played, in Node."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.node import node

_TESTS = sorted(Path(__file__).parent.glob("*.test.mjs"))


def test_the_modules_do_what_they_say() -> None:
    # Beside each other, since they wait most of their time.
    with ThreadPoolExecutor(len(_TESTS)) as pool:
        for path, said in zip(_TESTS, pool.map(_run, _TESTS), strict=True):
            assert "# fail 0" in said
            assert f"# tests {_count(path)}" in said, said


def _run(path: Path) -> str:
    return node("--test", "--test-reporter=tap", path)


def _count(path: Path) -> int:
    return path.read_text().count('\ntest("')
