"""English by a dictionary and a dozen rules on neighbours: no statistics, and so other mistakes."""

from collections.abc import Sequence

from nlp_worker.adapters.analysers.english_dictionary import Reading, readings, tables
from nlp_worker.analysis import Annotation, Entity, Sentence, Tag, Word

_TITLES = {"mr.", "mrs.", "miss", "ms.", "dr.", "sir", "lady", "lord", "captain", "colonel", "aunt"}
_OPENS_NOUN = {"DET", "ADJ", "NUM"}
_POSSESSIVES = {"my", "your", "his", "her", "its", "our", "their", "whose", "'s", "’s"}
_NOUNS = {"NOUN", "PROPN"}
_BEFORE_PLACES = {"in", "at", "from", "near"}


class LexiconEnglish:
    """Implements `Analyser`."""

    name = "lexicon"
    language = "en"

    def load(self) -> None:
        tables()

    def annotate(self, sentences: Sequence[Sentence]) -> Sequence[Annotation]:
        return [_annotation(sentence) for sentence in sentences]


def _annotation(sentence: Sentence) -> Annotation:
    words = sentence.words
    options = [readings(word.text.lower()) for word in words]
    tags: list[Tag] = []
    for place, word in enumerate(words):
        if _is_name(words, place):
            tags.append(Tag(word.text.lower(), "PROPN"))
            continue
        chosen = _chosen(options, tags, place, words)
        tags.append(Tag(chosen.lemma, chosen.pos, _feats(chosen)))
    return Annotation(tags, _entities(words, tags))


def _feats(reading: Reading) -> dict[str, str]:
    if reading.pos == "NOUN":
        return {"Number": reading.form or "Sing"}
    return {"VerbForm": reading.form} if reading.form else {}


def _is_name(words: Sequence[Word], place: int) -> bool:
    """A capital where no sentence or speech begins, or after a title."""
    text = words[place].text
    if not text[:1].isupper() or text == "I" or len(text) < 2:
        return False
    if text.lower() in _TITLES:
        return place + 1 < len(words) and words[place + 1].text[:1].isupper()
    before = words[place - 1].text if place else ""
    return before.lower() in _TITLES or (bool(before) and before not in {"“", '"', "‘", "—", "_"})


def _chosen(
    options: Sequence[Sequence[Reading]], tags: Sequence[Tag], place: int, words: Sequence[Word]
) -> Reading:
    own = {reading.pos: reading for reading in reversed(options[place])}
    before = tags[-1].pos if tags else ""
    last = words[place - 1].text.lower() if place else ""
    after = {reading.pos for reading in options[place + 1]} if place + 1 < len(options) else set()
    wanted = _wanted(own, before, last, after)
    return own[wanted] if wanted in own else options[place][0]


def _wanted(own: dict[str, Reading], before: str, last: str, after: set[str]) -> str:
    in_noun = before in _OPENS_NOUN or last in _POSSESSIVES
    if in_noun and ("NOUN" in own or "ADJ" in own):
        # The last word before something else is the noun; what stands before it describes.
        return "ADJ" if "ADJ" in own and after & {"NOUN", "ADJ"} else "NOUN"
    if before == "AUX":
        return "VERB" if "VERB" in own and own["VERB"].form in {"Ger", "Part"} else "ADJ"
    if last == "to" or before == "PRON":
        return "VERB"
    if before in _NOUNS and "VERB" in own:
        return "VERB" if own["VERB"].form != "Ger" or "NOUN" not in own else "NOUN"
    if before == "ADP":
        return "ADJ" if "ADJ" in own and "NOUN" in after else "NOUN"
    return "ADJ" if "ADJ" in own and after & {"NOUN"} else ""


def _entities(words: Sequence[Word], tags: Sequence[Tag]) -> list[Entity]:
    found: list[Entity] = []
    place = 0
    while place < len(tags):
        end = place
        while end < len(tags) and tags[end].pos == "PROPN":
            end += 1
        if end > place:
            titled = words[place].text.lower() in _TITLES
            first = place + 1 if titled and end > place + 1 else place
            before = words[place - 1].text.lower() if place else ""
            is_place = before in _BEFORE_PLACES and not titled
            found.append(Entity(first, end, "place" if is_place else "person"))
        place = max(end, place + 1)
    return found
