"""Lines as machines and people want them, and without secrets. Each in a process of its own."""

import json
import subprocess
import sys

import pytest

PROGRAM = """
import logging, structlog
from warren.observability.logging import configure_logging
configure_logging({format!r}, "info")
log = structlog.get_logger("test")
log.debug("too fine")
with structlog.contextvars.bound_contextvars(task="t1", attempt=2):
    log.info("hello", number=5)
    logging.getLogger("library").warning("from %s", "a library")
logging.getLogger("httpx").info("chatter")
try:
    raise ValueError("amqp://guest:s3cr3t@host")
except ValueError:
    log.exception("it failed", error="password=hunter2")
"""


HOSTILE = r"""
import logging
import structlog
from warren.observability.logging import configure_logging
configure_logging({format!r}, "info")
name = "a\nFAKE level=error\r\x1b[2J\x9b1m\u2028\u202e"
structlog.get_logger("test").warning("refused", path=name, names=[name], error=name)
logging.getLogger("library").warning("no such file: %s", name)
"""


def _lines(log_format: str, program: str = PROGRAM) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program.format(format=log_format)],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_json_has_one_object_a_line_with_what_is_bound() -> None:
    hello, library, failure = map(json.loads, _lines("json"))

    assert (hello["event"], hello["number"], hello["level"]) == ("hello", 5, "info")
    assert (hello["task"], hello["attempt"]) == ("t1", 2)
    assert (library["event"], library["task"]) == ("from a library", "t1")
    assert "Traceback" in failure["exception"]
    assert "s3cr3t" not in str(failure)
    assert "hunter2" not in str(failure)


def test_auto_is_json_where_there_is_no_terminal() -> None:
    assert json.loads(_lines("auto")[0])["event"] == "hello"


def test_pretty_is_for_people_and_keeps_secrets_too() -> None:
    text = "\n".join(_lines("pretty"))

    assert "hello" in text
    assert "too fine" not in text
    assert "s3cr3t" not in text


@pytest.mark.parametrize("log_format", ["json", "pretty"])
def test_what_callers_send_begins_no_line_and_commands_no_terminal(log_format: str) -> None:
    lines = _lines(log_format, HOSTILE)

    assert len(lines) == 2, lines
    assert all(line.isprintable() for line in lines), lines
    assert all("FAKE" in line for line in lines)
