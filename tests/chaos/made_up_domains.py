"""Made-up speech, books and pictures of a healthy run, to be doctored by tests of the checks."""

import hashlib
import io
import uuid
import wave
from typing import Any, LiteralString

import psycopg
from PIL import Image

from tests.chaos.journal import Journal
from tests.chaos.made_up_run import MadeUpRun
from warren.contracts.ids import new_id

CUSTOMER = uuid.UUID(int=1)
_RATE = 8_000


class MadeUpDomains:
    """Adds to a made-up run what the services of the domains would have left behind."""

    def __init__(self, run: MadeUpRun) -> None:
        self.run = run
        self._writes = 0

    def speech(self) -> str:
        """A text that was spoken; returns its task."""
        task, text = str(new_id()), f"Number {self._writes}."
        self.ended(task, "tts.synthesize", payload={"text": text})
        file = self.file(task, f"tts_{task}.wav", recording(seconds=1), "audio/wav")
        self.result(task, {**file, "duration_seconds": 1.0})
        self.write("speech", "speak", {"text": text}, task_id=task)
        return task

    def picture(self, parent: str | None = None, book: str | None = None) -> str:
        """A picture that was painted, with its row; returns its task."""
        task, user = str(new_id()), f"painter-{self._writes}"
        self.ended(
            task, "image.generate", payload={"prompt": "a boat", "book_id": book},
            user_id=user, parent_id=parent,
        )  # fmt: skip
        file = self.file(task, f"image_{task}.png", picture(task, 64), "image/png")
        small = self.file(task, f"thumbnail_{task}.webp", picture(task, 32), "image/webp")
        told = {**file, "width": 64, "height": 64, "thumbnail_id": small["artifact_id"]}
        self.result(task, {"artifacts": [told]})
        self.run.sql(
            "INSERT INTO generated_images (id, thumbnail_id, customer_id, task_id, kind, book_id,"
            " provider, width, height, seconds)"
            " VALUES (%s, %s, %s, %s, 'image.generate', %s, 'procedural', 64, 64, 1)",
            *[file["artifact_id"], small["artifact_id"], CUSTOMER, task, book],
        )
        if parent is None:
            self.write("pictures", "paint", {"user": user}, task_id=task)
        return task

    def book(self, *, chapters: int = 2) -> tuple[str, str]:
        """A book that was read, and one picture of it; returns its id and its task."""
        book, task, user = str(new_id()), str(new_id()), f"reader-{self._writes}"
        self.ended(task, "book.process", payload={"book_id": book}, user_id=user)
        self.result(task, {"descriptions_found": chapters})
        self._bring_about(task, book, chapters)
        self.run.sql(
            "INSERT INTO books (id, customer_id, user_id, format, file_name, file_id, options,"
            " state, task_id, total_chapters, descriptions_found, result)"
            " VALUES (%s, %s, %s, 'text', 'file', %s, '{}', 'processed', %s, %s, %s, %s)",
            *[book, CUSTOMER, user, new_id(), task, chapters, chapters],
            f'{{"descriptions_found": {chapters}}}',
        )
        for number in range(1, chapters + 1):
            self._chapter(book, number)
        said = {"user": user, "sha256": "", "chapters": chapters, "illustrate": 1}
        self.write("books", "read", said, book_id=book, task_id=task)
        self.write("pictures", "upload", {"sha256": ""})
        return book, task

    def _bring_about(self, task: str, book: str, chapters: int) -> None:
        for kind in ("book.generate_locations", "book.cache_file", "api.batch", "api.batch"):
            self.child(task, kind)
        for number in range(1, chapters + 1):
            chapter = self.child(
                task, "nlp.extract_descriptions", payload={"chapter_id": str(number)}
            )
            self.result(chapter, {"descriptions_found": 1})
        self.child(task, "api.record_book")
        heard = self.child(task, "image.illustrate_book", payload={"book_id": book})
        orders = self.child(heard, "image.generate_for_book", payload={"book_id": book})
        self.picture(orders, book)

    def _chapter(self, book: str, number: int) -> None:
        self.run.sql(
            "INSERT INTO book_chapters (book_id, number, title, kind, level, words, characters,"
            " text_id, included, descriptions_found)"
            " VALUES (%s, %s, 'title', 'body', 1, 9, 99, %s, true, 1)",
            *[book, number, new_id()],
        )
        self.describe(book, number)

    def describe(self, book: str, chapter: int, *, first: int = 0) -> None:
        """A row of a description that was found there."""
        self.run.sql(
            "INSERT INTO book_descriptions (id, book_id, customer_id, chapter, first_character,"
            " last_character, type, text, score, confidence, voters, details)"
            " VALUES (%s, %s, %s, %s, %s, 9, 'location', 'text', 1, 1, '{}', '{}')",
            *[new_id(), book, CUSTOMER, chapter, first],
        )

    def child(self, parent: str, kind: str, **columns: Any) -> str:
        """A task that another one has brought about, which has succeeded."""
        task = str(new_id())
        self.ended(task, kind, parent_id=parent, **columns)
        return task

    def ended(self, task: str, kind: str, *, state: str = "succeeded", **columns: Any) -> None:
        """A task that has ended so."""
        self.run.row(task, kind, None, state=state, **columns)
        self.run.entry(task, f"task.{state}")

    def end(self, task: str, state: str) -> None:
        """Let it have ended otherwise."""
        self.run.sql("UPDATE tasks SET state = %s, result = NULL WHERE id = %s", state, task)
        self.run.sql("UPDATE task_history SET type = %s WHERE task_id = %s", f"task.{state}", task)

    def ids(self, query: LiteralString) -> list[str]:
        """What the database says, of one column."""
        with psycopg.connect(self.run.database_url) as connection:
            return [str(row[0]) for row in connection.execute(query)]

    def result(self, task: str, result: dict[str, Any]) -> None:
        """What the task has come to."""
        text = str(result).replace("'", '"')
        self.run.sql("UPDATE tasks SET result = %s::jsonb WHERE id = %s", text, task)

    def file(self, task: str, name: str, content: bytes, media_type: str) -> dict[str, Any]:
        """An artifact of a task, in the store; returns what a result says of it."""
        artifact, sha256 = str(new_id()), hashlib.sha256(content).hexdigest()
        self.run.store(content)
        self.run.sql(
            "INSERT INTO artifacts (id, customer_id, sha256, size, media_type, name, task_id)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            *[artifact, CUSTOMER, sha256, len(content), media_type, name, task],
        )
        told = {"artifact_id": artifact, "sha256": sha256, "media_type": media_type}
        return {**told, "size_bytes": len(content)}

    def write(
        self,
        collection: str,
        action: str,
        said: dict[str, Any] | None,
        *,
        name: str | None = None,
        code: int | None = 202,
        **told: Any,
    ) -> None:
        """What a client asked for, and was told; without a code the answer was lost."""
        self._writes += 1
        with Journal(self.run.folder.client_log) as log:
            log.write(
                event="write", write=self._writes, customer=str(CUSTOMER), collection=collection,
                action=action, id=name, content=said,
            )  # fmt: skip
            log.write(event="written", write=self._writes, code=code, told=told or None)


def recording(seconds: float) -> bytes:
    """A WAV file of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setparams((1, 2, _RATE, 0, "NONE", ""))
        audio.writeframes(bytes(2 * int(seconds * _RATE)))
    return file.getvalue()


def picture(of: str, side: int) -> bytes:
    """A PNG or, if it is small, a WebP, of a colour of its own."""
    colour = hashlib.sha256(of.encode()).digest()[:3]
    file = io.BytesIO()
    Image.frombytes("RGB", (side, side), colour * side * side).save(
        file, "PNG" if side > 32 else "WEBP", lossless=True
    )
    return file.getvalue()
