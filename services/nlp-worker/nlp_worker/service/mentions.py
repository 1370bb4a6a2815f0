"""Who and what a passage speaks of; a pronoun stands for the person who was named last."""

from collections.abc import Mapping, Sequence

from nlp_worker.analysis import Annotation, Entity, Sentence
from nlp_worker.finding import Opinion, Verdict
from nlp_worker.service.passages import Passage
from warren.contracts.descriptions import Mention

_PRONOUNS = {"он", "она", "he", "she", "him", "her", "his", "hers", "его", "ее", "её"}
#: Further back than so many sentences, nobody means that person any more.
_REACH = 12


class Names:
    """The names that analysers have seen in a text, by sentence."""

    def __init__(self, sentences: Sequence[Sentence], verdicts: Sequence[Verdict]) -> None:
        self._sentences = sentences
        self._by_sentence: Mapping[int, list[Mention]] = {
            verdict.index: _mentions(sentences[verdict.index], verdict.opinions)
            for verdict in verdicts
        }
        persons = (m for of in self._by_sentence.values() for m in of if m.type == "person")
        self._persons = {_stem(mention.name.split()[-1]): mention.name for mention in persons}

    def of(self, passage: Passage) -> list[Mention]:
        """The passage's own names, or who a pronoun in it stands for."""
        own = {
            mention.name: mention
            for index in range(passage.first, passage.last + 1)
            for mention in self._by_sentence.get(index, [])
        }
        if any(mention.type == "person" for mention in own.values()):
            return list(own.values())
        return [*own.values(), *self._meant(passage)]

    def _meant(self, passage: Passage) -> list[Mention]:
        words = (
            word.text.lower()
            for sentence in self._sentences[passage.first : passage.last + 1]
            for word in sentence.words
        )
        if _PRONOUNS.isdisjoint(words):
            return []
        for index in range(passage.first - 1, max(-1, passage.first - 1 - _REACH), -1):
            for word in reversed(self._sentences[index].words):
                name = self._persons.get(_stem(word.text)) if word.text[:1].isupper() else None
                if name is not None:
                    return [Mention(name=name, type="person", resolved=True)]
        return []


def _mentions(sentence: Sentence, opinions: Sequence[Opinion]) -> list[Mention]:
    """By the analyser that has seen most of them."""
    best = max((o.annotation for o in opinions), key=lambda a: len(a.entities), default=None)
    if best is None:
        return []
    return [
        Mention(name=_name(sentence, best, entity), type=entity.type) for entity in best.entities
    ]


def _name(sentence: Sentence, annotation: Annotation, entity: Entity) -> str:
    """In its basic form: Russian names are declined."""
    return " ".join(
        annotation.tags[place].lemma.title() or sentence.words[place].text
        for place in range(entity.first, entity.last)
    )


def _stem(word: str) -> str:
    return word.lower().replace("ё", "е")[: max(3, len(word) - 2)]
