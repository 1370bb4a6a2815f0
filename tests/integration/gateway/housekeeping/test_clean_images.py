"""Pictures of 30 days go, and so does what lists them."""

from collections.abc import Callable
from uuid import UUID

import pytest

from gateway.housekeeping.cleaning.jobs import (
    CleanArtifacts,
    CleanImages,
    CleanTasks,
    ImagesReport,
)
from gateway.housekeeping.cleaning.report import CleaningReport
from gateway.housekeeping.cleaning.workers import (
    CleanArtifactsWorker,
    CleanImagesWorker,
    CleanTasksWorker,
)
from gateway.housekeeping.statistics.jobs import SystemStats
from gateway.housekeeping.statistics.workers import SystemStatsWorker
from tests.integration.gateway.housekeeping.conftest import CUSTOMER, House
from warren.testing.worker import FakeContext

pytestmark = pytest.mark.postgres


def clean(**job: object) -> ImagesReport:
    return CleanImagesWorker().perform(CleanImages.model_validate(job), FakeContext())


def clean_tasks(**job: object) -> CleaningReport:
    return CleanTasksWorker().perform(CleanTasks.model_validate(job), FakeContext())


def clean_artifacts(**job: object) -> CleaningReport:
    return CleanArtifactsWorker().perform(CleanArtifacts.model_validate(job), FakeContext())


CLEAN_UPS: dict[str, Callable[..., CleaningReport]] = {
    "images": clean,
    "tasks": clean_tasks,
    "artifacts": clean_artifacts,
}


def painted(
    house: House,
    days: float,
    description: UUID | None = None,
    book: UUID | None = None,
    *,
    keep: bool = False,
) -> UUID:
    """A picture that a task has made so many days ago, as it is listed."""
    task = house.task(days, kind="image.generate")
    image, _ = house.artifact(f"{days}".encode(), days, task, "image/png")
    house.database.ask(
        "INSERT INTO generated_images (id, customer_id, task_id, kind, description_id, book_id,"
        " keep, provider, width, height, seconds)"
        " VALUES (%s, %s, %s, 'image.generate', %s, %s, %s, 'procedural', 64, 64, 2)",
        image,
        CUSTOMER,
        task,
        description,
        book,
        keep,
    )
    return image


def with_files(house: House, image: UUID, days: float) -> set[UUID]:
    """The picture, with the thumbnail and the mask that its task has made of it."""
    ((task,),) = house.database.ask("SELECT task_id FROM generated_images WHERE id = %s", image)
    small, _ = house.artifact(f"small {image}".encode(), days, task, "image/webp")
    mask, _ = house.artifact(f"mask {image}".encode(), days, task, "image/png")
    house.database.ask(
        "UPDATE generated_images SET thumbnail_id = %s, mask_id = %s WHERE id = %s",
        small,
        mask,
        image,
    )
    return {image, small, mask}


def shelved(house: House, customer: UUID = CUSTOMER) -> UUID:
    """A book that is there."""
    book = house.id(40)
    house.database.ask(
        "INSERT INTO books (id, customer_id, format, file_name, file_id, options, state, task_id)"
        " VALUES (%s, %s, 'text', 'b.txt', %s, '{}', 'processed', %s)",
        book,
        customer,
        house.id(40),
        house.id(40),
    )
    return book


@pytest.mark.parametrize("clean_up", ["images", "tasks", "artifacts"])
def test_pictures_that_are_kept_or_whose_book_is_there_stay_with_their_thumbnails_and_masks(
    house: House, clean_up: str
) -> None:
    deleted, of_others = house.id(40), shelved(house, UUID(int=7))
    staying = [painted(house, 31, book=shelved(house)), painted(house, 32, keep=True)]
    going = [
        painted(house, 33, book=deleted),
        painted(house, 34, book=of_others),
        painted(house, 35),
    ]
    stay = {file for image in staying for file in with_files(house, image, 31)}
    go = {file for image in going for file in with_files(house, image, 31)}
    if clean_up == "artifacts":
        house.database.ask("UPDATE artifacts SET expires_at = now() - interval '1 minute'")

    planned = CLEAN_UPS[clean_up](dry_run=True)
    report = CLEAN_UPS[clean_up]()

    left = {image for (image,) in house.database.ask("SELECT id FROM artifacts")}
    assert (left & go, left & stay) == (set(), stay)
    assert (planned.deleted_files, report.deleted_files) == (9, 9)
    if clean_up == "images":
        assert house.database.count("generated_images") == 2


def test_a_picture_goes_once_it_is_kept_no_longer_and_its_task_was_cleaned_up(house: House) -> None:
    image = painted(house, 31, keep=True)
    clean_tasks()
    clean()
    assert house.has_row(image)

    house.database.ask("UPDATE generated_images SET keep = false")
    clean()

    assert not house.has_row(image)


def test_old_pictures_go_with_what_lists_them_and_young_ones_stay(house: House) -> None:
    old, young = painted(house, 30.1), painted(house, 29.9)
    speech, _ = house.artifact(b"speech", 60, house.task(60, kind="tts.x"))
    upload, _ = house.artifact(b"photo", 60, None, "image/jpeg")

    report = clean()

    assert (report.deleted_files, report.forgotten_images) == (1, 1)
    assert not house.has_row(old)
    assert all(house.has_row(row) for row in (young, speech, upload))
    assert house.database.ask("SELECT id FROM generated_images") == [(young,)]


def test_a_dry_run_deletes_nothing(house: House) -> None:
    old = painted(house, 31)

    report = clean(dry_run=True)

    assert (report.deleted_files, report.forgotten_images) == (1, 0)
    assert house.has_row(old)
    assert house.database.count("generated_images") == 1


def ordered(house: House, task: UUID, days: int) -> UUID:
    """An order of so many days ago."""
    house.database.ask(
        "INSERT INTO image_orders (task_id, customer_id, user_id, images, created_at)"
        " VALUES (%s, %s, '', 1, now() - make_interval(days => %s))",
        task,
        CUSTOMER,
        days,
    )
    return task


def test_orders_of_past_days_are_forgotten_once_their_tasks_cannot_be_started_again(
    house: House,
) -> None:
    today = ordered(house, house.id(1), 1)
    ordered(house, house.id(3), 3)
    there = ordered(house, house.task(4, kind="image.generate"), 4)

    clean()

    kept = house.database.ask("SELECT task_id FROM image_orders ORDER BY created_at")
    assert kept == [(there,), (today,)]


def test_pictures_are_counted_by_who_has_made_them(house: House) -> None:
    painted(house, 1)
    painted(house, 2, description=UUID(int=1))

    report = SystemStatsWorker().perform(SystemStats(), FakeContext())

    assert report.images_generated == 2
    assert report.images["procedural"].model_dump() == {
        "images": 2,
        "of_descriptions": 1,
        "avg_seconds": 2.0,
    }
