"""`warren schedules`, as people type it, against a gateway."""

from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from warren.cli.main import build_app
from warren.client.errors import RefusedByGateway

pytestmark = pytest.mark.postgres
Warren = Callable[..., Result]


@pytest.fixture
def warren(gateway_url: str, database: Any, monkeypatch: pytest.MonkeyPatch) -> Warren:
    """Runs a command with the address and the key of the test's gateway."""
    database.ask("DELETE FROM schedules")
    monkeypatch.setenv("WARREN_URL", gateway_url)
    monkeypatch.setenv("WARREN_API_KEY", database.key())

    def run(*words: str) -> Result:
        return CliRunner().invoke(build_app(), ["schedules", *words])

    return run


def _ok(result: Result) -> str:
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def test_a_schedule_s_life_on_the_command_line(warren: Warren, database: Any) -> None:
    assert "no schedules" in _ok(warren("list"))
    # When one is made
    made = _ok(
        warren(
            *("create", "tts.synthesize", "30 7 * * 1-5", "--name", "wake-up"),
            *("--payload", '{"text": "Good morning"}', "--timezone", "Europe/Berlin"),
        )
    )
    assert made.startswith("wake-up runs next at 20")
    # Then it is listed, switched, run and deleted
    listed = _ok(warren("list"))
    assert "30 7 * * 1-5" in listed
    assert "Europe/Berlin" in listed
    assert "is disabled" in _ok(warren("disable", "wake-up"))
    assert "disabled" in _ok(warren("list", "--kind", "tts.synthesize"))
    assert "runs next at 20" in _ok(warren("enable", "wake-up"))
    assert "is pending" in _ok(warren("run", "wake-up"))
    assert database.count("tasks") == 1
    assert "deleted" in _ok(warren("delete", "wake-up"))
    assert database.count("schedules") == 0


def test_a_list_can_be_read_by_programs(warren: Warren) -> None:
    _ok(warren("create", "tts.synthesize", "0 2 * * *", "--payload", '{"text": "a"}'))
    assert '"cron": "0 2 * * *"' in _ok(warren("list", "--json"))


def test_a_refusal_says_what_is_wrong(warren: Warren) -> None:
    refused = warren("create", "tts.synthesize", "0 25 * * *", "--payload", '{"text": "a"}')
    assert isinstance(refused.exception, RefusedByGateway)
    assert "check its hour" in str(refused.exception)

    not_json = warren("create", "tts.synthesize", "0 2 * * *", "--payload", "text")
    assert not_json.exit_code == 2
    assert "--payload is not JSON" in not_json.output
