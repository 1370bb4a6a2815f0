"""Results of picture jobs as they are read: links stand beside the ids of files."""

from typing import Any
from uuid import UUID

from gateway.artifacts.links import ArtifactLinks

_PREFIX = "image."
#: Which id is of which file.
LINKS = {"artifact_id": "image_url", "mask_id": "mask_url", "thumbnail_id": "thumbnail_url"}


def shown_result(kind: str, result: Any, links: ArtifactLinks) -> Any:
    """The result of a task of this kind, with signed links if it is one of pictures.

    Workers cannot make them: a link expires, and a result is kept for weeks.
    """
    return _linked(result, links) if kind.startswith(_PREFIX) else result


def _linked(value: Any, links: ArtifactLinks) -> Any:
    if isinstance(value, list):
        return [_linked(item, links) for item in value]
    if not isinstance(value, dict):
        return value
    shown = {name: _linked(child, links) for name, child in value.items()}
    for id_name, url_name in LINKS.items():
        if id_name in value:
            shown[url_name] = image_url(value[id_name], links)
    return shown


def image_url(artifact_id: UUID | str | None, links: ArtifactLinks) -> str | None:
    """Where a file can be fetched; None if there is none."""
    return None if artifact_id is None else links.link(UUID(str(artifact_id))).url
