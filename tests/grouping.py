"""Which tests of a parallel run stay in one process: those of a folder that share a stack.

pytest-xdist 3.8 writes the group of a test into its id, which pytest 9.2 no longer reads: marks
`xdist_group` have no effect there. So the folders are named here.
"""

from typing import Any

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_TOGETHER = ("tests/e2e/", "tests/integration/indexing/", "tests/integration/recovery/")


class FolderScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """One test at a time for each process that is free, but the tests of some folders as one."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in _TOGETHER if nodeid.startswith(folder)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Any:
    """Instead of what `--dist loadgroup` means elsewhere."""
    return FolderScheduling(config, log) if config.getvalue("dist") == "loadgroup" else None
