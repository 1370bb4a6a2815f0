"""API keys."""

import pytest

from gateway.customers.keys import new_key, parse_key


def test_a_key_survives_being_written_and_read() -> None:
    key = new_key()
    assert parse_key(str(key)) == key
    assert key.matches(key.secret_hash)
    assert not new_key().matches(key.secret_hash)


def test_a_secret_does_not_show_up_in_logs() -> None:
    key = new_key()
    assert key.secret not in repr(key)


@pytest.mark.parametrize(
    "text", ["", "wk", "wk_a_b", "xx_abcdefghijkl_" + "a" * 40, "wk_abcdefghijkl_" + "ж" * 40]
)
def test_what_has_not_the_shape_of_a_key_is_none(text: str) -> None:
    assert parse_key(text) is None
