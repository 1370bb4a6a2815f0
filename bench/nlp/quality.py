"""Precision, recall and F1 of each analyser and mode on the labelled sentences."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bench.nlp.labelled import Labelled, labelled
from nlp_worker.adapters.installed import InstalledAnalysers
from nlp_worker.analysis import Language
from nlp_worker.service.extracting import Request, judge
from nlp_worker.service.panel import Panel
from nlp_worker.service.passages import type_by_vote
from nlp_worker.service.screening import possible
from nlp_worker.service.vote import by_weight
from warren.contracts.descriptions import AnalysisMode

_SAMPLES = 5_000
_LANGUAGES = {"ru": "Russian", "en": "English"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a mode made of the sentences: which it took, and for what."""

    name: str
    accepted: Sequence[bool]
    types: Sequence[str]


@dataclass(frozen=True, slots=True)
class Quality:
    """Of the descriptions; `types` is the share of rightly found ones with the right type."""

    precision: float
    recall: float
    f1: float
    types: float


def answers(language: Language, sentences: Sequence[Labelled]) -> Iterator[Answer]:
    """Each analyser by itself, then each mode."""
    installed = InstalledAnalysers()
    for name in by_weight(language, installed.present(language)):
        yield _answer(
            name, Request(language, AnalysisMode.SINGLE, processor=name), sentences, installed
        )
    for mode in AnalysisMode:
        yield _answer(mode.value, Request(language, mode), sentences, installed)


def _answer(
    name: str, request: Request, sentences: Sequence[Labelled], installed: InstalledAnalysers
) -> Answer:
    language = request.language
    present = dict(installed.present(language))
    if request.processor is not None:
        present = {request.processor: present[request.processor]}
    asked = [each.sentence for each in sentences]
    which = possible(asked, language)
    verdicts = judge(Panel(language, present), request, asked, which).verdicts
    accepted, types = [False] * len(asked), ["none"] * len(asked)
    for verdict in verdicts:
        accepted[verdict.index] = verdict.accepted
        types[verdict.index] = type_by_vote(verdict, language).value
    return Answer(name, accepted, types)


def quality(answer: Answer, sentences: Sequence[Labelled]) -> Quality:
    """How right the answer is."""
    right = [a and each.described for a, each in zip(answer.accepted, sentences, strict=True)]
    hits, taken = sum(right), sum(answer.accepted)
    described = sum(each.described for each in sentences)
    typed = sum(
        ok and kind == each.label
        for ok, kind, each in zip(right, answer.types, sentences, strict=True)
    )
    precision, recall = hits / max(1, taken), hits / described
    f1 = 2 * hits / max(1, taken + described)
    return Quality(precision, recall, f1, typed / max(1, hits))


def gain(better: Answer, other: Answer, sentences: Sequence[Labelled]) -> tuple[float, float]:
    """How much more F1 one has, and what it has at least in 95 % of resampled sets."""
    wanted = np.array([each.described for each in sentences])
    taken = [np.array(answer.accepted) for answer in (better, other)]
    random = np.random.default_rng(7)
    drawn = random.integers(0, len(wanted), (_SAMPLES, len(wanted)))

    def f1(of: np.ndarray, rows: np.ndarray) -> np.ndarray:
        hits = (of[rows] & wanted[rows]).sum(axis=-1)
        together = of[rows].sum(axis=-1) + wanted[rows].sum(axis=-1)
        result: np.ndarray = 2 * hits / np.maximum(1, together)
        return result

    all_rows = np.arange(len(wanted))
    differences = f1(taken[0], drawn) - f1(taken[1], drawn)
    measured = float(f1(taken[0], all_rows) - f1(taken[1], all_rows))
    return measured, float(np.quantile(differences, 0.05))


def table(language: Language) -> str:
    """Markdown: held-out sentences, and in brackets F1 on those that weights were fitted to."""
    everything = labelled(language)
    parts = [[each for each in everything if each.held_out is held] for held in (True, False)]
    held_out, fitted = ({a.name: a for a in answers(language, part)} for part in parts)
    lines = [
        f"**{_LANGUAGES[language]}**, {len(parts[0])} sentences held out of {len(everything)}:",
        "",
        "| by | precision | recall | F1 | (F1 where fitted) | types right |",
        "|---|---|---|---|---|---|",
    ]
    for name, answer in held_out.items():
        own = quality(answer, parts[0])
        there = quality(fitted[name], parts[1]).f1
        lines.append(
            f"| {name} | {own.precision:.3f} | {own.recall:.3f} | {own.f1:.3f} | ({there:.3f}) "
            f"| {own.types:.2f} |"
        )
    return "\n".join([*lines, "", _verdict(language, held_out, parts[0]), ""])


def _verdict(language: Language, found: dict[str, Answer], sentences: Sequence[Labelled]) -> str:
    members = [answer for name, answer in found.items() if name not in set(AnalysisMode)]
    best = max(members, key=lambda answer: quality(answer, sentences).f1)
    more, at_least = gain(found[AnalysisMode.ENSEMBLE], best, sentences)
    return (
        f"ENSEMBLE beside its best member ({best.name}): {more:+.3f} F1, 95 % lower bound "
        f"{at_least:+.3f} (paired bootstrap)."
    )
