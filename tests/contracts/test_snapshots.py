"""Every wire shape is on record; a change of one is a decision, never an accident.

An added optional field is a compatible change, anything else needs a new version of the shape
(docs/howto on changing a contract). To record a change that is meant:

    WARREN_UPDATE_SNAPSHOTS=1 python -m pytest tests/contracts

and commit the changed files under tests/contracts/snapshots together with the change.
"""

import importlib
import inspect
import json
import os
import pkgutil
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

import warren.contracts
from warren.contracts.catalogue import CATALOGUE_JOBS
from warren.contracts.events import Event
from warren.contracts.job import Job
from warren.contracts.status import Status

SNAPSHOTS = Path(__file__).parent / "snapshots"
UPDATE = os.environ.get("WARREN_UPDATE_SNAPSHOTS") == "1"
#: Models that are part of others, or only their base.
BASES = {"Job", "Event", "BatchCallback", "_Wire", "_Status", "CatalogueJob"}


def _models() -> dict[str, type[BaseModel]]:
    modules = [
        importlib.import_module(f"warren.contracts.{module.name}")
        for module in pkgutil.iter_modules(warren.contracts.__path__)
    ]
    return {
        f"{module.__name__.rpartition('.')[2]}.{name}": value
        for module in modules
        for name, value in vars(module).items()
        if inspect.isclass(value)
        and issubclass(value, BaseModel)
        and value.__module__ == module.__name__
        and name not in BASES
    }


def _wire_shape(model: type[BaseModel]) -> dict[str, Any]:
    shape: dict[str, Any] = {"schema": model.model_json_schema(mode="validation")}
    if issubclass(model, Job) and hasattr(model, "kind"):
        shape |= {
            "kind": model.kind,
            "version": model.version,
            "submission": model.submission_schema(),
        }
    if issubclass(model, Event):
        shape["type"] = model.type
    return shape


def _shapes() -> dict[str, dict[str, Any]]:
    shapes = {name: _wire_shape(model) for name, model in _models().items()}
    status: TypeAdapter[Any] = TypeAdapter(Status)
    jobs = {job.__name__: {"kind": kind} for kind, job in CATALOGUE_JOBS.items()}
    return {**shapes, "status": {"schema": status.json_schema()}, "catalogue.jobs": jobs}


SHAPES = _shapes()


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_a_wire_shape_is_as_recorded(name: str) -> None:
    path = SNAPSHOTS / f"{name}.json"
    text = json.dumps(SHAPES[name], indent=2, sort_keys=True) + "\n"
    if UPDATE:
        path.write_text(text)

    recorded = path.read_text() if path.exists() else "nothing is recorded yet"

    assert text == recorded, f"{name} has changed; see the top of {Path(__file__).name}"


def test_nothing_is_recorded_that_no_longer_exists() -> None:
    recorded = {path.stem for path in SNAPSHOTS.glob("*.json")}
    if UPDATE:
        for name in recorded - set(SHAPES):
            (SNAPSHOTS / f"{name}.json").unlink()
        recorded &= set(SHAPES)

    assert recorded == set(SHAPES)
