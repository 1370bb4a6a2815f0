"""Breaks one promise about speech, books or pictures; see sitecustomize.py."""

from collections.abc import Callable
from importlib import import_module
from itertools import count
from typing import Any
from uuid import uuid4


def record_twice() -> None:
    """What was found in a book becomes rows twice, as if nothing told one from the other."""
    recording: Any = import_module("gateway.books.recording")
    write = recording._write_descriptions

    def twice(connection: Any, customer_id: Any, book_id: Any, batch: Any) -> None:
        write(connection, customer_id, book_id, batch)
        again = [each.model_copy(update={"description_id": uuid4()}) for each in batch]
        write(connection, customer_id, book_id, again)

    recording._write_descriptions = twice


def forget_pictures() -> None:
    """Every second picture that a task has made is not listed."""
    projections: Any = import_module("gateway.images.projections")
    made, numbers = projections._made, count(1)
    projections._made = lambda transition: [p for p in made(transition) if next(numbers) % 2]


def cut_recordings() -> None:
    """Half of each passage gets lost on its way into the file."""
    files: Any = import_module("tts_worker.adapters.audio_file")
    write = files.AudioFile.write

    def cut(self: Any, samples: Any) -> None:
        write(self, samples[: len(samples) // 2])

    files.AudioFile.write = cut


MUTATIONS: dict[str, tuple[str, Callable[[], None]]] = {
    "record-twice": ("housekeeper", record_twice),
    "forget-pictures": ("recorder", forget_pictures),
    "cut-recordings": ("tts-worker", cut_recordings),
}
