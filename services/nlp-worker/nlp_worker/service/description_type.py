"""Which type a description has: what most of its words show, the subject first."""

from nlp_worker.service.features import Seen, is_adjective
from warren.contracts.descriptions import DescriptionType

_SUBJECTS = {"nsubj", "nsubj:pass", "nsubjpass", "root", "ROOT"}
#: A word as the subject counts as much as so many elsewhere.
_OF_SUBJECT = 2.5
_FIRST = 0.5
_OF_ACTION = 1.3
#: Where two types are equal, the earlier one stands.
_ORDER = (
    DescriptionType.CHARACTER,
    DescriptionType.LOCATION,
    DescriptionType.ATMOSPHERE,
    DescriptionType.OBJECT,
    DescriptionType.ACTION,
)


def type_of(of: Seen) -> DescriptionType:
    """The type that the words speak for; a location if they say nothing."""
    scores = dict.fromkeys(_ORDER, 0.0)
    first = True
    for _, tag, groups in of.words:
        if "action" in groups and tag.pos == "VERB" and not is_adjective(tag):
            scores[DescriptionType.ACTION] += _OF_ACTION
        nouns = [kind for kind in _ORDER if kind.value in groups and tag.pos in {"NOUN", "PROPN"}]
        for kind in nouns:
            scores[kind] += (1.0 + (_FIRST if first else 0.0)) / len(nouns)
            scores[kind] += _OF_SUBJECT / len(nouns) if tag.relation in _SUBJECTS else 0.0
        first = first and not nouns
    scores[DescriptionType.CHARACTER] += sum(e.type == "person" for e in of.annotation.entities)
    best = max(_ORDER, key=lambda kind: scores[kind])
    return best if scores[best] > 0 else DescriptionType.LOCATION
