"""The business, in plain Python: it knows neither broker nor runtime."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from example_worker.errors import BadOption, DiskAlmostFull

_SMALLEST_FREE = 64 * 2**20  # bytes


class ProcessingOptions(BaseModel):
    """How a user's data is to be processed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    #: What the export is written as.
    format: Literal["json", "csv"] = "json"
    #: Records at most.
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100
    #: Leave names out.
    anonymize: bool = False


def read_options(given: Mapping[str, Any]) -> ProcessingOptions:
    """The options with their defaults; raises BadOption naming the first that is wrong."""
    try:
        return ProcessingOptions.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        known = ", ".join(ProcessingOptions.model_fields)
        problem = "is not known" if first["type"] == "extra_forbidden" else first["msg"]
        raise BadOption(
            f"processing_options.{name}: {problem}; options are {known}",
            field=f"processing_options.{name}",
        ) from error


def check_free_space(free: int) -> None:
    """Raises DiskAlmostFull if the machine has too few bytes for the files of jobs."""
    if free < _SMALLEST_FREE:
        raise DiskAlmostFull(
            f"{free // 2**20} MiB are free for files of jobs, less than "
            f"{_SMALLEST_FREE // 2**20}: make room, or move TMPDIR"
        )
