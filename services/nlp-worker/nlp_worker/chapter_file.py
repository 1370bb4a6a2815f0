"""A chapter as a file that jobs hand to each other: two lines of JSON.

The first has its text, for whoever shows it; the second the places of its characters.
"""

from typing import Annotated

from pydantic import BaseModel, Field, NonNegativeInt, PositiveInt, ValidationError

from nlp_worker.book import LONGEST_PATH, Chapter, Run
from nlp_worker.errors import TextRefused
from warren.contracts.books import ChapterKind

_PATH = r"^/[0-9]"


class _Text(BaseModel):
    number: PositiveInt
    title: str
    kind: ChapterKind
    level: PositiveInt
    text: str


class _Places(BaseModel):
    """`runs` are offset, index of a path, place in its text node."""

    paths: list[Annotated[str, Field(pattern=_PATH, max_length=LONGEST_PATH)]]
    runs: list[tuple[NonNegativeInt, NonNegativeInt, NonNegativeInt]]
    asides: list[tuple[NonNegativeInt, NonNegativeInt]] = []


def chapter_file(chapter: Chapter) -> bytes:
    """The file, to be saved under CHAPTER_MEDIA_TYPE (warren.contracts.descriptions)."""
    paths = list(dict.fromkeys(run.path for run in chapter.runs))
    indices = {path: index for index, path in enumerate(paths)}
    text = _Text.model_construct(
        number=chapter.number,
        title=chapter.title,
        kind=chapter.kind,
        level=chapter.level,
        text=chapter.text,
    )
    places = _Places.model_construct(
        paths=paths,
        runs=[(run.offset, indices[run.path], run.at) for run in chapter.runs],
        asides=list(chapter.asides),
    )
    return f"{text.model_dump_json()}\n{places.model_dump_json()}\n".encode()


def chapter_of(content: bytes, field: str) -> Chapter:
    """The chapter; raises TextRefused for `field` if the file is none."""
    first, _, second = content.partition(b"\n")
    try:
        said = _Text.model_validate_json(first)
        # All in one line is as well.
        places = _Places.model_validate_json(second.strip() or first)
        runs = [Run(offset, places.paths[path], at) for offset, path, at in places.runs]
    except (ValidationError, IndexError) as error:
        raise TextRefused(f"it is not a chapter file: {str(error)[:300]}", field=field) from None
    return Chapter(said.number, said.title, said.kind, said.text, runs, said.level, places.asides)
