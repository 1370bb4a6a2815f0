"""Loading without looking for garbage."""

import gc
import weakref

import pytest

from warren.loading import keep_loaded, without_collection


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


def test_what_is_loaded_is_not_looked_through_again_but_its_garbage_goes_before() -> None:
    class Loaded:
        pass

    kept, garbage = Loaded(), Loaded()
    garbage.itself = garbage  # type: ignore[attr-defined]
    gone = weakref.ref(garbage)
    del garbage
    try:
        keep_loaded()
        assert gone() is None
        assert not any(seen is kept for seen in gc.get_objects())
    finally:
        gc.unfreeze()
