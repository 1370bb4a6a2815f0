"""Loading without looking for garbage."""

import gc

import pytest

from warren.loading import without_collection


def test_nothing_is_collected_while_much_is_loaded() -> None:
    with without_collection():
        assert not gc.isenabled()
        with without_collection():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_garbage_is_collected_again_after_a_failure() -> None:
    with pytest.raises(ImportError), without_collection():
        raise ImportError("no such module")
    assert gc.isenabled()
