"""Each real analyser sees what the words of a sentence are."""

from collections.abc import Sequence

import pytest

from nlp_worker.adapters.installed import PLACES, InstalledAnalysers
from nlp_worker.analysis import Annotation, Sentence
from nlp_worker.service.sentences import sentences_of
from nlp_worker.workers.descriptions import ExtractDescriptionsWorker
from nlp_worker.workers.surroundings import analysers
from warren.contracts.kinds import LACKS_KEYWORD

#: Those of the jobs: models are loaded once in a process.
INSTALLED = analysers()
TEXTS = {
    "ru": "Высокий старик в чёрных сапогах медленно шёл по мокрой дороге. Анна молчала.",
    "en": "The old priest in black boots walked slowly along a wet road. Anne was silent.",
}
EXPECTED = {
    "ru": ("высокий старик сапог дорога", "ADJ NOUN NOUN NOUN"),
    "en": ("old priest boot road", "ADJ NOUN NOUN NOUN"),
}
PLACE = {"ru": (0, 1, 4, 9), "en": (1, 2, 5, 11)}
EMBEDDED = [(language, name) for language, names in PLACES.items() for name in names]


def annotated(language: str, name: str, text: str) -> tuple[Sequence[Sentence], list[Annotation]]:
    sentences = sentences_of(text, language)
    return sentences, list(INSTALLED.present(language)[name].annotate(sentences))


@pytest.mark.parametrize(("language", "name"), EMBEDDED)
def test_words_have_their_parts_of_speech_and_lemmas(language: str, name: str) -> None:
    sentences, (annotation, _) = annotated(language, name, TEXTS[language])

    assert len(annotation.tags) == len(sentences[0].words)
    shown = [annotation.tags[place] for place in PLACE[language]]
    lemmas, parts = EXPECTED[language]
    assert [tag.lemma.replace("ё", "е") for tag in shown] == lemmas.split()
    if name != "natasha":
        assert [tag.pos for tag in shown] == parts.split()


@pytest.mark.parametrize(("language", "name"), EMBEDDED)
def test_a_sentence_says_the_same_in_any_company(language: str, name: str) -> None:
    text = TEXTS[language]
    _, alone = annotated(language, name, text)
    _, together = annotated(language, name, text + " " + " ".join(["Да", "и", "но"] * 20))

    assert [tag.lemma for tag in together[0].tags] == [tag.lemma for tag in alone[0].tags]
    assert [tag.pos for tag in together[0].tags] == [tag.pos for tag in alone[0].tags]


@pytest.mark.parametrize(("language", "name"), [("ru", "natasha"), ("en", "spacy")])
def test_syntax_and_names_are_known_where_an_analyser_has_them(language: str, name: str) -> None:
    text = {"ru": "Седой Иван Орлов жил в Москве.", "en": "Mr. John Smith lived in London."}
    _, (annotation,) = annotated(language, name, text[language])

    assert {entity.type for entity in annotation.entities} >= {"person"}
    assert all(tag.head is not None for tag in annotation.tags)


def test_what_is_missing_is_told_without_loading_anything() -> None:
    assert InstalledAnalysers().lacking() == []
    assert LACKS_KEYWORD not in ExtractDescriptionsWorker.submission_schema()

    lacking = InstalledAnalysers(["natasha"]).lacking()

    assert lacking == ["natasha does not analyse 'ru': it is switched off (NLP_LEFT_OUT)"]


def test_an_analyser_that_is_switched_off_is_missing_and_says_why() -> None:
    installed = InstalledAnalysers(["lexicon"])

    assert set(installed.present("en")) == {"spacy", "rnnmorph"}
    assert installed.missing("en") == {"lexicon": "it is switched off (NLP_LEFT_OUT)"}
