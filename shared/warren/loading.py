"""Loading much at once: modules, and the classes that these make."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collection() -> Iterator[None]:
    """Collect no garbage within the block, which makes hardly any: what is loaded stays, and to
    look through it again and again is a tenth of the time in which a process starts."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
