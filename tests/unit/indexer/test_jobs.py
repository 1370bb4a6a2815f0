"""The jobs of indexer, called directly: no broker, no sockets."""

import pytest

from indexer.actors import EstimateReading, EstimateReadingWorker
from indexer.errors import NothingToRead
from warren.testing.worker import FakeContext
from warren.worker.catalogue import load_service


def test_an_estimate_counts_words_in_any_script() -> None:
    context = FakeContext()

    found = EstimateReadingWorker().perform(
        EstimateReading(text="Don't panic! Не паникуй. Không sao, không sao."), context
    )

    assert (found.words, found.distinct_words, found.seconds) == (8, 6, 2.4)
    assert context.percents == [100]


def test_a_text_without_words_is_refused_by_its_field() -> None:
    with pytest.raises(NothingToRead) as e:
        EstimateReadingWorker().perform(EstimateReading(text="… !"), FakeContext())

    assert e.value.field == "text"


def test_the_service_is_found_with_its_jobs() -> None:
    service = load_service("indexer")

    assert list(service.workers) == [("indexer.estimate_reading", 1)]
