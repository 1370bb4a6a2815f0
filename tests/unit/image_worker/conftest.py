"""Jobs that are performed on pictures, with real engines."""

import io
from collections.abc import Callable
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.unit.image_worker.files import file_of
from warren.contracts.images import Pictures
from warren.contracts.job import Job
from warren.testing.worker import FakeContext
from warren.worker import Worker


class Done:
    """A finished job: its result, and the picture that it made."""

    def __init__(self, result: Pictures, context: FakeContext) -> None:
        self.result = result
        self.context = context
        self.file = context.store.read(result.artifacts[0].sha256)
        self.picture = Image.open(io.BytesIO(self.file))
        self.picture.load()

    @property
    def pixels(self) -> NDArray[np.uint8]:
        return np.asarray(self.picture)

    @property
    def stated(self) -> bool:
        """Whether the task has stated its pictures, once, as what they are."""
        (event,) = self.context.events
        told = [UUID(image["artifact"]["id"]) for image in event.data["images"]]
        made = [file.artifact_id for file in self.result.artifacts]
        whose = (event.type, event.data["task_type"], event.data["task_id"])
        own = ("images.generated.v1", self.result.task_type, str(self.context.task_id))
        return told == made and whose == own

    def saved(self, artifact_id: object) -> NDArray[np.uint8]:
        """Another file of the task."""
        (found,) = (each for each in self.context.artifacts.saved if each.id == artifact_id)
        return np.asarray(Image.open(io.BytesIO(self.context.store.read(found.sha256))))


Perform = Callable[..., Done]


@pytest.fixture
def perform() -> Perform:
    """`perform(Worker, Job, image=pixels or bytes, …)`: arrays and bytes become artifacts."""

    def run(
        worker: type[Worker[Any, Any]],
        job: type[Job],
        context: FakeContext | None = None,
        **fields: Any,
    ) -> Done:
        context = context or FakeContext()
        given = {name: _given(context, name, value) for name, value in fields.items()}
        result: Any = worker().perform(job.model_validate(given), context)
        return Done(result, context)

    return run


def _given(context: FakeContext, name: str, value: Any) -> Any:
    if isinstance(value, np.ndarray):
        value = file_of(value)
    if isinstance(value, bytes):
        return context.given(f"{name}.png", value, "image/png")
    return value
