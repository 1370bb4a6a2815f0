import os
import subprocess
import sys
from pathlib import Path

import psutil

from warren.stack.leftovers import MARKER, end_leftovers
from warren.stack.unit import Program
from warren.testing.deadline import eventually

SLEEP = ["sleep", "300"]
#: Leaves a child in its process group, tells its pid, and goes on.
WITH_A_CHILD = ["sh", "-c", "sleep 300 & echo $!; wait"]

PARENT = """
import sys, threading
from pathlib import Path
from warren.stack.unit import Program
program = Program("child", ["sleep", "300"], {"PATH": "/usr/bin:/bin"}, Path(sys.argv[1]))
program.start()
print(program.pid, flush=True)
threading.Event().wait(300)
"""


def program(tmp_path: Path, command: list[str], **environment: str) -> Program:
    return Program(
        "child", command, {"PATH": os.environ["PATH"], **environment}, tmp_path / "child.log"
    )


def runs(child: Program, command: list[str]) -> bool:
    return psutil.Process(child.pid).cmdline() == command


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_program_writes_to_its_log_and_says_how_it_ended(tmp_path: Path) -> None:
    child = program(tmp_path, ["sh", "-c", "echo out; echo err >&2; exit 3"])

    child.start()

    eventually(lambda: child.pid is None)
    assert child.log.read_text() == "out\nerr\n"
    assert child.ending() == "exit code 3"


def test_a_program_is_asked_to_stop_before_it_is_killed(tmp_path: Path) -> None:
    child = program(
        tmp_path, ["sh", "-c", "trap 'echo bye; exit 0' TERM; echo up; sleep 300 & wait"]
    )
    child.start()
    eventually(lambda: child.log.read_text() == "up\n")

    child.stop(patience=10)

    assert child.log.read_text() == "up\nbye\n"
    assert child.ending() == "exit code 0"


def test_a_program_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    child = program(tmp_path, ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done"])
    child.start()
    eventually(lambda: child.log.read_text() == "up\n")

    child.stop(patience=0.2)

    assert child.pid is None
    assert child.ending() == "killed by SIGKILL"


def test_what_a_killed_program_leaves_in_its_group_is_killed_too(tmp_path: Path) -> None:
    child = program(tmp_path, WITH_A_CHILD)
    child.start()
    eventually(lambda: child.log.read_text().strip())
    grandchild = int(child.log.read_text())

    child.kill()

    eventually(lambda: is_gone(grandchild))


def test_a_program_dies_when_its_stack_is_killed(tmp_path: Path) -> None:
    # Given a process that runs a program
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "child.log")], stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert not is_gone(pid)

    # When that process has no chance to clean up
    parent.kill()
    parent.wait(10)
    parent.stdout.close()

    # Then the program is gone all the same
    eventually(lambda: is_gone(pid))


def test_a_start_ends_what_an_earlier_stack_of_the_same_folder_left(tmp_path: Path) -> None:
    ours = program(tmp_path, SLEEP, **{MARKER: str(tmp_path)})
    other = program(tmp_path, SLEEP, **{MARKER: str(tmp_path / "other")})
    ours.start()
    other.start()
    # (While one of the wrappers around it becomes the next, the kernel shows no environment.)
    eventually(lambda: runs(ours, SLEEP) and runs(other, SLEEP))

    assert end_leftovers(tmp_path) == 1

    eventually(lambda: ours.pid is None)
    assert other.pid is not None
    other.kill()
