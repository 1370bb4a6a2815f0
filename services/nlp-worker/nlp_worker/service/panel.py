"""The analysers that work here, asked in batches; one that fails leaves the others at work."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nlp_worker.analysis import Language, Sentence
from nlp_worker.errors import AnalyserFailed, NoAnalyser
from nlp_worker.finding import Opinion
from nlp_worker.ports import Analyser
from nlp_worker.service.judging import opinion
from nlp_worker.service.vote import seated
from warren.errors import WarrenError

#: Called with the share (0 to 1) of the sentences that have been analysed.
Progress = Callable[[float], None]
#: Sentences at a time: between two batches a job can be ended.
BATCH = 64

Opinions = dict[int, Opinion]


@dataclass(slots=True)
class Record:
    """What an analyser has done in this process."""

    sentences: int = 0
    seconds: float = 0.0

    @property
    def milliseconds(self) -> float:
        """A sentence."""
        return 1000 * self.seconds / max(1, self.sentences)


@dataclass(slots=True)
class Panel:
    """Who may be asked about sentences of a language.

    `missing` are those that ought to be here, and why they are not; `fallbacks` says in words who
    did not run. `records` say what the analysers have done so far, also for earlier texts.
    """

    language: Language
    analysers: dict[str, Analyser]
    missing: Mapping[str, str] = field(default_factory=dict)
    progress: Progress = lambda _: None
    fallbacks: list[str] = field(default_factory=list)
    records: dict[str, Record] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fallbacks += [f"{name} did not run: {why}" for name, why in self.missing.items()]

    @property
    def names(self) -> list[str]:
        """Who has a vote and is left, the heaviest first; raises NoAnalyser if nobody is."""
        if not self.analysers:
            raise NoAnalyser(
                f"no analyser for {self.language!r} works: {'; '.join(self.fallbacks)}"
            )
        return seated(self.language, self.analysers)

    def in_turn(self, order: Sequence[str] = ()) -> Iterator[str]:
        """Each that has a vote once, in this order or by weight; who takes another's seat, too."""
        asked: set[str] = set()
        while self.analysers and (left := [name for name in self.names if name not in asked]):
            name = min(left, key=order.index) if order else left[0]
            asked.add(name)
            yield name

    def ask(
        self, name: str, sentences: Sequence[Sentence], which: Sequence[int]
    ) -> Opinions | None:
        """One analyser's opinion of some sentences, by index; None if it has failed."""
        began = time.perf_counter()
        try:
            found = self._opinions(self.analysers[name], sentences, which)
        except AnalyserFailed as error:
            self._failed(name, str(error))
            return None
        except (WarrenError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a library raises, the others go on
            self._failed(name, f"{type(error).__name__}: {error}")
            return None
        record = self.records.setdefault(name, Record())
        record.sentences += len(which)
        record.seconds += time.perf_counter() - began
        return found

    def _failed(self, name: str, why: str) -> None:
        del self.analysers[name]
        self.fallbacks.append(f"{name} failed: {why[:300]}")

    def _opinions(
        self, analyser: Analyser, sentences: Sequence[Sentence], which: Sequence[int]
    ) -> Opinions:
        # Sentences of about one length are padded little where a network takes them together.
        ordered = sorted(which, key=lambda index: len(sentences[index].words))
        found: Opinions = {}
        for begin in range(0, len(ordered), BATCH):
            batch = ordered[begin : begin + BATCH]
            asked = [sentences[index] for index in batch]
            for index, annotation in zip(batch, analyser.annotate(asked), strict=True):
                found[index] = opinion(analyser.name, sentences[index], annotation, self.language)
            self.progress((begin + len(batch)) / len(ordered))
        return found
