import unicodedata

import pytest

from indexer.analysis import LONGEST_WORD, terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Running shoes", "run SHOE"),
        ("зелёные чайники", "Зеленый чайник"),
        ("ЧАЙ", "чай"),
        ("Trà xanh Đà Nẵng", "tra xanh da nang"),
        ("Café crème", "cafe creme"),
        (unicodedata.normalize("NFD", "чайный сад"), "чайный сад"),
        ("straße", "strasse"),
        ("don't", "dont"),
    ],
)
def test_words_compare_whatever_their_form_case_and_accents(one: str, other: str) -> None:
    assert terms(one) == terms(other)


@pytest.mark.parametrize(("one", "other"), [("tea", "team"), ("чай", "чан"), ("12", "120")])
def test_other_words_stay_apart(one: str, other: str) -> None:
    assert terms(one) != terms(other)


def test_signs_are_no_words() -> None:
    assert terms("!? — 🙂 …") == []


def test_a_word_of_a_megabyte_is_cut() -> None:
    (word,) = terms("a" * 1_000_000)
    assert len(word) <= LONGEST_WORD
