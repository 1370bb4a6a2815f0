"""The chapters of a book as tasks of their own, and what they have given."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nlp_worker.chapter_file import chapter_of
from nlp_worker.service.gathering import FoundInBook, FoundInChapter, with_earlier
from nlp_worker.service.language import language_of
from warren.contracts.artifact import ArtifactRef
from warren.contracts.batches import BatchOutcome
from warren.contracts.book_results import BookContents, ChapterContents, GeneratedLocations
from warren.contracts.books import CacheFile, ChapterKind, GenerateLocations, ProcessBook
from warren.contracts.descriptions import ExtractDescriptions, ExtractedDescriptions
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

    def missing(self, found: FoundInBook) -> list[int]:
        """The numbers of chapters whose tasks did not succeed."""
        known = {each.number for each in found.chapters}
        return [each.number for each in self.wanted if each.number not in known]

    def found(self) -> FoundInBook:
        """What the chapters have given; ends the run until they have (`context.join`)."""
        generation = self.context.generation
        step = self.context.effect(f"found:{generation}")
        kept = step.receipt()
        if kept is None:
            found = self._joined(self._found_before())
            content = found.model_dump_json().encode()
            name = f"found-{generation}.json"
            saved = self.context.artifacts.save(name, content, "application/json")
            kept = step.put(saved.model_dump(mode="json"))
        return self._load(kept)

    def _found_before(self) -> FoundInBook | None:
        """What the last generation has found, if there was one: only the rest is done again."""
        for generation in range(self.context.generation - 1, 0, -1):
            kept = self.context.effect(f"found:{generation}").receipt()
            if kept is not None:
                return self._load(kept)
        return None

    def _joined(self, before: FoundInBook | None) -> FoundInBook:
        known = {each.number for each in before.chapters} if before else set()
        chapters = [each for each in self.wanted if each.number not in known]
        context, key = self.context, f"chapters:{self.context.generation}"
        context.progress(5, f"{len(chapters)} chapters to be analysed")
        outcome = context.join(self._members(chapters), self.job.batch, key=key)
        context.progress(95, "putting it together")
        results = [
            FoundInChapter.of(chapter.number, ExtractedDescriptions.model_validate(result))
            for position, chapter in enumerate(chapters, start=_FIRST_CHAPTER)
            if (result := context.member_result(key, position)) is not None
        ]
        located = context.member_result(key, _LOCATIONS)
        locations = GeneratedLocations.model_validate(located) if located else None
        return FoundInBook(
            chapters=list(with_earlier(before, results)),
            locations=locations.locations_generated if locations else None,
            cached=context.member_result(key, _CACHE) is not None,
            batch_id=outcome.batch_id,
            reason=_reason(outcome),
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

    def _load(self, kept: object) -> FoundInBook:
        reference = ArtifactRef.model_validate(kept)
        return FoundInBook.model_validate_json(self.context.artifacts.read(reference))


def _reason(outcome: BatchOutcome) -> str | None:
    """Why a chapter did not succeed, as far as the batch tells."""
    errors = (m.error for m in outcome.members if m.error and m.position >= _FIRST_CHAPTER)
    return next((str(error.get("message")) for error in errors), None)
