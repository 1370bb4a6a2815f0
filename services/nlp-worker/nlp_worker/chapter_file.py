"""A chapter as a file that jobs hand to each other: its text and reading positions in JSON."""

from typing import Annotated

from pydantic import BaseModel, Field, NonNegativeInt, PositiveInt, ValidationError

from nlp_worker.book import Chapter, ChapterKind, Run
from nlp_worker.errors import TextRefused

_PATH = r"^/[0-9]"
_LONGEST_PATH = 4_000


class _File(BaseModel):
    """`runs` are offset, index of a path, place in its text node."""

    number: PositiveInt
    title: str
    kind: ChapterKind
    level: PositiveInt
    text: str
    paths: list[Annotated[str, Field(pattern=_PATH, max_length=_LONGEST_PATH)]]
    runs: list[tuple[NonNegativeInt, NonNegativeInt, NonNegativeInt]]
    asides: list[tuple[NonNegativeInt, NonNegativeInt]] = []


def chapter_file(chapter: Chapter) -> bytes:
    """The file, to be saved under CHAPTER_MEDIA_TYPE (warren.contracts.descriptions)."""
    paths = list(dict.fromkeys(run.path for run in chapter.runs))
    places = {path: place for place, path in enumerate(paths)}
    return (
        _File.model_construct(
            number=chapter.number,
            title=chapter.title,
            kind=chapter.kind,
            level=chapter.level,
            text=chapter.text,
            paths=paths,
            runs=[(run.offset, places[run.path], run.at) for run in chapter.runs],
            asides=list(chapter.asides),
        )
        .model_dump_json()
        .encode()
    )


def chapter_of(content: bytes, field: str) -> Chapter:
    """The chapter; raises TextRefused for `field` if the file is none."""
    try:
        file = _File.model_validate_json(content)
        runs = [Run(offset, file.paths[path], at) for offset, path, at in file.runs]
    except (ValidationError, IndexError) as error:
        raise TextRefused(f"it is not a chapter file: {str(error)[:300]}", field=field) from None
    return Chapter(file.number, file.title, file.kind, file.text, runs, file.level, file.asides)
