"""The real Stanza behind the port: in a process of its own, voting in its stand-in's place."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from nlp_worker.adapters.analysers.stanza import Stanza
from nlp_worker.adapters.installed import InstalledAnalysers, StanzaSettings
from nlp_worker.book import Chapter
from nlp_worker.errors import AnalyserFailed, AnalyserMissing
from nlp_worker.service.extracting import Extractor, Request
from nlp_worker.service.sentences import sentences_of
from tests.torch.tiny_stanza import build
from warren.contracts.books import ChapterKind
from warren.contracts.descriptions import AnalysisMode

pytest.importorskip("stanza", reason="make test-torch installs Stanza")
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(600)]
TEXT = "Старый дом стоял у реки. Тёмный лес шумел."
MEMORY = 8_192


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("stanza"))


@pytest.fixture(scope="module")
def stanza(models: Path) -> Iterator[Stanza]:
    made = Stanza("ru", models, MEMORY)
    made.load()
    yield made
    made.close()


def test_it_tags_our_words_and_no_others(stanza: Stanza) -> None:
    sentences = sentences_of(TEXT, "ru")

    annotations = stanza.annotate(sentences)

    assert [len(each.tags) for each in annotations] == [len(each.words) for each in sentences]
    assert [tag.lemma for tag in annotations[0].tags][:3] == ["старый", "дом", "стоять"]
    assert {tag.pos for each in annotations for tag in each.tags} >= {"ADJ", "VERB"}


def test_it_votes_in_the_place_of_its_stand_in(models: Path) -> None:
    installed = InstalledAnalysers(stanza=StanzaSettings(models, MEMORY))
    text = "Высокий старик в чёрном плаще стоял у окна старого каменного дома."

    extraction = Extractor(installed).extract(
        Chapter(1, "", ChapterKind.BODY, text), Request("ru", AnalysisMode.ENSEMBLE)
    )

    assert extraction.findings.used == ["natasha", "spacy", "stanza"]
    assert extraction.findings.mean_confidence("stanza") is not None
    assert extraction.findings.fallbacks == []


def test_one_that_dies_is_replaced_for_the_next_text(models: Path) -> None:
    stanza = Stanza("ru", models, MEMORY)
    stanza.load()
    sentences = sentences_of(TEXT, "ru")
    os.kill(stanza.pid or 0, signal.SIGKILL)

    with pytest.raises(AnalyserFailed, match="died"):
        stanza.annotate(sentences)
    assert len(stanza.annotate(sentences)) == 2
    stanza.close()


def test_too_little_memory_is_said_and_harms_nobody(models: Path) -> None:
    with pytest.raises(AnalyserMissing, match="cannot be started"):
        Stanza("ru", models, 64).load()


def test_models_that_are_not_there_are_missing(tmp_path: Path) -> None:
    with pytest.raises(AnalyserMissing, match="no models of 'ru'"):
        Stanza("ru", tmp_path, MEMORY).load()
