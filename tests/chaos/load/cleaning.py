"""At rest: everything gets old, clean-ups take what they have to, and what was cancelled long ago
begins again."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from random import Random

from tests.chaos.faults.system import System
from tests.chaos.journal import Journal
from tests.chaos.load.ageing import (
    leave_an_orphan,
    let_some_expire,
    make_old,
    make_trash_old,
    session,
)
from tests.chaos.load.asking import Asker, Gateways
from tests.chaos.load.housework import CLEAN_FILES, CLEAN_TASKS

_TASKS = "/api/v1/tasks"
_SAVE_FILES = ("chaos.file", "chaos.file_apart")
_AGAIN = 20


def clean_up(
    system: System, urls: Sequence[str], journal: Journal, rest: Callable[[], bool]
) -> bool:
    """Have everything cleaned up that may go, for good, and start again what has saved files and
    was cancelled; whether there was rest (`rest`) after each.

    Nothing else may be going on: the age of a file keeps it from the clean-up until its row is
    written, and that of the trash what was thrown away meanwhile.
    """
    stack = system.stack
    with _asker(system, urls, journal) as asker:
        with session(stack.descriptor.database_url) as connection:
            let_some_expire(connection, journal)
        leave_an_orphan(stack.folder.artifacts, f"nobody's, of seed {system.plan.seed}".encode())
        for name in ("sha256", "manifests"):
            make_old(p for p in (stack.folder.artifacts / name).rglob("*") if p.is_file())
        for wanted in (CLEAN_TASKS, CLEAN_FILES):
            asker.ask("last-clean-up", _TASKS, wanted)
        if not rest():
            return False
        with session(stack.descriptor.database_url) as connection:
            make_trash_old(connection)
        asker.ask("last-clean-up", _TASKS, CLEAN_FILES)
        if not rest():
            return False
        _begin_again(asker)
        return rest()


def _begin_again(asker: Asker) -> None:
    """Retry what was cancelled, after whatever it had saved has gone."""
    for kind in _SAVE_FILES:
        page = asker.get(f"{_TASKS}?kind={kind}&state=cancelled&limit={_AGAIN}")
        for task in page["items"] if page else []:
            asker.ask("retry", f"{_TASKS}/{task['task_id']}/retry", task=task["task_id"])


@contextmanager
def _asker(system: System, urls: Sequence[str], journal: Journal) -> Iterator[Asker]:
    with closing(Gateways(urls, system.stack.descriptor.api_key)) as gateways:
        yield Asker(gateways, journal, Random(f"{system.plan.seed} clean-up"))
