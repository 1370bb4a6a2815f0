"""The jobs that bring documents: read once, kept, and sent until the chatbot has them."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel

from sync_worker.ports import DocumentContent, TextReader
from sync_worker.service.reading import ReadText, read_text
from sync_worker.workers.policy import SyncWorker, written_once
from sync_worker.workers.surroundings import chatbot, languages, pages, plain_text, text_reader
from warren.contracts.artifact import ArtifactRef
from warren.contracts.documents import (
    DocumentSynced,
    UploadDocumentFile,
    UploadDocumentText,
    UploadDocumentUrl,
    UploadedDocument,
)
from warren.contracts.lanes import Lane
from warren.worker import JobContext

Upload = UploadDocumentText | UploadDocumentFile | UploadDocumentUrl


class _Kept(BaseModel):
    """What the first run that could read the document has found: later runs send the same."""

    text: ArtifactRef
    original: ArtifactRef | None = None
    media_type: str
    encoding: str | None
    language: str | None


class UploadDocumentTextWorker(SyncWorker[UploadDocumentText, UploadedDocument]):
    """Sends a text."""

    def perform(self, job: UploadDocumentText, context: JobContext) -> UploadedDocument:
        return upload(job, context, lambda: _of_artifact(job.artifact, plain_text("text"), context))


class UploadDocumentFileWorker(SyncWorker[UploadDocumentFile, UploadedDocument]):
    """Reads a file and sends its text."""

    lane = Lane.LOW
    isolation: ClassVar[Literal["thread", "process"]] = "process"

    def perform(self, job: UploadDocumentFile, context: JobContext) -> UploadedDocument:
        return upload(
            job, context, lambda: _of_artifact(job.artifact, text_reader("file"), context)
        )


class UploadDocumentUrlWorker(SyncWorker[UploadDocumentUrl, UploadedDocument]):
    """Fetches a page, reads it and sends its text."""

    lane = Lane.LOW
    isolation: ClassVar[Literal["thread", "process"]] = "process"

    def perform(self, job: UploadDocumentUrl, context: JobContext) -> UploadedDocument:
        return upload(job, context, lambda: _of_page(job.url, context))


def upload(job: Upload, context: JobContext, read: Callable[[], _Kept]) -> UploadedDocument:
    """Read the document, unless an earlier run has, and bring it to the chatbot."""
    context.progress(5, "reading")
    # A page may say something else at every look; the chatbot gets one content for one version.
    effect = context.effect("text")
    found = effect.receipt() or effect.put(read().model_dump(mode="json"))
    kept = _saved_again(_Kept.model_validate(found), context)
    text = context.artifacts.read(kept.text).decode()
    context.progress(50, "sending")
    content = DocumentContent(job.source, text, kept.language, job.metadata)
    written = written_once(
        context,
        lambda key: chatbot().put_document(
            job.customer_id, job.document_id, job.desired_version, content, key
        ),
    )
    if written.superseded_by is None:
        _tell(context, job.customer_id, job.document_id, job.desired_version)
    return UploadedDocument(
        document_id=job.document_id,
        version=job.desired_version,
        superseded_by=written.superseded_by,
        characters=len(text),
        **kept.model_dump(),
    )


def _tell(context: JobContext, customer: UUID, document: UUID, version: int) -> None:
    context.emit(DocumentSynced(customer_id=customer, id=document, version=version))


def _of_artifact(artifact: ArtifactRef, reader: TextReader, context: JobContext) -> _Kept:
    path = context.artifacts.fetch(artifact)
    read = read_text(path, artifact.name, artifact.media_type, reader, languages())
    return _kept(read, None, context)


def _of_page(url: str, context: JobContext) -> _Kept:
    with TemporaryDirectory() as folder:
        page = pages().fetch(url, Path(folder))
        context.progress(30, "fetched")
        read = read_text(page.path, page.name, page.media_type, text_reader("url"), languages())
        original = context.artifacts.save(page.name, page.path, read.media_type)
    return _kept(read, original, context)


def _kept(read: ReadText, original: ArtifactRef | None, context: JobContext) -> _Kept:
    context.check_cancelled()
    return _Kept(
        text=context.artifacts.save("text.txt", read.text.encode(), "text/plain; charset=utf-8"),
        original=original,
        media_type=read.media_type,
        encoding=read.encoding,
        language=read.language,
    )


def _saved_again(kept: _Kept, context: JobContext) -> _Kept:
    """What an earlier run has saved, as files of the run that will report them."""

    def again(reference: ArtifactRef) -> ArtifactRef:
        content: Any = context.artifacts.open(reference)
        return context.artifacts.save(reference.name, content, reference.media_type)

    if context.artifacts.saved:
        return kept
    original = again(kept.original) if kept.original else None
    return kept.model_copy(update={"text": again(kept.text), "original": original})
