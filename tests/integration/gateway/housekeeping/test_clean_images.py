"""Pictures of 30 days go, and so does what lists them."""

from uuid import UUID

import pytest

from gateway.housekeeping.cleaning.jobs import CleanImages, ImagesReport
from gateway.housekeeping.cleaning.workers import CleanImagesWorker
from gateway.housekeeping.statistics.jobs import SystemStats
from gateway.housekeeping.statistics.workers import SystemStatsWorker
from tests.integration.gateway.housekeeping.conftest import CUSTOMER, House
from warren.testing.worker import FakeContext

pytestmark = pytest.mark.postgres


def clean(**job: object) -> ImagesReport:
    return CleanImagesWorker().perform(CleanImages.model_validate(job), FakeContext())


def painted(house: House, days: float, description: UUID | None = None) -> UUID:
    """A picture that a task has made so many days ago, as it is listed."""
    task = house.task(days, kind="image.generate")
    image, _ = house.artifact(f"{days}".encode(), days, task, "image/png")
    house.database.ask(
        "INSERT INTO generated_images (id, customer_id, task_id, kind, description_id, provider,"
        " width, height, seconds)"
        " VALUES (%s, %s, %s, 'image.generate', %s, 'procedural', 64, 64, 2)",
        image,
        CUSTOMER,
        task,
        description,
    )
    return image


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
