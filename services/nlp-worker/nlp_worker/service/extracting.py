"""Descriptions out of a text: sentences, screened, judged, joined, scored and put in context."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from nlp_worker.analysis import Language, Sentence
from nlp_worker.asides import apart, within
from nlp_worker.book import Chapter
from nlp_worker.errors import UnknownProcessor
from nlp_worker.finding import Findings
from nlp_worker.ports import Analysers
from nlp_worker.service.adapting import order_of
from nlp_worker.service.language import in_language
from nlp_worker.service.mentions import Names
from nlp_worker.service.modes import MODES, adaptive
from nlp_worker.service.panel import Panel, Progress, Record
from nlp_worker.service.passages import Passage, passages
from nlp_worker.service.scoring import passage_confidence, score_parts
from nlp_worker.service.screening import possible
from nlp_worker.service.sentences import sentences_of
from nlp_worker.service.vote import by_weight
from warren.contracts.descriptions import AnalysisMode, Description


@dataclass(frozen=True, slots=True)
class Request:
    """How a text is to be analysed; `processor` names the analyser of mode SINGLE."""

    language: Language
    mode: AnalysisMode
    genre: str | None = None
    processor: str | None = None


@dataclass(frozen=True, slots=True)
class Extraction:
    """What came of a text; `descriptions` in its order."""

    sentences: int
    findings: Findings
    descriptions: Sequence[Description]


class Extractor:
    """Finds descriptions by the analysers that are there, and remembers how fast they are."""

    def __init__(self, analysers: Analysers) -> None:
        self._analysers = analysers
        self._records: dict[Language, dict[str, Record]] = {}

    def extract(
        self, chapter: Chapter, request: Request, progress: Progress = lambda _: None
    ) -> Extraction:
        """The descriptions of a chapter; raises UnknownProcessor and NoAnalyser."""
        language = request.language
        panel = self._panel(request, progress)
        sentences = sentences_of(chapter.text, language)
        own = set(in_language(sentences, language)) - set(_inside(sentences, chapter.asides))
        which = [index for index in possible(sentences, language) if index in own]
        findings = judge(panel, request, sentences, which)
        names = Names(sentences, findings.verdicts)
        described = [
            _description(passage, sentences, names, findings, chapter, language)
            for passage in passages(sentences, findings.verdicts, language)
        ]
        return Extraction(len(sentences), findings, described)

    def _panel(self, request: Request, progress: Progress) -> Panel:
        language, asked = request.language, request.processor
        present = dict(self._analysers.present(language))
        missing = self._analysers.missing(language)
        records = self._records.setdefault(language, {})
        if asked is None or request.mode is not AnalysisMode.SINGLE:
            return Panel(language, present, missing, progress, records=records)
        if asked not in present:
            why = missing.get(asked, f"there are {', '.join(sorted(present))}")
            raise UnknownProcessor(
                f"{asked!r} cannot analyse {language!r}: {why}", field="processor"
            )
        return Panel(language, {asked: present[asked]}, {}, progress, records=records)


def judge(
    panel: Panel, request: Request, sentences: Sequence[Sentence], which: Sequence[int]
) -> Findings:
    """The verdicts on the sentences `which`, in the way of the mode."""
    if request.mode is AnalysisMode.ADAPTIVE:
        characters = sum(len(sentences[index].text) for index in which)
        order = order_of(panel, characters, request.genre)
        mode = MODES[AnalysisMode.ENSEMBLE] if order is None else partial(adaptive, order)
    else:
        mode = MODES[request.mode]
    return mode(panel, sentences, which)


def _inside(sentences: Sequence[Sentence], asides: Sequence[tuple[int, int]]) -> Iterator[int]:
    spans = apart(asides)
    for index, sentence in enumerate(sentences):
        if within(spans, sentence.start, sentence.end):
            yield index


def _description(
    passage: Passage,
    sentences: Sequence[Sentence],
    names: Names,
    findings: Findings,
    chapter: Chapter,
    language: Language,
) -> Description:
    first, last = passage.first, passage.last
    start, end = sentences[first].start, sentences[last].end
    parts = score_parts(passage, sentences, findings.used, language)
    return Description(
        text=chapter.text[start:end],
        start=start,
        end=end,
        type=passage.type,
        score=round(sum(parts.values()), 2),
        score_parts=parts,
        confidence=round(passage_confidence(passage, language), 4),
        voters=by_weight(language, {opinion.analyser for opinion in passage.opinions()}),
        context_before=sentences[first - 1].text if first else "",
        context_after=sentences[last + 1].text if last + 1 < len(sentences) else "",
        mentions=names.of(passage),
        cfi=chapter.cfi_range(start, end),
    )
