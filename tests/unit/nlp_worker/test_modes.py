"""How analysers work together, and what follows when one of them does not."""

from collections.abc import Sequence

import pytest

from nlp_worker.book import Chapter
from nlp_worker.errors import NoAnalyser, UnknownProcessor
from nlp_worker.service.extracting import Extraction, Extractor, Request
from nlp_worker.service.vote import WEIGHTS, seated
from tests.unit.nlp_worker.analysers import Installed, Partial
from warren.contracts.books import ChapterKind
from warren.contracts.descriptions import AnalysisMode

ALL = "Белое поле и тёмный лес тянулись до самого горизонта вдали."
TWO = "Старая мельница стояла над тёмной рекой у самого леса."
LIGHT = "Каменный мост вёл через глубокий овраг к высокой башне."
ONE = "Синее море сияло за окном высокого белого дома на горе."
NONE = "Старый дом стоил дорого, и поле он решил не продавать."
TEXT = f"{ALL}\n{TWO}\n{LIGHT}\n{ONE}\n{NONE}"


def trio() -> list[Partial]:
    return [
        Partial("natasha", ["горизонта", "мельница", "море"]),
        Partial("spacy", ["горизонта", "мельница", "мост"]),
        Partial("rnnmorph", ["горизонта", "мост"]),
    ]


def with_stanza() -> list[Partial]:
    """The stand-in likes what nobody else does."""
    return [*trio()[:2], Partial("rnnmorph", ["море"]), Partial("stanza", ["горизонта", "мост"])]


def run(mode: str, analysers: Sequence[Partial], text: str = TEXT, **options: object) -> Extraction:
    installed = Installed(analysers, options.pop("gone", {}))  # type: ignore[arg-type]
    request = Request("ru", AnalysisMode(mode), **options)  # type: ignore[arg-type]
    return Extractor(installed).extract(Chapter(1, "", ChapterKind.BODY, text), request)


def texts(extraction: Extraction) -> list[str]:
    return [description.text for description in extraction.descriptions]


def test_in_an_ensemble_sixty_percent_of_the_weight_accept() -> None:
    extraction = run("ENSEMBLE", trio())

    # 30, 22 and exactly 18 of 30 are enough; 12 are not.
    assert texts(extraction) == [ALL, TWO, LIGHT]
    assert extraction.findings.consensus_rate == 0.75
    assert extraction.descriptions[2].voters == ["spacy", "rnnmorph"]
    assert extraction.findings.used == ["natasha", "spacy", "rnnmorph"]
    assert extraction.findings.fallbacks == []


def test_of_two_that_ran_both_must_agree() -> None:
    extraction = run("ENSEMBLE", [trio()[0], trio()[2]], gone={"spacy": "it is not installed"})

    # Natasha alone has 12 of 20, which are 60 %.
    assert texts(extraction) == [ALL]
    assert extraction.findings.fallbacks == [
        "spacy did not run: it is not installed",
        "only two analysers ran: both had to agree",
    ]


@pytest.mark.parametrize("mode", ["ENSEMBLE", "ADAPTIVE"])
def test_with_stanza_three_vote_and_60_percent_are_18_of_30_as_without(mode: str) -> None:
    analysers = with_stanza()
    text = "\n".join([TEXT] * 8)

    extraction = run(mode, analysers, text)

    # spaCy and Stanza are exactly enough; Natasha is not, whatever the stand-in holds.
    assert texts(extraction) == texts(run(mode, trio(), text))
    assert LIGHT in texts(extraction)
    assert ONE not in texts(extraction)
    assert extraction.findings.used == ["natasha", "spacy", "stanza"]
    assert (analysers[2].asked, extraction.findings.fallbacks) == ([], [])


@pytest.mark.parametrize("mode", ["ENSEMBLE", "ADAPTIVE"])
def test_where_stanza_fails_its_stand_in_votes(mode: str) -> None:
    analysers = with_stanza()
    analysers[3].fails = True
    text = "\n".join([TEXT] * 8)

    extraction = run(mode, analysers, text)

    # Natasha and RNNMorph hold 20 of 30.
    assert ONE in texts(extraction)
    assert LIGHT not in texts(extraction)
    assert extraction.findings.used == ["natasha", "spacy", "rnnmorph"]
    assert extraction.findings.fallbacks == ["stanza failed: RuntimeError: its library is broken"]


@pytest.mark.parametrize("language", WEIGHTS)
def test_with_and_without_stanza_three_analysers_hold_30(language: str) -> None:
    analysers = {*WEIGHTS[language]}

    for there in (analysers, analysers - {"stanza"}):
        voters = seated(language, there)
        assert (len(voters), sum(WEIGHTS[language][name] for name in voters)) == (3, 30)


def test_the_stand_in_can_still_be_asked_by_its_name() -> None:
    assert texts(run("SINGLE", with_stanza(), processor="rnnmorph")) == [ONE]


def test_an_ensemble_of_one_is_recorded_as_its_decision() -> None:
    natasha, spacy, rnnmorph = trio()
    spacy.fails = rnnmorph.fails = True

    extraction = run("ENSEMBLE", [natasha, spacy, rnnmorph])

    assert texts(extraction) == [ALL, TWO, ONE]
    assert extraction.findings.used == ["natasha"]
    assert "spacy failed: RuntimeError: its library is broken" in extraction.findings.fallbacks
    assert "natasha decided alone" in extraction.findings.fallbacks


def test_without_any_analyser_the_job_waits() -> None:
    with pytest.raises(NoAnalyser, match="its library is broken"):
        run("ENSEMBLE", [Partial("natasha", fails=True)])


def test_parallel_takes_what_anyone_proposes() -> None:
    assert texts(run("PARALLEL", trio())) == [ALL, TWO, LIGHT, ONE]


def test_single_is_the_heaviest_or_the_one_that_is_named() -> None:
    assert texts(run("SINGLE", trio())) == [ALL, TWO, ONE]
    assert texts(run("SINGLE", trio(), processor="rnnmorph")) == [ALL, LIGHT]


def test_single_falls_back_to_the_next_by_weight() -> None:
    natasha, spacy, rnnmorph = trio()
    natasha.fails = True

    extraction = run("SINGLE", [natasha, spacy, rnnmorph])

    assert extraction.findings.used == ["spacy"]
    assert extraction.findings.fallbacks == ["natasha failed: RuntimeError: its library is broken"]


def test_an_analyser_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UnknownProcessor, match="there are natasha, rnnmorph, spacy") as refused:
        run("SINGLE", trio(), processor="nltk")
    assert refused.value.field == "processor"


def test_sequential_asks_the_next_only_about_what_is_uncertain() -> None:
    natasha, spacy, rnnmorph = trio()

    extraction = run("SEQUENTIAL", [natasha, spacy, rnnmorph])

    assert texts(extraction) == [ALL, TWO, ONE]
    assert natasha.asked
    assert spacy.asked == rnnmorph.asked == []
    assert extraction.findings.used == ["natasha"]


def test_adaptive_decides_as_an_ensemble_and_asks_less() -> None:
    natasha, spacy, rnnmorph = trio()
    text = "\n".join([TEXT] * 8)

    extraction = run("ADAPTIVE", [natasha, spacy, rnnmorph], text)

    assert texts(extraction) == texts(run("ENSEMBLE", trio(), text))
    # The two cheap ones have 18 of 30: where they agree, the dear one changes nothing.
    assert len(spacy.asked) == len(rnnmorph.asked) == 40
    assert natasha.asked == [TWO] * 8


@pytest.mark.parametrize("genre", ["Poetry", None])
def test_adaptive_hears_all_about_verse_and_short_texts(genre: str | None) -> None:
    natasha, spacy, rnnmorph = trio()
    text = "\n".join([TEXT] * (8 if genre else 1))

    run("ADAPTIVE", [natasha, spacy, rnnmorph], text, genre=genre)

    assert len(natasha.asked) == len(spacy.asked) == len(rnnmorph.asked)


def test_a_mean_of_confidence_is_told_for_those_that_were_asked() -> None:
    findings = run("SINGLE", trio()).findings

    confidence = findings.mean_confidence("natasha")
    assert confidence is not None
    assert 0.5 < confidence <= 1
    assert findings.mean_confidence("spacy") is None


def test_nothing_to_find_is_no_error() -> None:
    extraction = run("ENSEMBLE", trio(), "Он решил, что подумает об этом завтра.")

    assert (texts(extraction), extraction.findings.consensus_rate) == ([], None)
