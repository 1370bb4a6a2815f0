"""Having a file of FAQs read by a child that is limited in memory and time."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import orjson
import structlog

from gateway.faqs.exporting import TableFormat
from gateway.faqs.problems import UnusableImport
from gateway.faqs.reading import MAX_OUTPUT

#: Seconds until the child is killed.
_PATIENCE = 45.0
#: Files that one gateway has read at a time.
_AT_A_TIME = asyncio.Semaphore(2)
_log = structlog.get_logger(__name__)


async def read_file(path: Path, table_format: TableFormat) -> list[dict[str, Any]]:
    """The rows of the file, all of them valid; raises UnusableImport."""
    async with _AT_A_TIME:
        said = await _child(path, table_format)
    if "problem" in said:
        raise UnusableImport.at("file", f"cannot be imported: {said['problem']}")
    if errors := said.get("errors"):
        raise UnusableImport.of_rows(errors, said["total"])
    rows: list[dict[str, Any]] = said["rows"]
    return rows


async def _child(path: Path, table_format: TableFormat) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway.faqs.reading",
        str(path),
        table_format.value,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_PATIENCE):
            output, errors = await process.communicate()
    except TimeoutError:
        return {"problem": f"reading it takes longer than {_PATIENCE:.0f} s"}
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == 0 and len(output) <= MAX_OUTPUT + 1024:
        said: dict[str, Any] = orjson.loads(output)
        return said
    _log.warning("faq_import_unreadable", code=process.returncode, errors=errors[-500:].decode())
    return {"problem": "reading it took too much memory or time, or it is damaged"}
