"""A deployment decides where jobs run."""

from pathlib import Path

import pytest

from warren.errors import ConfigurationError
from warren.worker.catalogue import Service, definition, load_service
from warren.worker.isolation import with_isolation

SAMPLES = Path(__file__).parent / "slot_samples"


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.syspath_prepend(str(SAMPLES))
    return load_service("slot_sample")


def _isolations(service: Service) -> dict[str, str]:
    return {kind: worker.isolation for (kind, _), worker in service.workers.items()}


def test_without_a_setting_the_classes_decide(service: Service) -> None:
    assert with_isolation(service, " ") is service


@pytest.mark.parametrize("word", ["thread", "process"])
def test_one_word_is_meant_for_all_kinds(service: Service, word: str) -> None:
    changed = with_isolation(service, word)

    assert set(_isolations(changed).values()) == {word}


def test_kinds_can_be_named_one_by_one(service: Service) -> None:
    changed = with_isolation(service, "slots.act = thread")

    assert _isolations(changed)["slots.act"] == _isolations(changed)["slots.thread"] == "thread"
    # And what else the class says stays, and is announced
    worker = changed.workers["slots.act", 1]
    assert (worker.soft_time_limit, worker.time_limit) == (60, 600)
    assert definition("slots", worker).isolation == "thread"
    assert service.workers["slots.act", 1].isolation == "process"


def test_kinds_of_other_services_may_be_named_in_a_shared_environment(service: Service) -> None:
    changed = with_isolation(service, "tts.synthesize=thread,slots.thread=process")

    assert set(_isolations(changed).values()) == {"process"}


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("fork", "isolation 'fork': give thread, process, or a list"),
        ("slots.act=fork", "isolation 'slots.act=fork'"),
        ("slots.act", "isolation 'slots.act'"),
        (
            "slots.axt=thread",
            "names 'slots.axt', but the service has only slots.act, slots.limited, slots.thread",
        ),
    ],
)
def test_a_wrong_setting_says_what_to_give(service: Service, wanted: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        with_isolation(service, wanted)
