"""What a server of another user gets to see."""

import os
import stat
from pathlib import Path

from structlog.testing import capture_logs

from warren.stack.postgres_account import ServerAccount


def test_folders_that_are_opened_for_passing_through_are_named_once(tmp_path: Path) -> None:
    # Given a private folder around the state, and a tree of programs
    private, programs = tmp_path / "private", tmp_path / "programs"
    for folder in (private, private / "state", programs):
        folder.mkdir(mode=0o700)
    account = ServerAccount(os.getuid(), os.getgid(), ())
    # When another user gets access, twice
    with capture_logs() as lines:
        account.grant_access(private / "state", programs)
        account.grant_access(private / "state", programs)
    # Then what was changed is said in one line
    (line,) = lines
    assert {str(private), str(private / "state"), str(programs)} <= set(line["folders"])
    assert stat.S_IMODE(private.stat().st_mode) == 0o701
