"""`image.transfer_style`: named styles, and the look of another picture."""

from typing import Any

import cv2
import numpy as np
import pytest

from image_worker.service.restyling import in_colours_of
from image_worker.service.restyling import restyle as restyled
from image_worker.service.styles import STYLES
from image_worker.workers.style import TransferStyleWorker
from tests.unit.image_worker.conftest import Done, Perform
from tests.unit.image_worker.faces import FAIR, portrait
from tests.unit.image_worker.files import gradient
from warren.contracts.images import StyleName, TransferStyle


@pytest.fixture
def restyle(perform: Perform) -> Any:
    def run(**fields: Any) -> Done:
        return perform(TransferStyleWorker, TransferStyle, **fields)

    return run


@pytest.mark.parametrize("style", StyleName)
@pytest.mark.parametrize("shape", [(96, 96), (17, 60)])
def test_every_style_changes_pictures_of_any_shape(
    restyle: Any, style: StyleName, shape: tuple[int, int]
) -> None:
    picture = np.asarray(cv2.resize(portrait(FAIR), shape), np.uint8)

    done = restyle(image=picture, style=style)

    assert done.picture.size == shape
    assert done.stated
    assert np.abs(done.pixels.astype(int) - picture).mean() > 1
    assert done.result.metadata.details["style"] == style.value


@pytest.mark.parametrize("style", StyleName)
@pytest.mark.parametrize("shape", [(16, 11_000), (11_000, 16)])
def test_every_style_takes_strips(style: StyleName, shape: tuple[int, int]) -> None:
    strip = gradient(*shape)

    painted = STYLES[style](strip)

    assert painted.shape == strip.shape
    assert painted.std() > 1


@pytest.mark.parametrize("shape", [(16, 11_000), (11_000, 16)])
def test_strips_take_the_look_of_pictures_and_pictures_that_of_strips(
    shape: tuple[int, int],
) -> None:
    strip, picture = gradient(*shape), portrait(FAIR, 64)

    for painted, reference in ((strip, picture), (picture, strip), (strip, strip)):
        changed = restyled(
            painted, None, reference, strength=1, texture=1, progress=lambda _done, _what: None
        )

        assert changed.shape == painted.shape


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({"width": 64, "height": 96}, (64, 96)),
        ({"width": 256}, (256, 128)),
        ({"height": 64}, (128, 64)),
    ],
)
def test_a_result_has_the_size_that_was_asked_for(
    restyle: Any, asked: dict[str, int], size: tuple[int, int]
) -> None:
    picture = np.asarray(cv2.resize(portrait(FAIR), (200, 100)), np.uint8)

    assert restyle(image=picture, style="sepia", **asked).picture.size == size


def test_a_strip_that_is_widened_does_not_become_endless(restyle: Any) -> None:
    done = restyle(image=gradient(16, 1600), style="sepia", width=64)
    assert done.picture.size == (64, 2048)


def test_a_strength_of_nothing_leaves_the_picture_as_it_was(restyle: Any) -> None:
    picture = gradient()

    done = restyle(image=picture, style="oil", strength=0)

    assert np.array_equal(done.pixels, picture)


def test_the_colours_of_a_reference_are_taken_over() -> None:
    picture = portrait(FAIR, 128)
    reference = np.asarray(portrait(FAIR, 96) // 3, np.uint8)

    result = in_colours_of(picture, reference)

    wanted, before, after = (
        each.reshape(-1, 3).mean(axis=0) for each in (reference, picture, result)
    )
    assert np.abs(after - wanted).max() < 12 < np.abs(before - wanted).max()


def test_a_reference_alone_is_a_style(restyle: Any) -> None:
    done = restyle(image=portrait(FAIR, 64), style_image=gradient(), texture=1.0)

    assert done.result.metadata.details == {"style": None, "reference": True, "strength": 1.0}


def test_a_job_without_style_and_reference_is_none(restyle: Any) -> None:
    with pytest.raises(ValueError, match="give style or style_image"):
        restyle(image=gradient())
