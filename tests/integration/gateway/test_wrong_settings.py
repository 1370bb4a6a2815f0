"""What a person sees of a mistake in the settings: one line, and the exit code 2."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from warren.testing.postgres import fresh_database

WARREN = str(Path(sys.executable).parent / "warren")


def _run(arguments: list[str], environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [WARREN, *arguments],
        check=False,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("arguments", "variable", "value"),
    [
        (["gateway"], "WARREN_PORT", "abc"),
        (["relay"], "WARREN_DATABASE_TIMEOUT", "x"),
        (["relay"], "WARREN_AMQP_URL", "foo"),
        (["recorder"], "WARREN_ARTIFACT_DAYS_BY_KIND", "{"),
        (["gateway"], "WARREN_DATABASE_URL", "mysql://me:hidden@127.0.0.1/x"),
        (["migrate"], "WARREN_DATABASE_URL", "mysql://me:hidden@127.0.0.1/x"),
        (["worker", "tts-worker"], "WARREN_LOG_LEVEL", "foo"),
    ],
)
def test_a_wrong_setting_is_one_line(arguments: list[str], variable: str, value: str) -> None:
    done = _run(arguments, {variable: value})
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert variable.removeprefix("WARREN_").lower() in done.stderr.lower()
    assert "hidden" not in done.stderr


@pytest.mark.postgres
def test_a_database_without_tables_says_what_to_run(
    postgres_server_url: str,
) -> None:
    with fresh_database(postgres_server_url, "template1") as empty:
        done = _run(["keys", "list"], {"WARREN_DATABASE_URL": empty})
    assert (done.returncode, done.stderr) == (
        2,
        "warren: the database has not been set up yet: run `warren migrate`\n",
    )


@pytest.mark.postgres
def test_an_unknown_plan_is_refused_before_anything_is_made(
    database_url: str,
) -> None:
    done = _run(
        ["keys", "create", "--customer", "a", "--new-customer", "--plan", "gold"],
        {"WARREN_DATABASE_URL": database_url},
    )
    assert done.returncode == 2
    assert "standard" in done.stderr
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM customers").fetchone() == (0,)
