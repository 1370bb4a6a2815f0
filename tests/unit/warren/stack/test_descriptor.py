import json
import stat
from pathlib import Path

from warren.stack.descriptor import ProcessEntry, StackDescriptor, running_stack
from warren.stack.folder import StackFolder
from warren.stack.lock import StackLock

DESCRIPTOR = StackDescriptor(
    gateway_url="http://127.0.0.1:20001",
    api_key="wk_secret",
    amqp_url="amqp://warren:x@127.0.0.1:20002/%2F",
    database_url="postgresql://warren:x@127.0.0.1:20003/warren",
    artifacts_dir="/srv/.warren/artifacts",
    processes=[ProcessEntry(name="relay", pid=42)],
)


def test_the_descriptor_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "stack.json"

    DESCRIPTOR.write(path)
    DESCRIPTOR.write(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["processes"] == [{"name": "relay", "pid": 42}]
    assert list(tmp_path.iterdir()) == [path]


def test_a_stack_that_holds_its_lock_is_found(tmp_path: Path) -> None:
    folder = StackFolder.of(tmp_path)
    lock = StackLock(folder.lock)
    lock.acquire()
    DESCRIPTOR.write(folder.descriptor)

    assert running_stack(tmp_path) == DESCRIPTOR
    lock.release()


def test_the_descriptor_of_a_killed_stack_is_not_believed(tmp_path: Path) -> None:
    # Given a file whose stack has gone: the kernel has freed its lock
    folder = StackFolder.of(tmp_path)
    lock = StackLock(folder.lock)
    lock.acquire()
    DESCRIPTOR.write(folder.descriptor)
    lock.release()

    assert running_stack(tmp_path) is None


def test_a_folder_without_a_stack_has_none(tmp_path: Path) -> None:
    assert running_stack(tmp_path) is None
