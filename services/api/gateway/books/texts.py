"""The text of a chapter out of its file, whose first line of JSON has it."""

import re
from codecs import getincrementaldecoder
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
import structlog
from fastapi.responses import Response

from gateway.books.schemas import ChapterText
from gateway.books.views import chapter_view
from gateway.composition import Gateway
from gateway.problems import CorruptContent

_log = structlog.get_logger(__name__)

#: Characters of a chapter that are shown: notes and the like may have as many as a whole book.
MOST_SHOWN = 2_000_000
#: Bytes of a character of JSON at most, and what else stands in the line.
_OF_A_CHARACTER, _FRAME = 6, 64 * 1024
#: What is left of an escape at the end of a text that was cut; before it come whole ones.
_CUT_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\(?:u[0-9a-fA-F]{0,3})?\Z")


async def chapter_text(gateway: Gateway, customer_id: UUID, row: dict[str, Any]) -> Response:
    """A `ChapterText`; raises ArtifactNotFound, ArtifactGone or CorruptContent."""
    shown = chapter_view(row)

    def answer(chunks: Iterable[bytes]) -> bytes:
        text = _text(chunks, shown.characters, len(shown.title))
        cut = len(text) < shown.characters
        said = ChapterText(**shown.model_dump(), text=text, truncated=cut)
        return said.model_dump_json().encode()

    file = await gateway.artifacts.find(row["text_id"], customer_id)
    try:
        content = await gateway.artifacts.look_into(file, answer)
    except (ValueError, KeyError) as error:
        _log.error("chapter_unreadable", artifact_id=str(file.id), error=str(error))
        raise CorruptContent(f"artifact {file.id} is no chapter that was recorded") from error
    return Response(content, media_type="application/json")


def _text(chunks: Iterable[bytes], characters: int, title: int) -> str:
    """The text, or its beginning; raises ValueError or KeyError if there is none."""
    most = _FRAME + _OF_A_CHARACTER * (min(characters, MOST_SHOWN) + title)
    line, is_whole = _first_line(chunks, most)
    if not is_whole and characters <= MOST_SHOWN:
        raise ValueError(f"its first line has more than {most} bytes")
    text: str = orjson.loads(line if is_whole else _closed(line))["text"]
    return text[:MOST_SHOWN]


def _first_line(chunks: Iterable[bytes], most: int) -> tuple[bytes, bool]:
    """Of the line no more than `most` bytes, and whether that is all of it.

    The rest is passed over, so that its hash is checked.
    """
    line = bytearray()
    ended = False
    for chunk in chunks:
        if not ended and len(line) <= most:
            piece, end, _ = chunk.partition(b"\n")
            line += piece
            ended = bool(end)
    return bytes(line[:most]), len(line) <= most


def _closed(line: bytes) -> str:
    """A line that was cut off within its text, which stands last, ended after a whole character."""
    text = getincrementaldecoder("utf-8")().decode(line)
    return _CUT_ESCAPE.sub(r"\1", text) + '"}'
