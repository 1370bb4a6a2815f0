"""Which descriptions of a book are pictured: the best ones, from as many chapters as possible."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from pydantic import ValidationError

from image_worker.errors import DescriptionsNotReadable
from warren.contracts.generated_images import DescriptionToPicture

#: Bytes of a file of descriptions; those of a long novel have about two million.
_MOST_BYTES = 64 << 20


def descriptions_of(chunks: Iterable[bytes]) -> list[DescriptionToPicture]:
    """The lines of a file, each id once; raises DescriptionsNotReadable, naming the line."""
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > _MOST_BYTES:
            raise DescriptionsNotReadable(
                f"the file has more than {_MOST_BYTES} bytes", field="descriptions"
            )
    lines = [line for line in bytes(data).split(b"\n") if line.strip()]
    found = [_description(number, line) for number, line in enumerate(lines, start=1)]
    if not found:
        raise DescriptionsNotReadable("the file has no descriptions", field="descriptions")
    return list({each.description_id: each for each in found}.values())


def best_of(descriptions: Sequence[DescriptionToPicture], limit: int) -> list[DescriptionToPicture]:
    """At most `limit`: of every chapter its best one, then the second ones, and so on.

    Those of the last round that there is room for are the best of it. The best comes first.
    """
    chapters: dict[int | None, list[DescriptionToPicture]] = defaultdict(list)
    for each in sorted(descriptions, key=_merit):
        chapters[each.chapter].append(each)
    rounds = max(map(len, chapters.values()), default=0)
    chosen: list[DescriptionToPicture] = []
    for place in range(rounds):
        here = [found[place] for found in chapters.values() if len(found) > place]
        chosen += sorted(here, key=_merit)[: limit - len(chosen)]
    return sorted(chosen, key=_merit)


def _merit(description: DescriptionToPicture) -> tuple[float, str]:
    return -description.score, str(description.description_id)


def _description(number: int, line: bytes) -> DescriptionToPicture:
    try:
        return DescriptionToPicture.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "line"
        raise DescriptionsNotReadable(
            f"line {number}: {place}: {first['msg']}", field="descriptions"
        ) from None
