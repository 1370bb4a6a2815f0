"""What setup.sh says on a machine where it cannot do its work: one line that says what to do."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "deploy" / "setup" / "setup.sh"
#: All that the script finds beside what a test puts there.
_TOOLS = ("bash", "dirname", "env", "flock", "mkdir", "tail")
#: Answers as a Python of that version, which has no venv.
_PYTHON = """#!/bin/sh
case "$*" in *version_info*) echo {version} ;; *) exit 1 ;; esac
"""
_ADVICE = "have an administrator run: apt-get install --no-install-recommends python3-venv"


class Machine:
    """A checkout that is not set up, and an account that is not root, with few commands."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "checkout"
        self._bin = folder / "bin"
        self._bin.mkdir()
        (self.checkout / "deploy" / "setup").mkdir(parents=True)
        shutil.copy(SCRIPT, self.checkout / "deploy" / "setup")
        for tool in _TOOLS:
            (self._bin / tool).symlink_to(str(shutil.which(tool)))
        self.has("python3", _PYTHON.format(version="3.11.2"))
        self.has("apt-get", "#!/bin/sh\nexit 0\n")
        for path in (folder, self.checkout):
            path.chmod(0o777)

    def has(self, command: str, content: str) -> None:
        """Put a command there."""
        (self._bin / command).write_text(content)
        (self._bin / command).chmod(0o755)

    def lacks(self, command: str) -> None:
        """Take one away."""
        (self._bin / command).unlink()

    def setup(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run the script there; never as root, whoever runs the tests."""
        return subprocess.run(
            ["/bin/bash", str(self.checkout / "deploy" / "setup" / "setup.sh"), *words],
            env={"PATH": str(self._bin)},
            user="nobody" if os.geteuid() == 0 else None,
            extra_groups=[] if os.geteuid() == 0 else None,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )


@pytest.fixture
def machine() -> Iterator[Machine]:
    # (pytest's own folder lets nobody else pass.)
    with tempfile.TemporaryDirectory(prefix="setup-") as folder:
        yield Machine(Path(folder))


def _is_refused_in_one_line(machine: Machine, line: str, *words: str) -> None:
    told = machine.setup(*(words or ("runtime",)))
    assert (told.stderr, told.stdout, told.returncode) == (f"setup: {line}\n", "", 1)
    assert not (machine.checkout / ".venv").exists()


def test_without_root_and_without_sudo_it_says_what_an_administrator_has_to_install(
    machine: Machine,
) -> None:
    line = f"cannot install python3-venv: not root, and there is no sudo; {_ADVICE}"
    _is_refused_in_one_line(machine, line, "dev", "--without-servers")


def test_where_sudo_refuses_it_says_what_an_administrator_has_to_install(machine: Machine) -> None:
    machine.has("sudo", "#!/bin/sh\nexit 1\n")
    line = f"cannot install python3-venv: not root, and sudo refuses; {_ADVICE}"
    _is_refused_in_one_line(machine, line, "dev", "--without-servers")


def test_a_python_that_is_too_old_is_told_with_its_version(machine: Machine) -> None:
    machine.has("python3", _PYTHON.format(version="3.9.2"))
    line = (
        "python3 is Python 3.9.2, but 3.11 or newer is needed:"
        " install it and name it, for example PYTHON=python3.11 make setup"
    )
    _is_refused_in_one_line(machine, line)


def test_a_machine_without_python_is_told_to_get_one(machine: Machine) -> None:
    machine.lacks("python3")
    _is_refused_in_one_line(machine, "no python3 on this machine: install Python 3.11")


def test_where_there_is_no_apt_get_what_is_missing_is_named(machine: Machine) -> None:
    machine.lacks("apt-get")
    line = "missing: python3-venv; there is no apt-get here, install them with your system's tool"
    _is_refused_in_one_line(machine, line, "dev", "--without-servers")


def test_when_apt_get_fails_the_end_of_what_it_said_is_shown(machine: Machine) -> None:
    machine.has("sudo", '#!/bin/sh\n[ "$1" = -n ] && shift\nexec "$@"\n')
    machine.has("true", "#!/bin/sh\nexit 0\n")
    machine.has(
        "apt-get", "#!/bin/sh\necho 'E: Temporary failure resolving the mirror'\nexit 100\n"
    )

    told = machine.setup("dev", "--without-servers")

    log = machine.checkout / ".venv" / "setup.log"
    assert told.returncode == 1
    assert told.stderr.splitlines() == [
        "setup: installing python3-venv …",
        "E: Temporary failure resolving the mirror",
        f"setup: failed: installing python3-venv (all of its output: {log})",
    ]
