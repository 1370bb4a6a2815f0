"""Programs that installed services declare: found, and told about each other."""

import os
from collections.abc import Container, Iterable, Mapping
from importlib.metadata import entry_points

from warren.contracts.programs import PROGRAMS_GROUP, DeclaredProgram
from warren.errors import ConfigurationError
from warren.stack.folder import StackFolder
from warren.stack.kept_secret import kept_secret
from warren.stack.ports import HOST


def installed_programs() -> tuple[DeclaredProgram, ...]:
    """What the services that are installed beside us declare, but for what runs elsewhere already:
    its address stands in the environment.

    Raises ConfigurationError, naming the distribution, if a declaration cannot be loaded.
    """
    found = []
    for entry in sorted(entry_points(group=PROGRAMS_GROUP), key=lambda entry: entry.name):
        try:
            program = entry.load()
        except (ImportError, AttributeError) as error:
            owner = entry.dist.name if entry.dist else entry.value
            raise ConfigurationError(
                f"the program {entry.name} of {owner} cannot be loaded ({error}): run `make setup`"
            ) from error
        found.append(DeclaredProgram.model_validate(program))
    return tuple(program for program in found if not os.environ.get(program.url_variable))


def fitting(
    programs: Iterable[DeclaredProgram], services: Container[str]
) -> tuple[DeclaredProgram, ...]:
    """Those whose workers run."""
    return tuple(program for program in programs if program.service in services)


def declared_environment(
    programs: Iterable[DeclaredProgram], ports: Mapping[str, int], folder: StackFolder
) -> dict[str, str]:
    """What every process of the stack is told about these programs; `ports` are by their names."""
    environment = {}
    for program in programs:
        environment[program.token_variable] = kept_secret(folder.secret(program.name))
        if program.name in ports:
            environment[program.url_variable] = address(ports[program.name])
        for variable, place in program.folders.items():
            environment[variable] = str(folder.path / place)
    return environment


def address(port: int) -> str:
    """Where a program of this stack answers."""
    return f"http://{HOST}:{port}"
