"""Which steps there are, and which of them follow each other."""

from collections.abc import Collection, Iterator
from collections.abc import Set as AbstractSet

from warren.cli.demo.domain import Domain
from warren.cli.demo.running import Track
from warren.cli.demo.steps.books import ReadBook
from warren.cli.demo.steps.chatbot import KeepDocument, KeepFaq
from warren.cli.demo.steps.pictures import CutOut, Enlarge, Generate, Restyle, SwapFaces
from warren.cli.demo.steps.search import Search
from warren.cli.demo.steps.speech import Speak
from warren.cli.demo.texts import SPOKEN_TEXTS

#: With all workers that a track needs beside those of its steps.
_ALL: tuple[tuple[frozenset[str], Track], ...] = (
    (frozenset({"image-worker"}), (ReadBook(),)),
    (frozenset(), (Generate(), Restyle(), Enlarge())),
    (frozenset(), (CutOut(), SwapFaces())),
    *((frozenset[str](), (Speak(text),)) for text in SPOKEN_TEXTS),
    (frozenset(), (Search(),)),
    (frozenset(), (KeepDocument(), KeepFaq())),
)


def tracks_of(
    processes: AbstractSet[str], domains: Collection[Domain] = tuple(Domain)
) -> list[Track]:
    """Those of these domains whose workers run, by the names of the processes of a stack."""
    return [track for needed, track in _of(domains) if needed <= processes]


def services_of(domains: Collection[Domain]) -> list[str]:
    """The workers that all tracks of these domains need."""
    return sorted({service for needed, _ in _of(domains) for service in needed})


def _of(domains: Collection[Domain]) -> Iterator[tuple[AbstractSet[str], Track]]:
    for others, track in _ALL:
        if any(step.domain in domains for step in track):
            yield others | {step.process for step in track}, track
