"""From a text to passages that an engine speaks in one breath, in time linear in the text."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

#: Characters; keeps the engines' memory and the time to the next progress report bounded.
LONGEST_PASSAGE = 250

#: Silence after a passage, in seconds at normal speed.
AFTER_PARAGRAPH, AFTER_SENTENCE, AFTER_CLAUSE, WITHIN_WORDS = 0.55, 0.3, 0.12, 0.0

# Looking behind and possessive quantifiers keep this linear in a text of dots.
_SENTENCE_END = re.compile(
    r"(?<![.!?…؟।])[.!?…؟।]++[\"'”’»)\]]*+(?=\s)|(?<![。！？])[。！？]++[」』”）]*+"
)
_CLAUSE_END = re.compile(r"[,;:—–](?=\s)|[，、；：]")
_ABBREVIATIONS = frozenset(
    re.findall(
        r"\S+",
        "mr mrs ms dr prof st sr jr vs etc e.g i.e al approx fig vol ch p pp dept inc ltd co "
        "г гг ул пр стр см т.е т.к т.д т.п им рис руб тыс млн "
        "bzw ca z.b d.h u.a str nr tp ths ts pgs gs",
    )
)
_UNSPEAKABLE_CONTROLS = frozenset({"Cc", "Cs", "Co", "Cn"})


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of text with the silence that follows it (seconds at normal speed)."""

    text: str
    pause: float


def passages(text: str) -> list[Passage]:
    """The speakable passages of a text in order; empty if it has no letter or digit."""
    return [
        passage
        for paragraph in _paragraphs(text)
        for passage in _of_paragraph(paragraph)
        if any(unicodedata.category(character)[0] in "LN" for character in passage.text)
    ]


def _paragraphs(text: str) -> Iterator[str]:
    """Blocks between blank lines, with single spaces and without control characters."""
    lines: list[str] = []
    for line in [*text.removeprefix("\ufeff").splitlines(), ""]:
        words = "".join(map(_visible, line)).split()
        if words:
            lines.append(" ".join(words))
        elif lines:
            yield " ".join(lines)
            lines = []


def _visible(character: str) -> str:
    return " " if unicodedata.category(character) in _UNSPEAKABLE_CONTROLS else character


def _of_paragraph(paragraph: str) -> Iterator[Passage]:
    sentences = list(_sentences(paragraph))
    for number, sentence in enumerate(sentences, start=1):
        pause = AFTER_PARAGRAPH if number == len(sentences) else AFTER_SENTENCE
        yield from _short_enough(sentence, pause)


def _sentences(paragraph: str) -> Iterator[str]:
    start = 0
    for end in _SENTENCE_END.finditer(paragraph):
        if _ends_sentence(paragraph, end):
            yield paragraph[start : end.end()].strip()
            start = end.end()
    if rest := paragraph[start:].strip():
        yield rest


def _ends_sentence(paragraph: str, mark: re.Match[str]) -> bool:
    """False after an abbreviation or an initial, and before a lower-case word."""
    following = paragraph[mark.end() : mark.end() + 2].strip()
    if following.islower():
        return False
    if not mark.group().startswith(".") or mark.group().startswith(".."):
        return True
    # No abbreviation is longer; looking back further would make long texts slow.
    before = paragraph[max(0, mark.start() - 12) : mark.start()]
    word = before.rpartition(" ")[2].lstrip("(\"'“‘«[")
    is_initial = len(word) == 1 and word.isupper()
    return not (is_initial or word.lower() in _ABBREVIATIONS)


def _short_enough(sentence: str, pause: float) -> Iterator[Passage]:
    """The sentence, cut at clauses, else at spaces, else anywhere."""
    start = 0
    while len(sentence) - start > LONGEST_PASSAGE:
        cut, silence = _cut(sentence[start : start + LONGEST_PASSAGE])
        yield Passage(sentence[start : start + cut].strip(), silence)
        start += cut
    yield Passage(sentence[start:].strip(), pause)


def _cut(window: str) -> tuple[int, float]:
    """Where to end a passage within the window, and the silence that suits the place."""
    clauses = [mark.end() for mark in _CLAUSE_END.finditer(window)]
    if clauses and clauses[-1] > LONGEST_PASSAGE // 4:
        return clauses[-1], AFTER_CLAUSE
    space = window.rfind(" ")
    if space > 0:
        return space, WITHIN_WORDS
    return len(window), WITHIN_WORDS
