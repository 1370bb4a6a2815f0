"""Finished pictures as OpenAI's clients get them: by links, or as files in Base64."""

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urljoin

import orjson
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.artifacts.links import ArtifactLinks
from gateway.composition import Gateway
from gateway.openai_compatible.schemas import PaintedPicture, PaintedPictures
from gateway.problems import ArtifactGone
from warren.artifacts import ArtifactMissing, ArtifactStore
from warren.contracts.images import PictureFile, Pictures

_JSON = "application/json"


async def pictures_answer(
    request: Request,
    gateway: Gateway,
    row: dict[str, Any],
    headers: Mapping[str, str],
    *,
    as_files: bool,
) -> Response:
    """What the succeeded task of `row` has painted. Raises ArtifactGone."""
    made = Pictures.model_validate(row["result"])
    told = _told(row, made)
    if not as_files:
        views = [
            PaintedPicture(
                url=_address(request, gateway.links, file), revised_prompt=made.prompt_used
            )
            for file in made.artifacts
        ]
        answer = told.model_copy(update={"data": views})
        return Response(
            answer.model_dump_json(exclude_none=True), headers=headers, media_type=_JSON
        )
    # The first one decides whether there is an answer.
    first = await _read(gateway.artifacts.store, made.artifacts[0])
    body = _with_files(told, made, first, gateway.artifacts.store)
    return StreamingResponse(body, headers=headers, media_type=_JSON)


def _told(row: dict[str, Any], made: Pictures) -> PaintedPictures:
    return PaintedPictures(
        created=int(row["finished_at"].timestamp()),
        data=[],
        output_format=made.artifacts[0].media_type.removeprefix("image/"),
        size=f"{made.artifacts[0].width}x{made.artifacts[0].height}",
    )


def _address(request: Request, links: ArtifactLinks, file: PictureFile) -> str:
    # Clients have only this to go by: a path means nothing to them.
    return urljoin(str(request.base_url), links.link(file.artifact_id).url)


async def _with_files(
    told: PaintedPictures, made: Pictures, first: bytes, store: ArtifactStore
) -> AsyncIterator[bytes]:
    """The answer in pieces: however many pictures there are, one of them is held."""
    head = told.model_dump_json(exclude={"data"}).removesuffix("}")
    yield f'{head},"data":['.encode()
    revised = orjson.dumps(made.prompt_used)
    for number, file in enumerate(made.artifacts):
        picture = await _read(store, file) if number else first
        before = b"," if number else b""
        encoded = await to_thread.run_sync(b64encode, picture)
        yield b'%s{"revised_prompt":%s,"b64_json":"%s"}' % (before, revised, encoded)
    yield b"]}"


async def _read(store: ArtifactStore, file: PictureFile) -> bytes:
    try:
        return await to_thread.run_sync(store.read, file.sha256)
    except ArtifactMissing as error:
        raise ArtifactGone(f"the content of picture {file.artifact_id} is gone") from error
