from collections.abc import Callable

import pytest
import typer

from warren.cli import main as command
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
