"""Our sentences as spaCy's documents, and back."""

from typing import Any

from nlp_worker.analysis import Annotation, Entity, Sentence, Tag

_TYPES = {
    "PERSON": "person",
    "PER": "person",
    "GPE": "place",
    "LOC": "place",
    "FAC": "place",
    "ORG": "other",
}


def document(vocabulary: Any, sentence: Sentence) -> Any:
    """A document of our own tokens, one sentence long."""
    from spacy.tokens import Doc

    words = sentence.words
    followed = [*(word.start for word in words[1:]), words[-1].end]
    return Doc(
        vocabulary,
        words=[word.text for word in words],
        spaces=[end > word.end for word, end in zip(words, followed, strict=True)],
        sent_starts=[True, *[False] * (len(words) - 1)],
    )


def annotation_of(doc: Any) -> Annotation:
    """What the document's components have found."""
    parsed = doc.has_annotation("DEP")
    tags = [
        Tag(
            lemma=token.lemma_.lower(),
            pos=token.pos_,
            feats=token.morph.to_dict(),
            head=token.head.i if parsed else None,
            relation=token.dep_.lower() if parsed else None,
        )
        for token in doc
    ]
    names = [
        Entity(entity.start, entity.end, _TYPES[entity.label_])
        for entity in doc.ents
        if entity.label_ in _TYPES
    ]
    return Annotation(tags, names)
