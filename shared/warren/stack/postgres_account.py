"""Servers that refuse to run as root; this gives them a system user with just enough access."""

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import structlog

from warren.errors import ConfigurationError

USER_NAME = "warren-postgres"
_TRAVERSE = stat.S_IXOTH
_READ = stat.S_IROTH
_log = structlog.get_logger("warren.stack")


@dataclass(frozen=True, slots=True)
class ServerAccount:
    """Whom the server runs as; all None when it runs as the caller."""

    user: int | None = None
    group: int | None = None
    extra_groups: tuple[int, ...] | None = None
    name: str = USER_NAME

    def own(self, path: Path) -> None:
        """Hand `path` over to the server's user."""
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)

    def grant_access(self, folder: Path, program_tree: Path) -> None:
        """Let the server's user reach `folder`, and read and run everything in `program_tree`.

        Parent folders only gain the right to be passed through, not to be listed.
        """
        if self.user is None:
            return
        passed = {path for start in (folder, program_tree) for path in (start, *start.parents)}
        opened = [str(path) for path in sorted(passed) if _add_mode(path, _TRAVERSE)]
        if opened:
            _log.info(
                f"every user may pass through these folders from now on, as {self.name} must",
                folders=opened,
            )
        for path in program_tree.rglob("*"):
            executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            _add_mode(path, _READ | (_TRAVERSE if executable else 0))


def server_account(name: str = USER_NAME, program: str = "PostgreSQL") -> ServerAccount:
    """The caller's own account, or the dedicated system user `name` when the caller is root.

    Raises ConfigurationError when that user cannot be made.
    """
    if os.geteuid() != 0:
        return ServerAccount()
    entry = _lookup(name) or _create(name, program)
    return ServerAccount(entry.pw_uid, entry.pw_gid, (), name)


def _lookup(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create(name: str, program: str) -> pwd.struct_passwd:
    command = ["useradd", "--system", "--user-group", "--no-create-home", name]
    try:
        done = subprocess.run(  # noqa: S603 -- fixed program and arguments
            [*command, "--shell", "/usr/sbin/nologin"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        reason = done.stderr.strip()
    except OSError as error:
        reason = str(error)
    # Another process may have been quicker: what counts is that the user exists now.
    entry = _lookup(name)
    if entry is None:
        raise ConfigurationError(
            f"{program} cannot run as root and the system user {name} could not be added"
            f" ({reason}): add it with useradd, run as an ordinary user, or name a server of yours"
        )
    return entry


def _add_mode(path: Path, bits: int) -> bool:
    """Whether anything had to be changed."""
    mode = path.stat().st_mode
    if mode & bits == bits:
        return False
    path.chmod(stat.S_IMODE(mode) | bits)
    return True
