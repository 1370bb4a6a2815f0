"""`image.remove_background` on composites whose true mask is known."""

import tracemalloc
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ImageColor

from image_worker.errors import SubjectNotFound
from image_worker.service.cutting_out import CutOut, on_picture
from image_worker.workers.background import RemoveBackgroundWorker
from tests.unit.image_worker.conftest import Done, Perform
from tests.unit.image_worker.faces import FAIR, portrait
from tests.unit.image_worker.files import gradient
from warren.contracts.colours import COLOUR_NAMES
from warren.contracts.images import RemoveBackground


def composite(side: int = 320) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Somebody before a gradient, and where they are."""
    person = portrait(FAIR, side)
    apart = np.abs(person.astype(int) - FAIR.background).sum(-1) > 24
    closed = cv2.morphologyEx(apart.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    truth = np.asarray(closed, bool)
    return np.where(truth[..., None], person, gradient(side, side)).astype(np.uint8), truth


@pytest.fixture
def remove(perform: Perform) -> Any:
    def run(**fields: Any) -> Done:
        return perform(RemoveBackgroundWorker, RemoveBackground, **fields)

    return run


def test_the_subject_is_opaque_and_the_rest_is_transparent(remove: Any) -> None:
    picture, truth = composite()

    done = remove(image=picture, return_mask=True)

    opaque = done.pixels[..., 3] > 127
    assert (opaque & truth).sum() / (opaque | truth).sum() > 0.9
    mask = done.saved(done.result.mask_id)
    assert np.array_equal(mask, done.pixels[..., 3])
    assert {40, 90} <= set(done.context.percents)
    assert done.stated


def test_a_colour_or_a_picture_may_take_the_background_s_place(remove: Any) -> None:
    picture, _ = composite()

    red = remove(image=picture, background="#ff0000", output_format="jpeg")
    other = remove(image=picture, background_image=255 - gradient(100, 40), output_format="webp")

    assert red.pixels[4, 4, 0] > 240 > 20 > red.pixels[4, 4, 1]
    assert other.picture.size == (320, 320)
    assert other.pixels[4, 4, 0] > other.pixels[4, -5, 0] + 30


def test_a_tight_crop_leaves_the_subject_and_the_margin(remove: Any) -> None:
    picture, truth = composite()
    columns = np.flatnonzero(truth.any(axis=0))

    done = remove(image=picture, crop=True, crop_margin=5)

    wide = columns[-1] - columns[0] + 1
    assert abs(done.picture.size[0] - wide) < 60
    assert done.picture.size[0] < 320


def test_what_was_transparent_stays_so(remove: Any) -> None:
    picture, truth = composite()
    clear = np.full(truth.shape, 255, np.uint8)
    clear[:, :160] = 0

    done = remove(image=np.dstack([picture, clear]))

    assert done.pixels[:, :160, 3].max() == 0
    assert done.pixels[160, 170, 3] == 255


@pytest.mark.parametrize("crop", [True, False])
def test_a_subject_that_is_transparent_already_is_none(remove: Any, crop: bool) -> None:
    picture, truth = composite()
    hole = np.full(truth.shape, 255, np.uint8)
    hole[cv2.dilate(truth.astype(np.uint8), np.ones((61, 61), np.uint8)) > 0] = 0

    with pytest.raises(SubjectNotFound, match="transparent") as refusal:
        remove(image=np.dstack([picture, hole]), crop=crop)

    assert refusal.value.field == "image"


@pytest.mark.parametrize("shape", [(16_383, 16), (16, 16_383)])
def test_a_strip_as_a_background_is_cut_before_it_is_enlarged(shape: tuple[int, int]) -> None:
    pixels, alpha = np.zeros((1_000, 1_000, 3), np.uint8), np.zeros((1_000, 1_000), np.uint8)
    strip = np.asarray(gradient(*shape))
    tracemalloc.start()

    filled = on_picture(CutOut(pixels, alpha), strip)

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 50_000_000
    middle = strip[shape[1] // 2, shape[0] // 2].astype(int)
    assert np.abs(filled[500, 500].astype(int) - middle).max() < 12


def test_every_name_of_a_colour_is_one_that_can_be_painted() -> None:
    assert set(ImageColor.colormap) == COLOUR_NAMES


def test_a_picture_of_nothing_is_refused(remove: Any) -> None:
    with pytest.raises(SubjectNotFound) as refusal:
        remove(image=np.full((64, 64, 3), 90, np.uint8))

    assert refusal.value.field == "image"
