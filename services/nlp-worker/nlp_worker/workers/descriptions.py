"""The job that finds the descriptions of a text or a chapter."""

import time
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import structlog

from nlp_worker.adapters.installed import PLACES
from nlp_worker.book import Chapter
from nlp_worker.chapter_file import chapter_of
from nlp_worker.config import NlpSettings
from nlp_worker.errors import TextRefused
from nlp_worker.service.extracting import Extraction, Request
from nlp_worker.service.language import language_of
from nlp_worker.workers.surroundings import analysers, extractor
from warren.contracts.books import ChapterKind
from warren.contracts.descriptions import (
    CHAPTER_MEDIA_TYPE,
    DescriptionFile,
    ExtractDescriptions,
    ExtractedDescriptions,
)
from warren.contracts.kinds import LACKS_KEYWORD
from warren.worker import JobContext, Worker

#: So many stand in the result itself.
_BEST = 10
#: In results whether they ran or not.
_ALWAYS_NAMED = ("spacy", "natasha", "stanza")
_MOST_BYTES_OF_A_CHARACTER = 4
#: A chapter file also has reading positions (nlp_worker/adapters/books/chapters.py).
_FILE_OVERHEAD = 8


class ExtractDescriptionsWorker(Worker[ExtractDescriptions, ExtractedDescriptions]):
    """Finds what is worth picturing in a text, by analysers that vote."""

    isolation: ClassVar[Literal["thread", "process"]] = "process"
    #: Models of one language take 250 to 350 MiB and ten seconds.
    warm_up_at: ClassVar[Literal["start", "first_job"]] = "first_job"
    max_retries = 2
    time_limit = 600
    soft_time_limit = 540
    counted: ClassVar[Mapping[str, str]] = {"descriptions_found": "descriptions"}

    @classmethod
    def submission_schema(cls) -> dict[str, Any]:
        """The job's schema, with what is missing here: the gateway's /readyz tells of it."""
        schema, lacks = super().submission_schema(), analysers().lacking()
        if lacks:
            structlog.get_logger("warren.nlp").warning("analysers.missing", lacks=lacks)
        return {**schema, LACKS_KEYWORD: lacks} if lacks else schema

    def perform(self, job: ExtractDescriptions, context: JobContext) -> ExtractedDescriptions:
        began = time.perf_counter()
        field = "text" if job.artifact_id is None else "artifact_id"
        chapter = _chapter(job, context)
        language = job.language or language_of(chapter.text, field)
        context.progress(1, "analysing")
        extraction = extractor().extract(
            chapter,
            Request(language, job.mode, job.genre, job.processor),
            lambda share: context.progress(1 + 97 * share, "analysing"),
        )
        for fallback in extraction.findings.fallbacks:
            context.log.warning("descriptions.fallback", reason=fallback, mode=job.mode)
        described = [
            each.model_copy(update={"chapter_id": job.chapter_id})
            for each in extraction.descriptions
        ]
        file = DescriptionFile(chapter_id=job.chapter_id, language=language, descriptions=described)
        saved = context.artifacts.save(
            "descriptions.json", file.model_dump_json().encode(), "application/json"
        )
        used = extraction.findings.used
        return ExtractedDescriptions(
            chapter_id=job.chapter_id,
            mode=job.mode,
            language=language,
            processors_used=used,
            nlp_processors_used=used,
            descriptions_found=len(described),
            consensus_rate=extraction.findings.consensus_rate,
            processing_time_seconds=round(time.perf_counter() - began, 3),
            quality_metrics=_quality(extraction, language),
            fallbacks=extraction.findings.fallbacks,
            characters=len(chapter.text),
            sentences=extraction.sentences,
            best=sorted(described, key=lambda each: -each.score)[:_BEST],
            descriptions=saved,
        )


def _quality(extraction: Extraction, language: str) -> dict[str, float | None]:
    names = dict.fromkeys([*_ALWAYS_NAMED, *PLACES[language]])
    return {
        f"{name}_confidence": extraction.findings.mean_confidence(name)
        if name in extraction.findings.used
        else None
        for name in names
    }


def _chapter(job: ExtractDescriptions, context: JobContext) -> Chapter:
    if job.artifact_id is None:
        return _plain(job.text or "")
    most = NlpSettings().max_characters
    is_chapter = job.artifact_id.media_type == CHAPTER_MEDIA_TYPE
    most_bytes = most * _MOST_BYTES_OF_A_CHARACTER * (_FILE_OVERHEAD if is_chapter else 1)
    _check_length(job.artifact_id.size, most_bytes, most)
    content = context.artifacts.read(job.artifact_id)
    chapter = chapter_of(content, "artifact_id") if is_chapter else _plain(_decoded(content))
    _check_length(len(chapter.text), most, most)
    return chapter


def _check_length(length: int, bound: int, most: int) -> None:
    if length > bound:
        raise TextRefused(f"the text has more than {most:,} characters", field="artifact_id")


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextRefused(
            f"the file is not UTF-8 text: byte {error.start} is {content[error.start]:#04x}",
            field="artifact_id",
        ) from None


def _plain(text: str) -> Chapter:
    return Chapter(number=1, title="", kind=ChapterKind.BODY, text=text)
