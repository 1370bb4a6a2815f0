"""Names within a store: `sha256/ab/cd/<hash>`, `manifests/<task>/<step>.json`, `trash/…`."""

import re
from urllib.parse import quote, unquote
from uuid import UUID

from warren.artifacts.errors import ArtifactMissing

#: The folders of all contents, and of all that tasks have recorded.
CONTENTS, MANIFESTS = "sha256", "manifests"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_STEP = 200


def content_name(sha256: str) -> str:
    """Raises ArtifactMissing for what is no hash: no file can have that name."""
    if not _SHA256.fullmatch(sha256):
        raise ArtifactMissing(f"{sha256!r} is no sha256 in lower-case hexadecimal digits")
    return f"{CONTENTS}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def trash_name(sha256: str) -> str:
    """Where content waits that was discarded; raises ArtifactMissing as `content_name` does."""
    return f"trash/{content_name(sha256)}"


def is_hash(name: str) -> bool:
    """Whether a file of that name (without its folders) can be content."""
    return _SHA256.fullmatch(name) is not None


def manifest_name(task_id: UUID, step: str) -> str:
    """Any text can be a step; what a file name cannot hold is percent-encoded.

    Raises ValueError when the step is empty or longer than a file name may be.
    """
    # A slash or a leading dot would leave the task's folder or hide the file.
    encoded = re.sub(r"^\.", "%2E", quote(step, safe=""))
    if not 0 < len(encoded) <= _LONGEST_STEP:
        raise ValueError(
            f"a step's name must have 1 to {_LONGEST_STEP} characters when percent-encoded, "
            f"this one has {len(encoded)}"
        )
    return f"{manifests_of(task_id)}/{encoded}.json"


def manifests_of(task_id: UUID) -> str:
    """The folder of all that a task's steps recorded."""
    return f"{MANIFESTS}/{task_id}"


def recorded_by(name: str) -> tuple[UUID, str] | None:
    """The task and the step of a manifest, by its name; None for what is no manifest."""
    parts = name.split("/")
    if len(parts) != 3 or not parts[2].endswith(".json"):
        return None
    try:
        return UUID(parts[1]), unquote(parts[2].removesuffix(".json"))
    except ValueError:
        return None
