"""Which descriptions of a book are pictured: the best ones, from as many chapters as possible."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from pydantic import ValidationError

from image_worker.errors import DescriptionsNotReadable
from warren.artifacts.lines import LineTooLong, lines_of
from warren.contracts.generated_images import DescriptionToPicture

#: Bytes of a file of descriptions; those of a long novel have about two million.
_MOST_BYTES = 64 << 20
#: So many times what is wanted is looked at together.
_AT_ONCE = 4


def descriptions_of(chunks: Iterable[bytes]) -> Iterator[DescriptionToPicture]:
    """The lines of a file, each id once; raises DescriptionsNotReadable, naming the line."""
    known: set[UUID] = set()
    try:
        for number, line in enumerate(lines_of(_bounded(chunks)), start=1):
            described = _description(number, line)
            if described.description_id not in known:
                known.add(described.description_id)
                yield described
    except LineTooLong as error:
        raise DescriptionsNotReadable(str(error), field="descriptions") from None
    if not known:
        raise DescriptionsNotReadable("the file has no descriptions", field="descriptions")


def best_of(descriptions: Iterable[DescriptionToPicture], limit: int) -> list[DescriptionToPicture]:
    """At most `limit`: of every chapter its best one, then the second ones, and so on.

    Those of the last round that there is room for are the best of it. The best comes first. Holds
    a few times as many as it returns.
    """
    kept: list[DescriptionToPicture] = []
    for each in descriptions:
        kept.append(each)
        if len(kept) == _AT_ONCE * limit:
            # What is left out now would be later: its round only gets fuller.
            kept = _by_rounds(kept, limit)
    return sorted(_by_rounds(kept, limit), key=_merit)


def _by_rounds(
    descriptions: Sequence[DescriptionToPicture], limit: int
) -> list[DescriptionToPicture]:
    chapters: dict[int | None, list[DescriptionToPicture]] = defaultdict(list)
    for each in sorted(descriptions, key=_merit):
        chapters[each.chapter].append(each)
    rounds = max(map(len, chapters.values()), default=0)
    chosen: list[DescriptionToPicture] = []
    for place in range(rounds):
        here = [found[place] for found in chapters.values() if len(found) > place]
        chosen += sorted(here, key=_merit)[: limit - len(chosen)]
    return chosen


def _bounded(chunks: Iterable[bytes]) -> Iterator[bytes]:
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > _MOST_BYTES:
            raise DescriptionsNotReadable(
                f"the file has more than {_MOST_BYTES} bytes", field="descriptions"
            )
        yield chunk


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
