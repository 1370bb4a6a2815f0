import os
from pathlib import Path

import pytest

from warren.errors import ConfigurationError
from warren.stack.lock import StackLock


def test_a_second_stack_is_refused_in_one_line_that_names_the_first(tmp_path: Path) -> None:
    path = tmp_path / "new" / "stack.lock"
    first, second = StackLock(path), StackLock(path)
    first.acquire()

    with pytest.raises(ConfigurationError, match=f"already runs here .process {os.getpid()},") as e:
        second.acquire()

    assert "\n" not in str(e.value)
    first.release()


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    path = tmp_path / "stack.lock"
    first, second = StackLock(path), StackLock(path)
    first.acquire()
    assert second.is_held()
    first.release()
    first.release()

    assert not second.is_held()
    second.acquire()
    second.release()
