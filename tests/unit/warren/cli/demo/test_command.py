"""What the command says and ends with when there is nothing to show, or a step fails."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from warren.cli import main as command
from warren.stack.descriptor import ProcessEntry, StackDescriptor
from warren.stack.folder import StackFolder
from warren.stack.lock import StackLock


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[StackFolder]:
    """Of a stack that is there, with one worker, and whose gateway does not answer any more."""
    folder = StackFolder.of(tmp_path)
    lock = StackLock(folder.lock)
    lock.acquire()
    folder.logs.mkdir()
    StackDescriptor(
        gateway_url="http://127.0.0.1:9",
        api_key="wk_key",
        amqp_url="",
        database_url="",
        artifacts_dir="",
        processes=[ProcessEntry(name="tts-worker", pid=1)],
    ).write(folder.descriptor)
    yield folder
    lock.release()


def _demo(folder: StackFolder, monkeypatch: pytest.MonkeyPatch, *words: str) -> int | str | None:
    root = str(folder.path.parent)
    monkeypatch.setattr(sys, "argv", ["warren", "demo", "--root", root, *words])
    with pytest.raises(SystemExit) as end:
        command.main()
    return end.value.code


def test_a_failed_step_is_in_the_table_and_ends_the_command_with_a_log_and_code_1(
    folder: StackFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.log("gateway").write_text("the last words of the gateway\n")

    code = _demo(folder, monkeypatch)

    said = capsys.readouterr()
    assert code == 1
    assert re.search(r"\nSpeak English +\d+\.\d s +failed: the gateway http://127", said.out)
    assert "0 of 2" in (folder.demo / "index.html").read_text()
    assert said.err.startswith("warren: ")
    assert "(and 1 more)" in said.err
    assert said.err.endswith("the last words of the gateway\n")


def test_a_domain_that_the_running_stack_has_no_worker_for_is_one_line_and_code_2(
    folder: StackFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = _demo(folder, monkeypatch, "--only", "search")

    assert code == 2
    assert capsys.readouterr().err == (
        "warren: nothing of search can be shown: this stack lacks a worker of indexer\n"
    )
