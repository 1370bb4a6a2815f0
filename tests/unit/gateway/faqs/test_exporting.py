"""Exports of any size take the memory of one step."""

import json
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import anyio
import pytest

from gateway.faqs.exporting import TableFormat, exported

_STEPS, _ROWS = 20, 50


async def _steps(asked: list[int]) -> AsyncIterator[list[dict[str, Any]]]:
    for step in range(_STEPS):
        asked.append(step)
        yield [
            {"id": UUID(int=number), "question": f"Q {number}", "answer": "a" * 10_000, "files": []}
            for number in range(step * _ROWS, (step + 1) * _ROWS)
        ]


@pytest.mark.parametrize("table_format", TableFormat)
def test_an_export_of_any_size_takes_the_memory_of_one_step(table_format: TableFormat) -> None:
    async def export() -> None:
        async for _ in exported(_steps([]), table_format):
            pass

    anyio.run(export)
    tracemalloc.start()
    anyio.run(export)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    # All of it has ten megabytes, a step half of one
    assert peak < 4_000_000


@pytest.mark.parametrize("table_format", [TableFormat.CSV, TableFormat.JSON])
def test_it_is_sent_while_it_is_read(table_format: TableFormat) -> None:
    async def first() -> list[int]:
        asked: list[int] = []
        await anext(exported(_steps(asked), table_format))
        return asked

    assert anyio.run(first) == [0]


@pytest.mark.parametrize("steps", [[[]], [[], []]])
def test_nothing_is_a_list_of_nothing(steps: list[list[dict[str, Any]]]) -> None:
    async def all_steps() -> AsyncIterator[list[dict[str, Any]]]:
        for step in steps:
            yield step

    async def export() -> bytes:
        return b"".join([piece async for piece in exported(all_steps(), TableFormat.JSON)])

    assert json.loads(anyio.run(export)) == []
