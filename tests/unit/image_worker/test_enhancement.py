"""`image.enhance`: better than what any viewer does by itself."""

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from image_worker.adapters.procedural.composing import compose
from image_worker.adapters.procedural.reading import read
from image_worker.config import ImageSettings
from image_worker.errors import OptionsDoNotFit, PictureTooLarge
from image_worker.service.enhancing import balanced, denoised, with_contrast
from image_worker.workers.enhancement import EnhanceImageWorker
from tests.unit.image_worker.conftest import Done, Perform
from tests.unit.image_worker.files import gradient
from warren.contracts.images import EnhanceImage

Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def landscape() -> Picture:
    return compose(read("a castle on a hill in autumn"), 256, 256, 3, lambda done, of: None)


@pytest.fixture
def enhance(perform: Perform) -> Any:
    def run(**fields: Any) -> Done:
        return perform(EnhanceImageWorker, EnhanceImage, **fields)

    return run


def psnr(first: Picture, second: Picture) -> float:
    error = float(((first.astype(float) - second) ** 2).mean())
    return 10 * float(np.log10(255**2 / error))


@pytest.mark.parametrize("scale", [2, 4])
def test_enlarging_is_closer_to_the_original_than_bicubic(
    enhance: Any, landscape: Picture, scale: int
) -> None:
    side = 256 // scale
    small = cv2.resize(landscape, (side, side), interpolation=cv2.INTER_AREA)
    bicubic = cv2.resize(small, (256, 256), interpolation=cv2.INTER_CUBIC)

    done = enhance(image=np.asarray(small, np.uint8), scale=scale)

    assert done.picture.size == (256, 256)
    assert done.stated
    assert psnr(done.pixels, landscape) > psnr(np.asarray(bicubic, np.uint8), landscape)


def test_tiles_leave_no_seam(enhance: Any, landscape: Picture) -> None:
    whole = np.asarray(cv2.resize(landscape, (200, 200)), np.uint8)

    done = enhance(image=whole, scale=2)

    # The border between the first two tiles lies at column 384.
    steps = np.abs(np.diff(done.pixels.astype(int), axis=1)).mean(axis=(0, 2))
    assert steps[383] < 1.5 * steps[370:383].max()
    assert len([p for p in done.context.reports if "tile" in (p.message or "")]) == 4


def test_transparency_is_enlarged_with_the_picture(enhance: Any) -> None:
    see_through = np.dstack([gradient(40, 40), np.full((40, 40), 90, np.uint8)])

    done = enhance(image=see_through, scale=2)

    assert done.pixels.shape == (80, 80, 4)
    assert abs(int(done.pixels[40, 40, 3]) - 90) <= 1


def test_what_a_webp_cannot_hold_is_refused_before_it_is_enlarged(enhance: Any) -> None:
    with pytest.raises(OptionsDoNotFit, match="give png") as refusal:
        enhance(image=gradient(8_192, 16), scale=2, output_format="webp")

    assert refusal.value.field == "output_format"


def test_what_would_grow_too_large_is_refused(
    enhance: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGE_MAX_PIXELS", "5000")
    assert ImageSettings().max_pixels == 5000

    with pytest.raises(PictureTooLarge, match="4 times as large") as refusal:
        enhance(image=gradient(64, 64), scale=4)

    assert refusal.value.field == "scale"


def test_denoising_brings_a_noisy_picture_closer_to_the_clean_one(landscape: Picture) -> None:
    noise = np.random.default_rng(1).normal(0, 14, landscape.shape)
    noisy = np.clip(landscape + noise, 0, 255).astype(np.uint8)

    assert psnr(denoised(noisy, 0.6), landscape) > psnr(noisy, landscape) + 1


def test_white_balance_takes_a_cast_away() -> None:
    grey = np.repeat(np.linspace(20, 230, 64 * 64).reshape(64, 64, 1), 3, axis=2)
    cast = np.clip(grey * (0.8, 1.0, 0.6) + (0, 0, 10), 0, 255).astype(np.uint8)

    result = balanced(cast).astype(int)

    assert np.abs(result[..., 0] - result[..., 2]).mean() < 4


def test_contrast_spreads_what_was_flat(landscape: Picture) -> None:
    flat = (landscape * 0.3 + 90).astype(np.uint8)

    assert with_contrast(flat, 1.0).std() > 1.2 * flat.std()
