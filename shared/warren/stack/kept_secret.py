"""Secrets that a stack makes at its first start."""

import os
import secrets
from pathlib import Path


def kept_secret(path: Path) -> str:
    """32 random bytes in base64url: the same after every start, and for nobody else to read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        value = secrets.token_urlsafe(32)
        file.write(value + "\n")
    return value
