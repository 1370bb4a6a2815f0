"""The checks notice what breaks the promises about speech, books and pictures."""

from pathlib import Path

import pytest

from tests.chaos.made_up_domains import MadeUpDomains, recording
from tests.chaos.made_up_run import MadeUpRun
from warren.contracts.ids import new_id

pytestmark = [pytest.mark.postgres]


@pytest.fixture
def domains(tmp_path: Path, database_url: str) -> MadeUpDomains:
    """A run with nothing in it yet."""
    return MadeUpDomains(MadeUpRun(tmp_path, database_url))


def test_a_healthy_run_of_domains_breaks_no_promise(domains: MadeUpDomains) -> None:
    domains.speech()
    domains.picture()
    domains.book()

    assert domains.run.violations() == []


def test_speech_that_was_accepted_and_has_no_task_is_noticed(domains: MadeUpDomains) -> None:
    domains.write("speech", "speak", {"text": "Two."}, task_id=str(new_id()))

    assert domains.run.names() == {"lost task"}


def test_one_request_that_has_two_tasks_is_noticed(domains: MadeUpDomains) -> None:
    domains.picture()

    domains.ended(str(new_id()), "image.generate", user_id="painter-0", state="cancelled")

    assert "doubled task" in domains.run.names()


def test_a_task_of_a_domain_that_nobody_asked_for_is_noticed(domains: MadeUpDomains) -> None:
    domains.ended(str(new_id()), "book.process", user_id="me", payload={"book_id": "b"})

    assert "doubled task" in domains.run.names()


def test_a_cancellation_that_nobody_asked_for_is_noticed(domains: MadeUpDomains) -> None:
    task = domains.picture()
    domains.run.sql("DELETE FROM generated_images")

    domains.end(task, "cancelled")

    assert domains.run.names(task) == {"wrong end"}


def test_a_cancellation_that_a_client_asked_for_is_no_violation(domains: MadeUpDomains) -> None:
    task = domains.speech()
    domains.end(task, "cancelled")
    domains.run.sql("DELETE FROM artifacts")

    domains.run.demand("cancel", task)

    assert domains.run.names(task) == set()


def test_a_chapter_that_failed_is_noticed(domains: MadeUpDomains) -> None:
    domains.book()

    domains.run.sql("UPDATE tasks SET state = 'failed' WHERE kind = 'nlp.extract_descriptions'")

    assert "wrong end" in domains.run.names()


def test_a_book_may_fail_when_somebody_has_cancelled_its_chapters(domains: MadeUpDomains) -> None:
    _, task = domains.book()
    domains.end(task, "failed")
    assert "wrong end" in domains.run.names(task)

    (chapter,) = domains.ids("SELECT id FROM tasks WHERE kind = 'nlp.extract_descriptions' LIMIT 1")
    domains.end(chapter, "cancelled")
    domains.run.demand("cancel", chapter)

    assert "wrong end" not in domains.run.names()


def test_a_book_may_fail_when_it_was_deleted_before_it_was_recorded(domains: MadeUpDomains) -> None:
    book, task = domains.book()
    domains.end(task, "failed")
    domains.run.sql("""UPDATE tasks SET error = '{"type": "BookTakenOver"}' WHERE id = %s""", task)
    assert "wrong end" in domains.run.names(task)

    domains.write("books", "remove", None, name=book, code=204)

    assert "wrong end" not in domains.run.names(task)


def test_a_recording_without_its_row_is_noticed(domains: MadeUpDomains) -> None:
    task = domains.speech()

    domains.run.sql("DELETE FROM artifacts")

    assert "wrong files" in domains.run.names(task)


def test_a_recording_that_was_stored_twice_is_noticed(domains: MadeUpDomains) -> None:
    task = domains.speech()

    domains.file(task, "again.wav", recording(seconds=2), "audio/wav")

    assert domains.run.names() == {"wrong files"}


def test_a_recording_of_another_length_is_noticed(domains: MadeUpDomains) -> None:
    domains.speech()

    domains.run.sql("UPDATE tasks SET result = result || '{\"duration_seconds\": 3}'")

    assert domains.run.names() == {"wrong content"}


def test_a_recording_of_a_task_that_did_not_succeed_is_noticed(domains: MadeUpDomains) -> None:
    task = domains.speech()

    domains.end(task, "cancelled")

    assert domains.run.names(task) == {"wrong end", "wrong files"}


def test_a_picture_that_does_not_decode_is_noticed(domains: MadeUpDomains) -> None:
    task = domains.picture()

    domains.file(task, "torn.png", b"\x89PNG\r\n\x1a\n and no more", "image/png")

    assert domains.run.names() == {"damaged file"}


def test_a_picture_of_another_size_is_noticed(domains: MadeUpDomains) -> None:
    domains.picture()

    domains.run.sql("UPDATE generated_images SET width = 128")

    assert domains.run.names() == {"wrong picture"}


def test_a_picture_without_its_row_is_noticed(domains: MadeUpDomains) -> None:
    domains.picture()

    domains.run.sql("DELETE FROM generated_images")

    assert domains.run.names() == {"wrong pictures"}


def test_a_row_without_its_picture_is_noticed(domains: MadeUpDomains) -> None:
    domains.picture()

    domains.run.sql("DELETE FROM artifacts WHERE media_type = 'image/webp'")

    assert domains.run.names() == {"missing file", "file without owner"}


def test_a_picture_of_nobodys_is_noticed(domains: MadeUpDomains) -> None:
    domains.picture()

    domains.run.sql("UPDATE generated_images SET task_id = gen_random_uuid()")

    assert domains.run.names() >= {"wrong pictures", "picture without task"}


def test_what_is_left_of_a_deleted_picture_is_noticed(domains: MadeUpDomains) -> None:
    task = domains.picture()
    told = domains.run.evidence().tasks[task].result["artifacts"][0]

    domains.write("pictures", "remove", None, name=told["artifact_id"], code=204)

    assert domains.run.names() == {"left of a deleted picture"}


def test_a_book_that_was_accepted_and_is_gone_is_noticed(domains: MadeUpDomains) -> None:
    domains.book()

    domains.run.sql("DELETE FROM books")

    assert domains.run.names() >= {"lost book"}


def test_what_is_left_of_a_deleted_book_is_noticed(domains: MadeUpDomains) -> None:
    book, _ = domains.book()
    domains.write("books", "remove", None, name=book, code=204)

    domains.run.sql("DELETE FROM books")

    assert domains.run.names() == {"left of a deleted book"}


def test_a_picture_of_a_deleted_book_that_somebody_has_painted_anew_is_no_violation(
    domains: MadeUpDomains,
) -> None:
    book, _ = domains.book()
    domains.write("books", "remove", None, name=book, code=204)
    domains.run.sql("DELETE FROM books")

    domains.run.sql("UPDATE tasks SET generation = 2 WHERE kind = 'image.generate'")

    assert "left of a deleted book" not in domains.run.names()


def test_a_book_in_another_state_than_its_task_is_noticed(domains: MadeUpDomains) -> None:
    domains.book()

    domains.run.sql("UPDATE books SET state = 'processing'")

    assert domains.run.names() == {"wrong state"}


def test_a_chapter_that_was_recorded_twice_is_noticed(domains: MadeUpDomains) -> None:
    book, _ = domains.book()

    domains.describe(book, 2)

    assert domains.run.names() == {"doubled description", "wrong descriptions"}


def test_a_chapter_that_was_not_recorded_is_noticed(domains: MadeUpDomains) -> None:
    domains.book()

    domains.run.sql("DELETE FROM book_chapters WHERE number = 2")

    assert domains.run.names() == {"wrong chapters", "wrong descriptions"}


def test_more_than_the_chapters_have_given_is_noticed(domains: MadeUpDomains) -> None:
    book, task = domains.book()

    domains.describe(book, 2, first=7)

    assert domains.run.names(task) == {"wrong descriptions"}


def test_a_chapter_whose_file_was_kept_before_it_was_stopped_counts(
    domains: MadeUpDomains,
) -> None:
    domains.book()
    chapters = "SELECT id FROM tasks WHERE kind = 'nlp.extract_descriptions'"

    domains.end(domains.ids(chapters)[0], "cancelled")

    assert "wrong descriptions" not in domains.run.names()


def test_a_chapter_that_was_analysed_twice_is_noticed(domains: MadeUpDomains) -> None:
    _, task = domains.book()

    again = domains.child(task, "nlp.extract_descriptions", payload={"chapter_id": "1"})
    domains.result(again, {"descriptions_found": 0})

    assert domains.run.names() == {"wrong tasks of a book"}


def test_a_book_whose_end_was_told_twice_is_noticed(domains: MadeUpDomains) -> None:
    _, task = domains.book()

    domains.child(task, "image.illustrate_book")

    assert domains.run.names() == {"wrong facts of a book"}


def test_a_book_whose_end_was_not_told_is_noticed(domains: MadeUpDomains) -> None:
    _, task = domains.book()

    domains.run.sql("UPDATE tasks SET kind = 'image.other' WHERE kind = 'image.illustrate_book'")

    assert "wrong facts of a book" in domains.run.names(task)


def test_a_book_that_lacks_a_picture_is_noticed(domains: MadeUpDomains) -> None:
    domains.book()

    domains.run.sql("UPDATE tasks SET parent_id = NULL WHERE kind = 'image.generate'")

    assert "wrong pictures" in domains.run.names()
