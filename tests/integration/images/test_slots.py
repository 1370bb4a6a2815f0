"""Picture jobs in real slot processes: limits, cancellations and hostile files end no worker."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import psutil
import pytest

from tests.unit.image_worker.faces import FAIR, portrait
from tests.unit.image_worker.files import file_of, gradient, png_that_claims, webp_that_claims
from warren.artifacts.opening import open_store
from warren.artifacts.store import ArtifactStore
from warren.contracts.artifact import ArtifactRef
from warren.contracts.ids import new_id
from warren.contracts.status import Progress
from warren.errors import JobCancelled, TimeLimitExceeded
from warren.testing.deadline import eventually
from warren.worker.cancel_signal import CancelSignal
from warren.worker.job_report import Report
from warren.worker.job_run import Run
from warren.worker.slot_pool import SlotPool
from warren.worker.slot_process import SlotTerms
from warren.worker.verdict import JobFailed, Success
from warren.worker.wear import WearLimits

KINDS = ("image.generate", "image.enhance", "image.remove_background", "image.transfer_style")
_LIMIT = 2.0
#: Seconds on top of the two, for a machine whose cores others use.
_ALLOWANCE = 1.0


class Slot:
    """One slot of the image-worker, and the store that its jobs use."""

    def __init__(self, pool: SlotPool, store: ArtifactStore, others: set[int]) -> None:
        self._pool = pool
        self._store = store
        self._others = others

    def processes(self) -> set[int]:
        """Its own; other tests may have slots at the same time."""
        return children() - self._others

    def given(self, content: bytes) -> dict[str, Any]:
        """An uploaded picture, as it stands in a payload."""
        stored = self._store.put(content)
        reference = ArtifactRef(
            id=new_id(),
            sha256=stored.sha256,
            size=stored.size,
            media_type="image/png",
            name="picture",
        )
        return reference.model_dump(mode="json")

    def run(
        self,
        kind: str,
        *,
        limit: float = 60.0,
        cancellation: CancelSignal | None = None,
        reports: list[Report] | None = None,
        **payload: Any,
    ) -> Success:
        run = Run(new_id(), new_id(), 1, 1, 1, new_id(), kind, 1, payload, repeated=False)
        tell = (reports if reports is not None else []).append
        return self._pool.run(run, limit, tell, cancellation or CancelSignal())


@pytest.fixture(scope="module")
def slot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slot]:
    folder = str(tmp_path_factory.mktemp("artifacts"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WARREN_ARTIFACTS_URL", folder)
        terms = SlotTerms({(kind, 1): WearLimits() for kind in KINDS})
        others = children()
        pool = SlotPool("image_worker", 1, terms, start_timeout=90)
        pool.start()
        yield Slot(pool, open_store(folder), others)
        pool.kill()
        pool.close(5)


def children() -> set[int]:
    """The slot processes that were started by this one and live."""
    return {
        child.pid
        for child in psutil.Process(os.getpid()).children(recursive=True)
        if "slot" in " ".join(child.cmdline())
    }


def large_picture() -> bytes:
    """Enlarging it takes minutes."""
    noise = np.random.default_rng(1).integers(0, 255, (1500, 1500, 3), np.uint8)
    return file_of(noise, compress_level=1)


def wide_gradient() -> bytes:
    """One call of OpenCV paints it in oil, for far longer than the limit."""
    return file_of(gradient(4000, 4000), compress_level=1)


def test_hostile_pictures_are_refused_by_a_process_that_goes_on_in_little_memory(
    slot: Slot,
) -> None:
    slot.run("image.transfer_style", image=slot.given(file_of(gradient())), style="sepia")
    before = slot.processes()
    assert before

    for hostile in (
        png_that_claims(50_000, 50_000),
        webp_that_claims(16_383, 16_383),
        file_of(portrait(FAIR))[:2000],
        b"<svg/>",
        b"",
    ):
        with pytest.raises(JobFailed) as failed:
            slot.run("image.transfer_style", image=slot.given(hostile), style="oil")
        assert failed.value.failure.error.field == "image"

    done = slot.run("image.transfer_style", image=slot.given(file_of(gradient())), style="ink")
    assert done.result["task_type"] == "style_transfer"
    assert slot.processes() == before
    used = sum(psutil.Process(pid).memory_info().rss for pid in before)
    assert used < 600 << 20


@pytest.mark.parametrize(
    ("kind", "make_picture", "options"),
    [
        ("image.enhance", large_picture, {"scale": 4}),
        ("image.transfer_style", wide_gradient, {"style": "oil"}),
    ],
    ids=["an inference", "a filter of OpenCV"],
)
def test_within_two_seconds_of_a_hard_limit_native_code_is_gone(
    slot: Slot, kind: str, make_picture: Callable[[], bytes], options: dict[str, Any]
) -> None:
    # Given a slot that has loaded: the limit counts from the moment at which the job is given to it
    picture = slot.given(make_picture())
    slot.run("image.generate", prompt="hills", width=64, height=64)
    (busy,) = slot.processes()
    strikes_at = time.monotonic() + _LIMIT

    with pytest.raises(TimeLimitExceeded):
        slot.run(kind, image=picture, limit=_LIMIT, **options)

    assert time.monotonic() - strikes_at < 2 + _ALLOWANCE
    assert busy not in slot.processes()
    assert slot.run("image.generate", prompt="hills", width=64, height=64).result["artifacts"]


def test_a_cancelled_inference_is_gone_within_two_seconds(slot: Slot) -> None:
    picture, signal, reports = slot.given(large_picture()), CancelSignal(), list[Report]()

    def said() -> list[str]:
        return [each.message or "" for each in list(reports) if isinstance(each, Progress)]

    def cancel_when_it_works() -> None:
        eventually(lambda: any("tile" in message for message in said()), within=60)
        cancelled_at.append(time.monotonic())
        signal.make()

    cancelled_at: list[float] = []
    canceller = threading.Thread(target=cancel_when_it_works)
    canceller.start()
    # By itself at its next tile, or by force.
    with pytest.raises((JobCancelled, JobFailed), match="cancelled"):
        slot.run("image.enhance", image=picture, scale=4, cancellation=signal, reports=reports)

    canceller.join()
    assert time.monotonic() - cancelled_at[0] < 2 + _ALLOWANCE


def test_models_are_loaded_once_and_stay(slot: Slot) -> None:
    picture = slot.given(file_of(portrait(FAIR, 200)))
    slot.run("image.remove_background", image=picture, background="red")
    loaded = children()

    again = slot.run("image.remove_background", image=picture, background="blue")

    assert again.result["metadata"]["model"].startswith("u2netp")
    assert children() == loaded
