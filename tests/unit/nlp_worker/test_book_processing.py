"""A book's task from run to run: what is asked for, what is kept, and what a retry does again."""

from typing import Any
from uuid import UUID

import pytest

from nlp_worker.errors import BookTakenOver, ChaptersUnsuccessful, ChapterTooLong
from nlp_worker.workers.processing import ProcessBookWorker
from tests.unit.nlp_worker.epubs import Epub, page, toc
from warren.contracts.artifact import ArtifactRef
from warren.contracts.batches import BatchOutcome, MemberOutcome, OutcomeDetail
from warren.contracts.book_results import BookContents, BookDescription, ProcessedBook, RecordedBook
from warren.contracts.books import ProcessBook
from warren.contracts.descriptions import Description, DescriptionFile, DescriptionType
from warren.contracts.ids import new_id
from warren.contracts.intake import batch_id, child_id, member_key, named_batch
from warren.contracts.states import TaskState
from warren.testing.worker import FakeContext, MemoryStore
from warren.worker.joining import MembersAwaited

BOOK = Epub(
    {
        "cover.xhtml": page("<p>The Lantern</p>", 'epub:type="titlepage"'),
        **{f"c{n}.xhtml": page(f"<p>In the {n}th year the tower was grey.</p>") for n in (1, 2, 3)},
    }
).content()


class Bookkeeping:
    """One task, run again and again; members succeed when they are told to."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.task_id = new_id()
        self.context = FakeContext(task_id=self.task_id, store=self.store)
        self.file = self.context.given("book.epub", BOOK, "application/epub+zip")
        self.book_id, self.customer_id = new_id(), new_id()

    def run(
        self, batch: BatchOutcome | None = None, generation: int = 1, **options: Any
    ) -> ProcessedBook | UUID:
        """The result, or the batch that is waited for."""
        self.context = FakeContext(task_id=self.task_id, store=self.store, generation=generation)
        job = ProcessBook(
            customer_id=self.customer_id,
            book_id=self.book_id,
            file=self.file,
            batch=batch,
            **options,
        )
        try:
            return ProcessBookWorker().perform(job, self.context)
        except MembersAwaited as awaited:
            return awaited.batch_id

    def kinds(self) -> list[str]:
        return [child.kind for child in self.context.children]

    def chapters(self) -> list[str]:
        return [c.payload["chapter_id"] for c in self.context.children if "chapter_id" in c.payload]

    def succeed(self, key: str, position: int, chapter: int) -> None:
        found = Description(
            text="the tower was grey",
            start=16,
            end=34,
            type=DescriptionType.LOCATION,
            score=50.0,
            score_parts={"sight": 50.0},
            confidence=0.9,
            voters=["spacy"],
        )
        file = DescriptionFile(chapter_id=str(chapter), language="en", descriptions=[found])
        self._keep(
            key,
            position,
            {
                "chapter_id": str(chapter),
                "mode": "ENSEMBLE",
                "language": "en",
                "processors_used": ["spacy"],
                "nlp_processors_used": ["spacy"],
                "descriptions_found": 1,
                "consensus_rate": 0.5,
                "processing_time_seconds": 0.1,
                "quality_metrics": {},
                "fallbacks": ["only one ran"],
                "characters": 40,
                "sentences": 1,
                "best": [],
                "descriptions": self._saved(file.model_dump_json().encode()),
            },
        )

    def locate(self, key: str) -> None:
        self._keep(
            key,
            0,
            {
                "book_id": str(self.book_id),
                "locations_generated": 7,
                "generation_time_seconds": 0.1,
                "file_format": "epub",
                "locations": self._saved(b"{}"),
            },
        )
        self._keep(key, 1, {"cached": True})

    def _saved(self, content: bytes) -> dict[str, Any]:
        stored = self.store.put(content)
        reference = ArtifactRef(
            id=new_id(), sha256=stored.sha256, size=1, media_type="application/json", name="x"
        )
        return reference.model_dump(mode="json")

    def _keep(self, key: str, position: int, result: dict[str, Any]) -> None:
        member = child_id(self.task_id, member_key(named_batch(key), position))
        self.store.put_manifest(member, "outcome", {"result": result})

    def recorded(self, generation: int = 1, *, recorded: bool = True) -> BatchOutcome:
        """What the housekeeper has made of what was found."""
        rows = RecordedBook(book_id=self.book_id, recorded=recorded, chapters=4, descriptions=3)
        member = MemberOutcome(
            position=0,
            task_id=new_id(),
            state=TaskState.SUCCEEDED,
            result=rows.model_dump(mode="json"),
        )
        outcome = self.ended(f"record:{generation}", 1)
        detail = OutcomeDetail.RESULTS
        return outcome.model_copy(update={"detail": detail, "members": [member]})

    def ended(self, key: str, succeeded: int, failed: int = 0) -> BatchOutcome:
        return BatchOutcome(
            batch_id=batch_id(self.task_id, named_batch(key)),
            generation=1,
            total=succeeded + failed,
            succeeded=succeeded,
            failed=failed,
            cancelled=0,
            expired=0,
            detail=OutcomeDetail.COUNTS,
        )


def test_a_book_is_read_analysed_recorded_and_done() -> None:
    book = Bookkeeping()

    first = book.run()
    assert first == batch_id(book.task_id, named_batch("chapters:1"))
    extraction = ["nlp.extract_descriptions"] * 3
    assert book.kinds() == ["book.generate_locations", "book.cache_file", *extraction]
    assert book.chapters() == ["2", "3", "4"]

    book.locate("chapters:1")
    for position, chapter in enumerate((2, 3, 4), start=2):
        book.succeed("chapters:1", position, chapter)
    second = book.run(book.ended("chapters:1", 5))
    assert second == batch_id(book.task_id, named_batch("record:1"))
    (recording,) = book.context.children
    descriptions = ArtifactRef.model_validate(recording.payload["descriptions"])
    lines = book.store.read(descriptions.sha256).splitlines()
    found = [BookDescription.model_validate_json(line) for line in lines]
    assert [each.chapter for each in found] == [2, 3, 4]
    assert len({each.description_id for each in found}) == 3

    done = book.run(book.recorded())
    assert isinstance(done, ProcessedBook)
    assert book.kinds() == []
    assert (done.descriptions_found, done.cfi_locations_generated) == (3, 7)
    assert (done.cache_status, done.ensemble_consensus_rate) == ("cached", 0.5)
    assert done.fallbacks == ["only one ran (3 of 3 chapters)"]
    (event,) = book.context.events
    assert (event.type, event.data["chapters"]) == ("book.processed.v1", 4)


def test_what_succeeded_is_recorded_before_a_task_fails_for_a_chapter() -> None:
    book = Bookkeeping()
    book.run()
    book.succeed("chapters:1", 2, 2)
    book.succeed("chapters:1", 4, 4)

    recording = book.run(book.ended("chapters:1", 3, failed=2))

    assert recording == batch_id(book.task_id, named_batch("record:1"))
    with pytest.raises(
        ChaptersUnsuccessful,
        match=r"1 of 3 chapters did not succeed \(3\): GET /api/v1/batches/.*/members says why",
    ):
        book.run(book.recorded())


def test_what_another_task_has_taken_over_is_told_to_nobody() -> None:
    # Given a book that was started anew since, and its first task is retried
    book = Bookkeeping()
    book.run()
    for position, chapter in enumerate((2, 3, 4), start=2):
        book.succeed("chapters:1", position, chapter)
    book.run(book.ended("chapters:1", 5))
    # When nothing of it was recorded
    with pytest.raises(BookTakenOver, match="started anew since: nothing of this task"):
        book.run(book.recorded(recorded=False))
    # Then nobody makes pictures of it
    assert book.context.events == ()


def test_a_retry_does_only_the_chapters_again_that_are_missing() -> None:
    book = Bookkeeping()
    book.run()
    book.succeed("chapters:1", 2, 2)
    book.succeed("chapters:1", 4, 4)
    book.run(book.ended("chapters:1", 3, failed=2))
    with pytest.raises(ChaptersUnsuccessful):
        book.run(book.recorded())

    book.run(book.recorded(), generation=2)
    assert book.chapters() == ["3"]

    book.locate("chapters:2")
    book.succeed("chapters:2", 2, 3)
    book.run(book.ended("chapters:2", 3), generation=2)
    done = book.run(book.recorded(2), generation=2)
    assert isinstance(done, ProcessedBook)
    assert done.chapters_analysed == 3


def test_only_the_chapters_of_the_plan_are_analysed() -> None:
    book = Bookkeeping()

    book.run(chapters=[1, 3], language="ru", mode="SINGLE")

    assert book.chapters() == ["1", "3"]
    chapter = book.context.children[2].payload
    assert (chapter["language"], chapter["mode"]) == ("ru", "SINGLE")


def test_a_chapter_that_is_too_long_is_refused_before_any_is_analysed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a book with a chapter that no job would take
    monkeypatch.setenv("NLP_MAX_CHARACTERS", "60")
    book = Bookkeeping()
    pages = {"a.xhtml": page("<p>The tower was grey.</p>"), "b.xhtml": page("<p>Rain.</p>" * 20)}
    content = Epub(pages, nav=toc([("a.xhtml", "One"), ("b.xhtml", "Long")])).content()
    book.file = book.context.given("long.epub", content)
    # When it is processed
    with pytest.raises(
        ChapterTooLong, match=r"chapter 2 \(Long\) has 119 .* out of the book's plan"
    ):
        book.run()
    # Then nothing is asked for, unless the plan leaves it out
    assert book.kinds() == []
    book.run(chapters=[1])
    assert book.chapters() == ["1"]


def test_a_book_without_a_body_is_done_with_nothing_found() -> None:
    book = Bookkeeping()

    book.run(chapters=[])
    assert book.kinds() == ["book.generate_locations", "book.cache_file"]

    book.locate("chapters:1")
    book.run(book.ended("chapters:1", 2), chapters=[])
    done = book.run(book.recorded(), chapters=[])
    assert isinstance(done, ProcessedBook)
    assert (done.descriptions_found, done.processors_used) == (0, [])
    assert done.fallbacks == ["no chapter was analysed: none is a body, or in the plan"]
    assert done.ensemble_consensus_rate is None


def test_of_a_thousand_faults_of_a_file_fifty_are_told() -> None:
    book = Bookkeeping()
    missing = "".join(
        f'<item id="m{n}" href="m{n}.xhtml" media-type="application/xhtml+xml"/>'
        for n in range(1_000)
    )
    content = Epub({"c1.xhtml": page("<p>The tower was grey.</p>")}, manifest=missing).content()
    book.file = book.context.given("faulty.epub", content)

    book.run()

    (saved,) = [ref for ref in book.context.artifacts.saved if ref.name == "contents.json"]
    read = BookContents.model_validate_json(book.store.read(saved.sha256))
    assert len(read.repairs) == 50


def test_what_a_retry_has_found_is_a_file_of_its_own() -> None:
    book = Bookkeeping()
    book.run()
    book.succeed("chapters:1", 2, 2)
    book.run(book.ended("chapters:1", 3, failed=2))
    first = ArtifactRef.model_validate(book.context.children[0].payload["descriptions"])

    book.run(generation=2)
    book.succeed("chapters:2", 2, 3)
    book.succeed("chapters:2", 3, 4)
    book.run(book.ended("chapters:2", 4), generation=2)
    second = ArtifactRef.model_validate(book.context.children[0].payload["descriptions"])

    assert second.sha256 != first.sha256
    # One id stands for one content: the gateway keeps what it has of an artifact.
    assert second.id != first.id


@pytest.mark.parametrize("generation", [1, 2])
def test_what_was_put_together_is_put_together_again_if_its_file_is_gone(generation: int) -> None:
    # Given a book of which one chapter has failed
    book = Bookkeeping()
    book.run()
    book.succeed("chapters:1", 2, 2)
    book.succeed("chapters:1", 4, 4)
    book.run(book.ended("chapters:1", 3, failed=2))
    # When nothing is left of the file in which the others stand
    (file,) = [ref for ref in book.context.artifacts.saved if ref.name == "found-1.json"]
    del book.store.contents[file.sha256]
    # Then neither the next run nor a retry stumbles
    if generation == 1:
        with pytest.raises(ChaptersUnsuccessful, match=r"1 of 3 chapters did not succeed \(3\)"):
            book.run(book.recorded())
    else:
        book.run(generation=2)
        assert book.chapters() == ["3"]
