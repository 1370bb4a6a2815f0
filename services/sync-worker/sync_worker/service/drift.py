"""Whether the chatbot has what it should have: ours against its own list."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Drift:
    """Ids that differ. `behind` is older there, `ahead` newer; `strange` should not be there."""

    missing: list[UUID] = field(default_factory=list)
    behind: list[UUID] = field(default_factory=list)
    ahead: list[UUID] = field(default_factory=list)
    strange: list[UUID] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.missing or self.behind or self.ahead or self.strange)


def drift(wanted: Mapping[UUID, int], there: Iterable[tuple[UUID, int]]) -> Drift:
    """What differs; `wanted` are the ids and versions that the chatbot should have.

    What is newer there is on its way to our list, or was lost here with an earlier state.
    """
    found = Drift()
    seen: set[UUID] = set()
    for id_, version in there:
        seen.add(id_)
        if id_ not in wanted:
            found.strange.append(id_)
        elif version < wanted[id_]:
            found.behind.append(id_)
        elif version > wanted[id_]:
            found.ahead.append(id_)
    found.missing.extend(id_ for id_ in wanted if id_ not in seen)
    return found
