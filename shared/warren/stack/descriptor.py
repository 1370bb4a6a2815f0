"""`.warren/stack.json`: what scripts need to know about a running stack."""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from warren.stack.folder import StackFolder
from warren.stack.lock import StackLock


class ProcessEntry(BaseModel):
    """A process of the stack; `name` is also the name of its log."""

    model_config = ConfigDict(frozen=True)

    name: str
    pid: int


class StackDescriptor(BaseModel):
    """Addresses, key and processes of a stack that is ready."""

    model_config = ConfigDict(frozen=True)

    gateway_url: str
    api_key: str
    amqp_url: str
    database_url: str
    artifacts_dir: str
    #: By the name of the process.
    metrics_urls: dict[str, str] = {}
    processes: list[ProcessEntry]

    def write(self, path: Path) -> None:
        """Atomically; readable by its owner only, because it holds the key."""
        replacement = path.with_suffix(".new")
        replacement.unlink(missing_ok=True)
        handle = os.open(replacement, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(self.model_dump_json(indent=2) + "\n")
        replacement.replace(path)


def running_stack(root: Path) -> StackDescriptor | None:
    """The stack that runs in the checkout `root` and is ready; None when there is none."""
    folder = StackFolder.of(root)
    # A killed stack leaves its file behind, but never its lock.
    if not StackLock(folder.lock).is_held():
        return None
    try:
        return StackDescriptor.model_validate_json(folder.descriptor.read_text())
    except (FileNotFoundError, ValidationError):
        return None
