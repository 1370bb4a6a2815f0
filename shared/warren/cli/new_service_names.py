"""What a new service may be called, so that it stands in nobody's way."""

import ast
import keyword
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from warren.errors import ConfigurationError

_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
#: Characters; keeps queue names and lines of code readable.
_LONGEST = 30
_SUFFIX = "-worker"
#: First parts of queue names that are taken by Warren's own processes and by the example.
_RESERVED = frozenset({"api", "gateway", "warren", "shared", "example"})
_ADVICE = "give another name, for example picture-worker"


@dataclass(frozen=True, slots=True)
class ServiceNames:
    """One service under all its names; `service` begins its queues and the kinds of its jobs."""

    distribution: str
    package: str
    service: str
    prefix: str


def service_names(name: str) -> ServiceNames:
    """The names that follow from `picture-worker` or `picture_worker`.

    Raises ConfigurationError for what cannot be the name of a Python package and of a queue.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise ConfigurationError(
            f"{name[:80]!r} cannot name a service: give lower-case words joined by dashes, at most "
            f"{_LONGEST} characters, for example picture-worker"
        )
    dashed = name.replace("_", "-")
    package = name.replace("-", "_")
    service = dashed.removesuffix(_SUFFIX).replace("-", "_")
    if keyword.iskeyword(package):
        raise ConfigurationError(f"{name} is a word of the Python language: {_ADVICE}")
    if service in _RESERVED or dashed in _RESERVED or dashed.split("-")[0] == "warren":
        raise ConfigurationError(f"{name} is reserved for Warren itself: {_ADVICE}")
    return ServiceNames(dashed, package, service, package.removesuffix("_worker").upper())


def check_free(names: ServiceNames, root: Path) -> None:
    """Raises ConfigurationError, saying by what, if one of the names is taken."""
    for place in (
        Path("services", names.distribution),
        Path("services", names.package),
        Path("tests", "unit", names.package),
        Path(names.package),
    ):
        if os.path.lexists(root / place):
            raise ConfigurationError(f"{place} exists already in {root}: {_ADVICE}")
    for owner, service in _services(root):
        if service == names.service:
            raise ConfigurationError(
                f"{owner} is already the service {service!r}, after which queues and jobs are "
                f"named: {_ADVICE}"
            )
    if names.package in sys.stdlib_module_names or find_spec(names.package) is not None:
        raise ConfigurationError(f"Python finds another {names.package} here: {_ADVICE}")
    if _is_installed(names.distribution):
        raise ConfigurationError(f"a package {names.distribution} is installed here: {_ADVICE}")


def _services(root: Path) -> Iterator[tuple[str, str]]:
    """The services of a checkout by folder, and what each calls itself, without importing them."""
    for file in sorted(root.glob("services/*/pyproject.toml")):
        project = tomllib.loads(file.read_text())["project"]
        for package in project.get("entry-points", {}).get("warren.services", {}).values():
            init = file.parent / package / "__init__.py"
            service = _constant(init, "SERVICE") if init.exists() else None
            if service is not None:
                yield f"services/{file.parent.name}", service


def _constant(file: Path, name: str) -> str | None:
    for statement in ast.parse(file.read_text()).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=found)], value=ast.Constant(value=str(value))):
                if found == name:
                    return value
    return None


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
