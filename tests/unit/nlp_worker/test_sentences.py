"""Texts are cut into sentences and words that keep their places."""

import time

import pytest

from nlp_worker.service.sentences import MAX_WORDS, sentences_of


def texts(text: str, language: str = "en") -> list[str]:
    return [sentence.text for sentence in sentences_of(text, language)]


def test_words_and_sentences_stand_where_they_say() -> None:
    text = "Тихо.\n  «Кто там?» — спросил он… И ушёл.\n"

    for sentence in sentences_of(text, "ru"):
        assert text[sentence.start : sentence.end] == sentence.text
        assert all(text[word.start : word.end] == word.text for word in sentence.words)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It rained. The road was wet.", ["It rained.", "The road was wet."]),
        ("Mr. Brown met Dr. A. Hill. They left.", ["Mr. Brown met Dr. A. Hill.", "They left."]),
        ("“Stop!” he cried. “Why?”", ["“Stop!” he cried.", "“Why?”"]),
        ("One line\nAnother line", ["One line", "Another line"]),
        ("Wait... and see. Done.", ["Wait... and see.", "Done."]),
    ],
)
def test_english_ends_are_found(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("В 17.. году. Потом иначе.", ["В 17.. году.", "Потом иначе."]),
        ("Жил на ул. Садовой, т. е. рядом. Ушёл.", ["Жил на ул. Садовой, т. е. рядом.", "Ушёл."]),
        ("А. С. Орлов вошёл. Все встали.", ["А. С. Орлов вошёл.", "Все встали."]),
        ("Снег шёл… Ветер выл!", ["Снег шёл…", "Ветер выл!"]),
    ],
)
def test_russian_ends_are_found(text: str, expected: list[str]) -> None:
    assert texts(text, "ru") == expected


def test_english_negations_and_possessives_are_words_of_their_own() -> None:
    (sentence,) = sentences_of("He didn't see Anna’s coat", "en")

    assert [word.text for word in sentence.words] == [
        "He", "did", "n't", "see", "Anna", "’s", "coat",
    ]  # fmt: skip


def test_an_endless_sentence_is_cut_into_pieces_that_analysers_can_take() -> None:
    found = sentences_of("слово " * 1000, "ru")

    assert max(len(sentence.words) for sentence in found) <= MAX_WORDS
    assert sum(len(sentence.words) for sentence in found) == 1000


@pytest.mark.parametrize(
    "text",
    [
        "a. " + " " * 20_000 + "b",
        "a" + "." * 20_000 + "b",
        "a. — " + " " * 20_000 + "«" + " " * 20_000 + "b",
        "J. " * 50_000,
        "a " * 200_000,
    ],
    ids=["spaces", "dots", "spaces around quotes", "initials", "no end at all"],
)
def test_no_text_takes_more_than_its_length(text: str) -> None:
    started = time.monotonic()

    assert sentences_of(text, "en")

    assert time.monotonic() - started < 10
