from collections.abc import Callable

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from warren.cli import main as command
from warren.cli.main import app_for, build_app
from warren.errors import ConfigurationError, PermanentError


def failing_app(error: Exception) -> Callable[[], typer.Typer]:
    """A command line that has one command, which raises `error`."""

    def build() -> typer.Typer:
        app = typer.Typer(pretty_exceptions_enable=False)

        @app.command()
        def fail() -> None:
            raise error

        return app

    return build


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [(ConfigurationError("WARREN_PORT is taken"), 2), (PermanentError("the disk is full"), 1)],
)
def test_an_error_of_ours_is_one_line_and_an_exit_code(
    error: Exception,
    exit_code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command, "build_app", failing_app(error))
    monkeypatch.setattr("sys.argv", ["warren"])

    with pytest.raises(SystemExit) as end:
        command.main()

    assert end.value.code == exit_code
    assert capsys.readouterr().err == f"warren: {error}\n"


def commands_of(app: typer.Typer) -> set[str]:
    return set(getattr(get_command(app), "commands", {}))


def test_a_command_of_ours_is_found_without_loading_the_others() -> None:
    assert commands_of(app_for(["worker", "tts-worker"])) == {"worker"}
    assert commands_of(app_for(["tasks", "list"])) == {"tasks"}


@pytest.mark.parametrize("name", ["relay", "keys", "search-node", "drift"])
def test_a_command_of_another_distribution_is_found_with_those_beside_it(name: str) -> None:
    found = commands_of(app_for([name]))
    assert name in found
    assert "worker" not in found


@pytest.mark.parametrize("words", [[], ["--help"], ["no-such-command"]])
def test_whoever_names_no_command_is_shown_all(words: list[str]) -> None:
    assert commands_of(app_for(words)) == commands_of(build_app())


def test_a_command_alone_is_called_by_its_name() -> None:
    result = CliRunner().invoke(app_for(["version"]), ["version"])
    assert (result.exit_code, result.stdout) == (0, "0.1.0\n")
