"""Orphans go, whatever somebody refers to stays, and the trash is emptied late."""

import pytest

from gateway.housekeeping.cleaning.jobs import ArtifactsReport, CleanArtifacts
from gateway.housekeeping.cleaning.workers import CleanArtifactsWorker
from tests.integration.gateway.housekeeping.conftest import House
from tests.integration.gateway.housekeeping.test_clean_tasks import add_letter
from warren.artifacts import ArtifactMissing
from warren.testing.worker import FakeContext

pytestmark = pytest.mark.postgres


def clean(**job: object) -> ArtifactsReport:
    return CleanArtifactsWorker().perform(CleanArtifacts.model_validate(job), FakeContext())


def naming(sha256: str) -> str:
    return f'{{"input": {{"sha256": "{sha256}"}}}}'


def test_uploads_that_nothing_uses_go_after_a_day_and_not_before(house: House) -> None:
    old, old_file = house.artifact(b"old", 1.1)
    young, young_file = house.artifact(b"young", 0.9)

    report = clean()

    assert not house.has_row(old)
    assert not house.is_stored(old_file)
    assert house.has_row(young)
    assert house.is_stored(young_file)
    assert (report.deleted_artifacts, report.deleted_files, report.freed_space) == (1, 1, 3)


@pytest.mark.parametrize("state", ["pending", "scheduled", "processing", "retrying", "failed"])
def test_an_upload_that_a_task_refers_to_is_no_orphan(house: House, state: str) -> None:
    upload, sha256 = house.artifact(b"input", 5)
    house.task(5, state, payload=naming(sha256))
    clean()
    assert house.has_row(upload)
    assert house.is_stored(sha256)


def test_what_a_dead_letter_refers_to_is_no_orphan(house: House) -> None:
    upload, sha256 = house.artifact(b"input", 50)
    add_letter(house, house.id(50), {"input": {"sha256": sha256}})
    clean()
    assert house.has_row(upload)
    # Until the letter is answered
    house.database.ask("UPDATE dead_letters SET resolution = 'discarded'")
    clean()
    assert not house.has_row(upload)


def test_content_without_a_row_goes_after_a_day_and_not_before(house: House) -> None:
    old, young = house.file(b"nobody's", 1.1), house.file(b"not yet anybody's", 0.9)
    used = house.file(b"a payload names it", 5)
    house.task(5, "pending", payload=naming(used.sha256))
    assert clean(dry_run=True).deleted_files == 1
    assert house.is_stored(old.sha256)

    assert clean().deleted_files == 1

    assert not house.is_stored(old.sha256)
    assert house.is_stored(young.sha256)
    assert house.is_stored(used.sha256)


def test_artifacts_go_when_they_expire_and_not_before(house: House) -> None:
    expired, _ = house.artifact(b"expired", 3, house.task(3))
    valid, _ = house.artifact(b"valid", 3, house.task(3))
    expiry = "UPDATE artifacts SET expires_at = now() + %s::interval WHERE id = %s"
    house.database.ask(expiry, "-1 minute", expired)
    house.database.ask(expiry, "1 hour", valid)
    clean()
    assert not house.has_row(expired)
    assert house.has_row(valid)


def test_the_trash_is_emptied_after_seven_days_and_not_before(house: House) -> None:
    _, early = house.artifact(b"early", 2)
    _, late = house.artifact(b"late", 2)
    clean()
    trashed = "UPDATE discarded_contents SET trashed_at = now() - %s::interval WHERE sha256 = %s"
    house.database.ask(trashed, "7 days 1 hour", early)
    house.database.ask(trashed, "6 days 23 hours", late)

    assert clean().emptied_files == 1

    with pytest.raises(ArtifactMissing):
        house.store.read(early)
    assert house.store.read(late) == b"late"


def test_emptying_the_trash_restores_what_is_wanted_after_all(house: House) -> None:
    _, sha256 = house.artifact(b"wanted again", 2)
    clean()
    house.database.ask("UPDATE discarded_contents SET trashed_at = now() - interval '8 days'")
    house.task(1, "pending", payload=naming(sha256))

    assert clean().emptied_files == 0

    assert house.is_stored(sha256)
    assert house.database.ask("SELECT count(*) FROM discarded_contents") == [(0,)]


def test_what_runs_have_recorded_goes_with_the_task_and_what_others_need_stays(
    house: House,
) -> None:
    # Given outcomes of tasks that can run again, of one that was cleaned, and of none
    kept = [house.task(9, "processing"), house.task(9, "failed"), house.task(9)]
    cleaned, replayable, retriable = house.task(9), house.task(9, "failed"), house.task(9, "failed")
    for task in (cleaned, replayable, retriable):
        house.database.ask("UPDATE tasks SET cleaned_at = now() WHERE id = %s", task)
    for task in (cleaned, retriable):
        add_letter(house, task, {})
    # Whose letter was answered: it gives back what a retry needs, unless the task succeeded then
    house.database.ask("UPDATE dead_letters SET resolution = 'replayed', resolved_at = now()")
    add_letter(house, replayable, {})
    # And of one whose parent still asks what it has returned
    member = house.task(9)
    house.database.ask(
        "UPDATE tasks SET cleaned_at = now(), parent_id = %s WHERE id = %s", kept[0], member
    )
    gone, young = house.id(9), house.id(0.1)
    for task in (*kept, cleaned, replayable, retriable, member, gone):
        house.recorded(task, 9)
        house.recorded(task, 9, "effect:mail")
    house.recorded(young, 0.5)
    remembered = house.id(9)
    house.recorded(remembered, 9, "remembered")
    assert clean(dry_run=True).forgotten_outcomes == 2

    # When they are cleaned up
    report = clean()

    # Then what could answer or guard another run is there, and nothing else
    assert report.forgotten_outcomes == 2
    steps = dict(house.store.manifests(-60))
    assert steps.keys() == {*kept, replayable, retriable, member, young, remembered}
    assert house.store.get_manifest(cleaned, "effect:mail") is None
