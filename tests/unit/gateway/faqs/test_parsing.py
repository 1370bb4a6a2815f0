"""A file that is never read to its end leaves no child behind."""

import asyncio
import os
from pathlib import Path

import psutil
import pytest

from gateway.faqs import parsing
from gateway.faqs.exporting import TableFormat
from gateway.faqs.parsing import read_file
from gateway.faqs.problems import UnusableImport
from tests.unit.gateway.looked_at import until


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    path = tmp_path / "faqs.csv"
    os.mkfifo(path)
    return path


def _children() -> set[psutil.Process]:
    return set(psutil.Process().children())


def test_a_child_whose_request_is_cancelled_is_killed(endless: Path) -> None:
    before = _children()

    async def scenario() -> None:
        reading = asyncio.create_task(read_file(endless, TableFormat.CSV))
        async with asyncio.timeout(10):
            await until(lambda: _children() > before)
        reading.cancel()
        await asyncio.wait([reading], timeout=10)
        assert reading.cancelled()

    asyncio.run(scenario())

    assert _children() == before


def test_a_child_that_takes_too_long_is_killed(
    endless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _children()
    monkeypatch.setattr(parsing, "_PATIENCE", 0.1)

    with pytest.raises(UnusableImport, match="takes longer"):
        asyncio.run(read_file(endless, TableFormat.CSV))

    assert _children() == before
