"""The job with the real analysers of both languages."""

import json

import pytest

from nlp_worker.errors import LanguageNotSupported, TextRefused, UnknownProcessor
from nlp_worker.workers.descriptions import ExtractDescriptionsWorker
from warren.contracts.descriptions import (
    CHAPTER_MEDIA_TYPE,
    DescriptionFile,
    DescriptionType,
    ExtractDescriptions,
    ExtractedDescriptions,
)
from warren.testing.worker import FakeContext

RUSSIAN = (
    "Анна Петровна ничего не ответила. Высокий худой старик в чёрном плаще стоял у окна. "
    "За окном тянулись тёмные заснеженные поля, и вдали мерцал жёлтый огонёк.\n"
    "— Вы думаете, он придёт? — спросил доктор. Он решил, что подумает об этом завтра."
)
ENGLISH = (
    "Mr. Darcy did not answer. A tall, thin old man in a black cloak stood by the window. "
    "Beyond the glass dark snowy fields stretched to the black roofs of a distant village.\n"
    "“Do you think he will come?” asked the doctor. He decided to think about it tomorrow."
)


def extract(context: FakeContext | None = None, **fields: object) -> ExtractedDescriptions:
    job = ExtractDescriptions.model_validate(fields)
    return ExtractDescriptionsWorker().perform(job, context or FakeContext())


@pytest.mark.parametrize("text", [RUSSIAN, ENGLISH], ids=["ru", "en"])
def test_descriptions_are_found_where_they_stand(text: str) -> None:
    context = FakeContext()

    result = extract(context, text=text, chapter_id="c-1", mode="ensemble")

    file = DescriptionFile.model_validate_json(context.saved("descriptions.json"))
    assert [d.type for d in file.descriptions] == [
        DescriptionType.CHARACTER,
        DescriptionType.LOCATION,
    ]
    for found in file.descriptions:
        assert text[found.start : found.end] == found.text
        assert found.score == pytest.approx(sum(found.score_parts.values()), abs=0.02)
        assert 0 < found.score <= 100
        assert found.chapter_id == "c-1"
    assert result.descriptions_found == 2
    assert [d.score for d in result.best] == sorted((d.score for d in result.best), reverse=True)


def test_the_result_has_the_keys_that_callers_rely_on() -> None:
    document = extract(text=RUSSIAN, chapter_id="c-1").model_dump(mode="json")

    assert document["chapter_id"] == "c-1"
    assert document["mode"] == "ENSEMBLE"
    assert document["processors_used"] == document["nlp_processors_used"]
    assert document["processors_used"] == ["natasha", "spacy", "rnnmorph"]
    assert document["consensus_rate"] is not None
    assert document["processing_time_seconds"] > 0
    quality = document["quality_metrics"]
    assert 0.5 <= quality["spacy_confidence"] <= 1
    assert 0.5 <= quality["natasha_confidence"] <= 1
    assert 0.5 <= quality["rnnmorph_confidence"] <= 1
    assert quality["stanza_confidence"] is None
    assert document["fallbacks"] == []


def test_a_name_stands_for_the_pronoun_that_follows_it() -> None:
    text = "Mr. Darcy had arrived late. His long pale face was lean and his grey hair was wet."

    (found,) = extract(text=text).best

    assert [(m.name, m.resolved) for m in found.mentions] == [("Darcy", True)]


def test_a_file_is_read_like_a_text() -> None:
    context = FakeContext()
    file = context.given("chapter.txt", RUSSIAN.encode("utf-8-sig"))

    assert extract(context, artifact_id=file).descriptions_found == 2


@pytest.mark.parametrize(
    ("content", "media_type", "message"),
    [
        (b"\xff\xfe\x00", "text/plain", "byte 0 is 0xff"),
        (b"{}", CHAPTER_MEDIA_TYPE, "not a chapter file"),
        (b"not json", CHAPTER_MEDIA_TYPE, "not a chapter file"),
        (b"123 456", "text/plain", "no letters"),
    ],
)
def test_a_file_that_is_no_text_is_refused(content: bytes, media_type: str, message: str) -> None:
    context = FakeContext()
    file = context.given("file", content, media_type)

    with pytest.raises(TextRefused, match=message) as refused:
        extract(context, artifact_id=file)
    assert refused.value.field == "artifact_id"


def test_a_chapter_whose_positions_lead_nowhere_is_refused() -> None:
    context = FakeContext()
    chapter = {"number": 1, "title": "", "kind": "body", "level": 1, "text": RUSSIAN}
    content = json.dumps(chapter | {"paths": [], "runs": [[0, 5, 0]]}).encode()
    file = context.given("chapter.json", content, CHAPTER_MEDIA_TYPE)

    with pytest.raises(TextRefused, match="not a chapter file"):
        extract(context, artifact_id=file)


@pytest.mark.parametrize(
    "text",
    [
        "Bonjour le monde, voici une maison très ancienne " * 5,
        "Дом стоял у реки. The house stood by the river. " * 3,
        "この家は古い。" * 10,
    ],
)
def test_other_languages_and_mixtures_are_refused(text: str) -> None:
    with pytest.raises(LanguageNotSupported, match="name its language") as refused:
        extract(text=text)
    assert refused.value.field == "text"


def test_of_a_mixture_the_named_language_is_analysed() -> None:
    result = extract(text=f"{RUSSIAN}\n{ENGLISH}", language="ru")

    assert [d.text[:7] for d in sorted(result.best, key=lambda d: d.start)] == [
        "Высокий",
        "За окно",
    ]


def test_single_can_name_its_analyser() -> None:
    assert extract(text=RUSSIAN, mode="Single", processor="spacy").processors_used == ["spacy"]
    with pytest.raises(UnknownProcessor, match="there are"):
        extract(text=RUSSIAN, mode="Single", processor="nltk")
