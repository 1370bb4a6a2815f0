"""`image.swap_face` on painted faces, by the real networks."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from image_worker.errors import FaceNotFound, FaceNotFrontal, PictureTooSmall
from image_worker.ports import Face
from image_worker.service.swapping_faces import chosen_faces, eye_distance
from image_worker.workers.face_swap import SwapFaceWorker
from image_worker.workers.surroundings import face_finder
from tests.unit.image_worker.conftest import Done, Perform
from tests.unit.image_worker.faces import DARK, FAIR, group, portrait, turned
from tests.unit.image_worker.files import file_of, gradient
from warren.contracts.images import SwapFace, TaskType
from warren.errors import RejectedInput


@pytest.fixture
def swap(perform: Perform) -> Any:
    def run(**fields: Any) -> Done:
        return perform(SwapFaceWorker, SwapFace, **fields)

    return run


def test_the_face_lies_where_the_other_one_was(swap: Any) -> None:
    target = portrait(DARK, 512)
    before = face_finder().find(target)[0].landmarks

    done = swap(image=portrait(FAIR), target_image=target)

    after = face_finder().find(done.pixels)[0].landmarks
    away = np.linalg.norm(after - before, axis=1) / eye_distance(before)
    assert float(away.mean()) < 0.04
    assert done.result.task_type is TaskType.FACE_SWAP
    assert done.stated
    assert done.context.percents == sorted(done.context.percents)
    assert {25, 90} <= set(done.context.percents)


def test_the_eyes_are_the_source_s_and_the_skin_is_the_target_s(swap: Any) -> None:
    target = portrait(DARK, 512)

    done = swap(image=portrait(FAIR), target_image=target, blend_ratio=1.0)

    changed = np.abs(done.pixels.astype(int) - target).sum(-1)
    eye_left = changed[225:245, 200:232].mean()
    assert eye_left > 15
    # Nothing changes outside of the face.
    assert changed[:60].max() == 0
    assert changed[-60:].max() == 0
    cheek = done.pixels[300:310, 250:262].reshape(-1, 3).mean(axis=0)
    assert np.abs(cheek - target[300:310, 250:262].reshape(-1, 3).mean(axis=0)).max() < 30


def test_a_blend_ratio_of_nothing_leaves_the_picture_as_it_was(swap: Any) -> None:
    target = portrait(DARK, 256)

    done = swap(image=portrait(FAIR, 256), target_image=target, blend_ratio=0)

    assert np.abs(done.pixels.astype(int) - target).max() <= 1


def test_faces_are_chosen_by_their_number_from_the_left(swap: Any) -> None:
    target = group(DARK, DARK)

    one = swap(image=portrait(FAIR), target_image=target, target_faces=[1])
    both = swap(image=portrait(FAIR), target_image=target, all_faces=True)

    left, right = (np.abs(one.pixels.astype(int) - target).sum(-1)[:, half] for half in (
        slice(0, 320), slice(320, None)
    ))  # fmt: skip
    assert left.max() == 0 < right.max()
    assert one.result.metadata.details["faces_found"] == 2
    assert both.result.metadata.details["faces_swapped"] == 2


@pytest.mark.parametrize(
    ("fields", "field", "error", "words"),
    [
        ({"image": gradient(200, 200)}, "image", FaceNotFound, "no face was found"),
        ({"target_image": gradient(200, 200)}, "target_image", FaceNotFound, "no face"),
        ({"target_faces": [4]}, "target_image", FaceNotFound, "numbered from 0"),
        ({"source_face": 1}, "image", FaceNotFound, "there is no face 1"),
        (
            {"target_image": np.asarray(Image.fromarray(portrait(FAIR)).resize((40, 40)))},
            "target_image",
            PictureTooSmall,
            "pixels apart",
        ),
    ],
)
def test_what_cannot_be_swapped_is_refused_with_the_reason(
    swap: Any, fields: dict[str, Any], field: str, error: type[RejectedInput], words: str
) -> None:
    with pytest.raises(error, match=words) as refusal:
        swap(**{"image": portrait(FAIR, 256), "target_image": portrait(DARK, 256), **fields})

    assert refusal.value.field == field


def test_a_profile_is_refused_with_the_reason() -> None:
    points = face_finder().find(portrait(FAIR, 256))[0].landmarks

    with pytest.raises(FaceNotFrontal, match="profile") as refusal:
        chosen_faces([Face(points, score=1.0, turn=0.9)], [], every=False, field="image")

    assert refusal.value.field == "image"


def test_how_far_a_face_is_turned_is_told_by_its_landmarks() -> None:
    front = portrait(FAIR, 512)

    ahead, aside = (face_finder().find(turned(front, degrees)) for degrees in (0, 35))

    assert ahead[0].turn < 0.15
    assert aside[0].turn > 0.35


def test_the_file_says_that_a_face_was_replaced_and_nothing_of_where_it_was_taken(
    swap: Any,
) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    exif[0x010F] = "Acme Camera"
    taken = file_of(portrait(DARK, 256), "JPEG", exif=exif, quality=95)

    done = swap(image=portrait(FAIR, 256), target_image=taken, output_format="jpeg")

    assert b"compositeWithTrainedAlgorithmicMedia" in done.file
    assert b"Acme" not in done.file
    assert not done.picture.getexif()
