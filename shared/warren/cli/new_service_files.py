"""Writes the files of a new service: all of them, or none."""

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from string import Template

from warren.cli.new_service_names import ServiceNames
from warren.errors import ConfigurationError

_SUFFIX = ".template"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def write_service(names: ServiceNames, root: Path) -> None:
    """Put the service and its test in their places in the checkout `root`.

    They are written beside, and moved when they are whole. Raises ConfigurationError if the
    checkout cannot be written to; then nothing is left behind.
    """
    scratch = root / ".warren"
    moves = {
        "tests": root / "tests" / "unit" / names.package,
        "service": root / "services" / names.distribution,
    }
    try:
        scratch.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="new-service-", dir=scratch) as staged:
            _write_files(names, Path(staged))
            _move({Path(staged, name): target for name, target in moves.items()})
    except OSError as error:
        raise ConfigurationError(
            f"cannot write services/{names.distribution}: {error.strerror or error} "
            f"({error.filename}); nothing was changed"
        ) from error


def sorted_imports(source: str) -> str:
    """The source with the lines of each block of `from … import …` in the order of modules.

    Where the imports of the service's own package stand depends on its name.
    """
    return "\n\n".join(map(_with_sorted_lines, source.split("\n\n")))


def _with_sorted_lines(block: str) -> str:
    lines = block.split("\n")
    if not all(line.startswith("from ") for line in lines):
        return block
    return "\n".join(sorted(lines, key=lambda line: line.split()[1]))


def _write_files(names: ServiceNames, folder: Path) -> None:
    words = {
        "distribution": names.distribution,
        "package": names.package,
        "service": names.service,
        "prefix": names.prefix,
    }
    with as_file(files("warren.cli") / "service_template") as template:
        for source in sorted(template.rglob(f"*{_SUFFIX}")):
            place = source.relative_to(template).with_suffix("")
            parts = [names.package if part == "package" else part for part in place.parts]
            target = folder.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = Template(source.read_text("utf-8")).substitute(words)
            target.write_text(
                sorted_imports(text) if target.suffix == ".py" else text, encoding="utf-8"
            )


def _move(moves: dict[Path, Path]) -> None:
    moved: list[tuple[Path, Path]] = []
    with _undisturbed():
        try:
            for source, target in moves.items():
                source.rename(target)
                moved.append((source, target))
        except OSError:
            for source, target in moved:
                target.rename(source)
            raise


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait for the end of the block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
