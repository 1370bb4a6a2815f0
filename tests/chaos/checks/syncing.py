"""The chatbot has the documents and FAQs that the gateway has, for each customer."""

from collections import Counter
from collections.abc import Iterator

from tests.chaos.checks.violation import Violation
from tests.chaos.evidence.model import Evidence
from tests.chaos.evidence.services import Kept


def everything_is_in_step(evidence: Evidence) -> Iterator[Violation]:
    """The gateway knows that the chatbot has each entity in the version that is desired."""
    for entity in (*evidence.services.entities, *evidence.services.scopes):
        if (entity.state, entity.followed) != ("synced", entity.version):
            yield Violation("not in step", f"{entity!r:.400}")


def the_chatbot_equals_the_gateway(evidence: Evidence) -> Iterator[Violation]:
    """The same ids, versions and contents; nothing is there that was deleted."""
    wanted = {e.place: e for e in evidence.services.entities if e.content is not None}
    found = {e.place: e for e in evidence.services.told if e.content is not None}
    for place in wanted.keys() | found.keys():
        yield from _difference(wanted.get(place), found.get(place))


def nothing_is_applied_twice(evidence: Evidence) -> Iterator[Violation]:
    """No version of an entity stands in the chatbot's journal twice."""
    for change, count in Counter(evidence.services.applied).items():
        if count > 1:
            yield Violation("applied twice", f"{change} was applied {count} times")


def _difference(wanted: Kept | None, found: Kept | None) -> Iterator[Violation]:
    if wanted is None:
        yield Violation("strange at chatbot", f"nobody wants {found!r:.300}")
    elif found is None:
        yield Violation("missing at chatbot", f"{wanted!r:.300}")
    elif found.version != wanted.version:
        yield Violation("chatbot out of date", f"version {found.version}, not {wanted!r:.300}")
    elif not _is_same(wanted, found):
        yield Violation("wrong content at chatbot", f"{found!r:.400}, not {wanted!r:.300}")


def _is_same(wanted: Kept, found: Kept) -> bool:
    said, has = wanted.content or {}, found.content or {}
    return wanted.hash == found.hash and all(has.get(name) == said[name] for name in said)
