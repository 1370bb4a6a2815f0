"""The embedded index is shared by processes, and survives each of them."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from indexer.adapters.file_lock import locked
from indexer.adapters.tantivy_index import TantivyIndex
from indexer.config import IndexSettings
from indexer.errors import IndexUnavailable
from indexer.ports import DocumentWrite, Outcome, Scope
from tests.integration.search.behaviour import PRODUCT, Catalogue, item
from warren.testing.deadline import eventually

#: Writes documents in parts of a hundred, and says so after each.
WRITER = """
import sys
from pathlib import Path
from uuid import UUID
from indexer.adapters.tantivy_index import TantivyIndex
from indexer.config import IndexSettings
from indexer.ports import DocumentWrite
from warren.contracts.catalogue_item import EntityKind

folder, customer, first, parts = sys.argv[1:]
index = TantivyIndex(IndexSettings(folder=Path(folder)))
for part in range(int(parts)):
    numbers = range(int(first) + 100 * part, int(first) + 100 * (part + 1))
    index.write(
        EntityKind.PRODUCT,
        [
            DocumentWrite(UUID(customer), f"item-{n}", n + 1, {"id": f"item-{n}", "name": "Cup"})
            for n in numbers
        ],
    )
    print(part, flush=True)
"""


def start(folder: Path, customer: UUID, first: int, parts: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), str(customer), str(first), str(parts)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def index_in(folder: Path, timeout: float = 20.0) -> TantivyIndex:
    return TantivyIndex(IndexSettings(folder=folder, folder_timeout=timeout))


def test_a_writer_that_is_killed_loses_nothing_that_it_has_confirmed(tmp_path: Path) -> None:
    # Given processes that are killed while they write
    customer, confirmed = uuid4(), 0
    for round_ in range(3):
        with start(tmp_path, customer, 10_000 * round_, 1_000) as writer:
            assert writer.stdout is not None
            parts = 0
            while parts < 4:
                parts = int(writer.stdout.readline()) + 1
            os.kill(writer.pid, signal.SIGKILL)
            parts += len(writer.stdout.readlines())
            confirmed += 100 * parts

    # Then all that they had confirmed is there, and the next writer is not held up
    index = index_in(tmp_path, timeout=2)
    count = index.count(PRODUCT, Scope(customer))
    assert confirmed <= count <= confirmed + 300
    assert count % 100 == 0
    assert Catalogue(index, customer).text("next", 99_999) is Outcome.APPLIED


def test_several_processes_write_at_once_and_a_reader_sees_all_of_it(tmp_path: Path) -> None:
    customer = uuid4()
    reader = index_in(tmp_path)
    writers = [start(tmp_path, customer, 1_000 * number, 5) for number in range(3)]
    eventually(lambda: reader.count(PRODUCT, Scope(customer)) > 0, within=60)
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0

    assert reader.count(PRODUCT, Scope(customer)) == 1_500
    assert len({held.id for held in reader.scan(PRODUCT, customer)}) == 1_500


def test_who_waits_too_long_for_other_writers_is_told_so(tmp_path: Path) -> None:
    index = index_in(tmp_path, timeout=0.2)
    write = DocumentWrite(uuid4(), "a", 1, item("a"))
    index.write(PRODUCT, [write])

    with (
        locked(tmp_path / "product-v1.lock", 1),
        pytest.raises(IndexUnavailable, match="other processes have been writing"),
    ):
        index.write(PRODUCT, [write])


def test_many_small_writes_leave_few_segments(tmp_path: Path) -> None:
    index = index_in(tmp_path)
    catalogue = Catalogue(index)
    for number in range(60):
        catalogue.text(f"item-{number}", number + 1)

    files = list((tmp_path / "product-v1").glob("*.store"))
    assert len(files) < 30
    assert index.count(PRODUCT, Scope(catalogue.customer_id)) == 60
