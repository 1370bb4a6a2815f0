"""Reads a book, finds what can be pictured in it, and has that pictured."""

from dataclasses import dataclass
from typing import Any

from warren.cli.demo.book import CHAPTERS, FILE_NAME, TITLE, as_epub
from warren.cli.demo.exhibits import Book, Outcome, Passage
from warren.cli.demo.step import Bench

_PICTURES = 3
_PICTURES_TAKE = 90.0


@dataclass(frozen=True, slots=True)
class ReadBook:
    """An EPUB goes in; passages and their pictures come out, the pictures by an event."""

    title: str = "Read a book"
    domain: str = "book"
    process: str = "nlp-worker"

    def run(self, bench: Bench, before: Outcome | None) -> Outcome:
        """Upload, wait for its end, and for the pictures that follow from it."""
        content = as_epub()
        (bench.folder / FILE_NAME).write_bytes(content)
        fields = {"language": "en", "illustrate": str(_PICTURES), "locations_count": "100"}
        file = (FILE_NAME, content, "application/epub+zip")
        answer = bench.client.upload("/api/v1/books", file, fields)
        result = bench.finished(str(answer["task_id"]))
        path = f"/api/v1/books/{answer['book_id']}"
        bench.report(90, "waiting for its pictures")
        images = bench.until(lambda: _images(bench, path), _PICTURES_TAKE, "its pictures")
        passages = tuple(_passages(bench, path, images))
        found = result["descriptions_found"]
        summary = f"{found} passages worth a picture, {len(images)} pictured"
        notes = tuple(sorted(set(map(str, result.get("fallbacks", [])))))
        shown = Book(TITLE, FILE_NAME, _facts(result), passages, notes)
        return Outcome(summary, path, (shown,))


def _images(bench: Bench, path: str) -> list[dict[str, Any]] | None:
    images: list[dict[str, Any]] = bench.client.get(f"{path}/images")["items"]
    return images if len(images) >= _PICTURES else None


def _passages(bench: Bench, path: str, images: list[dict[str, Any]]) -> list[Passage]:
    best = bench.client.get(f"{path}/descriptions", order="score", limit=50)["items"]
    pictures = {image["description_id"]: image["image_id"] for image in images}
    shown = [item for item in best if item["description_id"] in pictures]
    return [
        Passage(
            text=item["text"],
            type=item["type"],
            score=item["score"],
            voters=tuple(item["voters"]),
            picture=bench.saved(pictures[item["description_id"]], f"passage-{number}.png"),
        )
        for number, item in enumerate(shown, start=1)
    ]


def _facts(result: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    consensus = result.get("ensemble_consensus_rate")
    used = result["processors_used"]
    return (
        (str(len(CHAPTERS)), "chapters"),
        (str(result["descriptions_found"]), "passages worth a picture"),
        (str(result["cfi_locations_generated"]), "reading positions"),
        (str(len(used)), f"analysers ({', '.join(used)})"),
        ("–" if consensus is None else f"{consensus:.0%}", "of proposals accepted"),
    )
