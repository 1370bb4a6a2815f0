"""The five ways in which analysers work together (docs/architecture/11-books.md)."""

from collections.abc import Callable, Mapping, Sequence

from nlp_worker.analysis import Sentence
from nlp_worker.finding import Findings, Opinion, Verdict
from nlp_worker.service.panel import Opinions, Panel
from nlp_worker.service.vote import accepted, by_weight, decided, enough, seated
from warren.contracts.descriptions import AnalysisMode

#: Nearer to 0.5 than this a probability leaves a sentence open for the next analyser.
_UNCERTAIN = 0.25

Mode = Callable[[Panel, Sequence[Sentence], Sequence[int]], Findings]


def single(panel: Panel, sentences: Sequence[Sentence], which: Sequence[int]) -> Findings:
    """The heaviest that works decides."""
    name, found = _first_that_works(panel, sentences, which)
    verdicts = [Verdict(index, found[index].accepts, [found[index]]) for index in which]
    return Findings(verdicts, [name], panel.fallbacks)


def parallel(panel: Panel, sentences: Sequence[Sentence], which: Sequence[int]) -> Findings:
    """All are asked; one vote is enough."""
    return _decided_by(
        lambda opinions, _: any(o.accepts for o in opinions), panel, sentences, which
    )


def ensemble(panel: Panel, sentences: Sequence[Sentence], which: Sequence[int]) -> Findings:
    """All are asked; 60 % of the weight of those that ran is enough, and of two both."""
    return _decided_by(
        lambda opinions, ran: accepted(opinions, ran, panel.language), panel, sentences, which
    )


def sequential(panel: Panel, sentences: Sequence[Sentence], which: Sequence[int]) -> Findings:
    """The heaviest first, the next on what is still open; what stays open goes by the mean."""
    opinions: dict[int, list[Opinion]] = {index: [] for index in which}
    used: list[str] = []
    open_: Sequence[int] = which
    for name in panel.in_turn():
        found = panel.ask(name, sentences, open_) if open_ else None
        if found is None:
            continue
        used.append(name)
        for index, opinion in found.items():
            opinions[index].append(opinion)
        open_ = [i for i in open_ if abs(found[i].probability - 0.5) < _UNCERTAIN]
    _somebody(panel, used, which)
    undecided = set(open_)
    verdicts = [
        Verdict(index, _mean(of) >= 0.5 if index in undecided else of[-1].accepts, of)
        for index, of in opinions.items()
    ]
    return Findings(verdicts, used, panel.fallbacks)


def adaptive(
    order: Sequence[str], panel: Panel, sentences: Sequence[Sentence], which: Sequence[int]
) -> Findings:
    """As `ensemble`, asked in this order and only where the vote can still change."""
    opinions: dict[int, list[Opinion]] = {index: [] for index in which}
    used: list[str] = []
    ran = set(panel.names)
    for name in panel.in_turn(order):
        open_ = [i for i in which if not decided(opinions[i], ran, panel.language)]
        found = panel.ask(name, sentences, open_) if open_ else {}
        if found is None:
            ran = set(seated(panel.language, panel.analysers))
            continue
        used += [name] if open_ else []
        for index, opinion in found.items():
            opinions[index].append(opinion)
    _somebody(panel, used, which)
    verdicts = [
        Verdict(i, enough({o.analyser for o in of if o.accepts}, ran, panel.language), of)
        for i, of in opinions.items()
    ]
    return Findings(verdicts, by_weight(panel.language, used), _noted(panel, ran))


MODES: Mapping[AnalysisMode, Mode] = {
    AnalysisMode.SINGLE: single,
    AnalysisMode.PARALLEL: parallel,
    AnalysisMode.SEQUENTIAL: sequential,
    AnalysisMode.ENSEMBLE: ensemble,
}


def _decided_by(
    rule: Callable[[Sequence[Opinion], Sequence[str]], bool],
    panel: Panel,
    sentences: Sequence[Sentence],
    which: Sequence[int],
) -> Findings:
    answers: dict[str, Opinions] = {}
    for name in panel.in_turn():
        found = panel.ask(name, sentences, which)
        if found is not None:
            answers[name] = found
    used = list(answers)
    _somebody(panel, used, which)
    verdicts = []
    for index in which:
        opinions = [found[index] for found in answers.values()]
        verdicts.append(Verdict(index, rule(opinions, used), opinions))
    return Findings(verdicts, used, _noted(panel, used))


def _first_that_works(
    panel: Panel, sentences: Sequence[Sentence], which: Sequence[int]
) -> tuple[str, Opinions]:
    while True:
        name = panel.names[0]
        found = panel.ask(name, sentences, which)
        if found is not None:
            return name, found


def _somebody(panel: Panel, used: Sequence[str], which: Sequence[int]) -> None:
    if which and not used:
        # Raises: the last one has failed, too.
        _ = panel.names


def _noted(panel: Panel, ran: Sequence[str] | set[str]) -> list[str]:
    """The fallbacks, with a word on how the vote was held when fewer than three took part."""
    if len(ran) == 1:
        return [*panel.fallbacks, f"{next(iter(ran))} decided alone"]
    if len(ran) == 2:
        return [*panel.fallbacks, "only two analysers ran: both had to agree"]
    return panel.fallbacks


def _mean(opinions: Sequence[Opinion]) -> float:
    return sum(opinion.probability for opinion in opinions) / len(opinions)
