"""Files of JSON lines that outlive whatever happens to their writers."""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self


class Journal:
    """Appends documents to one file; whole lines, from any thread."""

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o644)
        self._guard = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def write(self, **document: Any) -> None:
        """Append one line."""
        line = json.dumps(document).encode() + b"\n"
        with self._guard:
            os.write(self._descriptor, line)


def read_journal(path: Path) -> Iterator[dict[str, Any]]:
    """The documents of a journal, in their order; none when there is no file."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
