"""Finds the Worker classes of a service: in its `actors.py`, and anywhere below its `workers/`."""

import inspect
import traceback
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, TypeGuard

from warren.errors import ConfigurationError
from warren.worker.base import Worker

AnyWorker = type[Worker[Any, Any]]
#: Where a service may keep its jobs, each a module or a package.
_PLACES = ("actors", "workers")


def find_workers(package: str) -> dict[tuple[str, int], AnyWorker]:
    """All Worker classes of a service by kind and version, in the order of their modules.

    Classes that name no job model or leave `perform` to others are bases, and are left out. A file
    below `workers/` counts whether or not its folder has an `__init__.py`.
    Raises ConfigurationError, naming the file, if a module cannot be imported, if there is no
    Worker class, or if two have one wire name.
    """
    modules = [import_reporting(name) for name in _module_names(package)]
    if not modules:
        raise ConfigurationError(
            f"{package} has neither an actors.py nor a folder workers/: its Worker classes "
            "belong there"
        )
    workers = _by_wire_name(worker for module in modules for worker in _workers_in(module))
    if not workers:
        files = ", ".join(str(module.__file__ or module.__name__) for module in modules)
        raise ConfigurationError(f"{files} defines no Worker class")
    return workers


def import_reporting(module: str) -> ModuleType:
    """Import a module; raises ConfigurationError with the file and line that are at fault."""
    try:
        return import_module(module)
    except ConfigurationError:
        raise
    except Exception as error:
        raise ConfigurationError(
            f"cannot import {module}: {type(error).__name__}: {error} ({_place(module, error)})"
        ) from error


def _module_names(package: str) -> Iterator[str]:
    for name in _PLACES:
        module = f"{package}.{name}"
        spec = find_spec(module)
        if spec is None:
            continue
        if spec.origin is not None:
            yield module
        for folder in spec.submodule_search_locations or ():
            yield from _below(module, Path(folder))


def _below(package: str, folder: Path) -> Iterator[str]:
    """The modules of a package, however deep, without `__main__`, which are programs."""
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        if parts[-1] == "__init__":
            parts = parts[:-1]
        if parts and parts[-1] != "__main__" and all(map(str.isidentifier, parts)):
            yield ".".join([package, *parts])


def _workers_in(module: ModuleType) -> list[AnyWorker]:
    return [value for value in vars(module).values() if _is_complete(value)]


def _is_complete(value: object) -> TypeGuard[AnyWorker]:
    return (
        inspect.isclass(value)
        and issubclass(value, Worker)
        and not inspect.isabstract(value)
        and hasattr(value, "job_model")
    )


def _by_wire_name(workers: Iterable[AnyWorker]) -> dict[tuple[str, int], AnyWorker]:
    found: dict[tuple[str, int], AnyWorker] = {}
    for worker in workers:
        key = (worker.job_model.kind, worker.job_model.version)
        other = found.setdefault(key, worker)
        if other is not worker:
            raise ConfigurationError(
                f"{_named(other)} and {_named(worker)} both handle {key[0]} version {key[1]}: "
                "a job has one handler"
            )
    return found


def _named(worker: AnyWorker) -> str:
    return f"{worker.__module__}.{worker.__qualname__} ({inspect.getsourcefile(worker)})"


def _place(module: str, error: Exception) -> str:
    """File and line at fault: the deepest frame that is not the import machinery's."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "importlib" not in frame.filename and frame.filename != __file__
    ]
    if frames:
        return f"{frames[-1].filename}:{frames[-1].lineno}"
    return f"expected as {module.replace('.', '/')}.py"
