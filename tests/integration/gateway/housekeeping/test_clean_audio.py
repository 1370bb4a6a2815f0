"""Speech of 30 days goes, everything else stays."""

import pytest
from pydantic import ValidationError

from gateway.housekeeping.cleaning.jobs import CleanAudio
from gateway.housekeeping.cleaning.report import CleaningReport
from gateway.housekeeping.cleaning.workers import CleanAudioWorker
from tests.integration.gateway.housekeeping.conftest import House
from warren.testing.worker import FakeContext

pytestmark = pytest.mark.postgres


def clean(**job: object) -> CleaningReport:
    return CleanAudioWorker().perform(CleanAudio.model_validate(job), FakeContext())


def test_audio_goes_on_one_side_of_its_age_and_stays_on_the_other(house: House) -> None:
    # Given speech of two requests, a little older and a little younger than 30 days
    old_task, young_task = house.task(30.1, kind="tts.x"), house.task(29.9, kind="tts.x")
    old, old_file = house.artifact(b"old", 30.1, old_task)
    young, young_file = house.artifact(b"younger", 29.9, young_task)

    report = clean()

    assert not house.has_row(old)
    assert not house.is_stored(old_file)
    assert house.has_row(young)
    assert house.is_stored(young_file)
    assert report.deleted_files == 1
    assert report.freed_space == 3
    assert report.deleted_requests == 1
    assert report.errors == []


def test_uploads_and_what_is_no_audio_are_left_to_others(house: House) -> None:
    text, _ = house.artifact(b"text", 60, house.task(60), "text/plain")
    upload, _ = house.artifact(b"upload", 60)
    assert clean().deleted_files == 0
    assert house.has_row(text)
    assert house.has_row(upload)


def test_a_file_that_is_gone_already_is_not_counted(house: House) -> None:
    row, sha256 = house.artifact(b"gone", 31, house.task(31))
    house.store.delete(sha256)
    report = clean()
    assert not house.has_row(row)
    assert (report.deleted_files, report.freed_space, report.errors) == (0, 0, [])


def test_a_shared_file_survives_the_deletion_of_one_of_its_artifacts(house: House) -> None:
    old, _ = house.artifact(b"shared", 31, house.task(31))
    young, sha256 = house.artifact(b"shared", 1, house.task(1))
    report = clean()
    assert not house.has_row(old)
    assert house.has_row(young)
    assert house.is_stored(sha256)
    assert report.deleted_files == 0


def test_a_file_that_a_delayed_task_refers_to_is_not_touched(house: House) -> None:
    _, sha256 = house.artifact(b"wanted", 31, house.task(31))
    house.task(5, "scheduled", payload=f'{{"audio": {{"sha256": "{sha256}"}}}}')
    clean()
    assert house.is_stored(sha256)


def test_a_dry_run_tells_and_deletes_nothing(house: House) -> None:
    old, sha256 = house.artifact(b"old", 31, house.task(31))
    report = clean(dry_run=True)
    assert house.has_row(old)
    assert house.is_stored(sha256)
    assert (report.dry_run, report.deleted_files, report.freed_space) == (True, 1, 3)
    assert report.deleted_requests == 1


def test_another_age_can_be_asked_for_but_not_below_a_day(house: House) -> None:
    old, _ = house.artifact(b"old", 3, house.task(3))
    clean(days_old=4)
    assert house.has_row(old)
    clean(days_old=2)
    assert not house.has_row(old)
    with pytest.raises(ValidationError, match="days_old"):
        CleanAudio(days_old=0)


def test_speech_stays_as_long_as_its_task_says_unless_another_age_is_asked_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given speech of 40 days, whose task says that it is kept for 90, and some of another kind
    monkeypatch.setenv("WARREN_ARTIFACT_DAYS_BY_KIND", '{"tts": 90}')
    told, _ = house.artifact(b"told", 40, house.task(40, kind="tts.synthesize"))
    other, _ = house.artifact(b"other", 40, house.task(40))
    failed, _ = house.artifact(b"part", 40, house.task(40, "failed", kind="tts.synthesize"))
    # When speech of 30 days is deleted every night, then it stays
    clean()
    assert [house.has_row(row) for row in (told, other, failed)] == [True, False, False]
    # And goes when somebody asks for that
    clean(days_old=39)
    assert not house.has_row(told)


def test_a_read_after_the_deletion_restores_the_file(house: House) -> None:
    _, sha256 = house.artifact(b"read by a slow job", 31, house.task(31))
    clean()
    assert house.store.read(sha256) == b"read by a slow job"
    assert house.is_stored(sha256)
