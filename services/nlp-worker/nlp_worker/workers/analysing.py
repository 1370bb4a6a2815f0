"""The chapters of a book as tasks of their own, and what they have given."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from nlp_worker.chapter_file import chapter_of
from nlp_worker.config import NlpSettings
from nlp_worker.errors import ChapterTooLong
from nlp_worker.service.gathering import FoundInBook, FoundInChapter, with_earlier
from nlp_worker.service.language import language_of
from warren.artifacts import ArtifactMissing
from warren.contracts.artifact import ArtifactRef
from warren.contracts.batches import BatchOutcome
from warren.contracts.book_results import BookContents, ChapterContents, GeneratedLocations
from warren.contracts.books import CacheFile, ChapterKind, GenerateLocations, ProcessBook
from warren.contracts.descriptions import ExtractDescriptions, ExtractedDescriptions
from warren.contracts.intake import batch_id, named_batch
from warren.contracts.job import Job
from warren.worker import JobContext

#: Of the batch: what is done beside the chapters stands before them.
_LOCATIONS, _CACHE, _FIRST_CHAPTER = 0, 1, 2
#: Characters by which the language of a book is told.
_SAMPLE = 20_000


@dataclass(frozen=True, slots=True)
class Analysis:
    """Of one book, by one task."""

    job: ProcessBook
    contents: BookContents
    context: JobContext

    @property
    def wanted(self) -> list[ChapterContents]:
        """The chapters that are to be analysed: those of the plan, or all bodies."""
        chosen = self.job.chapters
        return [
            each
            for each in self.contents.chapters
            if each.words
            and (each.kind is ChapterKind.BODY if chosen is None else each.number in chosen)
        ]

    def ensure_fit(self) -> None:
        """Raises ChapterTooLong: it would fail after all the others have been analysed."""
        most = NlpSettings().max_characters
        for each in self.wanted:
            if each.characters > most:
                raise ChapterTooLong(each.number, each.title, each.characters, most)

    def missing(self, found: FoundInBook) -> list[int]:
        """The numbers of chapters whose tasks did not succeed."""
        known = {each.number for each in found.chapters}
        return [each.number for each in self.wanted if each.number not in known]

    def found(self) -> FoundInBook:
        """What the chapters have given; ends the run until they have (`context.join`)."""
        generation = self.context.generation
        if (known := self._kept(generation)) is not None:
            return known
        found = self._joined(self._found_before(generation))
        content = found.model_dump_json().encode()
        saved = self.context.artifacts.save(f"found-{generation}.json", content, "application/json")
        self.context.effect(f"found:{generation}").put(saved.model_dump(mode="json"))
        # Of two runs at once the first has put down what counts.
        return self._kept(generation) or found

    def _found_before(self, generation: int) -> FoundInBook | None:
        """What the last generation has found, if there was one: only the rest is done again."""
        earlier = (self._kept(number) for number in range(generation - 1, 0, -1))
        return next((found for found in earlier if found is not None), None)

    def _kept(self, generation: int) -> FoundInBook | None:
        """What this generation has put together; None before it has."""
        kept = self.context.effect(f"found:{generation}").receipt()
        if kept is None:
            return None
        try:
            content = self.context.artifacts.read(ArtifactRef.model_validate(kept))
        except ArtifactMissing:
            # Files that nobody names are cleaned up after a day, results of tasks later.
            return self._put_together_again(generation)
        return FoundInBook.model_validate_json(content)

    def _put_together_again(self, generation: int) -> FoundInBook:
        key = f"chapters:{generation}"
        batch = batch_id(self.context.task_id, named_batch(key))
        before = self._found_before(generation)
        return self._gathered(key, len(self.wanted), before, batch, None)

    def _joined(self, before: FoundInBook | None) -> FoundInBook:
        known = {each.number for each in before.chapters} if before else set()
        chapters = [each for each in self.wanted if each.number not in known]
        context, key = self.context, f"chapters:{self.context.generation}"
        context.progress(5, f"{len(chapters)} chapters to be analysed")
        outcome = context.join(self._members(chapters), self.job.batch, key=key)
        context.progress(95, "putting it together")
        return self._gathered(key, len(chapters), before, outcome.batch_id, _reason(outcome))

    def _gathered(
        self, key: str, most: int, before: FoundInBook | None, batch: UUID, reason: str | None
    ) -> FoundInBook:
        """What the tasks of this batch, `most` of them for chapters, have added to `before`."""
        context = self.context
        results = [
            ExtractedDescriptions.model_validate(result)
            for position in range(_FIRST_CHAPTER, _FIRST_CHAPTER + most)
            if (result := context.member_result(key, position)) is not None
        ]
        chapters = [
            FoundInChapter.of(int(result.chapter_id), result)
            for result in results
            if result.chapter_id
        ]
        located = context.member_result(key, _LOCATIONS)
        locations = GeneratedLocations.model_validate(located) if located else None
        return FoundInBook(
            chapters=list(with_earlier(before, chapters)),
            locations=locations.locations_generated if locations else None,
            cached=context.member_result(key, _CACHE) is not None,
            batch_id=batch,
            reason=reason,
        )

    def _members(self, chapters: Sequence[ChapterContents]) -> Iterator[Job]:
        job = self.job
        language = job.language or (self._language() if chapters else None)
        yield GenerateLocations(
            book_id=job.book_id, file=job.file, locations_count=job.locations_count
        )
        yield CacheFile(book_id=job.book_id, file=job.file)
        for chapter in chapters:
            yield ExtractDescriptions(
                artifact_id=chapter.text,
                chapter_id=str(chapter.number),
                mode=job.mode,
                language=language,
                genre=job.genre,
                processor=job.processor,
            )

    def _language(self) -> str:
        """What the text is in, whatever the file says; raises LanguageNotSupported."""
        sample = ""
        for chapter in self.wanted:
            content = self.context.artifacts.read(chapter.text)
            sample += chapter_of(content, "file").text[: _SAMPLE - len(sample)]
            if len(sample) >= _SAMPLE:
                break
        return language_of(sample, "file")


def _reason(outcome: BatchOutcome) -> str | None:
    """Why a chapter did not succeed, as far as the batch tells."""
    errors = (m.error for m in outcome.members if m.error and m.position >= _FIRST_CHAPTER)
    return next((str(error.get("message")) for error in errors), None)
