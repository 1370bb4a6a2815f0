import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_worker.sentences import (
    AFTER_CLAUSE,
    AFTER_PARAGRAPH,
    AFTER_SENTENCE,
    LONGEST_PASSAGE,
    passages,
)


def texts(text: str) -> list[str]:
    return [passage.text for passage in passages(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four…", ["One.", "Two!", "Three?", "Four…"]),
        ("Dr. Smith met J. Doe. They left.", ["Dr. Smith met J. Doe.", "They left."]),
        ("It costs 12.50 dollars. Cheap!", ["It costs 12.50 dollars.", "Cheap!"]),
        ("He said “Go.” Then he went.", ["He said “Go.”", "Then he went."]),
        ("Wait... what? Yes.", ["Wait... what?", "Yes."]),
        ("В 2024 г. всё изменилось. Да.", ["В 2024 г. всё изменилось.", "Да."]),
        ("他来了。她走了！真的吗？", ["他来了。", "她走了！", "真的吗？"]),
        ("hard wrapped\nlines are one.", ["hard wrapped lines are one."]),
        ("Title\n\nBody.", ["Title", "Body."]),
    ],
)
def test_texts_are_split_at_sentences(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


@pytest.mark.parametrize("text", ["", " \n ", "😀 🎉", "\x00\x01", "...!?", "— * —", "\ufeff"])
def test_a_text_without_letters_or_digits_has_no_passages(text: str) -> None:
    assert passages(text) == []


def test_control_characters_are_left_out() -> None:
    assert texts("\ufeffone\x00two\u2028three") == ["one two three"]


def test_pauses_tell_sentences_from_paragraphs() -> None:
    pauses = [passage.pause for passage in passages("One. Two.\n\nThree.")]
    assert pauses == [AFTER_SENTENCE, AFTER_PARAGRAPH, AFTER_PARAGRAPH]


def test_long_sentences_are_cut_at_clauses() -> None:
    clause = "and so it went on for a good long while, "
    found = passages("Once " + clause * 20 + "the end.")
    assert all(passage.text.endswith((",", ".")) for passage in found)
    assert {passage.pause for passage in found[:-1]} == {AFTER_CLAUSE}


def test_a_single_endless_word_is_cut_anywhere() -> None:
    assert [len(text) for text in texts("a" * 600)] == [LONGEST_PASSAGE, LONGEST_PASSAGE, 100]


@given(st.text(alphabet=st.sampled_from("ab1 .,!?\n«»”'。я😀\x00"), max_size=800))
def test_no_letter_is_lost_and_no_passage_is_too_long(text: str) -> None:
    found = texts(text)
    spoken = [character for passage in found for character in passage if character.isalnum()]
    assert spoken == [character for character in text if character.isalnum()]
    assert all(0 < len(passage) <= LONGEST_PASSAGE for passage in found)


@pytest.mark.parametrize("text", ["a", "a ", "A. ", ". ", ".", "\n ", "a, ", ".»", "« "])
def test_the_time_to_split_is_linear_in_the_text(text: str) -> None:
    started = time.process_time()
    passages(text * 200_000)
    assert time.process_time() - started < 5
