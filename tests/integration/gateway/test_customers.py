"""Customers, as the command line sees them."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from gateway.commands import app
from warren.errors import RejectedInput
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres


@pytest.fixture(autouse=True)
def _environment(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARREN_DATABASE_URL", database.url)


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["customers", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_limit_of_waiting_tasks_is_set_shown_and_taken_back(
    gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client]
) -> None:
    # Given a customer
    client = connect(gateway_url, database.key())
    assert "may have waiting 1,000,000 (setting)" in _run("list")
    # When its limit is set
    _run("limit", "a customer", "--waiting", "2")
    # Then it holds, within the five seconds that a gateway remembers a key
    assert "may have waiting 2" in _run("list")
    speech = {"kind": "tts.synthesize", "payload": {"text": "Hello."}}
    eventually(lambda: client.post("/api/v1/tasks", json=speech).status_code == 429, within=30)
    # And is taken back
    assert "as the setting says" in _run("limit", "a customer", "--default")
    assert database.ask("SELECT waiting_limit FROM customers") == [(None,)]


@pytest.mark.parametrize("options", [[], ["--waiting", "1", "--default"], ["--waiting", "0"]])
def test_a_limit_that_makes_no_sense_is_refused(database: Any, options: list[str]) -> None:
    database.key()
    result = CliRunner().invoke(app, ["customers", "limit", "a customer", *options])
    assert result.exit_code == 2
    assert database.ask("SELECT waiting_limit FROM customers") == [(None,)]


def test_a_customer_that_is_not_there_is_named() -> None:
    with pytest.raises(RejectedInput, match="nobody"):
        _run("limit", "nobody", "--waiting", "1")
