"""Which tests of a parallel run stay in one process: those of a folder that share a stack, large
models, or all services.

pytest-xdist 3.8 writes the group of a test into its id, which pytest 9.2 no longer reads: marks
`xdist_group` have no effect there. So the folders are named here.
"""

from typing import Any

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

#: Those that take longest come first: late, they would keep one process busy and the others idle.
_TOGETHER = (
    "tests/e2e/",
    "tests/integration/recovery/",
    "tests/integration/indexing/",
    "tests/integration/speech/",
    "tests/integration/nlp/",
    "tests/integration/images/",
    "tests/contracts/",
    "tests/unit/image_worker/",
    "tests/unit/indexer/",
    "tests/unit/nlp_worker/",
    "tests/unit/sync_worker/",
    "tests/unit/tts_worker/",
)
#: Here a file's tests stay together: what they share is made for the file, once for each process.
_BY_FILE = "tests/integration/"


class FolderScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """One test at a time for each process that is free, but the tests of some folders, and of files
    that share what is expensive, as one."""

    def schedule(self) -> None:
        is_first = self.collection is None
        super().schedule()
        if is_first:
            for folder in reversed(_TOGETHER):
                if folder in self.workqueue:
                    self.workqueue.move_to_end(folder, last=False)

    def _split_scope(self, nodeid: str) -> str:
        whole = nodeid.partition("::")[0] if nodeid.startswith(_BY_FILE) else nodeid
        return next((folder for folder in _TOGETHER if nodeid.startswith(folder)), whole)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Any:
    """Instead of what `--dist loadgroup` means elsewhere."""
    return FolderScheduling(config, log) if config.getvalue("dist") == "loadgroup" else None
