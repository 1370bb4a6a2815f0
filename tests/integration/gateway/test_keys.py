"""Who may do what."""

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from gateway.commands import app
from gateway.customers.keys import Scope, new_key
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": "Bearer nonsense"},
        {"X-API-Key": str(new_key())},
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/tasks", "/api/v1/speech", "/api/v1/artifacts"])
def test_without_a_valid_key_nothing_is_accepted(
    gateway_url: str, database: Any, path: str, headers: dict[str, str]
) -> None:
    answer = httpx.post(gateway_url + path, json={"text": "a"}, headers=headers, trust_env=False)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert database.count("tasks") == 0


def test_a_key_whose_secret_was_changed_is_refused(gateway_url: str, database: Any) -> None:
    good = database.key()
    bad = good[:-1] + ("a" if good[-1] != "a" else "b")
    answer = httpx.get(gateway_url + "/api/v1/kinds", headers={"X-API-Key": bad}, trust_env=False)
    assert answer.status_code == 401


def test_a_key_may_do_only_what_its_scopes_say(
    gateway_url: str, database: Any, connect: Callable[[str, str], httpx.Client]
) -> None:
    reader = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ]))
    assert reader.get("/api/v1/kinds").status_code == 200
    refused = reader.post("/api/v1/speech", json={"text": "a"})
    assert (refused.status_code, refused.json()["scope"]) == (403, "tasks:write")
    assert reader.get("/api/v1/workers").status_code == 403


def test_the_first_migration_makes_one_key_and_later_ones_change_nothing(
    database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARREN_DATABASE_URL", database.url)
    key_file = tmp_path / "state" / "api_key"
    # When the database is set up for the first time
    first = CliRunner().invoke(app, ["migrate", "--key-file", str(key_file)])
    # Then the key is printed and written for its owner only
    assert first.exit_code == 0, first.output
    key = key_file.read_text().strip()
    assert key in first.output
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    # And the secret itself is nowhere in the database
    secret = key.rpartition("_")[2]
    assert secret not in str(database.ask("SELECT api_keys::text FROM api_keys"))
    # When it is set up again
    again = CliRunner().invoke(app, ["migrate", "--key-file", str(key_file)])
    # Then nothing changes
    assert (again.exit_code, again.output) == (0, "")
    assert key_file.read_text().strip() == key
    assert database.count("api_keys") == database.count("customers") == 1


def test_a_lost_key_file_is_written_anew_with_another_key_of_the_first_customer(
    database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARREN_DATABASE_URL", database.url)
    key_file = tmp_path / "api_key"
    command = ["migrate", "--key-file", str(key_file)]
    # Given a database with a customer, whose key file was lost
    CliRunner().invoke(app, command)
    lost = key_file.read_text()
    key_file.unlink()
    # When it is set up again
    again = CliRunner().invoke(app, command)
    # Then the file holds another key of the same customer, and the command says so
    assert again.exit_code == 0, again.output
    assert key_file.read_text() not in ("", lost)
    assert key_file.read_text().strip() in again.output
    assert f"{key_file} was missing" in again.stderr
    assert (database.count("customers"), database.count("api_keys")) == (1, 2)


def test_a_lost_key_file_is_written_anew_while_the_first_customer_is_being_erased(
    database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARREN_DATABASE_URL", database.url)
    first, second = database.customer(), database.customer()
    erasing = database.erasure(first)
    command = ["migrate", "--key-file", str(tmp_path / "api_key")]

    done = CliRunner().invoke(app, command)

    assert done.exit_code == 0, done.output
    assert database.ask("SELECT customer_id FROM api_keys") == [(second,)]
    # And no key is made for the other by command
    refused = CliRunner().invoke(app, ["keys", "create", "--customer", str(first)])
    assert refused.exit_code != 0
    assert f"is being erased by task {erasing}" in f"{refused.output} {refused.exception}"


def test_keys_are_made_listed_and_revoked_by_command(
    settings: Any,
    serve: Callable[[Any], str],
    connect: Callable[[str, str], httpx.Client],
    database: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WARREN_DATABASE_URL", settings.database_url)
    command = CliRunner()
    # Given a key that was made on the command line
    made = command.invoke(app, ["keys", "create", "--customer", "acme", "--new-customer"])
    key = made.output.strip()
    client = connect(serve(settings), key)
    assert client.get("/api/v1/kinds").status_code == 200
    prefix = key.split("_")[1]
    assert prefix in command.invoke(app, ["keys", "list"]).output
    # When it is revoked
    assert command.invoke(app, ["keys", "revoke", prefix]).exit_code == 0
    # Then it is useless within five seconds, and a little for the machine
    eventually(lambda: client.get("/api/v1/kinds").status_code == 401, within=6.5)
