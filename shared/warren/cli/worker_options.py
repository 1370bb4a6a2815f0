"""Options of `warren worker` that stand for a setting; left out, the environment decides."""

from typing import Annotated

import typer

Isolation = Annotated[
    str | None,
    typer.Option(help="thread or process for all kinds, or for some: tts.synthesize=thread."),
]
AsyncJobs = Annotated[
    int | None, typer.Option(min=1, help="Jobs at once in a process that has async kinds.")
]
ReservedSlots = Annotated[
    int | None, typer.Option(min=0, help="Slots that long jobs of the low lane leave to others.")
]
MaxTasksPerChild = Annotated[
    int | None, typer.Option(min=1, help="Replace a process after so many jobs.")
]
MaxMemoryMb = Annotated[
    int | None, typer.Option(min=1, help="Replace a process that a job leaves with more, in MiB.")
]


def given(**options: str | int | None) -> dict[str, str | int]:
    """Those that were given."""
    return {name: value for name, value in options.items() if value is not None}


def as_arguments(options: dict[str, str | int]) -> list[str]:
    """The same, as they are typed."""
    return [
        word
        for name, value in options.items()
        for word in (f"--{name.replace('_', '-')}", str(value))
    ]
