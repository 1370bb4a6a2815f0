"""The text of a chapter out of its file, whose first line of JSON has it."""

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

#: Bytes of a character of JSON at most, and what else stands in the line.
_OF_A_CHARACTER, _FRAME = 6, 64 * 1024


async def chapter_text(gateway: Gateway, customer_id: UUID, row: dict[str, Any]) -> Response:
    """A `ChapterText`; raises ArtifactNotFound, ArtifactGone or CorruptContent."""
    shown = chapter_view(row)
    most = _FRAME + _OF_A_CHARACTER * (shown.characters + len(shown.title))

    def answer(chunks: Iterable[bytes]) -> bytes:
        text = orjson.loads(_first_line(chunks, most))["text"]
        return ChapterText(**shown.model_dump(), text=text).model_dump_json().encode()

    file = await gateway.artifacts.find(row["text_id"], customer_id)
    try:
        content = await gateway.artifacts.look_into(file, answer)
    except (ValueError, KeyError) as error:
        _log.error("chapter_unreadable", artifact_id=str(file.id), error=str(error))
        raise CorruptContent(f"artifact {file.id} is no chapter that was recorded") from error
    return Response(content, media_type="application/json")


def _first_line(chunks: Iterable[bytes], most: int) -> bytes:
    """Raises ValueError if it is longer; the rest is passed over, so that its hash is checked."""
    line = bytearray()
    ended = False
    for chunk in chunks:
        if not ended:
            piece, end, _ = chunk.partition(b"\n")
            line += piece
            ended = bool(end)
        if len(line) > most:
            raise ValueError(f"its first line has more than {most} bytes")
    return bytes(line)
