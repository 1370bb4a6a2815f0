"""Texts to sentences and words: once, and all analysers get the same."""

import re
from collections.abc import Iterator

from nlp_worker.analysis import Language, Sentence, Word

#: Longer ones are cut where a clause ends, or else after so many words.
MAX_WORDS = 100
_PARAGRAPH = re.compile(r"[^\n]+")
#: An end of a sentence: its marks, closing quotes, white space; what follows opens another.
#: Possessive, and begun by the first of its marks only: endless white space or dots cost no more.
_END = re.compile(
    r"(?<![.!?…])[.!?…]++[»”’\"')\]]*+\s++(?=[—–-]?+\s*+[«“‘\"'(\[]?+\s*+[A-ZА-ЯЁ0-9_])"
    r"|(?<=[.!?…][»”\"])\s++(?=[—–]\s)"
)
_ABBREVIATED = re.compile(
    r"(?:^|[\s(«“\"])(?:[A-ZА-ЯЁ]|mr|mrs|ms|dr|st|prof|col|capt|gen|lieut|sr|jr|rev|hon|esq|vs|etc|"
    r"e\.g|i\.e|no|vol|ch|p|pp|г|гг|гр|ст|стр|см|рис|ул|им|проф|тов|св|кн|т|т\.е|т\.д|т\.п|напр|"
    r"руб|коп|тыс|млн|в|вв)\.$",
    re.IGNORECASE,
)
_LONGEST_ABBREVIATION = 12
_WORD = re.compile(r"(?:Mrs?|Ms|Dr|St|Messrs)\.|\w+(?:[-’']\w+)*|\.\.\.|[^\w\s]")
_CLITIC = re.compile(r"(?<=\w)(?:n[’']t|[’'](?:s|m|d|re|ve|ll))$", re.IGNORECASE)
_CLAUSE_ENDS = frozenset(";:,")


def sentences_of(text: str, language: Language) -> list[Sentence]:
    """All sentences in their order; a new line always ends one. Offsets are those of `text`."""
    found: list[Sentence] = []
    for number, paragraph in enumerate(_PARAGRAPH.finditer(text)):
        for start, end in _spans(paragraph[0], paragraph.start()):
            words = list(_words(text, start, end, language))
            for part in _parts(words):
                first, last = part[0].start, part[-1].end
                found.append(Sentence(text[first:last], first, last, part, number))
    return found


def _spans(paragraph: str, offset: int) -> Iterator[tuple[int, int]]:
    begin = 0
    for match in _END.finditer(paragraph):
        marks = re.match(r"[.!?…]+", match[0])
        end = match.start() + (len(marks[0]) if marks else 0)
        ended = paragraph[max(begin, end - _LONGEST_ABBREVIATION) : end]
        if ended.endswith(".") and _ABBREVIATED.search(ended):
            continue
        yield offset + begin, offset + match.end()
        begin = match.end()
    if begin < len(paragraph):
        yield offset + begin, offset + len(paragraph)


def _words(text: str, start: int, end: int, language: Language) -> Iterator[Word]:
    for match in _WORD.finditer(text, start, end):
        first, last = match.span()
        clitic = _CLITIC.search(match[0]) if language == "en" else None
        if clitic is None:
            yield Word(match[0], first, last)
        else:
            middle = first + clitic.start()
            yield Word(text[first:middle], first, middle)
            yield Word(text[middle:last], middle, last)


def _parts(words: list[Word]) -> Iterator[list[Word]]:
    begin = 0
    while len(words) - begin > MAX_WORDS:
        piece = words[begin : begin + MAX_WORDS]
        ends = [i for i, word in enumerate(piece) if word.text in _CLAUSE_ENDS]
        cut = next((i + 1 for i in reversed(ends) if i >= MAX_WORDS // 3), MAX_WORDS)
        yield piece[:cut]
        begin += cut
    if begin < len(words):
        yield words[begin:]
