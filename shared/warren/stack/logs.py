"""Logs of the stack's processes: appended to by them, kept small by the stack."""

import shutil
from pathlib import Path

_LIMIT = 16 * 1024 * 1024
_TAIL_BYTES = 16 * 1024


def keep_small(log: Path, limit: int = _LIMIT) -> None:
    """When the log has outgrown `limit` bytes, move its content to `<name>.1` and empty it.

    The process keeps writing to the same file (it appends), so it need not take part; the few
    lines that it writes between copy and truncation are lost.
    """
    if not log.exists() or log.stat().st_size <= limit:
        return
    shutil.copyfile(log, log.with_name(log.name + ".1"))
    with log.open("r+b") as file:
        file.truncate(0)


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, for an error message."""
    if not log.exists() or log.stat().st_size == 0:
        return f"(its log {log} is empty)"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        text = file.read().decode(errors="replace")
    return "\n".join(text.splitlines()[-lines:])
